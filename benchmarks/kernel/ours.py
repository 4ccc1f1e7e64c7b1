"""The kernel as a system of the benchmark."""

from __future__ import annotations

import numpy
from benchmarks.kernel.families import Gates
from benchmarks.kernel.setting import SHOTS, Seconds, Setting

from qcexec_kernel import Kernel, Plan, Precision


class Ours:
    """The kernel, with a state that is kept, as a worker's child keeps it."""

    def __init__(
        self,
        num_qubits: int,
        gates: Gates,
        setting: Setting,
        precision: Precision,
        variant: str | None,
    ) -> None:
        self._kernel = Kernel(variant)
        self._circuit = (num_qubits, gates, precision)
        self._threads, self._clock = setting
        self._state = self._kernel.state(num_qubits, precision)

    def plan(self) -> Plan:
        """The circuit's plan."""
        return self._kernel.plan(*self._circuit, probabilities_only=True)

    def run(self, seed: int) -> Seconds:
        """Plans, runs, samples."""
        begun = self._clock()
        plan = self.plan()
        planned = self._clock()
        self._state.run(plan, self._threads)
        points = numpy.sort(numpy.random.default_rng(seed).random(SHOTS))
        numpy.unique(self._state.sample(range(self._circuit[0]), points), return_counts=True)
        return Seconds(planned - begun, self._clock() - planned)

    def sampling(self, shots: int) -> float:
        """Seconds for so many shots of the state that the last run left."""
        points = numpy.sort(numpy.random.default_rng(1).random(shots))
        begun = self._clock()
        self._state.sample(range(self._circuit[0]), points)
        return self._clock() - begun

    def one_pass(self) -> float:
        """Seconds for reading and writing all amplitudes once, with one thread."""
        functions = self._kernel.functions(self._circuit[2])
        begun = self._clock()
        functions.scale(self._state.state_qubits, self._state.address, 1.0, self._state.control)
        return self._clock() - begun
