"""What `top` draws, at any size, whatever names come from outside."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcexec_admin.characters import cells
from qcexec_admin.frame import Size, frame
from qcexec_admin.holder import Holder
from qcexec_admin.look import ARRIVAL_CAP, Look, OldTask
from qcexec_admin.rates import History, finished_per_second
from qcexec_admin.table import Tone, plain
from qcexec_queue.fleet import Fleet, HeldTask, WorkerFigures
from qcexec_queue.statistics import QueueStatistics
from qcexec_queue.workers import RunCounters

AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOLDER = Holder(17, "qcexec-api maintenance", "10.0.0.7", 60.0)
NOBODY_ELSE_TELLS = "\x1b[2J\x1b]0;title\x07\r\n\u202e日本語-e\u0301-👩‍🔬-\ud800"


def worker(
    number: int = 1,
    *,
    pod: str | None = None,
    node: str | None = "node-a",
    queue: str = "default",
    slots: int = 4,
    busy: int = 2,
    done: int = 100,
    beat: float = 1.0,
    at: datetime = AT,
    draining: float | None = None,
    drained: float | None = None,
) -> WorkerFigures:
    def ago(seconds: float | None) -> datetime | None:
        return None if seconds is None else at - timedelta(seconds=seconds)

    return WorkerFigures(
        worker_id=UUID(int=number),
        queue=queue,
        pod_uid=None,
        pod=pod,
        node=node,
        slots=slots,
        slot_memory=2**30,
        started_at=at - timedelta(hours=2),
        heartbeat_at=at - timedelta(seconds=beat),
        idle_since=None if busy else ago(30.0),
        draining_at=ago(draining),
        drained_at=ago(drained),
        counters=RunCounters(done, 1.0, 1.0, 1.0),
        leases=busy + 1,
        held=tuple(HeldTask(1.0, 61.0) for _ in range(busy)),
    )


def figures(
    depth: int = 12, *, exact: bool = True, served: bool = True, age: float = 0.4
) -> QueueStatistics:
    return QueueStatistics(
        depth=depth,
        depth_exact=exact,
        bytes=depth * 1000,
        scheduled=3,
        running=5,
        oldest_seconds=95.0 if depth else None,
        mean_cost=0.25,
        age_seconds=age,
        served=served,
    )


def waiting(number: int = 1, *, age: float = 95.0) -> OldTask:
    return OldTask(UUID(int=number), "default", "ready", age, None, None, 0)


def running(number: int, worker_id: UUID) -> OldTask:
    return OldTask(UUID(int=number), "default", "running", 62.0, 61.0, worker_id, 1)


def look(
    *workers: WorkerFigures,
    statistics: dict[str, QueueStatistics] | None = None,
    oldest: tuple[OldTask, ...] = (),
    arrivals: int = 50,
    holder: Holder | None = HOLDER,
    at: datetime = AT,
) -> Look:
    return Look(
        fleet=Fleet(at, workers),
        statistics={"default": figures()} if statistics is None else statistics,
        oldest=oldest,
        arrivals=arrivals,
        holder=holder,
    )


def drawn(
    *looks: Look, width: int = 160, lines: int | None = None, trouble: str | None = None
) -> str:
    history = History(looks)
    found = frame(history, Size(width, lines), lease_seconds=30.0, trouble=trouble)
    return "\n".join(map(plain, found))


def toned(seen: Look, text: str) -> Tone:
    lines = frame(History((seen,)), Size(200), lease_seconds=30.0)
    return next(piece.tone for line in lines for piece in line if text in piece.text)


def test_the_heading_sums_up_queues_workers_and_rates() -> None:
    text = drawn(
        look(
            worker(1),
            worker(2, busy=0, draining=5.0),
            statistics={"default": figures(12), "large": figures(2000, exact=False)},
        )
    )
    assert "12:00:00 UTC  about 2,012 ready, 6 scheduled, 10 running" in text
    assert "in 10/s, out -/s  2 workers, 2 of 8 slots busy, 1 asked to drain" in text
    assert "maintenance by qcexec-api maintenance at 10.0.0.7 (PostgreSQL process 17)" in text


def test_a_row_tells_a_queue_and_a_row_a_worker() -> None:
    text = drawn(look(worker(1, pod="worker-a"), oldest=(running(5, UUID(int=1)), waiting(6))))
    assert re.search(
        r"^default +12 +3 +5 +1m35s +1 +2/4 +12 KiB +0.2s +- +yes$", text, re.MULTILINE
    )
    assert re.search(
        r"^worker-a +node-a +default +2/4 +3 +100 +- +1m1s +- +- +1.0s +2h$", text, re.MULTILINE
    )
    first, second = re.findall(r"^0{8}-.*$", text, re.MULTILINE)
    assert re.search(r"ready +1m35s +- +0 +default +-$", first)
    assert re.search(r"running +1m2s +1m1s +1 +default +worker-a$", second)


def test_drains_are_told_as_asked_and_as_done() -> None:
    text = drawn(look(worker(1, draining=9.0), worker(2, draining=9.0, drained=4.0)))
    assert "asked 9.0s" in text
    assert "done 4.0s" in text


@pytest.mark.parametrize(
    ("seen", "text"),
    [
        (look(worker(beat=31.0)), "31s"),
        (look(holder=None), "nobody holds the maintenance lock"),
        (look(statistics={"default": figures(served=False)}), "none"),
        (look(statistics={"default": figures(age=90.0)}), "figures of 1 min 30 s ago"),
        (look(oldest=(running(1, UUID(int=9)),)), "(no row)"),
    ],
)
def test_what_is_wrong_stands_out(seen: Look, text: str) -> None:
    assert toned(seen, text) is Tone.WRONG


def test_without_figures_no_zero_is_told() -> None:
    text = drawn(look(statistics={}, holder=None))
    assert "no figures of any queue" in text
    assert "0 ready" not in text


def test_arrivals_beyond_the_cap_are_told_as_a_least() -> None:
    assert "in at least 10,000/s" in drawn(look(arrivals=ARRIVAL_CAP))


def test_silent_workers_come_first_where_not_all_have_room() -> None:
    workers = [worker(each, pod=f"worker-{each:03}") for each in range(200)]
    workers.append(worker(300, pod="silent", beat=100.0, queue="zz"))
    text = drawn(look(*workers), lines=24)
    assert "silent" in text
    assert re.search(r"^\.\.\. 1\d\d more$", text, re.MULTILINE)


def test_hidden_rows_are_counted() -> None:
    workers = [worker(each, pod=f"worker-{each:03}") for each in range(50)]
    text = drawn(look(*workers), lines=30)
    (more,) = re.findall(r"^\.\.\. (\d+) more$", text, re.MULTILINE)
    assert len(re.findall(r"^worker-\d+", text, re.MULTILINE)) + int(more) == 50


def test_rates_are_differences_between_heartbeats_not_looks() -> None:
    later = AT + timedelta(seconds=6)
    before = look(worker(1, done=100, beat=1.0), worker(2, done=7), at=AT)
    # Six seconds between looks, five between the heartbeats that told the sums.
    after = look(worker(1, done=150, beat=2.0, at=later), worker(3, at=later), at=later)
    assert finished_per_second(History((before, after))) == {UUID(int=1): 10.0}
    assert "out 10/s" in drawn(before, after)


def test_no_rate_is_told_before_a_second_heartbeat() -> None:
    same = look(worker(1))
    assert "out -/s" in drawn(same, same)


def test_a_worker_that_registered_anew_has_no_negative_rate() -> None:
    later = AT + timedelta(seconds=5)
    history = History((look(worker(done=100)), look(worker(done=3, at=later), at=later)))
    assert finished_per_second(history) == {}


def test_history_forgets_looks_and_survives_a_clock_that_goes_back() -> None:
    history = History()
    for second in range(100):
        history = history.then(look(at=AT + timedelta(seconds=second)))
    assert len(history.looks) == 21
    assert len(history.then(look(at=AT)).looks) == 1


def test_trouble_is_told_above_the_last_look_and_before_the_first() -> None:
    assert "no answer" in drawn(look(worker(1, pod="p")), trouble="no answer").splitlines()[1]
    assert drawn(trouble="no answer") == "no answer"


@pytest.mark.parametrize("width", range(60, 201, 10))
def test_figures_that_matter_are_there_at_every_width(width: int) -> None:
    pod = "qcexec-worker-default-7f9c4d5b8-x2x7k"
    text = drawn(look(worker(1, pod=pod, draining=9.0), oldest=(waiting(),)), width=width)
    titles = [line for line in text.splitlines() if line.startswith(("queue ", "pod ", "task "))]
    assert len(titles) == 3
    assert all(each in titles[0] for each in ("queue", "ready", "running", "oldest", "slots"))
    assert all(each in titles[1] for each in ("pod", "busy", "drain", "heartbeat"))
    assert all(each in titles[2] for each in ("task", "state", "age"))
    assert "asked 9.0s" in text
    # Names of pods differ at their ends.
    assert "-x2x7k" in text
    assert (pod in text) == (width >= 130)
    assert str(UUID(int=1)) in text


NAMES = st.one_of(st.text(max_size=80), st.just(NOBODY_ELSE_TELLS), st.just("x" * 300))


@given(
    names=st.lists(NAMES, min_size=1, max_size=6),
    width=st.integers(1, 220),
    lines=st.one_of(st.none(), st.integers(1, 80)),
    trouble=st.one_of(st.none(), st.just("away")),
)
def test_no_frame_is_wider_or_longer_than_the_terminal_or_controls_it(
    names: list[str], width: int, lines: int | None, trouble: str | None
) -> None:
    workers = [worker(place, pod=name, node=name, queue=name) for place, name in enumerate(names)]
    statistics = dict.fromkeys(names, figures())
    holder = Holder(1, names[0], None, None)
    seen = look(
        *workers,
        statistics=statistics,
        oldest=(waiting(), running(2, UUID(int=0)), running(3, UUID(int=99))),
        holder=holder,
    )
    found = frame(History((seen,)), Size(width, lines), lease_seconds=30.0, trouble=trouble)
    assert lines is None or len(found) <= lines
    for line in found:
        text = "".join(piece.text for piece in line)
        assert cells(text) <= width
        assert text.isprintable()


def test_columns_stay_straight_beside_wide_characters() -> None:
    text = drawn(look(worker(1, pod="日本語"), worker(2, pod="abc"), worker(3, pod="e\u0301")))
    rows = [line for line in text.splitlines() if "node-a" in line]
    assert len({cells(row[: row.index("node-a")]) for row in rows}) == 1
    assert len(rows) == 3
