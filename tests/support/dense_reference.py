"""The exact distribution of a program's outcomes, by matrices and every history of measurements.

Slow and plain: it knows nothing of how the engine simulates. Good for a few qubits and for loops
that end.
"""

from __future__ import annotations

import operator
from collections import defaultdict
from collections.abc import Iterator

import numpy
from numpy.typing import NDArray

from qcexec_engine import gates
from qcexec_engine.classical import Bits, Calculation, Constant, Expression
from qcexec_engine.program import (
    Block,
    Branch,
    Break,
    Continue,
    End,
    Gate,
    Loop,
    Measure,
    Program,
    Reset,
    Store,
    Unitary,
)

Vector = NDArray[numpy.complex128]

_POSSIBLE = 1e-14
_COMPARE = {"==": operator.eq, "!=": operator.ne, ">=": operator.ge}


def distribution(program: Program) -> dict[int, float]:
    """The probability of each value of the register bits that can be seen."""
    start = numpy.zeros(1 << program.num_qubits, dtype=numpy.complex128)
    start[0] = 1
    mask = (1 << program.num_bits) - 1
    seen: dict[int, float] = defaultdict(float)
    for _, vector, memory in _run(program.operations, start, program.initial_memory):
        seen[memory & mask] += float(numpy.vdot(vector, vector).real)
    return dict(seen)


def final_state(num_qubits: int, operations: Block) -> Vector:
    """What gates and unitaries make of |0...0>."""
    start = numpy.zeros(1 << num_qubits, dtype=numpy.complex128)
    start[0] = 1
    ((_, vector, _),) = _run(operations, start, 0)
    return vector


def applied(vector: Vector, matrix: Vector, qubits: tuple[int, ...], controls: int) -> Vector:
    """A state after a matrix on the qubits behind the controls, the first its lowest bit."""
    num_qubits = len(vector).bit_length() - 1
    targets = qubits[controls:]
    result = vector.copy()
    size = 1 << len(targets)
    for base in range(len(vector)):
        if any(base >> target & 1 for target in targets):
            continue
        if not all(base >> control & 1 for control in qubits[:controls]):
            continue
        places = [
            base | sum((value >> position & 1) << target for position, target in enumerate(targets))
            for value in range(size)
        ]
        result[places] = matrix @ vector[places]
    assert num_qubits > max(qubits)
    return result


def total_variation(one: dict[int, float], other: dict[int, float]) -> float:
    """Half of what two distributions differ by, summed over all outcomes."""
    return sum(abs(one.get(key, 0) - other.get(key, 0)) for key in one.keys() | other.keys()) / 2


def _run(block: Block, vector: Vector, memory: int) -> Iterator[tuple[str, Vector, int]]:
    """Every way through a block: how it was left, the state not normalised, and the memory."""
    if not block:
        yield "", vector, memory
        return
    operation, rest = block[0], block[1:]
    for left_by, after, new_memory in _step(operation, vector, memory):
        if left_by:
            yield left_by, after, new_memory
        else:
            yield from _run(rest, after, new_memory)


def _step(operation: object, vector: Vector, memory: int) -> Iterator[tuple[str, Vector, int]]:
    match operation:
        case Gate(name, angles, qubits, controls):
            yield "", applied(vector, gates.matrix(name, angles), qubits, controls), memory
        case Unitary(matrix, qubits, controls):
            yield "", applied(vector, matrix, qubits, controls), memory
        case Measure(qubit, bit):
            for value, part in _collapsed(vector, qubit):
                written = memory
                if bit is not None:
                    written = memory & ~(1 << bit) | value << bit
                yield "", part, written
        case Reset(qubit):
            for value, part in _collapsed(vector, qubit):
                flip = gates.matrix("x", ())
                yield "", applied(part, flip, (qubit,), 0) if value else part, memory
        case Store(bits, expression):
            value = _value(expression, memory)
            for position, bit in enumerate(bits):
                memory = memory & ~(1 << bit) | (value >> position & 1) << bit
            yield "", vector, memory
        case Branch(condition, then, otherwise):
            yield from _run(then if _value(condition, memory) else otherwise, vector, memory)
        case Loop(condition, body):
            if not _value(condition, memory):
                yield "", vector, memory
                return
            for left_by, after, new_memory in _run(body, vector, memory):
                if left_by in ("", "continue"):
                    yield from _step(operation, after, new_memory)
                else:
                    yield "" if left_by == "break" else left_by, after, new_memory
        case Break():
            yield "break", vector, memory
        case Continue():
            yield "continue", vector, memory
        case End():
            yield "end", vector, memory


def _value(expression: Expression, memory: int) -> int:
    match expression:
        case Constant(value):
            return value
        case Bits(indices):
            return sum((memory >> bit & 1) << position for position, bit in enumerate(indices))
        case Calculation(op, left, right):
            return int(_COMPARE[op](_value(left, memory), _value(right, memory)))
        case _:
            raise NotImplementedError(expression)


def _collapsed(vector: Vector, qubit: int) -> Iterator[tuple[int, Vector]]:
    is_one = (numpy.arange(len(vector)) >> qubit & 1).astype(bool)
    for value, part in ((0, numpy.where(is_one, 0, vector)), (1, numpy.where(is_one, vector, 0))):
        if numpy.vdot(part, part).real > _POSSIBLE:
            yield value, part
