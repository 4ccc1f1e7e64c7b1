"""Whether a task may wait, from the figures of the queue."""

from hypothesis import given
from hypothesis import strategies as st

from qcexec_api.admission import (
    OLDEST_FIGURES_SECONDS,
    AdmissionLimits,
    Backlog,
    backlog_of,
    reason_to_refuse,
)
from qcexec_queue.statistics import QueueStatistics


def statistics(depth: int, size: int, age: float = 1.0) -> QueueStatistics:
    return QueueStatistics(
        depth=depth - 1,
        scheduled=1,
        depth_exact=True,
        bytes=size,
        oldest_seconds=None,
        mean_cost=0.0,
        running=0,
        age_seconds=age,
    )


def test_an_empty_queue_takes_tasks() -> None:
    assert reason_to_refuse(backlog_of({}), AdmissionLimits(tasks=1, bytes=1)) is None


def test_the_reason_names_what_waits_and_the_limit() -> None:
    limits = AdmissionLimits(tasks=10, bytes=1000)
    assert "10 tasks wait, the limit is 10" in str(reason_to_refuse(Backlog(10, 5), limits))
    assert "1001 bytes wait, the limit is 1000" in str(reason_to_refuse(Backlog(3, 1001), limits))


def test_all_queues_count_together_and_what_waits_for_a_moment_too() -> None:
    backlog = backlog_of({"a": statistics(2, 20), "b": statistics(3, 30)})
    assert backlog == Backlog(tasks=5, bytes=50)


def test_figures_that_nobody_maintains_close_no_door() -> None:
    old = statistics(10**9, 10**12, age=OLDEST_FIGURES_SECONDS + 1)
    assert backlog_of({"a": old}) == Backlog()


@given(st.integers(0, 10**7), st.integers(0, 10**12), st.integers(1, 10**7), st.integers(1, 10**12))
def test_a_task_is_taken_exactly_while_both_limits_have_room(
    tasks: int, size: int, most_tasks: int, most_bytes: int
) -> None:
    refused = reason_to_refuse(Backlog(tasks, size), AdmissionLimits(most_tasks, most_bytes))
    assert (refused is None) == (tasks < most_tasks and size < most_bytes)
