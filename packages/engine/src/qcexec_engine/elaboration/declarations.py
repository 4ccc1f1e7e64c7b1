"""Declarations: qubits, classical variables and registers, aliases, includes, pragmas."""

from __future__ import annotations

import re
from typing import Final

from qcexec_engine.elaboration.assignments import assign, measure_into
from qcexec_engine.elaboration.expressions import declared_type, evaluated, whole_number
from qcexec_engine.elaboration.picks import bit_pick, names_qubits, qubit_place
from qcexec_engine.elaboration.standard_gates import BUILT_IN, LIBRARIES, WITH_BUILT_IN, joined
from qcexec_engine.elaboration.state import STATEMENT, State
from qcexec_engine.elaboration.symbols import BitPick, Qubits, Variable
from qcexec_engine.errors import IncludeRefused
from qcexec_engine.language.syntax import (
    Alias,
    Concatenation,
    Declaration,
    Include,
    Measurement,
    Pragma,
    QubitDeclaration,
)
from qcexec_engine.program import Register


def include(state: State, statement: Include) -> None:
    """Makes the gates of a standard file known; nothing is ever opened."""
    library = LIBRARIES.get(statement.file)
    if library is None:
        raise IncludeRefused(
            'only "stdgates.inc" and "qelib1.inc" can be included',
            *state.source.place(statement.at),
        )
    if len(state.scopes) > 1:
        raise state.fault("an include stands outside of all blocks", statement.at)
    for name in (*state.own_gates, *state.scopes[0]):
        if name in library.gates:
            raise state.fault(f"'{name}' of {statement.file} is already defined", statement.at)
    if state.library is BUILT_IN[state.version]:
        state.library = WITH_BUILT_IN[state.version, statement.file]
    else:
        state.library = joined(state.library, library)
    state.simple_gates = state.library.simple
    state.forget_gates()


def declare_qubits(state: State, statement: QubitDeclaration) -> None:
    """Gives a quantum register its qubits, which follow those declared so far."""
    name, size_node, at = statement
    if len(state.scopes) > 1:
        raise state.fault("qubits are declared outside of all blocks", at)
    size = 1 if size_node is None else whole_number(state, size_node, "the size of a register")
    if size < 1:
        raise state.fault(f"a size of {_shown(size)} is out of range: it is at least 1", at)
    first = state.num_qubits
    state.check_size(first + size, "qubits", at)
    numbers = tuple(range(first, first + size))
    state.declare(name, Qubits(numbers, scalar=size_node is None), at)
    state.num_qubits = first + size
    state.qubit_registers.append(Register(name, size, scalar=size_node is None))
    if size_node is None:
        state.places[name,] = first
    else:
        state.places[name,] = numbers
        # Most of them will be asked for, one by one.
        state.places.update({(name, number - first): number for number in numbers})


def declare_variable(state: State, statement: Declaration) -> None:
    """Declares a variable; outside of all blocks, bits are a register that the counts show."""
    state.work(STATEMENT)
    kind, width = declared_type(state, statement.type)
    name, node, at = statement.name, statement.value, statement.at
    constant = statement.constant
    if constant and (node is None or type(node) is Measurement):
        raise state.fault(f"the constant '{name}' needs a value", at)
    # The value does not see the name that it is for.
    value = None
    if node is not None and type(node) is not Measurement:
        value = evaluated(state, node)
        if constant and not value.is_known:
            raise state.unsupported(f"the constant '{name}' depends on a measurement", node.at)
    variable = Variable(name, kind, width, 0.0 if width is None else 0, state.level, constant)
    state.declare(name, variable, at)
    if kind == "bit" and not constant and len(state.scopes) == 1:
        _place_register(state, variable, scalar=statement.type.width is None, at=at)
    if type(node) is Measurement:
        measure_into(state, node.operand, BitPick(variable, _all_bits(state, variable, at)), at)
    elif value is not None:
        assign(state, variable, value, at, declared=True)
    if constant and kind == "float" and len(state.scopes) == 1:
        state.numbers[name] = float(variable.value)


def declare_alias(state: State, statement: Alias) -> None:
    """Gives qubits or bits another name."""
    name, node, at = statement
    state.work(STATEMENT)
    if names_qubits(state, node):
        place = qubit_place(state, node, whole_number)
        numbers = (place,) if isinstance(place, int) else place
        state.declare(name, Qubits(numbers, scalar=isinstance(place, int)), at)
    elif type(node) is Concatenation:
        state.declare(name, _joined_bits(state, name, node), at)
    else:
        state.declare(name, bit_pick(state, node, whole_number), at)


def read_pragma(state: State, statement: Pragma) -> None:
    """Refuses a pragma that would change the counts; others are noted."""
    words = statement.text.split(None, 2)
    kind = " ".join(words[:2])
    if _CHANGES_RESULTS.match(kind):
        raise state.unsupported(f"the pragma '{kind[:60]}' is not supported", statement.at)
    note = f"the pragma '{kind[:60]}' is ignored"
    if note not in state.notes and len(state.notes) < _MOST_NOTES:
        state.notes.append(note)


_CHANGES_RESULTS: Final = re.compile(r"braket (?!verbatim$)")
_MOST_NOTES: Final = 10


def _joined_bits(state: State, name: str, node: Concatenation) -> Variable:
    """A variable that stands for bits of others; what it reads and writes is left to the run."""
    picks = [bit_pick(state, part, whole_number) for part in node.parts]
    bits: list[int] = []
    for variable, positions in picks:
        memory = state.put_into_memory(variable, node.at)
        bits += [memory[position] for position in positions]
    if len(set(bits)) < len(bits):
        raise state.fault("a bit stands twice in what is joined", node.at)
    # A level below all others: no assignment to it is decided beforehand.
    joint = Variable(name, "bit", len(bits), 0, -1, constant=False)
    joint.bits = tuple(bits)
    joint.unknown = -1
    joint.parts = tuple([variable for variable, _ in picks])
    return joint


def _place_register(state: State, variable: Variable, scalar: bool, at: int) -> None:
    width = variable.width or 1
    first = state.num_bits
    state.check_size(first + width, "classical bits", at)
    variable.bits = tuple(range(first, first + width))
    state.num_bits = first + width
    state.registers.append(Register(variable.name, width, scalar))


def _all_bits(state: State, variable: Variable, at: int) -> range:
    """The positions of all bits; a range says that none is left out."""
    if variable.kind not in ("bit", "bool"):
        raise state.unsupported(
            f"a measurement gives bits, and '{variable.name}' is a {variable.kind}: measure into"
            f" bits and write `{variable.name} = {variable.kind}(bits);`",
            at,
        )
    return range(variable.num_bits or 1)


def _shown(size: int) -> str:
    return str(size) if abs(size) < 1 << 64 else "that many digits"
