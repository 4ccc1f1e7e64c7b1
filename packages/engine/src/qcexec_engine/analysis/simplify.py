"""Takes out of a program what no count can show.

Two walks, both linear: forward along what is known of the qubits (`basis_states`), then backward
along what can be noticed of them (`relevance`).
"""

from __future__ import annotations

from typing import NamedTuple

from qcexec_engine.analysis.basis_states import Settled
from qcexec_engine.analysis.numbering import renumbered
from qcexec_engine.analysis.relevance import Relevant
from qcexec_engine.program import Measure, Program


class Simplified(NamedTuple):
    """A program without what no count shows.

    Attributes:
        program: its qubits numbered anew, in the order of the text.
        terminal: which qubit each measured bit shows, in order of the bits, where nothing is left
            but gates and then these measurements; None for all other programs.
    """

    program: Program
    terminal: tuple[tuple[int, int], ...] | None


def simplify(program: Program) -> Simplified:
    """A program that gives the registers' bits in the same distribution."""
    settled = Settled(program)
    relevant = Relevant(
        settled,
        program.num_qubits,
        program.num_bits,
        program.memory_bits,
        program.initial_memory,
    )
    operations = relevant.operations
    if relevant.is_terminal:
        operations += relevant.shown
    if len(relevant.used) < program.num_qubits:
        numbers = [-1] * program.num_qubits
        for number, qubit in enumerate(sorted(relevant.used)):
            numbers[qubit] = number
        operations = renumbered(operations, numbers)
    terminal = None
    if relevant.is_terminal:
        first = len(operations) - len(relevant.shown)
        terminal = tuple(
            [
                (operation.qubit, operation.bit)
                for operation in operations[first:]
                if type(operation) is Measure and operation.bit is not None
            ]
        )
    left = Program(
        len(relevant.used),
        program.registers,
        tuple(operations),
        program.memory_bits,
        relevant.memory,
        program.qubit_registers,
        program.notes,
    )
    return Simplified(left, terminal)
