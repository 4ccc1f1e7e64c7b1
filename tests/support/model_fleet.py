"""What lives on a model cluster: a Deployment's controller, nodes that start pods, and workers.

The controller creates pods and deletes them in the order in which that of Kubernetes does. A pod
that starts gets a worker: a row in the database, kept by heartbeats through the queue's own
functions. Workers claim only when a test says so, and answer a request to drain as real ones do:
they claim no more, acknowledge, turn unready. What is deleted while it has tasks is remembered.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from qcexec_operator.cluster import INSTANCE_LABEL, POD_LABELS
from qcexec_operator.sighting import DELETION_COST, TEMPLATE_HASH
from qcexec_queue.connections import TRANSIENT_ERRORS, Connection, Role, connect
from qcexec_queue.errors import DatabaseUnavailable
from qcexec_queue.exchange import Appetite, Exchange
from qcexec_queue.settlement import RetryPolicy
from qcexec_queue.statistics import write_statistics
from qcexec_queue.tasks import Lease
from qcexec_queue.workers import (
    NOTHING_RUN,
    RunCounters,
    WorkerIdentity,
    acknowledge_drain,
    heartbeat,
    register,
)
from support.model_cluster import DEPLOYMENTS, INSTANCE, PODS, Body, ModelCluster
from support.queue import completions, exchange_of, queue_number

SLOTS = 2
_TURN_SECONDS = 0.05
_FIGURES_EACH = 4
"""Turns between two times that the queue's figures are written."""


@dataclass(slots=True)
class ModelWorker:
    """The worker of a pod."""

    worker_id: UUID
    pod: str
    pod_uid: str
    queue_id: int
    exchange: Exchange
    held: list[Lease] = field(default_factory=list)
    counters: RunCounters = NOTHING_RUN
    asked: bool = False
    """To claim no more."""
    drained: bool = False


class ModelFleet:
    """The pods of a cluster and their workers, on a database."""

    def __init__(self, cluster: ModelCluster, dsn: str) -> None:
        self._cluster = cluster
        self._dsn = dsn
        self._numbers = itertools.count(1)
        self._queues: dict[str, str] = {}
        self._connection: Connection | None = None
        self._turn = 0
        self._stop = asyncio.Event()
        self._lock = asyncio.Lock()
        self.workers: dict[str, ModelWorker] = {}
        """By the pod's name."""
        self.starts = True
        """Whether pods start: they stay without a node otherwise."""
        self.acknowledges = True
        """Whether workers answer a request to drain."""
        self.controls = True
        """Whether the controller does its work."""
        self.killed_at_work: list[str] = []
        """Pods that the controller has deleted while they had tasks, or could claim some."""

    async def deploy(
        self, name: str, replicas: int = 0, queue: str = "default", instance: str = INSTANCE
    ) -> None:
        """Makes a Deployment whose pods serve ``queue``, of which figures are known."""
        self._queues[name] = queue
        async with self._lock:
            await queue_number(await self._database(), queue)
            await write_statistics(await self._database())
        labels = {INSTANCE_LABEL: instance, **POD_LABELS, "pool": name}
        limits = {"limits": {"memory": "2Gi"}}
        await self._cluster.create(
            DEPLOYMENTS,
            {
                "metadata": {"name": name, "labels": labels},
                "spec": {
                    "replicas": replicas,
                    "selector": {"matchLabels": labels},
                    "template": {
                        "metadata": {"labels": labels},
                        "spec": {"containers": [{"name": "worker", "resources": limits}]},
                    },
                },
                "status": {"replicas": 0, "updatedReplicas": 0, "observedGeneration": 1},
            },
        )

    def replicas(self, name: str = "pool") -> int:
        """The scale of a Deployment."""
        return int(self._cluster.one(DEPLOYMENTS, name)["spec"]["replicas"])

    def ready(self) -> list[str]:
        """The pods that are ready."""
        return [each["metadata"]["name"] for each in self._cluster.get_all(PODS) if _ready(each)]

    def asked(self) -> list[str]:
        """The pods whose workers are asked to claim no more, as these have heard."""
        return [each.pod for each in self.workers.values() if each.asked]

    def marked(self) -> list[str]:
        """The pods that have a deletion cost."""
        return [each["metadata"]["name"] for each in self._cluster.get_all(PODS) if _cost(each)]

    async def claim(self, pod: str, tasks: int = 1) -> list[Lease]:
        """Has a pod's worker claim so many tasks."""
        async with self._lock:
            worker = self.workers[pod]
            assert not worker.asked
            appetite = Appetite(tasks, tasks, 0.0)
            found = (await worker.exchange.run(await self._database(), [], appetite)).leases
            assert len(found) == tasks, f"{len(found)} of {tasks} tasks were there"
            worker.held += found
            await self._beat(worker)
            return found

    async def complete(self, worker: ModelWorker) -> int:
        """Has a worker hand in all that it has; gives how many results came too late."""
        async with self._lock:
            ended, worker.held = worker.held, []
            for each in ended:
                worker.counters = worker.counters.ran(each.cost, 0.5)
            done = await worker.exchange.run(await self._database(), completions(ended), None)
            return len(done.lost)

    async def lose(self, pod: str) -> None:
        """Deletes a pod by force: its worker is gone at once, whatever it had."""
        async with self._lock:
            self.workers.pop(pod, None)
            await self._cluster.remove(PODS, pod)

    async def evict(self, pod: str) -> None:
        """Ends a pod as a node does that is short of memory: it stays, as a failed one."""
        async with self._lock:
            self.workers.pop(pod, None)
            status = {"phase": "Failed", "reason": "Evicted", "conditions": []}
            await self._cluster.change(PODS, pod, {"status": status})

    async def cut_off(self, pod: str) -> None:
        """Takes the network from a pod's node, and has its deletion asked for, as happens then."""
        async with self._lock:
            self.workers.pop(pod)
            deleted = (datetime.now(UTC) - timedelta(seconds=60)).isoformat()
            await self._cluster.change(
                PODS, pod, {"metadata": {"deletionTimestamp": deleted, "finalizers": ["node"]}}
            )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Everything goes on by itself while inside."""
        work = asyncio.create_task(self._run())
        try:
            yield
        finally:
            self._stop.set()
            await work
            if self._connection is not None:
                self._connection.terminate()

    async def _run(self) -> None:
        while not self._stop.is_set():
            async with self._lock:
                self._turn += 1
                if self.controls:
                    for each in self._cluster.get_all(DEPLOYMENTS):
                        await self._control(each)
                try:
                    if self.starts:
                        await self._start_pods()
                    await self._live()
                except (*TRANSIENT_ERRORS, DatabaseUnavailable):
                    # A test has stopped PostgreSQL; workers wait for it.
                    self._connection = None
            await asyncio.sleep(_TURN_SECONDS)

    async def _control(self, deployment: Body) -> None:
        name, spec = deployment["metadata"]["name"], deployment["spec"]
        wanted = spec["selector"]["matchLabels"]
        pods = [
            each
            for each in self._cluster.get_all(PODS)
            if wanted.items() <= each["metadata"]["labels"].items() and _active(each)
        ]
        missing = range(spec["replicas"] - len(pods))
        pods += [await self._create_pod(name, wanted) for _ in missing]
        surplus = max(0, len(pods) - spec["replicas"])
        for each in sorted(pods, key=_order)[:surplus]:
            await self._kill(each)
            pods.remove(each)
        status = {
            "replicas": len(pods),
            "updatedReplicas": len(pods),
            "observedGeneration": deployment["metadata"]["generation"],
        }
        if deployment.get("status") != status:
            await self._cluster.change(DEPLOYMENTS, name, {"status": status})

    async def _create_pod(self, deployment: str, labels: dict[str, str]) -> Body:
        name = f"{deployment}-{next(self._numbers)}"
        metadata = {"name": name, "labels": {**labels, TEMPLATE_HASH: "a"}}
        body = {"metadata": metadata, "spec": {}, "status": {"phase": "Pending"}}
        return await self._cluster.create(PODS, body)

    async def _kill(self, pod: Body) -> None:
        name = pod["metadata"]["name"]
        worker = self.workers.pop(name, None)
        if worker is not None and (worker.held or not worker.drained or not _cost(pod)):
            self.killed_at_work.append(name)
        await self._cluster.remove(PODS, name)

    async def _start_pods(self) -> None:
        for each in self._cluster.get_all(PODS):
            metadata = each["metadata"]
            if _active(each) and not each["spec"].get("nodeName"):
                queue = self._queues[metadata["labels"]["pool"]]
                await self._start_worker(metadata["name"], metadata["uid"], queue)
                await self._cluster.change(
                    *(
                        PODS,
                        metadata["name"],
                        {"spec": {"nodeName": "node"}, "status": _status(True)},
                    )
                )

    async def _start_worker(self, pod: str, uid: str, queue: str) -> None:
        connection = await self._database()
        queue_id = await queue_number(connection, queue)
        identity = WorkerIdentity(
            *(uuid4(), queue_id, "test", SLOTS, 2**30), pod_uid=uid, pod=pod, node="node"
        )
        await register(connection, identity, RetryPolicy())
        exchange = await exchange_of(connection, identity.worker_id, queue=queue)
        worker = ModelWorker(identity.worker_id, pod, uid, queue_id, exchange)
        self.workers[pod] = worker
        await self._beat(worker)

    async def _live(self) -> None:
        connection = await self._database()
        for each in list(self.workers.values()):
            if self._turn % _FIGURES_EACH == 0:
                await self._beat(each)
            await self._answer(each, connection)
        if self._turn % _FIGURES_EACH == 0:
            await write_statistics(connection)

    async def _beat(self, worker: ModelWorker) -> None:
        beat = await heartbeat(
            await self._database(),
            worker.worker_id,
            [each.epoch for each in worker.held],
            None,
            claim_timeout=60.0,
            busy=min(SLOTS, len(worker.held)),
            counters=worker.counters,
        )
        assert beat is not None
        worker.asked = beat.draining

    async def _answer(self, worker: ModelWorker, connection: Connection) -> None:
        """As a worker does that is woken by a request."""
        if worker.asked and not worker.drained and self.acknowledges:
            worker.drained = await acknowledge_drain(connection, worker.worker_id)
        elif not worker.asked and worker.drained:
            worker.drained = False
        else:
            return
        await self._cluster.change(PODS, worker.pod, {"status": _status(not worker.drained)})

    async def _database(self) -> Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await connect(
                self._dsn, role=Role.SERVICE, application="model fleet"
            )
        return self._connection


def _status(ready: bool) -> dict[str, Any]:
    value = "True" if ready else "False"
    return {"phase": "Running", "conditions": [{"type": "Ready", "status": value}]}


def _active(pod: Body) -> bool:
    ended = pod["status"].get("phase") in ("Succeeded", "Failed")
    return not ended and "deletionTimestamp" not in pod["metadata"]


def _ready(pod: Body) -> bool:
    conditions = pod["status"].get("conditions") or ()
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _cost(pod: Body) -> int:
    return int((pod["metadata"].get("annotations") or {}).get(DELETION_COST, 0))


def _order(pod: Body) -> tuple[bool, bool, bool, int]:
    """The first in this order is deleted first: Kubernetes, ActivePodsWithRanks."""
    running = pod["status"].get("phase") == "Running"
    return bool(pod["spec"].get("nodeName")), running, _ready(pod), _cost(pod)
