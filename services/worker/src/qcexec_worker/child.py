"""A child of the forkserver: it confines itself, then runs the jobs that its slot sends.

It says before each job that it begins it, so that a death is laid to the right circuit, and
looks at its channel between jobs, so that those not begun can be recalled. After a job that
hit the memory limit, or left the heap much larger, it answers and leaves for a fresh child:
what one circuit leaves allocated would be missing from the next one's budget.
"""

import math
import os
import signal
import socket
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable
from typing import Any, Final, NoReturn, Protocol, TypeAlias

from qcexec_worker import containment
from qcexec_worker.channel import BODY_LIMIT, BlockingChannel, Frame
from qcexec_worker.errors import WorkerError
from qcexec_worker.jobs import REPORT_NAMES, ChildLimits, ChildOutcome, Counts, DoesNotFit, Refused

_TEXT_LIMIT: Final = 4000
_KEPT_SHARE: Final = 4
_LOOK_SECONDS: Final = 0.001
"""How long a look at the channel is good for: tiny jobs take a fraction of it."""
_WEIGH_SECONDS: Final = 0.005
"""How long a look at the memory is good for: what leaves much behind takes longer."""

Run: TypeAlias = Callable[[bytes, int], ChildOutcome]
"""Runs one task, from its payload and seed; what it raises (but MemoryError) ends the child."""

Start: TypeAlias = Callable[[ChildLimits, memoryview | None], Run]
"""What each child calls once, to have what runs its jobs within its limits. The word of memory, if
there is one, says how many further threads a run may take at the moment (`spare_words`)."""


class Runner(Protocol):
    """What a child runs: a module with this function (`--runner` of the forkserver)."""

    def preload(self) -> Start:
        """Import and warm up whatever a run needs; called once, before any fork."""


def main(
    connection: int,
    parent: int,
    start: Start,
    limits: ChildLimits,
    spare_threads: memoryview | None,
) -> NoReturn:
    """Live as a child, right after the fork, until the slot hangs up."""
    status = 1
    try:
        containment.die_with_parent(parent)
        containment.protect_this_process()
        _reset_signals()
        sys.dont_write_bytecode = True
        with socket.socket(fileno=containment.keep_only(connection)) as kept:
            status = _serve(BlockingChannel(kept), start, limits, spare_threads)
    finally:
        # Neither the forkserver's clean-up nor a traceback on its stack runs in the child.
        os._exit(status)


def _reset_signals() -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _serve(
    channel: BlockingChannel, start: Start, limits: ChildLimits, spare_threads: memoryview | None
) -> int:
    try:
        confinement = containment.confine(limits.memory_bytes)
        run = start(limits, spare_threads)
        channel.send(
            Frame(
                "hello",
                {
                    "pid": os.getpid(),
                    "filter_missing": confinement.filter_missing,
                    "baseline_bytes": confinement.baseline_bytes,
                },
            )
        )
        _run_jobs(channel, run, limits, confinement.baseline_bytes)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return 0
    except (Exception, MemoryError) as error:  # noqa: BLE001 - the process ends, and says why
        _say_why(channel, error)
        return 1
    return 0


def _run_jobs(channel: BlockingChannel, run: Run, limits: ChildLimits, baseline_bytes: int) -> None:
    waiting: deque[Frame] = deque()
    answers: list[Frame] = []
    look, weigh = _Pace(_LOOK_SECONDS), _Pace(_WEIGH_SECONDS)
    while True:
        arrived: list[Frame] = []
        if not waiting:
            channel.send(*answers)
            answers = []
            arrived = channel.receive()
        elif look.is_time():
            arrived = channel.receive_available()
        if arrived:
            waiting.extend(arrived)
            answers += _skip_recalled(waiting)
            if not waiting:
                continue
        job = waiting.popleft()
        channel.send(*answers, Frame("begun", key=job.key))
        begun_at = time.monotonic_ns()
        outcome = _outcome(job, run, limits)
        nanoseconds = time.monotonic_ns() - begun_at
        leaves = _hit_the_limit(outcome) or (
            weigh.is_time() and _kept_bytes(baseline_bytes) > limits.memory_bytes // _KEPT_SHARE
        )
        answers = [_finished(job.key, outcome, nanoseconds, leaves=leaves)]
        if leaves:
            channel.send(*answers)
            return


class _Pace:
    """Says when it is time for what need not be done after each of many tiny jobs."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._last = -math.inf

    def is_time(self) -> bool:
        now = time.monotonic()
        if now - self._last < self._seconds:
            return False
        self._last = now
        return True


def _skip_recalled(waiting: deque[Frame]) -> list[Frame]:
    """Take the jobs out that a recall behind them names, and give the answer to it."""
    kinds = [frame.kind for frame in waiting]
    if "recall" not in kinds:
        return []
    last = len(kinds) - 1 - kinds[::-1].index("recall")
    recalled = [waiting.popleft() for _ in range(last + 1)]
    return [Frame("skipped", {"keys": [frame.key for frame in recalled if frame.kind == "job"]})]


def _outcome(job: Frame, run: Run, limits: ChildLimits) -> ChildOutcome:
    try:
        outcome = run(job.body, job.seed)
    except MemoryError:
        return Refused("memory_limit", _memory_message(limits))
    if isinstance(outcome, Counts) and len(outcome.body) > BODY_LIMIT:
        return Refused("result_too_large", _size_message(len(outcome.body)))
    return outcome


def _finished(key: int, outcome: ChildOutcome, nanoseconds: int, *, leaves: bool) -> Frame:
    fields: dict[str, Any] = {"leaves": True} if leaves else {}
    match outcome:
        case Counts(body, report):
            fields["outcome"] = "counts"
            fields["report"] = list(map(report.get, REPORT_NAMES))
            return Frame("finished", fields, body, key, nanoseconds=nanoseconds)
        case Refused(code, message, line, column):
            text = {"code": code, "message": _plain(message), "line": line, "column": column}
            fields |= {"outcome": "refused", **text}
        case DoesNotFit(memory_bytes, seconds, method):
            needs = {"memory_bytes": memory_bytes, "seconds": seconds, "method": method}
            fields |= {"outcome": "does_not_fit", **needs}
    return Frame("finished", fields, key=key, nanoseconds=nanoseconds)


def _hit_the_limit(outcome: ChildOutcome) -> bool:
    return isinstance(outcome, Refused) and outcome.code == "memory_limit"


def _kept_bytes(baseline_bytes: int) -> int:
    return containment.address_space_bytes() - baseline_bytes


def _memory_message(limits: ChildLimits) -> str:
    mebibytes = limits.memory_bytes // 2**20
    return f"The circuit needs more than the {mebibytes} MiB of memory that a run may use here."


def _size_message(size: int) -> str:
    return (
        f"The counts take {size // 2**20} MiB, more than the {BODY_LIMIT // 2**20} MiB that a "
        "result may have: use fewer shots or measure fewer qubits."
    )


def _plain(text: str) -> str:
    """Give text that every reader can store: no lone surrogates, and of bounded length."""
    return text.encode(errors="replace").decode()[:_TEXT_LIMIT]


def _say_why(channel: BlockingChannel, error: BaseException) -> None:
    if isinstance(error, WorkerError):
        detail = f"{error.code}: {error}"
    else:
        detail = "".join(traceback.format_exception(error))[-_TEXT_LIMIT:]
    try:
        channel.send(Frame("crashed", {"detail": _plain(detail)}))
    except OSError:
        # The slot is gone or hung up: nobody is left to be told.
        return
