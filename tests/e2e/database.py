"""A release's PostgreSQL, looked into from its own pod, and what it says of tasks."""

from collections.abc import Collection
from uuid import UUID

from e2e.cluster import LOOK_SECONDS, Cluster
from e2e.settings import ROOT
from support.waiting import wait_until_blocking

_CONTAINER = "postgresql"
_INVARIANT = ROOT / "packages/queue/src/qcexec_queue/sql/invariant.sql"


class Database:
    """The database in `pod`."""

    def __init__(self, cluster: Cluster, namespace: str, pod: str) -> None:
        self.pod = pod
        self._cluster = cluster
        self._namespace = namespace

    def query(self, sql: str, **variables: str) -> list[str]:
        """The rows of a query, as the superuser: columns with | between them.

        `:'name'` in it stands for the quoted value of that variable.
        """
        psql = ("psql", "--username=postgres", "--dbname=qcexec", "--no-psqlrc", "--quiet")
        options = ("--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1")
        values = [f"--set={name}={value}" for name, value in variables.items()]
        return self._cluster.execute(
            *(self.pod, _CONTAINER, *psql, *options, *values),
            namespace=self._namespace,
            text=sql,
        ).splitlines()

    def lost_tasks(self) -> list[str]:
        """The tasks for which the queue's invariant does not hold."""
        return self.query(_INVARIANT.read_text(encoding="utf-8"))

    def wait_for_lease(self, task_id: UUID) -> str:
        """Wait until a worker has a task; gives the name of its pod."""
        pods = (
            "select pod from qcexec.lease join qcexec.worker using (worker_id)"
            " where task_id = :'task'"
        )
        return wait_until_blocking(
            lambda: self.query(pods, task=str(task_id)),
            60,
            what=f"{task_id} is claimed",
            pause=LOOK_SECONDS,
        )[0]

    def attempts(self, task_id: UUID) -> list[str]:
        """Why earlier attempts of a task ended, and whether they counted: `child_died|t`."""
        return self.query(
            "select reason, counted from qcexec.attempt where task_id = :'task' order by epoch",
            task=str(task_id),
        )

    def retried(self, task_ids: Collection[UUID]) -> list[str]:
        """Why attempts of these tasks ended without a result."""
        said = _quoted(task_ids)
        return self.query(
            f"select task_id, reason from qcexec.attempt where task_id in {said}"  # noqa: S608 - UUIDs
        )

    def ended_by_attempt(self, task_ids: Collection[UUID]) -> dict[int, int]:
        """How many of these tasks their first attempt ended, their second one, and so on."""
        said = _quoted(task_ids)
        rows = self.query(
            "select attempt, count(*) from qcexec.result"  # noqa: S608 - UUIDs
            f" where task_id in {said} group by attempt"
        )
        return {int(attempt): int(count) for attempt, count in (row.split("|") for row in rows)}

    def draining(self) -> list[str]:
        """The pods of the workers that were asked to claim no more, and are at work."""
        return self.query(
            "select pod from qcexec.worker"
            " where draining_at is not null and now() - heartbeat_at < interval '5 seconds'"
        )

    def moment(self) -> float:
        """The database's clock, in seconds since the epoch."""
        (seconds,) = self.query("select extract(epoch from clock_timestamp())")
        return float(seconds)

    def claimed_at(self, task_id: UUID) -> float:
        """When the attempt that ended a task claimed it, by the same clock."""
        (seconds,) = self.query(
            "select extract(epoch from claimed_at) from qcexec.result where task_id = :'task'",
            task=str(task_id),
        )
        return float(seconds)

    def results(self, task_id: UUID) -> int:
        """How many results a task has."""
        counted = "select count(*) from qcexec.result where task_id = :'task'"
        (count,) = self.query(counted, task=str(task_id))
        return int(count)

    def unfinished(self, task_ids: Collection[UUID]) -> list[str]:
        """Those of these tasks that have not completed."""
        values = ", ".join(f"('{task_id}'::uuid)" for task_id in task_ids)
        return self.query(
            f"select id from (values {values}) as said (id)"  # noqa: S608 - nothing but UUIDs
            " where not exists (select from qcexec.result where task_id = id and outcome = 1)"
        )

    def wait_for_results(self, task_ids: Collection[UUID]) -> None:
        """Wait until all of these tasks have completed."""
        wait_until_blocking(
            lambda: not self.unfinished(task_ids),
            180,
            what=f"{len(task_ids)} tasks complete",
            pause=LOOK_SECONDS,
        )


def _quoted(task_ids: Collection[UUID]) -> str:
    return "(" + ", ".join(f"'{task_id}'" for task_id in task_ids) + ")"
