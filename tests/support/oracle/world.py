"""One history of a run: what was measured so far decides the rest of it.

Worlds are immutable, so a measurement makes two of one. Names, variables and bits are a world's
own: what a block declares is gone when the block ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from openqasm3 import ast

from support.oracle.errors import NotInterpreted
from support.oracle.functions import CONSTANTS
from support.oracle.state import EMPTY, State, collapsed, fingerprint, probability_of_one
from support.oracle.values import FLOAT, Type, Value

IMPOSSIBLE: Final = 1e-12
"""What is less likely is taken for rounding."""


class Qubits(NamedTuple):
    """Some qubits by number, or a single one."""

    indices: tuple[int, ...]
    scalar: bool


class Bits(NamedTuple):
    """Some classical bits by their place in the memory, the lowest first, or a single one."""

    places: tuple[int, ...]
    scalar: bool


class Variable(NamedTuple):
    """A classical variable by its cell; constant ones may be seen in gate definitions."""

    cell: int
    type: Type
    constant: bool


class GateDefinition(NamedTuple):
    """A gate with the names that its body may use beside its own."""

    node: ast.QuantumGateDefinition
    names: Mapping[str, Binding]


Binding: TypeAlias = Qubits | Bits | Variable | GateDefinition


class Register(NamedTuple):
    """A classical register that the counts show."""

    name: str
    bits: Bits


class World(NamedTuple):
    """A history of measurements with what it left behind.

    Attributes:
        probability: of this history.
        state: of the qubits.
        names: what each identifier means here.
        cells: the variables' values.
        bits: the classical memory as one number.
        num_bits: how many bits it has.
        num_qubits: how many qubits are declared.
        registers: those that the counts show, in order of declaration.
        jump: break, continue or end, where one is under way.
        version: of the language.
    """

    probability: float
    state: State
    names: Mapping[str, Binding]
    cells: tuple[Value, ...]
    bits: int
    num_bits: int
    num_qubits: int
    registers: tuple[Register, ...]
    jump: str | None
    version: int

    def named(self, name: str, binding: Binding) -> World:
        """The world with a name more, or another meaning of one."""
        return self._replace(names=MappingProxyType({**self.names, name: binding}))

    def with_variable(self, name: str, value: Value, constant: bool) -> World:
        """The world with a variable more."""
        variable = Variable(len(self.cells), value.type, constant)
        return self._replace(cells=(*self.cells, value)).named(name, variable)

    def with_bits(self, name: str, width: int | None) -> World:
        """The world with a register more, or a scalar bit; all zero."""
        first = self.num_bits
        bits = Bits(tuple(range(first, first + (width or 1))), width is None)
        return self._replace(num_bits=first + len(bits.places)).named(name, bits)

    def stored(self, variable: Variable, value: Value) -> World:
        """The world with another value of a variable."""
        cells = list(self.cells)
        cells[variable.cell] = value
        return self._replace(cells=tuple(cells))

    def read(self, bits: Bits) -> int:
        """The number that the bits hold, the first of them lowest."""
        return sum((self.bits >> place & 1) << index for index, place in enumerate(bits.places))

    def written(self, bits: Bits, number: int) -> World:
        """The world with the bits of a number in these places."""
        memory = self.bits
        for index, place in enumerate(bits.places):
            memory = memory & ~(1 << place) | (number >> index & 1) << place
        return self._replace(bits=memory)

    def measured(self, qubit: int) -> list[tuple[int, World]]:
        """The possible outcomes of a measurement, each with the world that it leads to."""
        one = probability_of_one(self.state, qubit)
        return [
            (
                outcome,
                self._replace(
                    probability=self.probability * probability,
                    state=collapsed(self.state, qubit, outcome),
                ),
            )
            for outcome, probability in ((0, 1 - one), (1, one))
            if probability > IMPOSSIBLE
        ]

    def left(self, outer: World) -> World:
        """The world without what was declared since `outer`."""
        return self._replace(
            names=outer.names,
            cells=self.cells[: len(outer.cells)],
            bits=self.bits & ((1 << outer.num_bits) - 1),
            num_bits=outer.num_bits,
        )


def first_world(version: int) -> World:
    """A world before the first statement."""
    world = World(1.0, EMPTY, MappingProxyType({}), (), 0, 0, 0, (), None, version)
    for name, number in CONSTANTS.items():
        world = world.with_variable(name, Value(FLOAT, number), constant=True)
    return world


def merged(worlds: Iterable[World]) -> list[World]:
    """The worlds, those that nothing can tell apart as one."""
    found: dict[object, World] = {}
    for world in worlds:
        key = (fingerprint(world.state), world.bits, world.cells, world.jump, world.num_bits)
        twin = found.get(key)
        probability = world.probability + (twin.probability if twin else 0.0)
        found[key] = world._replace(probability=probability)
    return list(found.values())


def binding(world: World, name: str) -> Binding:
    """What a name means.

    Raises:
        NotInterpreted: nothing.
    """
    if name.startswith("$"):
        return Qubits((physical(name),), scalar=True)
    if name not in world.names:
        raise NotInterpreted(f"the name {name}")
    return world.names[name]


def physical(name: str) -> int:
    """The number of a physical qubit, apart from all that are declared."""
    return 1_000_000 + int(name[1:])
