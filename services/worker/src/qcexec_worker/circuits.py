"""The runner of circuits: a task's payload into the engine, its answer into an outcome.

It is imported in the forkserver, never in the worker itself, which stays free of simulators. A
child has one engine for all its tasks: what that keeps of a circuit serves the next one with the
same text. A tiny circuit takes some hundred microseconds, so what is made here for each task is
made without detours.
"""

import json
from functools import partial
from operator import attrgetter
from typing import Final

import qcexec_engine
from qcexec_engine import calibration
from qcexec_worker.child import Run, Start
from qcexec_worker.jobs import (
    REPORT_NAMES,
    REPORT_TEXT_LIMIT,
    ChildLimits,
    ChildOutcome,
    Counts,
    DoesNotFit,
    Refused,
)

_CACHE_SHARE: Final = 8
"""Half of what a child may keep before it is replaced, which nothing that was meant to stay may
bring about."""
_CACHE_LIMIT: Final = 256 * 2**20
_MOST_BYTES: Final = 2**63 - 1
"""What a number of bytes may be to pass on; a state of a hundred qubits takes more."""

_report_values: Final = attrgetter(*REPORT_NAMES)
_decode: Final = json.JSONDecoder().decode


def preload() -> Start:
    """Import and warm up all that a run needs, and learn how fast this machine is.

    Gives what makes a child's engine: it runs tasks `{"qc": <OpenQASM>, "shots": <int>}`.
    """
    qcexec_engine.preload()
    return partial(_start, slowness=calibration.probe().slowness)


def _start(limits: ChildLimits, spare_threads: memoryview | None, slowness: float) -> Run:
    engine_limits = qcexec_engine.Limits(
        memory_bytes=limits.memory_bytes,
        task_seconds=limits.task_seconds,
        max_qubits=limits.max_qubits,
        precision=limits.precision,
        single_precision_after_seconds=limits.single_precision_after_seconds,
        cache_bytes=min(limits.memory_bytes // _CACHE_SHARE, _CACHE_LIMIT),
    )
    engine = qcexec_engine.Engine(engine_limits, slowness=slowness, spare_threads=spare_threads)
    return partial(_run, engine)


def _run(engine: qcexec_engine.Engine, payload: bytes, seed: int) -> ChildOutcome:
    task = _decode(payload.decode())
    try:
        answer = engine.run(task["qc"], task["shots"], seed)
    except qcexec_engine.EngineError as error:
        return Refused(error.code, str(error), error.line, error.column)
    if isinstance(answer, qcexec_engine.DoesNotFit):
        needs = answer.needs
        return DoesNotFit(min(needs.memory_bytes, _MOST_BYTES), needs.seconds, needs.method)
    report = dict(zip(REPORT_NAMES, _report_values(answer.report), strict=True))
    report["notes"] = report["notes"][:REPORT_TEXT_LIMIT]
    return Counts(_spelled(answer.counts), report)


def _spelled(counts: dict[str, int]) -> bytes:
    """Give the counts as JSON; their keys hold 0, 1 and spaces, so nothing is to be escaped."""
    return ("{" + ",".join([f'"{key}":{count}' for key, count in counts.items()]) + "}").encode()
