"""A pure state of qubits, as a tensor over those alone that are in no known basis state.

A qubit joins the tensor with the first gate that acts on it and leaves it when it is measured, so
all histories of a measured register together hold no more amplitudes than the register did before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import numpy
from numpy.typing import NDArray

from support.oracle.errors import NotInterpreted

Control: TypeAlias = tuple[int, int]
"""A qubit, and the value that it must have."""

MOST_LIVE_QUBITS: Final = 22


class State(NamedTuple):
    """A normalised state.

    Attributes:
        live: the qubits of the tensor, one for each of its axes.
        tensor: complex amplitudes, shape (2,) * len(live).
        ones: the qubits beside it that are |1>; all others are |0>.
    """

    live: tuple[int, ...]
    tensor: NDArray[Any]
    ones: frozenset[int]


EMPTY: Final = State((), numpy.ones((), dtype=complex), frozenset())
"""All qubits in |0>."""


def applied(
    state: State, matrix: NDArray[Any], targets: Sequence[int], controls: Sequence[Control]
) -> State:
    """The state after a controlled unitary.

    Args:
        state: before it.
        matrix: shape (2**k, 2**k) for k targets; the first target is the index's highest bit.
        targets: none for a phase.
        controls: the unitary acts where all of them have their value.
    """
    undecided = []
    for qubit, wanted in controls:
        if qubit in state.live:
            undecided.append((qubit, wanted))
        elif (qubit in state.ones) != wanted:
            return state
    for target in targets:
        state = _joined(state, target)
    index: list[int | slice] = [slice(None)] * len(state.live)
    for qubit, wanted in undecided:
        index[state.live.index(qubit)] = wanted
    tensor = state.tensor.copy()
    part = tensor[tuple(index)]
    remaining = [qubit for qubit in state.live if qubit not in dict(undecided)]
    axes = [remaining.index(target) for target in targets]
    width = len(targets)
    gate = matrix.reshape((2,) * (2 * width))
    turned = numpy.tensordot(gate, part, axes=(range(width, 2 * width), axes))
    tensor[tuple(index)] = numpy.moveaxis(turned, range(width), axes)
    return state._replace(tensor=tensor)


def probability_of_one(state: State, qubit: int) -> float:
    """How likely a measurement of the qubit gives 1."""
    if qubit not in state.live:
        return float(qubit in state.ones)
    part = numpy.take(state.tensor, 1, axis=state.live.index(qubit))
    return float(numpy.vdot(part, part).real)


def collapsed(state: State, qubit: int, outcome: int) -> State:
    """The state after a measurement that gave `outcome`, which must be possible."""
    if qubit not in state.live:
        return state
    axis = state.live.index(qubit)
    part = numpy.take(state.tensor, outcome, axis=axis)
    part = numpy.asarray(part / numpy.linalg.norm(part.ravel()))
    live = state.live[:axis] + state.live[axis + 1 :]
    return State(live, part, state.ones | {qubit} if outcome else state.ones)


def flipped_to_zero(state: State, qubit: int) -> State:
    """The state with a measured qubit put back into |0>."""
    return state._replace(ones=state.ones - {qubit})


def fingerprint(state: State) -> tuple[tuple[int, ...], bytes, frozenset[int]]:
    """Equal for states that are the same up to their phase and rounding (1e-9)."""
    order = numpy.argsort(state.live)
    tensor = state.tensor.transpose(order).ravel()
    first = int(numpy.argmax(numpy.abs(tensor) > 1e-6))
    phase = tensor[first] / abs(tensor[first])
    rounded = numpy.round(tensor / phase, 9) + 0.0
    return tuple(sorted(state.live)), rounded.tobytes(), state.ones


def _joined(state: State, qubit: int) -> State:
    """The same state with the qubit in the tensor."""
    if qubit in state.live:
        return state
    if len(state.live) >= MOST_LIVE_QUBITS:
        raise NotInterpreted(f"more than {MOST_LIVE_QUBITS} qubits at once")
    tensor = numpy.zeros((*state.tensor.shape, 2), dtype=complex)
    tensor[..., int(qubit in state.ones)] = state.tensor
    return State((*state.live, qubit), tensor, state.ones - {qubit})
