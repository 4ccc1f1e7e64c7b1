"""A release on a model cluster: its pool, its operator, its tasks, and what users see of it."""

from dataclasses import dataclass
from typing import Any

from qcexec_operator.sighting import DELETION_COST
from support.model_cluster import EVENTS, POOLS, ModelCluster, worker_pool
from support.model_fleet import ModelFleet
from support.operators import Operator, Operators
from support.queue import plain, submit, tasks
from support.waiting import wait_until

_EVENT = {
    *("apiVersion", "kind", "metadata", "involvedObject", "type", "reason", "message"),
    *("source", "firstTimestamp", "lastTimestamp", "count"),
}
_MAY_WRITE: dict[tuple[str, str | None], set[str]] = {
    ("events", None): _EVENT,
    ("pods", None): {"metadata"},
    ("deployments", "scale"): {"metadata", "spec"},
    ("workerpools", "status"): {"status"},
    ("workerpools", None): {"metadata"},
}
_METADATA: dict[tuple[str, str | None], set[str]] = {
    ("events", None): {"generateName", "namespace"},
    ("pods", None): {"uid", "annotations"},
    ("deployments", "scale"): {"resourceVersion"},
    ("workerpools", "status"): set(),
    ("workerpools", None): {"ownerReferences"},
}


@dataclass(frozen=True, slots=True)
class Lab:
    """The WorkerPool is called "pool", as its Deployment is, and has the queue "default"."""

    cluster: ModelCluster
    fleet: ModelFleet
    operators: Operators
    dsn: str

    async def pool(self, replicas: int, **spec: Any) -> list[str]:
        """Makes the pool with so many ready pods; gives their names."""
        await self.fleet.deploy("pool", replicas)
        await wait_until(lambda: len(self.fleet.ready()) == replicas, what="pods are ready")
        await self.cluster.create(POOLS, worker_pool("pool", **spec))
        return self.fleet.ready()

    async def operator(self, **settings: object) -> Operator:
        """One that acts."""
        started = self.operators.start(**settings)
        await wait_until(started.acts, what="the operator acts")
        return started

    async def busy(self, *pods: str) -> None:
        """Has each of these pods run one task."""
        await submit(self.dsn, *tasks(len(pods)))
        for each in pods:
            await self.fleet.claim(each)

    async def edit(self, **spec: Any) -> None:
        """Edits the WorkerPool, as a user does."""
        generation = self.cluster.one(POOLS, "pool")["metadata"]["generation"]
        await self.cluster.change(POOLS, "pool", {"spec": spec})
        await wait_until(
            lambda: self.status().get("observedGeneration") == generation + 1,
            what="the edited spec is observed",
        )

    def status(self, pool: str = "pool") -> dict[str, Any]:
        """What a WorkerPool says."""
        found = self.cluster.find(POOLS, pool) or {}
        return found.get("status") or {}

    def condition(self, type_: str, pool: str = "pool") -> str:
        """Status and reason of a condition: "False Paused", say; empty where there is none."""
        found = {each["type"]: each for each in self.status(pool).get("conditions", ())}
        return f"{found[type_]['status']} {found[type_]['reason']}" if type_ in found else ""

    async def says(self, type_: str, value: str, pool: str = "pool") -> None:
        """Waits until a condition has that status and reason."""
        await wait_until(
            lambda: self.condition(type_, pool) == value, what=f"{pool} says {type_} {value}"
        )

    async def scaled_to(self, replicas: int) -> None:
        """Waits until the Deployment has that scale."""
        await wait_until(
            lambda: self.fleet.replicas() == replicas,
            what=f"the scale is {replicas}: {self.status().get('message')}",
        )

    def reasons(self) -> list[str]:
        """Of the Events so far."""
        return [each["reason"] for each in self.cluster.get_all(EVENTS)]

    async def count(self, table: str, condition: str = "true") -> int:
        """Rows of a table of the queue."""
        async with plain(self.dsn) as connection:
            sql = f"select count(*) from qcexec.{table} where {condition}"  # noqa: S608 - of tests
            return int(await connection.fetchval(sql))

    def check_manners(self) -> None:
        """Nobody was killed at work, and the operator wrote only what it may, where it may.

        Neither finalizers nor annotations of kopf: nothing waits for the operator to go.
        """
        assert self.fleet.killed_at_work == []
        for each in self.cluster.written:
            assert each.body.keys() <= _MAY_WRITE[each.plural, each.subresource]
            metadata = each.body.get("metadata", {})
            assert metadata.keys() <= _METADATA[each.plural, each.subresource]
            assert metadata.get("annotations", {}).keys() <= {DELETION_COST}
