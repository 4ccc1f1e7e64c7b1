"""Waking listeners: seldom, and never too seldom."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from qcexec_queue.enqueue import Submitter
from qcexec_queue.events import ignore
from qcexec_queue.notify import INTERVAL_SECONDS, Notifier, listen
from qcexec_queue.tasks import NewTask
from support.databases import Database
from support.queue import (
    count,
    plain,
    queue_number,
    service,
    service_pool,
    submitting,
    tasks,
    waiting_for_locks,
)
from support.waiting import wait_until


class Listener:
    """Counts what it hears, and looks how many tasks are there each time."""

    def __init__(self) -> None:
        self.heard: Counter[str] = Counter()
        self.times: list[float] = []

    def hear(self, queue: str) -> None:
        self.heard[queue] += 1
        self.times.append(asyncio.get_running_loop().time())


@asynccontextmanager
async def listening(database: Database, *queues: str) -> AsyncIterator[Listener]:
    listener = Listener()
    async with plain(database.app_dsn) as connection:
        for queue in queues:
            await listen(
                connection,
                await queue_number(connection, queue),
                on_ready=lambda queue=queue: listener.hear(queue),  # type: ignore[misc]  # bound
                on_worker=lambda: None,
            )
        yield listener


async def test_an_idle_worker_is_woken_by_the_commit_itself(database: Database) -> None:
    async with listening(database, "default") as listener, submitting(database.app_dsn) as to:
        await to.enqueue(NewTask(b"x", 0.1))
        await wait_until(lambda: listener.heard["default"] == 1)


async def test_a_stream_of_commits_wakes_at_most_once_an_interval(database: Database) -> None:
    async with listening(database, "default") as listener, submitting(database.app_dsn) as to:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for task in tasks(150):
            await to.enqueue(task)
        length = loop.time() - begun
        await to.close()
        heard_by_then = listener.heard["default"]
        assert heard_by_then >= 1
        # One for the first, one each interval, and the trailing one.
        assert heard_by_then <= length / INTERVAL_SECONDS + 2


async def test_none_rides_while_a_trailing_one_is_due(database: Database) -> None:
    async with listening(database, "default") as listener, service_pool(database.app_dsn) as pool:
        notifier = Notifier(pool, ignore)
        async with pool.acquire() as connection:
            queue_id = await queue_number(connection, "default")
        assert notifier.riding([queue_id]) == [queue_id]
        notifier.committed([queue_id])
        # Nothing else runs meanwhile: the trailing one is late, as on a busy machine.
        time.sleep(2 * INTERVAL_SECONDS)  # noqa: ASYNC251 - that is the point
        assert notifier.riding([queue_id]) == []
        await wait_until(lambda: listener.heard["default"] == 1, what="the trailing one")
        await notifier.close()


async def test_what_is_committed_within_the_interval_is_announced_by_a_trailing_one(
    database: Database,
) -> None:
    async with listening(database, "default") as listener, submitting(database.app_dsn) as to:
        for round_ in range(5):
            # The first of two rides on its commit; the second comes too soon after it.
            await to.enqueue(NewTask(b"one", 0.1))
            before = listener.heard["default"]
            await to.enqueue(NewTask(b"two", 0.1))
            await wait_until(
                lambda before=before: listener.heard["default"] > before,  # type: ignore[misc]  # bound
                what=f"a trailing one in round {round_}",
            )


async def test_a_commit_slower_than_the_interval_is_announced_after_it(
    database: Database,
) -> None:
    """A notification that rides arrives with its commit, whenever that is."""
    async with (
        listening(database, "default") as listener,
        service_pool(database.app_dsn) as pool,
        plain(database.admin_dsn) as admin,
        service(database.app_dsn) as reader,
    ):
        notifier = Notifier(pool, ignore)
        slow, fast = Submitter(pool, ignore, notifier), Submitter(pool, ignore, notifier)
        await slow.enqueue(NewTask(b"first", 0.1))
        await wait_until(lambda: listener.heard["default"] == 1)
        async with admin.transaction():
            await admin.execute("lock table qcexec.ready in share mode")
            held = [asyncio.create_task(each.enqueue(NewTask(b"x", 0.1))) for each in (slow, fast)]

            async def both_wait() -> bool:
                return await waiting_for_locks(admin) == 2

            await wait_until(both_wait)
            before = listener.heard["default"]
        await asyncio.gather(*held)
        await wait_until(lambda: listener.heard["default"] > before, what="it is announced")
        # Nothing was committed after the last notification was sent.
        await notifier.close()
        assert await count(reader, "ready") == 3


async def test_each_queue_is_announced_for_itself(database: Database) -> None:
    async with listening(database, "a", "b", "c") as listener, submitting(database.app_dsn) as to:
        await asyncio.gather(
            *(to.enqueue(NewTask(b"x", 0.1, queue=queue)) for queue in ("a", "b") * 20)
        )
        await wait_until(lambda: listener.heard["a"] and listener.heard["b"])
        assert listener.heard["c"] == 0


async def test_closing_sends_what_is_outstanding(database: Database) -> None:
    async with listening(database, "default") as listener, service_pool(database.app_dsn) as pool:
        notifier = Notifier(pool, ignore)
        submitter = Submitter(pool, ignore, notifier)
        await submitter.enqueue(NewTask(b"x", 0.1))
        await wait_until(lambda: listener.heard["default"] == 1)
        notifier.riding([1])
        notifier.committed([1])
        await notifier.close()
        await wait_until(lambda: listener.heard["default"] == 2)


async def test_without_a_database_the_trailing_one_is_lost_and_nothing_else() -> None:
    async with service_pool("postgresql://app@127.0.0.1:1/x") as pool:
        notifier = Notifier(pool, ignore)
        notifier.committed([1])
        await notifier.close()
