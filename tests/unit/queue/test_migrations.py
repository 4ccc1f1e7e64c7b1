"""Which migrations are applied to which database, and which releases a schema serves."""

import re

from hypothesis import given
from hypothesis import strategies as st

from qcexec_queue.migrations import Migration, SchemaVersion, pending, release_version, shipped


@st.composite
def histories(draw: st.DrawFn) -> list[Migration]:
    """Migrations as releases make them: versions without gaps, compatibility that only rises."""
    oldest = 1
    migrations = []
    for version in range(1, draw(st.integers(1, 8)) + 1):
        oldest = draw(st.integers(oldest, version))
        migrations.append(Migration(version, f"step_{version}", oldest, "select 1"))
    return migrations


@given(histories(), st.data())
def test_what_is_applied_is_what_the_database_lacks_in_order(
    history: list[Migration], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(history) - 1))
    found = SchemaVersion(history[at].version, history[at].min_compatible)
    plan = pending(found, history, offline=True)
    assert plan == history[at + 1 :]
    assert pending(None, history) == history


@given(histories(), st.data())
def test_online_the_release_of_the_found_schema_is_served_at_every_step(
    history: list[Migration], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(history) - 1))
    found = SchemaVersion(history[at].version, history[at].min_compatible)
    plan = pending(found, history)
    if isinstance(plan, str):
        steps = history[at + 1 :]
        assert any(not SchemaVersion(s.version, s.min_compatible).serves(at + 1) for s in steps)
    else:
        for step in plan:
            assert SchemaVersion(step.version, step.min_compatible).serves(found.version)


@given(histories(), st.data())
def test_a_release_that_was_rolled_back_does_nothing_or_says_why_it_cannot_start(
    history: list[Migration], data: st.DataObject
) -> None:
    release = data.draw(st.integers(1, len(history)))
    newest = history[-1]
    found = SchemaVersion(newest.version, newest.min_compatible)
    plan = pending(found, history[:release])
    if found.serves(release):
        assert plan == []
    else:
        assert isinstance(plan, str)
        assert str(release) in plan


@given(st.integers(1, 50), st.integers(1, 50), st.integers(1, 50))
def test_a_schema_serves_releases_between_its_oldest_compatible_and_its_own(
    version: int, oldest: int, release: int
) -> None:
    assert SchemaVersion(version, oldest).serves(release) == (oldest <= release <= version)


def test_the_shipped_migrations_are_numbered_without_gaps_and_only_ever_raise_compatibility() -> (
    None
):
    history = shipped()
    assert [each.version for each in history] == list(range(1, len(history) + 1))
    oldest = [each.min_compatible for each in history]
    assert oldest == sorted(oldest)
    assert all(each.min_compatible <= each.version for each in history)
    assert release_version() == len(history)
    assert all(re.fullmatch(r"[a-z0-9_]+", each.name) for each in history)
