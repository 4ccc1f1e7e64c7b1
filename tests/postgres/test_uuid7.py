"""Task ids are UUIDs of version 7, made from database time: a range of ids is a range of time."""

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID

from qcexec_queue.enqueue import _random_halves
from support.databases import Database
from support.queue import plain

MOMENT = datetime(2026, 3, 4, 5, 6, 7, 891_999, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
HALF = bytes([0x80, 1, 2, 3, 4, 5, 6, 7])


def milliseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // MILLISECOND


async def test_an_id_has_the_layout_of_rfc_9562(database: Database) -> None:
    async with plain(database.owner_dsn) as connection:
        made: list[UUID] = await connection.fetchval(
            """
            select array_agg(qcexec.uuid7(qcexec.uuid7_prefix($1), position, $2) order by position)
            from generate_series(1, 2000) position
            """,
            MOMENT,
            _random_halves(2000),
        )
    assert {each.version for each in made} == {7}
    assert {each.variant for each in made} == {RFC_4122}
    assert {each.int >> 80 for each in made} == {milliseconds(MOMENT)}
    # Twelve bits count (RFC 9562, section 6.2, method 1), so neighbours stay together.
    assert [each.int >> 64 & 0xFFF for each in made] == list(range(1, 2001))
    random_bits = [each.int & (2**62 - 1) for each in made]
    assert len(set(random_bits)) == len(made)
    # Each of the 62 random bits is set in about half of them.
    for bit in range(62):
        assert 800 < sum(value >> bit & 1 for value in random_bits) < 1200


async def test_ids_of_a_span_of_time_lie_between_its_floors(database: Database) -> None:
    async with plain(database.owner_dsn) as connection:
        rows = await connection.fetch(
            """
            select qcexec.uuid7_floor(m) <= id
               and id < qcexec.uuid7_floor(m + interval '1 millisecond') as within,
                   qcexec.uuid7_moment(id) = date_trunc('milliseconds', m) as told
            from generate_series($1::timestamptz, $1 + interval '3 milliseconds',
                                 interval '7 microseconds') m
            cross join lateral (select qcexec.uuid7(qcexec.uuid7_prefix(m), 1, $2) as id) made
            """,
            MOMENT,
            HALF,
        )
    assert all(row["within"] and row["told"] for row in rows)


async def test_a_floor_is_the_smallest_id_of_its_moment(database: Database) -> None:
    async with plain(database.owner_dsn) as connection:
        floor: UUID = await connection.fetchval("select qcexec.uuid7_floor($1)", MOMENT)
    assert floor.int >> 80 == milliseconds(MOMENT)
    assert floor.version == 7
    assert floor.variant == RFC_4122
    assert (floor.int >> 64 & 0xFFF, floor.int & (2**62 - 1)) == (0, 0)


async def test_later_ids_are_greater_in_postgresql_s_order_and_in_python_s(
    database: Database,
) -> None:
    async with plain(database.owner_dsn) as connection:
        rows = await connection.fetch(
            """
            select qcexec.uuid7(qcexec.uuid7_prefix(m), 1, $2) as id
            from generate_series($1::timestamptz, $1 + interval '40 years', interval '100 days') m
            order by id
            """,
            MOMENT,
            HALF,
        )
    ids = [row["id"] for row in rows]
    assert ids == sorted(ids)
    times = [each.int >> 80 for each in ids]
    assert times == sorted(set(times))
