"""An upper bound of the entanglement that a circuit builds up, without simulating it.

A matrix product state keeps its qubits in a line, and for each place between two of them a matrix
whose size is the rank of the state there, its bond. A gate on two neighbours multiplies the rank
between them by at most its own: 2 for a gate with one control or a diagonal, 4 for all others, and
4 for any number of gates in a row on the same pair. A bond is also at most twice as large as either
of the next ones, for one qubit lies between. All bounds are powers of two; what is counted here are
their exponents.

The qubits move as Aer moves them: for a gate on two that are apart, the second is swapped up to the
first, and stays there. At the end all go back to their own order. Qubits that simplification has
removed are not seen here, nor are the controls that it decided; so the quantum Fourier transform of
a basis state is a product.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from qcexec_engine.program import Block, Branch, Gate, Loop, Operation, Unitary


class Bound(NamedTuple):
    """What simulating a circuit as a matrix product state takes at most.

    Attributes:
        exponents: at the end, the bond between qubits k and k + 1 is at most 2 ** exponents[k].
        widest: the largest exponent on the way.
        splits: how many gates and swaps on two neighbours there are: each is a decomposition.
        work: their sizes together: rows times columns times the lesser of both, for each.
    """

    exponents: tuple[int, ...]
    widest: int
    splits: int
    work: float


def bound(operations: Block, num_qubits: int, most_work: float) -> Bound | None:
    """The bound for a circuit; None as soon as it takes more work than allowed.

    Both blocks of a branch count, and a loop counts as a few rounds; so for programs with those it
    is a guess.
    """
    line = _Line(num_qubits, most_work)
    if line.run(operations) and line.sort():
        return Bound(tuple(line.bonds[1:-1]), line.widest, line.splits, line.work)
    return None


_ROUNDS: Final = 4
_RANK_TWO_TARGETS: Final = frozenset({"rxx", "ryy", "rzz", "rzx"})
"""Gates on two targets of the form a + b P Q: their rank is two, as that of a single control."""


class _Line:
    """The qubits in their present order, and the exponents of the bonds between them."""

    def __init__(self, num_qubits: int, most_work: float) -> None:
        self.order = list(range(num_qubits))
        self.place = list(range(num_qubits))
        # Bond k lies to the left of place k; the outermost ones are always of size one.
        self.bonds = [0] * (num_qubits + 1)
        self.widest = 0
        self.splits = 0
        self.work = 0.0
        self._most_work = most_work
        # The bond of the last gate at each place, and each bond's exponent before its present run.
        self._last = [0] * num_qubits
        self._before = [0] * (num_qubits + 1)

    def run(self, operations: Iterable[Operation]) -> bool:
        """Applies operations; False as soon as there is too much work."""
        for operation in operations:
            kind = type(operation)
            if kind is Gate or kind is Unitary:
                qubits = operation.qubits  # type: ignore[union-attr]
                if len(qubits) == 2:
                    self._pair(qubits[0], qubits[1], _exponent(operation))  # type: ignore[arg-type]
                elif len(qubits) > 2:
                    self._several(qubits, _exponent(operation))  # type: ignore[arg-type]
                else:
                    continue
                if self.work > self._most_work:
                    return False
            elif isinstance(operation, Branch):
                if not (self.run(operation.then) and self.run(operation.otherwise)):
                    return False
            elif isinstance(operation, Loop):
                for _ in range(_ROUNDS):
                    if not self.run(operation.body):
                        return False
        return True

    def sort(self) -> bool:
        """Brings the qubits back into their own order; False as soon as there is too much work."""
        for qubit in range(len(self.order)):
            place = self.place[qubit]
            if place != qubit:
                self._move(place, qubit)
                if self.work > self._most_work:
                    return False
        return True

    def _pair(self, first: int, second: int, exponent: int) -> None:
        place = self.place[first]
        other = self.place[second]
        if other > place + 1:
            self._move(other, place + 1)
        elif other < place - 1:
            self._move(other, place - 1)
        self._split(max(place, self.place[second]), exponent)

    def _several(self, qubits: tuple[int, ...], exponent: int) -> None:
        """A gate on three and more: they are brought together, and every bond inside is split."""
        place = self.place[qubits[0]]
        for following in qubits[1:]:
            other = self.place[following]
            if other > place:
                place += 1
                self._move(other, place)
            else:
                self._move(other, place)
        lowest = place - len(qubits) + 1
        for bond in range(lowest + 1, place + 1):
            self.bonds[bond] += exponent
        # What follows is in no run with what was done on one pair before.
        self._last[lowest : place + 1] = [0] * len(qubits)
        for bond in range(lowest + 1, place + 1):
            self._split(bond, 0)
        for bond in range(place, lowest, -1):
            self._split(bond, 0)

    def _move(self, origin: int, goal: int) -> None:
        """Swaps the qubit at one place with its neighbours until it is at the other."""
        order, place = self.order, self.place
        step = 1 if goal > origin else -1
        moving = order[origin]
        for at in range(origin, goal, step):
            neighbour = order[at + step]
            order[at] = neighbour
            place[neighbour] = at
            self._split(max(at, at + step), 2)
            if self.work > self._most_work:
                break
        order[goal] = moving
        place[moving] = goal

    def _split(self, bond: int, exponent: int) -> None:
        """Applies a gate of a rank to the qubits on both sides of a bond."""
        bonds, last = self.bonds, self._last
        now = bonds[bond]
        if last[bond - 1] != bond or last[bond] != bond:
            last[bond - 1] = last[bond] = bond
            self._before[bond] = now
        left, right = bonds[bond - 1] + 1, bonds[bond + 1] + 1
        grown = min(now + exponent, self._before[bond] + 2, left, right)
        bonds[bond] = grown
        if grown > self.widest:
            self.widest = grown
        self.splits += 1
        self.work += 2.0 ** (left + right + min(left, right))


def _exponent(operation: Gate | Unitary) -> int:
    """Of the rank of a gate across any cut between its qubits."""
    if type(operation) is Gate:
        targets = len(operation.qubits) - operation.controls
        if targets == 1 or (operation.controls == 0 and operation.name in _RANK_TWO_TARGETS):
            return 1
        if operation.controls == 0:
            return 2
    # The part that acts, and the identity for the controls that do not.
    targets = len(operation.qubits) - operation.controls
    inside = 2 * (targets // 2)
    return inside + 1 if operation.controls else inside
