"""How much a shot tree has to do, guessed from the program before it runs.

The guess takes the first measurement or reset of a qubit on the way for a fair coin, and a quarter
of one for each later one: codes that correct errors measure the same again and again, and what was
measured once is often certain from then on. Of more than a dozen coins a quarter counts, too. A
loop is taken to run four times, for nobody knows.
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
    size = _size(circuit.program.operations, set())
    levels = size.measurements - size.at_end
    coins = size.coins
    if coins > _COINS:
        coins = _COINS + (coins - _COINS) * _AGAIN
    most_coins = math.log2(shots)
    coins = min(coins, most_coins)
    # Level i has 2^i histories, and from some level on no more.
    leaves = 2.0**coins
    looks = leaves - 1 + (levels - coins) * leaves
    gates = size.gates * (looks + leaves) / (levels + 1)
    distinct = min(shots, leaves * 2.0 ** min(size.at_end, circuit.num_qubits, _MANY_BITS))
    waiting = math.ceil(min(levels, most_coins))
    return Histories(gates, looks, leaves, waiting, size.at_end, distinct)


def least(circuit: Circuit) -> Histories:
    """The work if no measurement parts the shots: one history, whatever their number."""
    return guess(circuit, 1)


class _Size(NamedTuple):
    gates: float
    measurements: float
    coins: float
    at_end: int
    coins_at_end: float


_COINS: Final = 12
_AGAIN: Final = 0.25
_MANY_BITS: Final = 64
_ROUNDS: Final = 4


def _size(operations: Block, measured: set[int]) -> _Size:
    """What is in a block, after these qubits were measured before it; those in it are added."""
    gates = measurements = coins = 0.0
    # What is measured and not touched since, with the coin that it would be.
    ends: dict[int, float] = {}
    for operation in operations:
        if type(operation) is Gate or type(operation) is Unitary:
            gates += 1
            if ends:
                coins += sum([ends.pop(qubit, 0.0) for qubit in operation.qubits])
        elif type(operation) is Measure:
            measurements += 1
            qubit = operation.qubit
            coins += ends.pop(qubit, 0.0)
            ends[qubit] = _AGAIN if qubit in measured else 1.0
            measured.add(qubit)
        elif type(operation) is Store and type(operation.value) is Constant:
            continue
        else:
            was_just_measured = type(operation) is Reset and operation.qubit in ends
            coins += sum(ends.values())
            ends.clear()
            if type(operation) is Reset:
                measurements += 1
                if not was_just_measured:
                    coins += _AGAIN if operation.qubit in measured else 1.0
                measured.add(operation.qubit)
            elif type(operation) is Branch:
                then = _size(operation.then, measured)
                otherwise = _size(operation.otherwise, measured)
                gates += max(then.gates, otherwise.gates)
                measurements += max(then.measurements, otherwise.measurements)
                coins += max(_all_coins(then), _all_coins(otherwise))
            elif type(operation) is Loop:
                body = _size(operation.body, measured)
                gates += _ROUNDS * body.gates
                measurements += _ROUNDS * body.measurements
                coins += _all_coins(body) + (_ROUNDS - 1) * body.measurements * _AGAIN
    return _Size(gates, measurements, coins, len(ends), sum(ends.values()))


def _all_coins(size: _Size) -> float:
    """Those of a block behind which the circuit goes on."""
    return size.coins + size.coins_at_end
