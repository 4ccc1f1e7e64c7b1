"""A seeded storm over the whole service: every fault that there is, at once and at random moments.

`QCEXEC_CHAOS_FAULTS` says how many faults (20), `QCEXEC_CHAOS_SEED` repeats the choices of a run;
moments are those of the machine.
"""

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress

import asyncpg
import psutil

from qcexec_queue.connections import TRANSIENT_ERRORS
from qcexec_queue.migrate import migrate
from qcexec_queue.states import Outcome
from qcexec_standalone.postgres import PostgresServer
from support.load import api_on, under_load
from support.queue_seen import QueueSeen, seen_queue
from support.services import Services
from support.waiting import wait_until
from support.workers import BELL, BROKEN, Worker, dense, start_worker

FAULTS = int(os.environ.get("QCEXEC_CHAOS_FAULTS", "20"))
SEED = os.environ.get("QCEXEC_CHAOS_SEED") or str(random.randrange(10**6))
PODS = 3
LEASE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 1.0
CIRCUITS = [BELL, BELL, dense(2), BELL, BROKEN, BELL, dense(1), BELL]
SETTINGS = {
    "lease_seconds": str(LEASE_SECONDS),
    "claim_timeout_seconds": "1",
    "grace_seconds": "1",
    "log_level": "INFO",
    # Whether a circuit is given up after so many deaths is not what this is about.
    "max_attempts": "100",
}


class Pod:
    """A place where one worker process follows the other."""

    def __init__(self, services: Services, dsn: str, number: int) -> None:
        self._services = services
        self._dsn = dsn
        self._number = number
        self.turn = asyncio.Lock()
        self.workers = [self._start()]

    @property
    def worker(self) -> Worker:
        """The process of the moment."""
        return self.workers[-1]

    def restart(self) -> None:
        """The next process, as soon as the one before has ended."""
        assert not self.worker.alive
        self.workers.append(self._start())

    def _start(self) -> Worker:
        variables = {**SETTINGS, "pod_uid": f"pod-{self._number}"}
        return start_worker(self._services, self._dsn, variables, slots=1 + self._number % 2)


class Storm:
    """Chooses a fault and a victim, again and again; two faults may be under way at once."""

    def __init__(self, server: PostgresServer, pods: list[Pod], queue: QueueSeen) -> None:
        self._server = server
        self._pods = pods
        self._queue = queue
        self._random = random.Random(SEED)
        self._database_turn = asyncio.Lock()
        self.done: Counter[str] = Counter()

    async def blow(self, faults: int) -> None:
        """Returns after so many faults, all undone as far as they can be."""
        left = iter(range(faults))

        async def gust() -> None:
            for _ in left:
                await self._fault()

        await asyncio.gather(gust(), gust())

    async def _fault(self) -> None:
        on_pods: list[Callable[[Pod], Awaitable[None]]] = [
            self._kill_worker,
            self._kill_worker,
            self._kill_child,
            self._kill_child,
            self._kill_forkserver,
            self._stop_worker,
            self._stop_child,
            self._terminate,
            self._drain,
        ]
        on_database = [self._restart, self._outage, self._cut_connections]
        if self._random.random() < 0.25:
            fault = self._random.choice(on_database)
            async with self._database_turn:
                await fault()
            self.done[fault.__name__] += 1
        else:
            pod = self._random.choice(self._pods)
            strike = self._random.choice(on_pods)
            async with pod.turn:
                await strike(pod)
            self.done[strike.__name__] += 1
        await self._pause()

    async def _pause(self) -> None:
        await asyncio.sleep(self._random.uniform(0, LONGEST_PAUSE_SECONDS))

    async def _kill_worker(self, pod: Pod) -> None:
        pod.worker.kill()
        pod.restart()

    async def _kill_child(self, pod: Pod) -> None:
        with suppress(psutil.NoSuchProcess):
            for child in pod.worker.children()[:1]:
                child.kill()

    async def _kill_forkserver(self, pod: Pod) -> None:
        with suppress(psutil.NoSuchProcess):
            for child in pod.worker.children()[:1]:
                psutil.Process(child.ppid()).kill()

    async def _stop_worker(self, pod: Pod) -> None:
        pod.worker.process.send(signal.SIGSTOP)
        await asyncio.sleep(self._random.uniform(0, 2 * LEASE_SECONDS))
        pod.worker.process.send(signal.SIGCONT)

    async def _stop_child(self, pod: Pod) -> None:
        for child in pod.worker.children()[:1]:
            # It may end by itself meanwhile.
            with suppress(psutil.NoSuchProcess):
                child.suspend()
                await self._pause()
                child.resume()

    async def _terminate(self, pod: Pod) -> None:
        pod.worker.process.send(signal.SIGTERM)
        if self._random.random() < 0.5:
            await self._pause()
            pod.worker.process.send(signal.SIGTERM)
        code = await pod.worker.process.wait_async()
        # Before its first line the interpreter itself starts, and ends as any process does.
        assert code == 0 or (code == -signal.SIGTERM and not pod.worker.process.output())
        pod.restart()

    async def _drain(self, pod: Pod) -> None:
        started = pod.worker.events("worker_started")
        for drain in (True, False):
            try:
                if started:
                    await self._queue.pool.execute(
                        "update qcexec.worker set draining_at = case when $2 then now() end, "
                        "drained_at = null where worker_id = $1",
                        pod.worker.worker_id,
                        drain,
                    )
            except (*TRANSIENT_ERRORS, asyncpg.PostgresError):
                # The database is away: it can't be asked for anything, then.
                continue
            await self._pause()

    async def _restart(self) -> None:
        self._server.restart(immediate=self._random.random() < 0.5)

    async def _outage(self) -> None:
        self._server.stop(immediate=True)
        await asyncio.sleep(self._random.uniform(0.5, 1.5) * LEASE_SECONDS)
        self._server.start()

    async def _cut_connections(self) -> None:
        try:
            await self._queue.pool.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where application_name like 'qcexec%' and random() < 0.5"
            )
        except (*TRANSIENT_ERRORS, asyncpg.PostgresError):
            # The connection that asked was cut, too, or is one from before an outage.
            return


async def test_nothing_is_lost_and_nothing_ends_twice_in_a_storm(
    services: Services, own_postgres: PostgresServer
) -> None:
    print(f"QCEXEC_CHAOS_SEED={SEED} QCEXEC_CHAOS_FAULTS={FAULTS}")
    dsn = own_postgres.admin_dsn()
    await migrate(dsn, retention_days=30)
    pods = [Pod(services, dsn, number) for number in range(PODS)]
    async with seen_queue(dsn) as queue, api_on(services, dsn, LEASE_SECONDS) as (api, client):
        storm = Storm(own_postgres, pods, queue)
        async with under_load(client, CIRCUITS, clients=2) as load:
            await storm.blow(FAULTS)
        print(
            f"{dict(storm.done)}\n{len(load.accepted)} accepted, {load.refused} refused, ", end=""
        )
        print(f"{load.unknown} unknown")
        assert len(load.accepted) > FAULTS
        # A drain whose end the database did not hear of.
        await wait_until(lambda: end_drains(queue), what="no drain is left")
        await queue.wait_for_results(load.accepted, deadline=300)
        await wait_until(lambda: nothing_waits(queue), 120, what="the backlog ends")
        results = await queue.results()
        unanswered = results.keys() - load.accepted.keys()
        assert len(unanswered) <= load.unknown
        queue.accepted += [*load.accepted, *unanswered]
        await queue.check()
        for task_id, text in load.accepted.items():
            result = results[task_id]
            expected = Outcome.FAILED if text is BROKEN else Outcome.COMPLETED
            assert result.outcome is expected, f"{task_id}: {result}"
        for pod in pods:
            assert pod.worker.alive
        assert [line for line in api.events() if "exc_info" in line] == []
        assert "Traceback" not in api.output()
        workers = [worker for pod in pods for worker in pod.workers]
        assert [line for each in workers for line in each.events("uncaught_exception")] == []
        late = sum(len(each.events("late_result_refused")) for each in workers)
        print(Counter(each.reason for each in await queue.attempts()), f"{late} late results")


async def end_drains(queue: QueueSeen) -> bool:
    try:
        await queue.pool.execute(
            "update qcexec.worker set draining_at = null, drained_at = null "
            "where draining_at is not null"
        )
    except (*TRANSIENT_ERRORS, asyncpg.PostgresError):
        return False
    return True


async def nothing_waits(queue: QueueSeen) -> bool:
    return not await queue.pool.fetchval(
        "select exists (select from qcexec.ready) or exists (select from qcexec.scheduled)"
        " or exists (select from qcexec.lease)"
    )
