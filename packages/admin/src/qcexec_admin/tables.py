"""The tables of a frame: queues, workers, the oldest tasks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from qcexec_admin.look import Look
from qcexec_admin.table import Column, Line, Piece, Tone, lay_out
from qcexec_admin.wording import brief, number, size
from qcexec_queue.fleet import WorkerFigures
from qcexec_queue.statistics import QueueStatistics

_QUEUES = (
    Column("queue", 100, right=False, least=8),
    Column("ready", 95),
    Column("scheduled", 50),
    Column("running", 80),
    Column("oldest", 90),
    Column("workers", 70),
    Column("slots", 75),
    Column("payloads", 20),
    Column("mean cost", 30),
    Column("next due", 25),
    Column("pool", 60, right=False),
)
_WORKERS = (
    Column("pod", 100, right=False, least=20),
    Column("node", 45, right=False, least=8),
    Column("queue", 60, right=False, least=8),
    Column("busy", 95),
    Column("held", 70),
    Column("done", 30),
    Column("out/s", 40),
    Column("longest", 50),
    Column("idle", 55),
    Column("drain", 85),
    Column("heartbeat", 90),
    Column("up", 20),
)
_TASKS = (
    Column("task", 100, right=False),
    Column("state", 90, right=False),
    Column("age", 95),
    Column("held for", 80),
    Column("attempts", 20),
    Column("queue", 60, right=False, least=8),
    Column("worker", 70, right=False, least=12),
)


def queue_table(look: Look, width: int) -> list[Line]:
    """A row for each queue, in the order of their names."""
    rows = [
        _queue(name, figures, [each for each in look.fleet.workers if each.queue == name])
        for name, figures in sorted(look.statistics.items())
    ]
    return lay_out(_QUEUES, rows, width)


def worker_table(
    look: Look, rates: Mapping[UUID, float], width: int, lease_seconds: float
) -> list[Line]:
    """A row for each worker: those that are silent first, then by queue and pod."""
    at = look.fleet.at

    def order(worker: WorkerFigures) -> tuple[bool, str, str, str]:
        alive = _since(worker.heartbeat_at, at) <= lease_seconds / 2
        return (alive, worker.queue, worker.pod or "", str(worker.worker_id))

    rows = [
        _worker(each, at, rates.get(each.worker_id), lease_seconds)
        for each in sorted(look.fleet.workers, key=order)
    ]
    return lay_out(_WORKERS, rows, width)


def task_table(look: Look, width: int) -> list[Line]:
    """The oldest tasks, wherever they are."""
    names = {each.worker_id: _name(each) for each in look.fleet.workers}
    rows = [
        (
            Piece(str(each.task_id)),
            Piece(each.state),
            Piece(brief(each.age_seconds)),
            Piece(brief(each.held_seconds)),
            Piece(str(each.attempt), Tone.UNUSUAL if each.attempt else Tone.PLAIN),
            Piece(each.queue),
            _holder(each.worker_id, names),
        )
        for each in sorted(look.oldest, key=lambda each: (-each.age_seconds, str(each.task_id)))
    ]
    return lay_out(_TASKS, rows, width)


def _queue(name: str, figures: QueueStatistics, workers: list[WorkerFigures]) -> tuple[Piece, ...]:
    waits = figures.depth > 0
    slots, busy = sum(each.slots for each in workers), sum(len(each.held) for each in workers)
    return (
        Piece(name, Tone.STRONG),
        Piece(f"{'' if figures.depth_exact else '~'}{figures.depth:,}"),
        Piece(f"{figures.scheduled:,}"),
        Piece(f"{figures.running:,}"),
        Piece(brief(figures.oldest_seconds)),
        Piece(f"{len(workers):,}", Tone.UNUSUAL if waits and not workers else Tone.PLAIN),
        Piece(f"{busy:,}/{slots:,}"),
        Piece(size(figures.bytes)),
        Piece(brief(figures.mean_cost) if waits else "-"),
        Piece(brief(figures.next_due_seconds)),
        _pool(figures, waits=waits),
    )


def _pool(figures: QueueStatistics, *, waits: bool) -> Piece:
    if figures.served:
        return Piece("yes")
    return Piece("none", Tone.WRONG if waits else Tone.UNUSUAL)


def _worker(
    worker: WorkerFigures, at: datetime, rate: float | None, lease_seconds: float
) -> tuple[Piece, ...]:
    busy = len(worker.held)
    longest = max((each.seconds for each in worker.held), default=None)
    idle = None if worker.idle_since is None else _since(worker.idle_since, at)
    return (
        Piece(_name(worker), Tone.STRONG),
        Piece(worker.node or "-"),
        Piece(worker.queue),
        Piece(f"{busy}/{worker.slots}"),
        Piece(f"{worker.leases:,}"),
        Piece(f"{worker.counters.tasks:,}"),
        Piece("-" if rate is None else number(rate)),
        Piece(brief(longest)),
        Piece(brief(idle)),
        _drain(worker, at),
        _heartbeat(_since(worker.heartbeat_at, at), lease_seconds),
        Piece(brief(_since(worker.started_at, at)), Tone.FAINT),
    )


def _drain(worker: WorkerFigures, at: datetime) -> Piece:
    if worker.draining_at is None:
        return Piece("-")
    if worker.drained_at is None:
        return Piece(f"asked {brief(_since(worker.draining_at, at))}", Tone.UNUSUAL)
    return Piece(f"done {brief(_since(worker.drained_at, at))}", Tone.UNUSUAL)


def _heartbeat(seconds: float, lease_seconds: float) -> Piece:
    if seconds > lease_seconds:
        tone = Tone.WRONG
    elif seconds > lease_seconds / 2:
        tone = Tone.UNUSUAL
    else:
        tone = Tone.PLAIN
    return Piece(brief(seconds), tone)


def _holder(worker_id: UUID | None, names: Mapping[UUID, str]) -> Piece:
    if worker_id is None:
        return Piece("-")
    name = names.get(worker_id)
    return Piece(f"{worker_id} (no row)", Tone.WRONG) if name is None else Piece(name)


def _name(worker: WorkerFigures) -> str:
    return worker.pod or str(worker.worker_id)


def _since(moment: datetime, at: datetime) -> float:
    return max(0.0, (at - moment).total_seconds())
