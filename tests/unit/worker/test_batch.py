from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcexec_worker.batch import Batch
from qcexec_worker.channel import Frame
from qcexec_worker.errors import ProtocolViolation
from qcexec_worker.jobs import (
    REPORT_NAMES,
    Begun,
    Counts,
    DeathReason,
    Died,
    DoesNotFit,
    Finished,
    Job,
    NotBegun,
    Refused,
    SlotEvent,
)


def batch_of(count: int) -> Batch:
    return Batch([Job(key, b"{}", seed=1) for key in range(count)])


def report(**known: object) -> list[object]:
    return [known.get(name) for name in REPORT_NAMES]


def begun(key: int) -> Frame:
    return Frame("begun", key=key)


def finished(key: int, **fields: object) -> Frame:
    answer = {"outcome": "counts", "report": report()} | fields
    return Frame("finished", answer, b'{"0":3}', key)


def skipped(*keys: int) -> Frame:
    return Frame("skipped", {"keys": list(keys)})


TURNS = st.one_of(
    st.builds(begun, st.integers(0, 4)),
    st.builds(finished, st.integers(0, 4)),
    st.builds(lambda first: skipped(*range(first, 4)), st.integers(0, 4)),
    st.builds(
        Frame, st.sampled_from(["hello", "crashed", "begun", "finished", "skipped"]), st.just({})
    ),
)


@given(st.lists(TURNS))
def test_every_job_ends_exactly_once_whatever_a_child_says(turns: list[Frame]) -> None:
    batch = batch_of(4)
    events: list[SlotEvent] = []
    for frame in turns:
        try:
            events += batch.receive(frame)
        except ProtocolViolation:
            break
    events += batch.end(DeathReason.KILLED, "signal 9")
    assert batch.done
    ends = Counter(event.key for event in events if not isinstance(event, Begun))
    assert ends == dict.fromkeys(range(4), 1)
    started = [event.key for event in events if isinstance(event, Begun)]
    ran = [event.key for event in events if isinstance(event, Finished | Died)]
    assert started == ran


def test_a_death_is_laid_to_the_job_that_had_begun_alone() -> None:
    batch = batch_of(3)
    batch.receive(begun(0))
    batch.receive(finished(0))
    batch.receive(begun(1))
    assert batch.end(DeathReason.KILLED, "signal 11") == [
        Died(1, DeathReason.KILLED, "signal 11"),
        NotBegun(2),
    ]


def test_a_death_between_two_jobs_is_laid_to_none() -> None:
    batch = batch_of(2)
    batch.receive(begun(0))
    batch.receive(finished(0))
    assert batch.end(DeathReason.KILLED, "signal 9") == [NotBegun(1)]


def test_a_late_answer_to_a_recall_of_the_batch_before_is_no_violation() -> None:
    batch = batch_of(1)
    assert batch.receive(skipped()) == []
    assert batch.receive(begun(0)) == [Begun(0)]


def test_a_child_that_leaves_hands_the_rest_on() -> None:
    batch = batch_of(2)
    batch.receive(begun(0))
    batch.receive(finished(0, leaves=True))
    assert batch.leaves
    assert [job.key for job in batch.waiting] == [1]
    with pytest.raises(ProtocolViolation):
        batch.receive(begun(1))


@pytest.mark.parametrize(
    "frame",
    [
        begun(1),
        finished(0),
        skipped(1),
        skipped(1, 0),
        Frame("hello", {}),
        Frame("skipped", {}),
    ],
)
def test_a_frame_out_of_turn_is_a_violation(frame: Frame) -> None:
    with pytest.raises(ProtocolViolation):
        batch_of(2).receive(frame)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b'{"0":1',
        b'{"0":1}}',
        b'{"0":1} ',
        b'{"0":-1}',
        b'{"0":1,}',
        b'{"a":1}',
        b'{"0":"<script>"}',
        b'{"0":1}\n',
    ],
)
def test_counts_that_are_none_never_leave_the_slot(body: bytes) -> None:
    batch = batch_of(1)
    batch.receive(begun(0))
    with pytest.raises(ProtocolViolation):
        batch.receive(Frame("finished", {"outcome": "counts", "report": report()}, body))


@pytest.mark.parametrize("body", [b"{}", b'{"":5}', b'{"0 11":5,"1 00":7}'])
def test_counts_pass_as_they_are(body: bytes) -> None:
    batch = batch_of(1)
    batch.receive(begun(0))
    frame = Frame("finished", {"outcome": "counts", "report": report(depth=2)}, body)
    assert batch.receive(frame) == [Finished(0, Counts(body, {"depth": 2}))]


def test_refusals_and_needs_pass_with_their_fields() -> None:
    batch = batch_of(2)
    batch.receive(begun(0))
    place = {"message": "line 3, column 1: what?", "line": 3, "column": 1}
    refused = finished(0, outcome="refused", code="syntax_error", **place)
    message = "line 3, column 1: what?"
    assert batch.receive(refused) == [Finished(0, Refused("syntax_error", message, 3, 1))]
    batch.receive(begun(1))
    needs = {"memory_bytes": 2**40, "seconds": 2.5}
    fits_not = finished(1, outcome="does_not_fit", method="statevector", **needs)
    assert batch.receive(fits_not) == [Finished(1, DoesNotFit(2**40, 2.5, "statevector"))]


@pytest.mark.parametrize("method", [None, "<script>", ["statevector"], 1])
def test_a_method_that_there_is_not_reaches_nobody(method: object) -> None:
    batch = batch_of(1)
    batch.receive(begun(0))
    needs = {"memory_bytes": 1, "seconds": 0.0, "method": method}
    assert batch.receive(finished(0, outcome="does_not_fit", **needs)) == [
        Finished(0, DoesNotFit(1))
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"outcome": "refused", "code": "Bad Code", "message": "", "line": None, "column": None},
        {"outcome": "refused", "code": "x", "message": 3, "line": None, "column": None},
        {"outcome": "refused", "code": "x", "message": "", "line": "1", "column": None},
        {"outcome": "does_not_fit", "memory_bytes": -1, "seconds": 0.0},
        {"outcome": "does_not_fit", "memory_bytes": True, "seconds": 0.0},
        {"outcome": "does_not_fit", "memory_bytes": 1, "seconds": -1.0},
        {"outcome": "does_not_fit", "memory_bytes": 1, "seconds": float("nan")},
        {"outcome": "does_not_fit", "memory_bytes": 1, "seconds": "1"},
        {"outcome": "does_not_fit", "memory_bytes": 1},
        {"outcome": "nothing"},
        {"outcome": "counts", "report": []},
        {"outcome": "counts", "report": {}},
        {"outcome": "counts", "report": [*report(), 1]},
        {"outcome": "counts", "report": report(depth=[1])},
        {"outcome": "counts", "report": report(exec_ms=float("nan"))},
        {"outcome": "counts", "report": report(method="x" * 10_000)},
    ],
)
def test_an_outcome_with_fields_that_are_none_is_a_violation(fields: dict[str, object]) -> None:
    batch = batch_of(1)
    batch.receive(begun(0))
    with pytest.raises(ProtocolViolation):
        batch.receive(finished(0, **fields))


def test_two_jobs_of_one_key_are_refused() -> None:
    with pytest.raises(ValueError, match="same key"):
        Batch([Job(1, b"", 1), Job(1, b"", 1)])
