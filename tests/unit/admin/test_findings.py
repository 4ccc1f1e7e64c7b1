"""Judgements of `check` that a real database does not show by itself."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from qcexec_admin.condition import (
    Condition,
    Orphans,
    Partitions,
    QueueCondition,
    WorkerSilence,
)
from qcexec_admin.findings import (
    Expectations,
    Finding,
    Status,
    invariant_unknown,
    judge,
    judge_invariant,
)
from qcexec_admin.holder import Holder
from qcexec_admin.report import Report
from qcexec_queue.invariant import Violation

WELL = Condition(
    at=datetime(2026, 11, 24, tzinfo=UTC),
    standby=False,
    version=2,
    min_compatible=1,
    partitions=Partitions(86400.0, 2 * 86400.0, covered=True, missing=()),
    epochs_repeat=False,
    places_repeat=False,
    holder=Holder(7, "qcexec-api maintenance", None, 5.0),
    statistics_seconds=0.5,
    orphans=(),
    overdue=0,
    overdue_seconds=None,
    queues=(QueueCondition("default", True, 12.0, True, 1, 1),),
    silences=(WorkerSilence(UUID(int=1), "pod-1", "node-1", "default", 2.0),),
)
EXPECTED = Expectations(lease_seconds=30.0)


def found(condition: Condition, check: str, expected: Expectations = EXPECTED) -> Finding:
    (finding,) = (each for each in judge(condition, expected) if each.check == check)
    return finding


def queue(seconds: float, *, claiming: int = 0, workers: int = 0) -> tuple[QueueCondition, ...]:
    return (QueueCondition("large", True, seconds, True, claiming, workers),)


def test_where_all_is_well_nothing_is_wrong_and_each_check_is_told_once() -> None:
    findings = judge(WELL, EXPECTED)
    assert {each.status for each in findings} == {Status.GOOD}
    assert len({each.check for each in findings}) == len(findings)
    report = Report(findings)
    assert report.exit_code == 0
    assert report.words().endswith("\nAll is well.\n")
    assert json.loads(report.document())["well"] is True


def test_a_pool_without_workers_may_be_starting_and_is_wrong_when_it_does_not() -> None:
    starting = found(replace(WELL, queues=queue(60.0)), "claims")
    late = found(replace(WELL, queues=queue(121.0)), "claims")
    assert (starting.status, late.status) == (Status.NOTE, Status.WRONG)
    assert late.details == ("queue large: the oldest has waited for 2 min 1 s; 0 workers",)


def test_workers_that_all_drain_claim_nothing() -> None:
    finding = found(replace(WELL, queues=queue(300.0, workers=2)), "claims")
    assert finding.details[0].endswith("2 workers, asked to drain")


def test_half_a_lease_of_silence_is_a_note_and_a_whole_one_is_wrong() -> None:
    for seconds, status in ((15.0, Status.GOOD), (16.0, Status.NOTE), (31.0, Status.WRONG)):
        silences = (WorkerSilence(UUID(int=1), "p", None, "default", seconds),)
        assert found(replace(WELL, silences=silences), "workers").status is status


def test_a_long_wait_is_wrong_for_those_alone_who_say_how_long_is_too_long() -> None:
    assert found(WELL, "oldest").status is Status.GOOD
    impatient = Expectations(30.0, longest_wait_seconds=10.0)
    assert found(WELL, "oldest", impatient).status is Status.WRONG


def test_a_session_of_another_role_that_holds_the_lock_is_told_as_such() -> None:
    words = found(replace(WELL, holder=Holder(7, None, None, None)), "maintenance").words
    assert "held by a session of another role (PostgreSQL process 7)" in words


def test_a_broken_invariant_names_tasks_and_says_when_there_may_be_more() -> None:
    violations = [Violation(UUID(int=each), True, ("lease", "ready")) for each in range(100)]
    finding = judge_invariant(violations)
    assert "at least 100 tasks are not in exactly one" in finding.words
    assert len(finding.details) == 11
    assert finding.details[-1] == "and 90 more"
    one = judge_invariant(violations[:1])
    assert "broken: 1 task is not in exactly one" in one.words
    assert one.details == (f"task {UUID(int=0)} is in lease and ready",)


def test_an_invariant_that_nobody_could_check_is_not_well() -> None:
    report = Report([invariant_unknown("no answer within 1 s"), *judge(WELL, EXPECTED)])
    assert report.exit_code == 1
    assert "could not be checked: no answer within 1 s." in report.words()


def test_control_characters_of_a_pod_reach_no_terminal() -> None:
    silences = (WorkerSilence(UUID(int=1), "p\x1b[2J", "n\r\n", "default", 99.0),)
    holder = Holder(7, "\x1b]0;x\x07", None, None)
    condition = replace(WELL, silences=silences, holder=holder)
    words = Report(judge(condition, EXPECTED)).words()
    assert words.replace("\n", "").isprintable()
    assert "in pod p?[2J on node n??" in words


def test_one_lease_of_one_worker_is_told_in_the_singular() -> None:
    words = found(replace(WELL, orphans=(Orphans(UUID(int=4), 1, 5.0),)), "leases").words
    assert words.startswith("1 lease of 1 worker without a row")
