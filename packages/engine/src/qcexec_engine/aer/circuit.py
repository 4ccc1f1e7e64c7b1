"""A program as a circuit for Aer, in operations that Aer takes as they are.

Branches and loops become Aer's own jumps to marks, which is what Aer makes of Qiskit's control
flow, too, yet by way of a transpilation that starts threads. Nothing here transpiles.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from qcexec_engine.aer.dialects import Dialect, as_unitary
from qcexec_engine.aer.support import WIDEST_NUMBER
from qcexec_engine.classical import Constant, Expression
from qcexec_engine.program import (
    Branch,
    Break,
    Continue,
    Gate,
    Loop,
    Measure,
    Operation,
    Program,
    Reset,
    Store,
    Unitary,
)


def build(program: Program, dialect: Dialect) -> Any:
    """The program as a `QuantumCircuit`; classical bit i is bit i of the memory.

    It is one that `qcexec_engine.aer.support.runs`.
    """
    from qiskit.circuit import QuantumCircuit

    writer = _Writer(program, dialect)
    writer.write_program(program)
    return QuantumCircuit.from_instructions(
        writer.written, qubits=writer.qubits, clbits=writer.bits
    )


class _Writer:
    """Writes Aer's operations; every mark gets a name of its own."""

    def __init__(self, program: Program, dialect: Dialect) -> None:
        from qiskit.circuit import CircuitInstruction, Clbit, Qubit
        from qiskit.circuit import Measure as AerMeasure
        from qiskit.circuit import Reset as AerReset

        from qcexec_engine.aer.expressions import Expressions

        self._make = CircuitInstruction
        self.qubits = [Qubit() for _ in range(max(1, program.num_qubits))]
        # A measurement that keeps nothing still needs a bit; one behind all others takes it.
        self.bits = [Clbit() for _ in range(program.memory_bits + 1)]
        self.written: list[Any] = []
        self._dialect = dialect
        self._spellings: dict[tuple[str, tuple[float, ...], int], list[tuple[Any, Any]]] = {}
        self._measure, self._reset = AerMeasure(), AerReset()
        self._expressions = Expressions(self.bits)
        self._marks = 0
        self._ends = self._measures = False
        self._loops: list[tuple[str, str]] = []

    def write_program(self, program: Program) -> None:
        """Writes the memory's initial value, the operations, and the mark that `end` jumps to."""
        if program.initial_memory:
            self._store(tuple(range(program.memory_bits)), Constant(program.initial_memory))
        self.write(program.operations)
        if self._ends:
            self._mark(_END)
        if program.num_bits and not self._measures:
            # Aer counts nothing where nothing is measured, not even what is stored.
            self._append(self._measure, (0,), (-1,))

    def write(self, block: Iterable[Operation]) -> None:
        for operation in block:
            if isinstance(operation, Gate):
                self._gate(operation)
            elif isinstance(operation, Measure):
                bit = -1 if operation.bit is None else operation.bit
                self._append(self._measure, (operation.qubit,), (bit,))
                self._measures = True
            elif isinstance(operation, Unitary):
                name, parameters, _ = as_unitary(operation)
                self._append(_operation(name, len(operation.qubits), parameters), operation.qubits)
            elif isinstance(operation, Reset):
                self._append(self._reset, (operation.qubit,))
            elif isinstance(operation, Store):
                self._store(operation.bits, operation.value)
            elif isinstance(operation, Branch):
                self._branch(operation)
            elif isinstance(operation, Loop):
                self._loop(operation)
            elif isinstance(operation, Break):
                self._jump(self._loops[-1][1])
            elif isinstance(operation, Continue):
                self._jump(self._loops[-1][0])
            else:
                self._ends = True
                self._jump(_END)

    def _gate(self, gate: Gate) -> None:
        key = (gate.name, gate.angles, gate.controls)
        spelling = self._spellings.get(key)
        if spelling is None:
            spelling = self._spellings[key] = [
                (_operation(name, len(places), parameters), places)
                for name, parameters, places in self._dialect(gate)
            ]
        for operation, places in spelling:
            self._append(operation, tuple([gate.qubits[place] for place in places]))

    def _branch(self, branch: Branch) -> None:
        then, end = self._new_mark(), self._new_mark()
        self._jump(then, self._expressions.truth(branch.condition))
        self.write(branch.otherwise)
        self._jump(end)
        self._mark(then)
        self.write(branch.then)
        self._mark(end)

    def _loop(self, loop: Loop) -> None:
        head, body, end = self._new_mark(), self._new_mark(), self._new_mark()
        self._mark(head)
        self._jump(body, self._expressions.truth(loop.condition))
        self._jump(end)
        self._mark(body)
        self._loops.append((head, end))
        self.write(loop.body)
        self._loops.pop()
        self._jump(head)
        self._mark(end)

    def _append(self, operation: Any, qubits: tuple[int, ...], bits: tuple[int, ...] = ()) -> None:
        all_qubits, all_bits = self.qubits, self.bits
        self.written.append(
            self._make(
                operation,
                tuple([all_qubits[qubit] for qubit in qubits]),
                tuple([all_bits[bit] for bit in bits]),
            )
        )

    def _store(self, bits: tuple[int, ...], value: Expression) -> None:
        """Writes part by part what is wider than Aer's numbers, the lowest part first."""
        self._store_number(bits[:WIDEST_NUMBER], value)
        for start in range(WIDEST_NUMBER, len(bits), WIDEST_NUMBER):
            # Only a constant can be that wide.
            rest = value.value >> start if isinstance(value, Constant) else 0
            self._store_number(bits[start : start + WIDEST_NUMBER], Constant(rest))

    def _store_number(self, bits: tuple[int, ...], value: Expression) -> None:
        from qiskit.circuit import Store as QiskitStore
        from qiskit_aer.library.control_flow_instructions import AerStore

        if isinstance(value, Constant):
            value = Constant(value.value & (1 << len(bits)) - 1)
        store = QiskitStore(
            self._expressions.register(bits), self._expressions.unsigned(value, len(bits))
        )
        self._append_wide(AerStore(len(self.qubits), len(self.bits), store))

    def _jump(self, mark: str, condition: Any = None) -> None:
        from qiskit_aer.library.control_flow_instructions import AerJump

        jump = AerJump(mark, len(self.qubits), len(self.bits))
        if condition is not None:
            jump.set_conditional(condition)
        self._append_wide(jump)

    def _mark(self, name: str) -> None:
        from qiskit_aer.library.control_flow_instructions import AerMark

        self._append_wide(AerMark(name, len(self.qubits), len(self.bits)))

    def _append_wide(self, operation: Any) -> None:
        """Over all qubits and bits, so that nothing moves past it."""
        self.written.append(self._make(operation, self.qubits, self.bits))

    def _new_mark(self) -> str:
        self._marks += 1
        return f"mark {self._marks}"


_END: Final = "end"


def _operation(name: str, num_qubits: int, parameters: tuple[Any, ...]) -> Any:
    from qiskit.circuit import Gate as QiskitGate

    if name == "unitary":
        from qiskit.circuit.library import UnitaryGate

        return UnitaryGate(parameters[0], check_input=False)
    return QiskitGate(name, num_qubits, list(parameters))
