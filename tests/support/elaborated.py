"""Programs of texts, and what they do: for the tests of the elaboration."""

from collections.abc import Callable, Sequence
from itertools import product
from typing import Final

import numpy
import pytest
from numpy.typing import NDArray

from qcexec_engine.classical import compiled
from qcexec_engine.elaboration import elaborate
from qcexec_engine.errors import EngineError
from qcexec_engine.gates import matrix
from qcexec_engine.language.parser import parse
from qcexec_engine.limits import Limits
from qcexec_engine.program import (
    Block,
    Branch,
    Break,
    Continue,
    End,
    Gate,
    Loop,
    Measure,
    Operation,
    Program,
    Reset,
    Store,
    Unitary,
)

LIMITS: Final = Limits(memory_bytes=1 << 26, max_operations=20_000)
HEAD: Final = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
ROUNDING: Final = 1e-12


def elaborated(text: str, limits: Limits = LIMITS) -> Program:
    """The program of a text."""
    return elaborate(parse(text, limits), limits)


def refused(text: str, limits: Limits = LIMITS) -> EngineError:
    """The error of a text."""
    with pytest.raises(EngineError) as caught:
        elaborated(text, limits)
    return caught.value


def gates(statements: str) -> list[Operation]:
    """What OpenQASM 3 statements come to; the measurement that every circuit needs is left out."""
    measured = "qubit measured_qubit;\nbit measured = measure measured_qubit;"
    return list(elaborated(f"{HEAD}{statements}\n{measured}").operations[:-1])


def unitary(statements: str, num_qubits: int) -> NDArray[numpy.complex128]:
    """The matrix of statements on qubits `q[0]` to `q[n - 1]`, global phase left out."""
    return matrix_of(gates(f"qubit[{num_qubits}] q;\n{statements}"), num_qubits)


def matrix_of(operations: Sequence[Operation], num_qubits: int) -> NDArray[numpy.complex128]:
    """The matrix of gates."""
    found: NDArray[numpy.complex128] = numpy.eye(1 << num_qubits, dtype=complex)
    for operation in operations:
        assert isinstance(operation, Gate | Unitary)
        found = _full_matrix(operation, num_qubits) @ found
    return found


def distribution(text: str) -> dict[str, float]:
    """The probability of each value of the registers, the first declared bit rightmost."""
    program = elaborated(text)
    found: dict[str, float] = {}
    state = numpy.zeros(1 << program.num_qubits, dtype=complex)
    state[0] = 1
    start = _World(state, program.initial_memory)
    for world, _ in _run(program.operations, start, program.num_qubits):
        bits = world.memory & (1 << program.num_bits) - 1
        key = format(bits, f"0{program.num_bits}b")
        found[key] = found.get(key, 0.0) + float(numpy.vdot(world.state, world.state).real)
    return {key: round(value, 9) for key, value in found.items() if value > ROUNDING}


def _full_matrix(operation: Gate | Unitary, num_qubits: int) -> NDArray[numpy.complex128]:
    """The operation on all qubits, entry by entry from its definition."""
    own = (
        operation.matrix
        if isinstance(operation, Unitary)
        else matrix(operation.name, operation.angles)
    )
    controls = operation.qubits[: operation.controls]
    targets = operation.qubits[operation.controls :]
    others = sum(1 << qubit for qubit in targets)
    full = numpy.zeros((1 << num_qubits, 1 << num_qubits), dtype=complex)
    for column in range(1 << num_qubits):
        if not all(column >> control & 1 for control in controls):
            full[column, column] = 1
            continue
        within = sum((column >> qubit & 1) << place for place, qubit in enumerate(targets))
        for bits in product((0, 1), repeat=len(targets)):
            row = column & ~others | sum(
                bit << qubit for bit, qubit in zip(bits, targets, strict=True)
            )
            full[row, column] = own[sum(bit << place for place, bit in enumerate(bits)), within]
    return full


class _World:
    """A measurement history: its unnormalised state, and its memory."""

    def __init__(self, state: NDArray[numpy.complex128], memory: int) -> None:
        self.state = state
        self.memory = memory


def _run(block: Block, world: _World, num_qubits: int) -> list[tuple[_World, str]]:
    """The worlds that a world becomes, each with how it left the block."""
    going = [world]
    left: list[tuple[_World, str]] = []
    for operation in block:
        following: list[_World] = []
        for each in going:
            for after, how in _step(operation, each, num_qubits):
                if how:
                    left.append((after, how))
                else:
                    following.append(after)
        going = following
    return left + [(each, "") for each in going]


def _step(operation: Operation, world: _World, num_qubits: int) -> list[tuple[_World, str]]:
    match operation:
        case Gate() | Unitary():
            turned = _full_matrix(operation, num_qubits) @ world.state
            return [(_World(turned, world.memory), "")]
        case Measure(qubit, bit):
            found = []
            for outcome in (0, 1):
                state = _projected(world.state, qubit, outcome)
                memory = world.memory
                if bit is not None:
                    memory = memory & ~(1 << bit) | outcome << bit
                if numpy.vdot(state, state).real > ROUNDING:
                    found.append((_World(state, memory), ""))
            return found
        case Reset(qubit):
            zero = _projected(world.state, qubit, 0)
            one = _full_matrix(Gate("x", (), (qubit,)), num_qubits) @ _projected(
                world.state, qubit, 1
            )
            worlds = [_World(state, world.memory) for state in (zero, one)]
            return [
                (each, "") for each in worlds if numpy.vdot(each.state, each.state).real > 1e-12
            ]
        case Store(bits, value):
            written = compiled(value)(world.memory)
            memory = world.memory
            for place, bit in enumerate(bits):
                memory = memory & ~(1 << bit) | (written >> place & 1) << bit
            return [(_World(world.state, memory), "")]
        case Branch(condition, then, otherwise):
            taken = then if compiled(condition)(world.memory) else otherwise
            return _run(taken, world, num_qubits)
        case Loop(condition, body):
            return _run_loop(compiled(condition), body, world, num_qubits)
        case Break():
            return [(world, "break")]
        case Continue():
            return [(world, "continue")]
        case End():
            return [(world, "end")]


def _run_loop(
    condition: Callable[[int], int], body: Block, world: _World, num_qubits: int
) -> list[tuple[_World, str]]:
    done: list[tuple[_World, str]] = []
    going = [world]
    for _ in range(64):
        following = []
        for each in going:
            if not condition(each.memory):
                done.append((each, ""))
                continue
            for after, how in _run(body, each, num_qubits):
                if how in ("", "continue"):
                    following.append(after)
                else:
                    done.append((after, "" if how == "break" else how))
        going = following
    assert all(numpy.vdot(each.state, each.state).real < 1e-9 for each in going)
    return done


def _projected(
    state: NDArray[numpy.complex128], qubit: int, outcome: int
) -> NDArray[numpy.complex128]:
    keep = (numpy.arange(len(state)) >> qubit & 1) == outcome
    return numpy.where(keep, state, 0)
