"""The systems that are compared, each as it would be called.

`slots` is ours as a worker runs it, batches through a slot and its child; `engine` is ours called
in the process; `naive` is what one finds in tutorials; `aer` is the simulator alone, its circuit
loaded and translated beforehand, on one thread.
"""

import asyncio
import dataclasses
import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Protocol

from qcexec_engine import DoesNotFit, Engine, Limits, preload
from qcexec_worker.jobs import ChildLimits, Counts, Died, Finished, Job, SlotLimits
from qcexec_worker.slot import Slot
from qcexec_worker.spawner import Spawner, forkserver_environment

_MEMORY_BYTES = 2 << 30
_CACHE_BYTES = 256 << 20
_MOST_QUBITS = 28
_TASK_SECONDS = 300.0
_CONTROL_FLOW = ("if_else", "while_loop", "for_loop", "switch_case")

Report = Mapping[str, Any]


class System(Protocol):
    """Something that runs circuits."""

    batches: bool
    """Whether it takes several texts at once."""

    def load(self, text: str) -> None:
        """What does not count."""

    def run(self, texts: Sequence[str], shots: int, seed: int) -> Report | None:
        """What counts; gives the last run's report, where there is one."""


class RunFailed(Exception):
    """A circuit ended without counts."""


class Slots:
    """A worker's slot, with its child."""

    batches = True

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._spawner = Spawner(forkserver_environment(os.environ))
        limits = SlotLimits(ChildLimits(_MEMORY_BYTES, _MOST_QUBITS, _TASK_SECONDS))
        self._slot = self._loop.run_until_complete(self._start(limits))

    async def _start(self, limits: SlotLimits) -> Slot:
        slot = Slot("benchmark", self._spawner, limits)
        await slot.start()
        return slot

    def load(self, text: str) -> None:
        """A worker gets no text beforehand."""

    def run(self, texts: Sequence[str], shots: int, seed: int) -> Report | None:
        """One batch."""
        jobs = [
            Job(key, json.dumps({"qc": text, "shots": shots}).encode(), seed + key)
            for key, text in enumerate(texts)
        ]
        return self._loop.run_until_complete(self._run(jobs))

    async def _run(self, jobs: Sequence[Job]) -> Report | None:
        report: Report | None = None
        async with aclosing(self._slot.run(jobs)) as events:
            async for event in events:
                match event:
                    case Finished(_, Counts(_, told)):
                        report = told
                    case Finished(_, outcome):
                        raise RunFailed(str(outcome))
                    case Died():
                        raise RunFailed(event.detail)
        return report


class InProcess:
    """The engine called directly."""

    batches = False

    def __init__(self) -> None:
        preload()
        self._engine = Engine(Limits(_MEMORY_BYTES, cache_bytes=_CACHE_BYTES))

    def load(self, text: str) -> None:
        """It gets no text beforehand."""

    def run(self, texts: Sequence[str], shots: int, seed: int) -> Report | None:
        """One run."""
        answer = self._engine.run(texts[0], shots, seed)
        if isinstance(answer, DoesNotFit):
            raise RunFailed(f"needs {answer.needs.memory_bytes} bytes")
        return dataclasses.asdict(answer.report)


class Naive:
    """`qasm3.loads`, `transpile` for the simulator, `run`; each time all of it."""

    batches = False

    def load(self, text: str) -> None:
        """Nothing is prepared."""

    def run(self, texts: Sequence[str], shots: int, seed: int) -> Report | None:
        """One run."""
        from qiskit import transpile
        from qiskit_aer import AerSimulator

        simulator = AerSimulator()
        translated = transpile(_loaded(texts[0]), simulator)
        simulator.run(translated, shots=shots, seed_simulator=seed).result().get_counts()
        return None


class AerAlone:
    """Aer with a circuit that is ready, on one thread."""

    batches = False

    def __init__(self) -> None:
        from qiskit_aer import AerSimulator

        self._simulator = AerSimulator(max_parallel_threads=1)
        self._text: str | None = None
        self._circuit: Any = None

    def load(self, text: str) -> None:
        """Reads the text, and translates what Aer does not know."""
        from qiskit import transpile
        from qiskit.circuit.library import get_standard_gate_name_mapping

        if text == self._text:
            return
        known = get_standard_gate_name_mapping().keys()
        basis = [name for name in self._simulator.configuration().basis_gates if name in known]
        # Without the simulator as the target, which takes no more than some thirty qubits.
        self._circuit = transpile(
            _loaded(text), basis_gates=[*basis, *_CONTROL_FLOW], optimization_level=0
        )
        self._text = text

    def run(self, texts: Sequence[str], shots: int, seed: int) -> Report | None:
        """One run, of the circuit that was loaded."""
        del texts
        ran = self._simulator.run(self._circuit, shots=shots, seed_simulator=seed)
        ran.result().get_counts()
        return None


SYSTEMS: Mapping[str, Callable[[], System]] = {
    "slots": Slots,
    "engine": InProcess,
    "naive": Naive,
    "aer": AerAlone,
}


def _loaded(text: str) -> Any:
    from qiskit import qasm2, qasm3

    if "OPENQASM 2" in text:
        return qasm2.loads(text, custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)
    return qasm3.loads(text)
