"""The runner of circuits: a task's payload into the engine, its answer into an outcome.

It is imported in the forkserver, never in the worker itself, which stays free of simulators.
"""

import json
from dataclasses import asdict

import qcexec_engine
from qcexec_worker.jobs import ChildLimits, ChildOutcome, Counts, DoesNotFit, Refused


def preload() -> None:
    """Import and warm up all that a run needs."""
    qcexec_engine.preload()


def run(payload: bytes, seed: int, limits: ChildLimits) -> ChildOutcome:
    """Run the task `{"qc": <OpenQASM 3>, "shots": <int>}` and give what came of it."""
    task = json.loads(payload)
    engine_limits = qcexec_engine.Limits(
        memory_bytes=limits.memory_bytes, max_qubits=limits.max_qubits
    )
    try:
        answer = qcexec_engine.run(task["qc"], task["shots"], seed, engine_limits)
    except qcexec_engine.EngineError as error:
        return Refused(error.code, str(error), error.line, error.column)
    if isinstance(answer, qcexec_engine.DoesNotFit):
        return DoesNotFit(answer.needs.memory_bytes)
    body = json.dumps(answer.counts, separators=(",", ":")).encode()
    return Counts(body, asdict(answer.report))
