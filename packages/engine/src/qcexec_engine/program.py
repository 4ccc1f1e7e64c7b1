"""A circuit as the engine runs it: flat, typed, in the engine's own gates.

The front end writes it, everything behind reads it: loops over known ranges are written out, gate
definitions inlined, registers resolved to numbers. Qubit q is bit q of a basis state's index, as in
Qiskit. Classical memory is one non-negative integer: bit i is the circuit's classical bit i in
order of declaration, and behind those lie the bits of variables that only the run knows.

Operations are named tuples, for a circuit has up to a million of them.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from numpy.typing import NDArray

from qcexec_engine.classical import Expression


class Gate(NamedTuple):
    """A unitary of `qcexec_engine.gates`, by name.

    Attributes:
        name: the gate on its targets alone: "x" for cx, too.
        angles: in radians, finite.
        qubits: the controls first, then the targets, all different.
        controls: how many of the qubits, from the first, must be one for it to act.
    """

    name: str
    angles: tuple[float, ...]
    qubits: tuple[int, ...]
    controls: int = 0


class Unitary(NamedTuple):
    """A unitary that has no name; its first target is the lowest bit of the matrix's index."""

    matrix: NDArray[Any]
    qubits: tuple[int, ...]
    controls: int = 0


class Measure(NamedTuple):
    """Measures a qubit into a bit of the memory; None keeps nothing, yet collapses the state."""

    qubit: int
    bit: int | None


class Reset(NamedTuple):
    """Puts a qubit into |0>."""

    qubit: int


class Store(NamedTuple):
    """Writes a value into bits of the memory, the lowest bit first; what does not fit is cut."""

    bits: tuple[int, ...]
    value: Expression


class Branch(NamedTuple):
    """Runs one of two blocks, by whether a condition is other than zero."""

    condition: Expression
    then: Block
    otherwise: Block


class Loop(NamedTuple):
    """Runs a block as long as a condition is other than zero."""

    condition: Expression
    body: Block


class Break(NamedTuple):
    """Leaves the innermost loop."""


class Continue(NamedTuple):
    """Goes on with the next round of the innermost loop."""


class End(NamedTuple):
    """Ends the shot."""


Operation: TypeAlias = (
    Gate | Unitary | Measure | Reset | Store | Branch | Loop | Break | Continue | End
)
Block: TypeAlias = tuple["Operation", ...]


class Register(NamedTuple):
    """A declared classical register; a scalar bit is one of width 1 with `scalar` set."""

    name: str
    width: int
    scalar: bool = False


class Program(NamedTuple):
    """A circuit.

    Attributes:
        num_qubits: how many qubits are declared, or named as physical ones.
        registers: the classical registers in order of declaration; their bits are the memory's
            first, in the same order.
        operations: what is done, in order.
        memory_bits: the width of the classical memory, with variables behind the registers.
        initial_memory: its value at the start of each shot.
        qubit_registers: names and widths of the quantum registers, in order, for messages.
        notes: what a user should know of how the text was read, such as pragmas that were ignored.
    """

    num_qubits: int
    registers: tuple[Register, ...]
    operations: Block
    memory_bits: int
    initial_memory: int = 0
    qubit_registers: tuple[Register, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def num_bits(self) -> int:
        """How many classical bits the counts show."""
        return sum(register.width for register in self.registers)
