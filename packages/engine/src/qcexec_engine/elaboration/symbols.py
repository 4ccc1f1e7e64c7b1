"""What names stand for while a text is elaborated: qubits, variables, and picks of their bits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from qcexec_engine.classical import Bits, Wrap
from qcexec_engine.elaboration.values import Number, Value


class Qubits(NamedTuple):
    """A quantum register, or an alias of qubits; `scalar` marks a qubit that has no index."""

    numbers: tuple[int, ...]
    scalar: bool = False


class Variable:
    """A classical variable or register: its type, and what is known of its value.

    Attributes:
        name: as declared.
        kind: "bit", "bool", "int", "uint", "float" or "angle".
        width: in bits; None for floats, for bools, and for angles of full precision.
        constant: whether it can never be assigned to.
        level: how many blocks that the run decides on enclose its declaration.
        value: its value, as far as it is known.
        unknown: a mask of the bits that only the run knows; -1 for all of them.
        bits: where it lies in the memory, the lowest bit first; None as long as all is known.
        parts: the variables whose bits it is another name for, if it joins some.
    """

    __slots__ = ("bits", "constant", "kind", "level", "name", "parts", "unknown", "value", "width")

    def __init__(
        self, name: str, kind: str, width: int | None, value: Number, level: int, constant: bool
    ) -> None:
        self.name = name
        self.kind = kind
        self.width = width
        self.value = value
        self.level = level
        self.constant = constant
        self.unknown = 0
        self.bits: tuple[int, ...] | None = None
        self.parts: tuple[Variable, ...] = ()

    @property
    def num_bits(self) -> int | None:
        """How many bits of memory it takes; None for what cannot lie in the memory."""
        if self.kind in ("float", "angle"):
            return None
        return 1 if self.kind == "bool" else self.width

    def read(self) -> Value:
        """Its value."""
        if not self.unknown or self.bits is None:
            return tuple.__new__(Value, (self.kind, self.width, self.value))
        bits = Bits(self.bits)
        if self.kind == "int" and self.width is not None:
            return Value("int", self.width, Wrap(bits, self.width, True))
        return Value(self.kind, self.width, bits)

    def read_bits(self, positions: Sequence[int]) -> Value:
        """The bits at these positions, the first of them lowest."""
        width = len(positions)
        if not self.unknown or self.bits is None or not _any_in(self.unknown, positions):
            number = int(self.value)
            content = sum((number >> position & 1) << at for at, position in enumerate(positions))
            return Value("bit", width, content)
        return Value("bit", width, Bits(tuple([self.bits[position] for position in positions])))


class BitPick(NamedTuple):
    """Some bits of a variable, in an order of their own; all of them are a range."""

    variable: Variable
    positions: Sequence[int]


Symbol: TypeAlias = Qubits | Variable | BitPick


def _any_in(mask: int, positions: Sequence[int]) -> bool:
    return any(mask >> position & 1 for position in positions)
