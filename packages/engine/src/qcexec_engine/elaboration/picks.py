"""Operands: the qubits and the classical bits that names, indices, ranges and sets pick.

Indices count from 0, or with a minus sign from the end; ranges include both ends. What computes an
index is handed in, for expressions themselves pick bits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from qcexec_engine.elaboration.state import FIRST_PHYSICAL_QUBIT, State
from qcexec_engine.elaboration.symbols import BitPick, Qubits
from qcexec_engine.language.syntax import (
    Concatenation,
    Element,
    Expression,
    Index,
    Name,
    Range,
    Set,
)

WholeNumber: TypeAlias = Callable[[State, Expression, str], int]
Place: TypeAlias = int | tuple[int, ...]
"""One qubit, or the qubits of a register."""

_INDEX = "an index"


def qubit_place(state: State, node: Expression, whole_number: WholeNumber) -> Place:
    """The qubit, or the qubits of the register or slice, that an operand names.

    Raises:
        SemanticFault: it names none, or an index is out of range.
        UnsupportedFeature: only the run knows an index.
    """
    if type(node) is Name:
        name = node.name
        if name[0] == "$":
            place: Place = _physical_qubit(state, node)
        else:
            found = _qubits(state, name, node.at)
            place = found.numbers[0] if found.scalar else found.numbers
        state.places[(name,)] = place
        return place
    if type(node) is Element:
        found = _qubits(state, node.name, node.at)
        if found.scalar:
            raise state.fault(f"'{node.name}' is a single qubit, which has no index", node.at)
        if node.position >= len(found.numbers):
            raise _out_of_range(state, node.position, len(found.numbers), node.name, node.at)
        place = found.numbers[node.position]
        state.places[(node.name, node.position)] = place
        return place
    if type(node) is Index:
        base = qubit_place(state, node.base, whole_number)
        if isinstance(base, int):
            raise state.fault("a single qubit has no index", node.at)
        return _picked(base, _positions(state, node, len(base), whole_number))
    if type(node) is Concatenation:
        parts = [qubit_place(state, part, whole_number) for part in node.parts]
        joined: list[int] = []
        for part in parts:
            joined += (part,) if isinstance(part, int) else part
        if len(set(joined)) < len(joined):
            raise state.fault("a qubit stands twice in what is joined", node.at)
        return tuple(joined)
    raise state.fault("this is no qubit", node.at)


def bit_pick(state: State, node: Expression, whole_number: WholeNumber) -> BitPick:
    """The classical bits that an operand names; of a whole number, its bits.

    Raises:
        SemanticFault: it names none, or an index is out of range.
        UnsupportedFeature: only the run knows an index.
    """
    if type(node) is Name:
        return _bits(state, node.name, node.at)
    if type(node) is Element:
        variable, positions = _bits(state, node.name, node.at)
        if node.position >= len(positions):
            raise _out_of_range(state, node.position, len(positions), node.name, node.at)
        return BitPick(variable, (positions[node.position],))
    if type(node) is Index:
        variable, positions = bit_pick(state, node.base, whole_number)
        picked = _picked(positions, _positions(state, node, len(positions), whole_number))
        return BitPick(variable, (picked,) if isinstance(picked, int) else picked)
    if type(node) is Concatenation:
        raise state.unsupported("registers of bits are joined by '++' in aliases alone", node.at)
    raise state.fault("this is no bit or register of bits", node.at)


def names_qubits(state: State, node: Expression) -> bool:
    """Whether an operand is of qubits."""
    while type(node) is not Name and type(node) is not Element:
        if type(node) is Concatenation:
            node = node.parts[0]
        elif type(node) is Index:
            node = node.base
        else:
            return False
    return node.name[0] == "$" or isinstance(state.look_up(node.name), Qubits)


def range_of(state: State, node: Range, size: int | None, whole_number: WholeNumber) -> range:
    """The whole numbers of a range, ends included.

    Args:
        state: where names are looked up.
        node: the range.
        size: that of the register which it is an index of, whose end negative numbers count from;
            None in a loop, where both ends have to be written.
        whole_number: computes an end.
    """
    step = 1 if node.step is None else whole_number(state, node.step, "a range's step")
    if step == 0:
        raise state.fault("a range's step is zero", node.at)
    ends: list[int] = []
    for end, default in ((node.start, 0 if step > 0 else -1), (node.stop, -1 if step > 0 else 0)):
        if end is None and size is None:
            raise state.fault("a loop's range needs a start and an end", node.at)
        value = default if end is None else whole_number(state, end, "a range's end")
        ends.append(value + size if size is not None and value < 0 else value)
    start, stop = ends
    return range(start, stop + (1 if step > 0 else -1), step)


def _physical_qubit(state: State, node: Name) -> int:
    number = int(node.name[1:])
    if number not in state.physical_qubits:
        state.check_size(state.num_qubits + len(state.physical_qubits) + 1, "qubits", node.at)
        state.physical_qubits.add(number)
    return FIRST_PHYSICAL_QUBIT + number


def _qubits(state: State, name: str, at: int) -> Qubits:
    symbol = state.found(name, at)
    if not isinstance(symbol, Qubits):
        raise state.fault(f"'{name}' is not a qubit or a register of qubits", at)
    return symbol


def _bits(state: State, name: str, at: int) -> BitPick:
    symbol = state.found(name, at)
    if isinstance(symbol, BitPick):
        return symbol
    if isinstance(symbol, Qubits):
        raise state.fault(f"'{name}' is of qubits, and bits are needed here", at)
    width = symbol.num_bits
    if width is None:
        raise state.unsupported(f"the bits of a {symbol.kind} are not supported", at)
    return BitPick(symbol, range(width))


def _positions(state: State, node: Index, size: int, whole_number: WholeNumber) -> Place:
    if len(node.indices) != 1:
        raise state.unsupported("arrays are not supported: a register has one index", node.at)
    (index,) = node.indices
    if isinstance(index, Range):
        picked: Sequence[int] = range_of(state, index, size, whole_number)
        if not picked:
            raise state.fault("the range picks nothing", index.at)
        for end in (picked[0], picked[-1]):
            if not 0 <= end < size:
                raise _out_of_range(state, end, size, None, index.at)
        return tuple(picked)
    if isinstance(index, Set):
        numbers = [whole_number(state, value, _INDEX) for value in index.values]
        return tuple([_checked(state, number, size, index.at) for number in numbers])
    return _checked(state, whole_number(state, index, _INDEX), size, node.at)


def _checked(state: State, index: int, size: int, at: int) -> int:
    if not -size <= index < size:
        raise _out_of_range(state, index, size, None, at)
    return index % size


def _picked(numbers: Sequence[int], positions: Place) -> Place:
    if isinstance(positions, int):
        return numbers[positions]
    return tuple([numbers[position] for position in positions])


def _out_of_range(state: State, index: int, size: int, name: str | None, at: int) -> Exception:
    what = f"'{name}' has" if name is not None else "it has"
    shown = index if abs(index) < 1 << 64 else "given"
    noun = "element" if size == 1 else "elements"
    return state.fault(f"the index {shown} is out of range: {what} {size} {noun}", at)
