"""Programs that Hypothesis makes, over every operation that a program may hold."""

from __future__ import annotations

import math

import numpy
from hypothesis import strategies
from hypothesis.strategies import DrawFn, SearchStrategy

from qcexec_engine import gates
from qcexec_engine.classical import Bits, Calculation, Constant
from qcexec_engine.program import (
    Branch,
    Break,
    Gate,
    Loop,
    Measure,
    Operation,
    Program,
    Register,
    Reset,
    Store,
    Unitary,
)

_COMMON = frozenset({"x", "h", "p", "ry", "rz", "swap"})
_QUARTERS = [math.pi / 2 * turns for turns in range(-4, 5)]
ANGLES: SearchStrategy[float] = strategies.sampled_from(_QUARTERS) | strategies.floats(-7, 7)


@strategies.composite
def any_gate(draw: DrawFn, num_qubits: int) -> Gate:
    """A gate with up to two controls."""
    fitting = [name for name, targets in sorted(gates.NUM_TARGETS.items()) if targets <= num_qubits]
    common = [name for name in fitting if name in _COMMON]
    name = draw(strategies.sampled_from(fitting) | strategies.sampled_from(common))
    num_targets = gates.NUM_TARGETS[name]
    controls = draw(strategies.integers(0, min(2, num_qubits - num_targets)))
    qubits = draw(strategies.permutations(range(num_qubits)))[: num_targets + controls]
    angles = tuple(draw(ANGLES) for _ in range(gates.NUM_ANGLES[name]))
    return Gate(name, angles, tuple(qubits), controls)


@strategies.composite
def any_unitary(draw: DrawFn, num_qubits: int) -> Unitary:
    """A dense matrix on one or two qubits, with up to one control."""
    num_targets = draw(strategies.integers(1, min(2, num_qubits)))
    controls = draw(strategies.integers(0, min(1, num_qubits - num_targets)))
    qubits = draw(strategies.permutations(range(num_qubits)))[: num_targets + controls]
    seed = draw(strategies.integers(0, 1000))
    generator = numpy.random.default_rng(seed)
    size = 1 << num_targets
    matrix, _ = numpy.linalg.qr(
        generator.normal(size=(size, size)) + 1j * generator.normal(size=(size, size))
    )
    return Unitary(matrix, tuple(qubits), controls)


@strategies.composite
def straight_programs(draw: DrawFn, max_qubits: int = 5, num_bits: int = 4) -> Program:
    """Gates, then measurements of some qubits into some bits."""
    num_qubits = draw(strategies.integers(1, max_qubits))
    gate = any_gate(num_qubits) | any_unitary(num_qubits)
    operations: list[Operation] = draw(strategies.lists(gate, max_size=15))
    measures = draw(strategies.lists(_measure(num_qubits, num_bits), min_size=1, max_size=5))
    return _program(num_qubits, num_bits, [*operations, *measures], draw)


@strategies.composite
def static_programs(draw: DrawFn, max_qubits: int = 4, num_bits: int = 3) -> Program:
    """Gates, measurements, resets and constants in any order."""
    num_qubits = draw(strategies.integers(1, max_qubits))
    operations = draw(
        strategies.lists(
            any_gate(num_qubits)
            | _measure(num_qubits, num_bits + 1)
            | _reset(num_qubits)
            | _constant(num_bits + 1),
            max_size=12,
        )
    )
    return _program(num_qubits, num_bits, operations, draw)


@strategies.composite
def dynamic_programs(draw: DrawFn, max_qubits: int = 3, num_bits: int = 3) -> Program:
    """Branches and loops that end, too, and stores of what was measured."""
    num_qubits = draw(strategies.integers(1, max_qubits))
    plain: SearchStrategy[Operation] = (
        any_gate(num_qubits)
        | _measure(num_qubits, num_bits + 1)
        | _reset(num_qubits)
        | _constant(num_bits + 1)
        | _store(num_bits + 1)
    )
    blocks = strategies.lists(plain, max_size=3).map(tuple)
    branch = strategies.builds(Branch, _condition(num_bits + 1), blocks, blocks)
    loop = strategies.builds(
        Loop, _condition(num_bits + 1), blocks.map(lambda block: (*block, Break()))
    )
    operations = draw(strategies.lists(plain | plain | plain | branch | loop, max_size=10))
    return _program(num_qubits, num_bits, operations, draw)


def _program(num_qubits: int, num_bits: int, operations: list[Operation], draw: DrawFn) -> Program:
    """One memory bit lies behind the register's."""
    memory = draw(strategies.integers(0, (1 << (num_bits + 1)) - 1))
    register = Register("c", num_bits)
    return Program(num_qubits, (register,), tuple(operations), num_bits + 1, memory)


def _measure(num_qubits: int, num_bits: int) -> SearchStrategy[Operation]:
    bits = strategies.none() | strategies.integers(0, num_bits - 1)
    return strategies.builds(Measure, strategies.integers(0, num_qubits - 1), bits)


def _reset(num_qubits: int) -> SearchStrategy[Operation]:
    return strategies.builds(Reset, strategies.integers(0, num_qubits - 1))


def _constant(num_bits: int) -> SearchStrategy[Operation]:
    values = strategies.builds(Constant, strategies.integers(0, 3))
    return strategies.builds(Store, _two_bits(num_bits), values)


def _store(num_bits: int) -> SearchStrategy[Operation]:
    read = strategies.builds(Bits, _two_bits(num_bits))
    return strategies.builds(Store, _two_bits(num_bits), read)


def _condition(num_bits: int) -> SearchStrategy[Calculation]:
    read = strategies.builds(Bits, _two_bits(num_bits))
    constant = strategies.builds(Constant, strategies.integers(0, 3))
    return strategies.builds(
        Calculation, strategies.sampled_from(["==", "!=", ">="]), read, constant
    )


def _two_bits(num_bits: int) -> SearchStrategy[tuple[int, ...]]:
    return strategies.permutations(range(num_bits)).map(lambda bits: tuple(bits[:2]))
