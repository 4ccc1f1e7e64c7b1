"""What a state vector shows of the qubits that are measured at the end, ready to be drawn from."""

from __future__ import annotations

import numpy

from qcexec_engine.outcomes import Outcomes
from qcexec_engine.readout import Readout
from qcexec_engine.sampling import Distribution, random_numbers
from qcexec_kernel import State


class SummedState:
    """The probabilities of all outcomes."""

    def __init__(self, distribution: Distribution, readout: Readout) -> None:
        self._distribution = distribution
        self._readout = readout
        self._rows = None if distribution.possible is None else readout.rows(distribution.possible)

    @property
    def kept_bytes(self) -> int:
        """The distribution, and the rows where they are few."""
        return self._distribution.kept_bytes + (0 if self._rows is None else self._rows.nbytes)

    def sample(self, shots: int, seed: int) -> Outcomes:
        """So many shots, counted."""
        places, counts = self._distribution.draw_places(shots, random_numbers(seed))
        rows = self._rows
        if rows is None:
            rows = self._readout.rows(places)
        elif len(places) < len(rows):
            rows = rows[places]
        return Outcomes(rows, counts)


class HeldState:
    """The final state itself."""

    def __init__(self, state: State, readout: Readout) -> None:
        self._state = state
        self._readout = readout

    @property
    def kept_bytes(self) -> int:
        """The amplitudes."""
        return self._state.num_bytes

    def sample(self, shots: int, seed: int) -> Outcomes:
        """So many shots, counted."""
        uniforms = random_numbers(seed).random(shots)
        uniforms.sort()
        drawn = self._state.sample(self._readout.qubits, uniforms).view(numpy.int64)
        numbers, counts = numpy.unique(drawn, return_counts=True)
        return Outcomes(self._readout.rows(numbers), counts)
