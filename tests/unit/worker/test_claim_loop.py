"""The claim loop while there is no database: when it ends, and what it keeps."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from qcexec_queue.connections import Connection
from qcexec_queue.errors import DatabaseUnavailable
from qcexec_queue.events import ConnectionReplaced, Event
from qcexec_queue.exchange import Exchange
from qcexec_queue.states import Lane, Outcome, Priority
from qcexec_queue.tasks import Lease, StoredResult
from qcexec_worker.appetite import RunTimes
from qcexec_worker.claim_loop import ClaimLoop
from qcexec_worker.desk import Desk
from support.waiting import wait_until

LEASE = Lease(UUID(int=1), 1, 0, 0, Priority.NORMAL, Lane.FRESH, 0.1, b"", None)


class Cut:
    """A claim loop whose database is away."""

    def __init__(self) -> None:
        self.told: list[Event] = []
        self.desk = Desk()
        exchange = Exchange(uuid4(), 1, self.told.append)
        self.loop = ClaimLoop(
            self._connect,
            exchange,
            self.desk,
            [],
            RunTimes(),
            self.told.append,
            timeout=1.0,
        )
        self.running = asyncio.create_task(self.loop.run())

    async def _connect(self) -> Connection:
        raise DatabaseUnavailable("nobody listens")


@pytest.fixture
async def cut() -> AsyncIterator[Cut]:
    cut = Cut()
    yield cut
    cut.running.cancel()
    await asyncio.gather(cut.running, return_exceptions=True)


async def test_it_claims_once_told_to_and_is_drained_otherwise(cut: Cut) -> None:
    def state() -> tuple[bool, bool]:
        return cut.loop.claiming, cut.loop.drained

    assert state() == (False, True)
    cut.loop.resume()
    assert state() == (True, False)
    cut.loop.drain()
    assert state() == (False, True)
    assert await cut.loop.drained_within(30)


async def test_it_goes_on_trying_and_tells_each_time(cut: Cut) -> None:
    await wait_until(lambda: len(cut.told) >= 3, what="three tries")
    assert set(cut.told) == {ConnectionReplaced("claims", "nobody listens")}
    assert not cut.running.done()


async def test_with_nothing_to_hand_in_a_stop_ends_it_without_a_database(cut: Cut) -> None:
    await wait_until(lambda: cut.told, what="a try")
    cut.loop.stop()
    async with asyncio.timeout(30):
        await cut.running


async def test_what_is_not_handed_in_keeps_it_going_and_stays_named(cut: Cut) -> None:
    cut.desk.take([LEASE])
    cut.desk.complete(LEASE, StoredResult(Outcome.COMPLETED, None, b"{}"))
    cut.loop.stop()
    tries = len(cut.told)
    await wait_until(lambda: len(cut.told) >= tries + 2, what="two further tries")
    assert not cut.running.done()
    assert cut.desk.epochs == [1]
