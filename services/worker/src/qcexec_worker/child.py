"""A child of the forkserver: it confines itself, then runs the jobs that its slot sends.

It says before each job that it begins it, so that a death is laid to the right circuit, and
looks at its channel between jobs, so that those not begun can be recalled. After a job that
hit the memory limit, or left the heap much larger, it answers and leaves for a fresh child:
what one circuit leaves allocated would be missing from the next one's budget.
"""

import os
import signal
import socket
import sys
import traceback
from collections import deque
from typing import Any, Final, NoReturn, Protocol

from qcexec_worker import containment
from qcexec_worker.channel import BODY_LIMIT, BlockingChannel, Frame
from qcexec_worker.errors import WorkerError
from qcexec_worker.jobs import ChildLimits, ChildOutcome, Counts, DoesNotFit, Refused

_TEXT_LIMIT: Final = 4000
_KEPT_SHARE: Final = 4


class Runner(Protocol):
    """What a child runs: a module with these two functions (`--runner` of the forkserver)."""

    def preload(self) -> None:
        """Import and warm up whatever a run needs; called once, before any fork."""

    def run(self, payload: bytes, seed: int, limits: ChildLimits) -> ChildOutcome:
        """Run one task; what it raises (but MemoryError) ends the child."""


def main(connection: int, parent: int, runner: Runner, limits: ChildLimits) -> NoReturn:
    """Live as a child, right after the fork, until the slot hangs up."""
    status = 1
    try:
        containment.die_with_parent(parent)
        containment.protect_this_process()
        _reset_signals()
        sys.dont_write_bytecode = True
        with socket.socket(fileno=containment.keep_only(connection)) as kept:
            status = _serve(BlockingChannel(kept), runner, limits)
    finally:
        # Neither the forkserver's clean-up nor a traceback on its stack runs in the child.
        os._exit(status)


def _reset_signals() -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _serve(channel: BlockingChannel, runner: Runner, limits: ChildLimits) -> int:
    try:
        confinement = containment.confine(limits.memory_bytes)
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
        _run_jobs(channel, runner, limits, confinement.baseline_bytes)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return 0
    except (Exception, MemoryError) as error:  # noqa: BLE001 - the process ends, and says why
        _say_why(channel, error)
        return 1
    return 0


def _run_jobs(
    channel: BlockingChannel, runner: Runner, limits: ChildLimits, baseline_bytes: int
) -> None:
    waiting: deque[Frame] = deque()
    answers: list[Frame] = []
    while True:
        if not waiting:
            if answers:
                channel.send(*answers)
                answers.clear()
            waiting.append(channel.receive())
        waiting.extend(channel.receive_available())
        answers += _skip_recalled(waiting)
        if not waiting:
            continue
        job = waiting.popleft()
        key = job.fields["key"]
        channel.send(*answers, Frame("begun", {"key": key}))
        answers = [_answer(job, runner, limits)]
        if _must_leave(answers[0], limits, baseline_bytes):
            answers[0].fields["leaves"] = True
            channel.send(*answers)
            return


def _skip_recalled(waiting: deque[Frame]) -> list[Frame]:
    """Take the jobs out that a recall behind them names, and give the answer to it."""
    kinds = [frame.kind for frame in waiting]
    if "recall" not in kinds:
        return []
    last = len(kinds) - 1 - kinds[::-1].index("recall")
    recalled = [waiting.popleft() for _ in range(last + 1)]
    keys = [frame.fields["key"] for frame in recalled if frame.kind == "job"]
    return [Frame("skipped", {"keys": keys})]


def _answer(job: Frame, runner: Runner, limits: ChildLimits) -> Frame:
    try:
        outcome = runner.run(job.body, job.fields["seed"], limits)
    except MemoryError:
        outcome = Refused("memory_limit", _memory_message(limits))
    if isinstance(outcome, Counts) and len(outcome.body) > BODY_LIMIT:
        outcome = Refused("result_too_large", _size_message(len(outcome.body)))
    return _finished(job.fields["key"], outcome)


def _finished(key: int, outcome: ChildOutcome) -> Frame:
    fields: dict[str, Any] = {"key": key}
    match outcome:
        case Counts(body, report):
            return Frame("finished", {**fields, "outcome": "counts", "report": dict(report)}, body)
        case Refused(code, message, line, column):
            text = {"code": code, "message": _plain(message), "line": line, "column": column}
            return Frame("finished", {**fields, "outcome": "refused", **text})
        case DoesNotFit(memory_bytes):
            need = {"memory_bytes": memory_bytes}
            return Frame("finished", {**fields, "outcome": "does_not_fit", **need})


def _must_leave(answer: Frame, limits: ChildLimits, baseline_bytes: int) -> bool:
    if answer.fields.get("code") == "memory_limit":
        return True
    kept = containment.address_space_bytes() - baseline_bytes
    return kept > limits.memory_bytes // _KEPT_SHARE


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
