"""Circuits of every operation, for Hypothesis."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi
from typing import NamedTuple

import numpy
from hypothesis import strategies
from hypothesis.strategies import DrawFn, SearchStrategy

from unit.kernel.reference import NUM_ANGLES, ONE_TARGET, TWO_TARGETS, Gate, Unitary

# Angles at which something special happens, and any others.
_SPECIAL_ANGLES = [0.0, pi, -pi, pi / 2, -pi / 2, 2 * pi, pi / 4, 1e-9, pi - 1e-9, 1e-15]
ANGLES: SearchStrategy[float] = strategies.one_of(
    strategies.sampled_from(_SPECIAL_ANGLES), strategies.floats(-10, 10)
)


class Circuit(NamedTuple):
    num_qubits: int
    operations: Sequence[Gate | Unitary]


@strategies.composite
def circuits(draw: DrawFn, max_qubits: int = 10, max_operations: int = 40) -> Circuit:
    """Circuits of any operations, and of runs on two qubits, which are planned as one."""
    num_qubits = draw(strategies.integers(1, max_qubits))
    kinds: list[SearchStrategy[Sequence[Gate | Unitary]]] = [
        _gates(num_qubits),
        _gates(num_qubits),
        _unitaries(num_qubits),
    ]
    if num_qubits > 1:
        kinds.append(_pair_runs(num_qubits))
    pieces = draw(strategies.lists(strategies.one_of(kinds), max_size=max_operations))
    return Circuit(num_qubits, [operation for piece in pieces for operation in piece])


@strategies.composite
def _gates(draw: DrawFn, num_qubits: int) -> list[Gate]:
    names = ONE_TARGET + (TWO_TARGETS if num_qubits > 1 else ())
    name = draw(strategies.sampled_from(names))
    num_targets = 1 if name in ONE_TARGET else 2
    controls = draw(_num_controls(num_qubits - num_targets))
    places = draw(_places(num_qubits, controls + num_targets))
    return [Gate(name, draw(_angles(name)), places, controls)]


@strategies.composite
def _unitaries(draw: DrawFn, num_qubits: int) -> list[Unitary]:
    num_targets = draw(strategies.integers(1, min(3, num_qubits)))
    controls = draw(_num_controls(num_qubits - num_targets))
    generator = numpy.random.default_rng(draw(strategies.integers(0, 2**32 - 1)))
    parts = generator.normal(size=(2, 1 << num_targets, 1 << num_targets))
    matrix, _ = numpy.linalg.qr(parts[0] + 1j * parts[1])
    return [Unitary(matrix, draw(_places(num_qubits, controls + num_targets)), controls)]


@strategies.composite
def _pair_runs(draw: DrawFn, num_qubits: int) -> list[Gate]:
    pair = draw(_places(num_qubits, 2))
    run = []
    for _ in range(draw(strategies.integers(1, 8))):
        name = draw(strategies.sampled_from(("cx", *TWO_TARGETS, *ONE_TARGET)))
        order = draw(strategies.sampled_from((pair, pair[::-1])))
        if name == "cx":
            run.append(Gate("x", (), order, 1))
        else:
            operands = order if name in TWO_TARGETS else order[:1]
            run.append(Gate(name, draw(_angles(name)), operands))
    return run


def _angles(name: str) -> SearchStrategy[tuple[float, ...]]:
    return strategies.tuples(*[ANGLES] * NUM_ANGLES.get(name, 0))


def _num_controls(most: int) -> SearchStrategy[int]:
    return strategies.integers(0, min(most, 4)) if most else strategies.just(0)


def _places(num_qubits: int, count: int) -> SearchStrategy[tuple[int, ...]]:
    return strategies.permutations(range(num_qubits)).map(lambda order: tuple(order[:count]))


def paired(num_qubits: int, depth: int, seed: int) -> list[Unitary]:
    """Any unitary on each pair of some pairs, then on other pairs, again and again."""
    generator = numpy.random.default_rng(seed)
    made: list[Unitary] = []
    for _ in range(depth):
        qubits = generator.permutation(num_qubits).tolist()
        for pair in zip(qubits[::2], qubits[1::2], strict=False):
            parts = generator.normal(size=(2, 4, 4))
            matrix, _ = numpy.linalg.qr(parts[0] + 1j * parts[1])
            made.append(Unitary(matrix, pair, 0))
    return made


def layered(num_qubits: int, depth: int, seed: int = 7) -> list[Gate]:
    """Any unitary on each qubit, then controlled signs between neighbours, again and again."""
    generator = numpy.random.default_rng(seed)
    made: list[Gate] = []
    for layer in range(depth):
        angles = generator.uniform(-3, 3, (num_qubits, 3)).tolist()
        made += [Gate("u", tuple(angles[qubit]), (qubit,)) for qubit in range(num_qubits)]
        pairs = range(layer % 2, num_qubits - 1, 2)
        made += [Gate("z", (), (qubit, qubit + 1), 1) for qubit in pairs]
    return made
