"""How much a shot tree has to do, guessed from the program before it runs.

The guess takes each of the first dozen measurements and resets on the way for a fair coin, and of
the later ones one in four: codes that correct errors measure the same again and again, and what was
measured once is certain from then on. A loop is taken to run four times, for nobody knows.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from qcexec_engine.analysis.circuit import Circuit
from qcexec_engine.classical import Constant
from qcexec_engine.program import Block, Branch, Gate, Loop, Measure, Reset, Store, Unitary


class Histories(NamedTuple):
    """The work of a shot tree, over all its histories together.

    Attributes:
        gates: how many gates are applied.
        looks: how many measurements and resets on the way are made.
        leaves: how many histories there are, and final states to sample; one less is the number of
            times that shots part.
        waiting: how many states may wait at a time.
        at_end: how many measurements each final state is sampled for.
        distinct: how many outcomes may be told apart.
    """

    gates: float
    looks: float
    leaves: float
    waiting: int
    at_end: int
    distinct: float


def guess(circuit: Circuit, shots: int) -> Histories:
    """The work for so many shots of a circuit."""
    size = _size(circuit.program.operations)
    levels = size.measurements - size.at_end
    coins = levels if levels <= _COINS else _COINS + (levels - _COINS) / 4
    coins = min(coins, math.log2(shots))
    # Level i has 2^i histories, and from some level on no more.
    leaves = 2.0**coins
    looks = leaves - 1 + (levels - coins) * leaves
    gates = size.gates * (looks + leaves) / (levels + 1)
    distinct = min(shots, leaves * 2.0 ** min(size.at_end, circuit.num_qubits, _MANY_BITS))
    return Histories(gates, looks, leaves, math.ceil(coins), size.at_end, distinct)


def least(circuit: Circuit) -> Histories:
    """The work if no measurement parts the shots: one history, whatever their number."""
    return guess(circuit, 1)


class _Size(NamedTuple):
    gates: float
    measurements: float
    at_end: int


_COINS: Final = 12
_MANY_BITS: Final = 64
_ROUNDS: Final = 4


def _size(operations: Block) -> _Size:
    gates = measurements = 0.0
    at_end: set[int] = set()
    for operation in operations:
        if type(operation) is Gate or type(operation) is Unitary:
            gates += 1
            if at_end:
                at_end.difference_update(operation.qubits)
        elif type(operation) is Measure:
            measurements += 1
            at_end.add(operation.qubit)
        elif type(operation) is Store and type(operation.value) is Constant:
            continue
        else:
            at_end.clear()
            if type(operation) is Reset:
                measurements += 1
            elif type(operation) is Branch:
                then, otherwise = _size(operation.then), _size(operation.otherwise)
                gates += max(then.gates, otherwise.gates)
                measurements += max(then.measurements, otherwise.measurements)
            elif type(operation) is Loop:
                body = _size(operation.body)
                gates += _ROUNDS * body.gates
                measurements += _ROUNDS * body.measurements
    return _Size(gates, measurements, len(at_end))
