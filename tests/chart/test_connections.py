"""PostgreSQL takes as many connections as can be asked of it, counted by hand.

docs/operations.md: an API process holds its pool and one more, a worker two, the operator one.
While pods are replaced, old and new ones exist at once: all count twice. Beside them there are the
superuser's three, a migration, and a backup.
"""

import re
from typing import Any

import pytest

from chart.rendering import Rendering, refusal, render

OTHERS = 3 + 1 + 1
OPERATOR = 2 * 1


@pytest.mark.parametrize(
    ("changes", "needed"),
    [
        ({}, 2 * 2 * (4 + 1) + 2 * 4 * 2 + OPERATOR),
        ({"operator": {"enabled": False}}, 2 * 2 * (4 + 1) + 2 * 4 * 2),
        ({"api": {"replicas": 9}}, 2 * 9 * (4 + 1) + 2 * 4 * 2 + OPERATOR),
        ({"api": {"replicas": 9, "connections": 20}}, 2 * 9 * (20 + 1) + 2 * 4 * 2 + OPERATOR),
        (
            {"api": {"autoscaling": {"enabled": True, "maxReplicas": 30}}},
            2 * 30 * (4 + 1) + 2 * 4 * 2 + OPERATOR,
        ),
        (
            {"operator": {"enabled": False}, "workerPoolDefaults": {"replicas": 100}},
            2 * 2 * (4 + 1) + 2 * 100 * 2,
        ),
        (
            {
                "workerPoolDefaults": {"maxReplicas": 50},
                "workerPools": {
                    "large": {"maxReplicas": 80},
                    "none": {"minReplicas": 0, "maxReplicas": 0, "replicas": 0},
                },
            },
            2 * 2 * (4 + 1) + 2 * (50 + 80) * 2 + OPERATOR,
        ),
        (
            {"workerPools": {"large": {"replicas": 2, "maxReplicas": 200}}},
            2 * 2 * (4 + 1) + 2 * (4 + 200) * 2 + OPERATOR,
        ),
    ],
    ids=str,
)
def test_max_connections_covers_api_workers_operator_and_a_rollout(
    changes: dict[str, Any], needed: int
) -> None:
    allowed = setting(render("default", changes), "max_connections")
    assert needed + OTHERS <= allowed
    assert allowed <= needed + OTHERS + 100, "connections that nobody uses cost memory"


def test_what_is_reserved_is_added() -> None:
    few = setting(render("default", {"postgresql": {"reservedConnections": 10}}), "max_connections")
    many = setting(
        render("default", {"postgresql": {"reservedConnections": 210}}), "max_connections"
    )
    assert many - few == 200


def test_the_locks_of_a_transaction_cover_all_partitions_of_a_hot_query() -> None:
    """A claim locks 25 relations; each connection may hold as many at once."""
    assert setting(render("default"), "max_locks_per_transaction") >= 2 * 25


def test_the_computed_settings_give_way_to_given_ones() -> None:
    given = render("default", {"postgresql": {"settings": {"max_connections": 500}}})
    assert setting(given, "max_connections") == 500


def test_each_setting_reaches_postgresql() -> None:
    text = " ".join(arguments(render("everything_on")))
    for expected in (
        "shared_buffers=1GB",
        "random_page_cost=1.1",
        "max_wal_size=2GB",
        "wal_compression=on",
    ):
        assert expected in text
    assert re.search(r"jit=(off|false)\b", text)


def test_a_large_number_reaches_postgresql_as_it_was_given() -> None:
    """Helm reads numbers as floating point, and prints large ones as 1e+07."""
    settings = {"vacuum_freeze_table_age": 150_000_000, "random_page_cost": 1.1}
    given = arguments(render("default", {"postgresql": {"settings": settings}}))
    assert "vacuum_freeze_table_age=150000000" in given
    assert "random_page_cost=1.1" in given


@pytest.mark.parametrize("missing", [1, 30])
def test_a_limit_that_is_too_low_is_refused_and_the_message_says_by_how_much(missing: int) -> None:
    needed = 2 * 2 * (4 + 1) + 2 * 4 * 2 + OPERATOR + 20
    message = refusal(
        "external_database", {"externalDatabase": {"maxConnections": needed - missing}}
    )
    assert "externalDatabase.maxConnections" in message
    assert re.search(rf"\b{missing} more\b", message)


def test_a_limit_that_is_just_enough_is_taken() -> None:
    needed = 2 * 2 * (4 + 1) + 2 * 4 * 2 + OPERATOR + 20
    assert render("external_database", {"externalDatabase": {"maxConnections": needed}}).objects


def test_postgresql_of_the_release_is_no_limit_of_a_database_elsewhere() -> None:
    assert render("default", {"externalDatabase": {"maxConnections": 10}}).objects


def setting(rendering: Rendering, name: str) -> int:
    (found,) = [
        int(value)
        for argument in arguments(rendering)
        for key, _, value in [argument.partition("=")]
        if key == name
    ]
    return found


def arguments(rendering: Rendering) -> list[str]:
    (pod,) = rendering.pods("postgresql")
    given: list[str] = pod.container("postgresql").spec["args"]
    return given
