"""What a pool looks like: builders, and a tiny model of one that carries plans out."""

from dataclasses import dataclass, field, replace
from uuid import UUID

from qcexec_operator.decide import decide
from qcexec_operator.memory import Memory
from qcexec_operator.observed import (
    CostClass,
    DeploymentState,
    Observed,
    Pod,
    PodPhase,
    QueueFigures,
    WorkerRow,
)
from qcexec_operator.plan import Plan
from qcexec_operator.policy import Policy
from qcexec_operator.run_times import RunTimes

NOW = 10_000.0
LONG_AGO = 0.0
SLOTS = 4
COLD_START = 10.0
POLICY = Policy(target_wait_seconds=30.0, min_replicas=0, max_replicas=20, slots_per_pod=SLOTS)
RUN_TIMES = RunTimes(seconds_per_cost=1.0, mean_seconds=2.0, variation=1.0)
MEMORY = Memory(began=LONG_AGO, busy=0.0, updated=NOW)


def figures(
    depth: int = 0,
    *,
    seconds: float = 2.0,
    oldest: float | None = None,
    running: int = 0,
    due_soon: int = 0,
    arrival_rate: float | None = 0.0,
) -> QueueFigures:
    """A queue with ``depth`` tasks of ``seconds`` each."""
    return QueueFigures(
        age_seconds=0.0,
        depth=depth,
        depth_exact=True,
        running=running,
        due_soon=due_soon,
        oldest_seconds=(oldest or 0.0) if depth else None,
        costs=(CostClass(depth, depth * seconds),) if depth else (),
        arrival_rate=arrival_rate,
    )


def worker(
    number: int,
    *,
    leases: int = 0,
    idle_for: float = 1000.0,
    remaining: float | None = None,
    draining: bool = False,
    drained: bool = False,
) -> WorkerRow:
    """The worker of the pod of that number."""
    return WorkerRow(
        worker_id=UUID(int=number),
        pod_uid=f"pod-{number}",
        slots=SLOTS,
        leases=leases,
        started_at=LONG_AGO,
        heartbeat_at=NOW,
        idle_since=None if leases else NOW - idle_for,
        remaining_seconds=remaining,
        draining_at=NOW - 60.0 if draining or drained else None,
        drained_at=NOW - 50.0 if drained else None,
    )


def pod(
    number: int,
    phase: PodPhase = PodPhase.READY,
    *,
    cost: int = 0,
    cost_age: float | None = None,
    age: float = 1000.0,
) -> Pod:
    """The pod of that number."""
    return Pod(
        uid=f"pod-{number}",
        name=f"worker-{number}",
        phase=phase,
        created_at=NOW - age,
        node=None if phase is PodPhase.UNSCHEDULED else "node",
        deletion_cost=cost,
        cost_since=None if cost_age is None else NOW - cost_age,
    )


def deployment(replicas: int) -> DeploymentState:
    """A Deployment that has settled."""
    return DeploymentState(
        replicas=replicas,
        generation=7,
        observed_generation=7,
        rolling_out=False,
        resource_version="42",
    )


def pool(
    *rows: WorkerRow,
    queue: QueueFigures | None = None,
    pods: tuple[Pod, ...] | None = None,
    replicas: int | None = None,
    memory: Memory = MEMORY,
) -> Observed:
    """A pool with these workers, each in a ready pod where ``pods`` says nothing else."""
    if pods is None:
        pods = tuple(pod(row.worker_id.int) for row in rows)
    return Observed(
        memory=memory,
        figures=figures() if queue is None else queue,
        workers=rows,
        pods=pods,
        deployment=deployment(len(pods) if replicas is None else replicas),
        run_times=RUN_TIMES,
        cold_start_seconds=COLD_START,
    )


def idle(number: int) -> tuple[WorkerRow, ...]:
    """So many idle workers, the first the longest idle."""
    return tuple(worker(each, idle_for=1000.0 - each) for each in range(1, number + 1))


def leaving(number: int) -> Pod:
    """A pod whose worker has drained, marked long enough ago."""
    return pod(number, PodPhase.UNREADY, cost=-1000, cost_age=10.0)


@dataclass(slots=True)
class Model:
    """A pool under a load that keeps ``busy`` slots busy, one second a turn.

    Pods start within ten seconds, workers answer within a turn, and what has no slot waits.
    """

    policy: Policy
    now: float = 0.0
    replicas: int = 0
    pods: dict[int, Pod] = field(default_factory=dict)
    draining: dict[int, float] = field(default_factory=dict)
    memory: Memory = field(default_factory=lambda: Memory(began=0.0))
    waiting_since: float | None = None
    made: int = 0
    killed_busy: int = 0

    def turn(self, load: int) -> Plan:
        """One second in which ``load`` tasks want a slot; gives what was decided after it."""
        self.now += 1.0
        self._reconcile()
        rows = self._rows(load)
        busy = sum(row.leases for row in rows)
        waiting = load - busy
        if not waiting:
            self.waiting_since = None
        elif self.waiting_since is None:
            self.waiting_since = self.now
        oldest = None if self.waiting_since is None else self.now - self.waiting_since
        plan = decide(
            Observed(
                memory=self.memory,
                figures=figures(waiting, oldest=oldest, running=busy, arrival_rate=load / 2.0),
                workers=rows,
                pods=tuple(self.pods.values()),
                deployment=deployment(self.replicas),
                run_times=RUN_TIMES,
                cold_start_seconds=COLD_START,
            ),
            self.policy,
            self.now,
        )
        self._carry_out(plan, rows)
        return plan

    def _rows(self, load: int) -> tuple[WorkerRow, ...]:
        rows = []
        for number, each in self.pods.items():
            if each.phase is PodPhase.CREATING:
                continue
            since = self.draining.get(number)
            leases = min(SLOTS, load) if since is None else 0
            load -= leases
            row = replace(
                worker(number, leases=leases),
                heartbeat_at=self.now,
                idle_since=None if leases else self.now,
                draining_at=since,
                drained_at=None if since is None else since + 1.0,
            )
            rows.append(row)
        return tuple(rows)

    def _reconcile(self) -> None:
        while len(self.pods) < self.replicas:
            self.made += 1
            new = replace(pod(self.made, PodPhase.CREATING), created_at=self.now)
            self.pods[self.made] = new
        ranked = sorted(
            self.pods,
            key=lambda n: (self.pods[n].phase is PodPhase.READY, self.pods[n].deletion_cost),
        )
        for number in ranked[: len(self.pods) - self.replicas]:
            ready = self.pods[number].phase is PodPhase.READY
            self.killed_busy += ready and number not in self.draining
            del self.pods[number]
            self.draining.pop(number, None)
        for number, each in self.pods.items():
            if each.phase is PodPhase.CREATING and self.now - each.created_at >= COLD_START:
                self.pods[number] = replace(each, phase=PodPhase.READY)

    def _carry_out(self, plan: Plan, rows: tuple[WorkerRow, ...]) -> None:
        self.memory = plan.memory
        known = {row.worker_id for row in rows}
        assert known.issuperset(plan.drain)
        assert known.issuperset(plan.undrain)
        for worker_id in plan.undrain:
            self.draining.pop(worker_id.int, None)
        for worker_id in plan.drain:
            self.draining[worker_id.int] = self.now
        for uid, cost in plan.deletion_costs:
            number = int(uid.removeprefix("pod-"))
            self.pods[number] = replace(self.pods[number], deletion_cost=cost, cost_since=self.now)
        if plan.replicas is not None:
            self.replicas = plan.replicas
