"""The only place with policy: from what is seen to what is to be done.

Up at once; down by the most of recent recommendations, in steps, and only by draining. On any
doubt nothing changes. `decide` has no effects and remembers nothing: what it has to know later is
in the plan's memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from qcexec_operator import words
from qcexec_operator.conditions import conditions
from qcexec_operator.demand import Demand, Load, Supply, demand
from qcexec_operator.memory import Memory
from qcexec_operator.observed import (
    DeploymentState,
    Doubt,
    DoubtCode,
    Observed,
    PodPhase,
    QueueFigures,
    WorkerRow,
)
from qcexec_operator.plan import Change, Plan
from qcexec_operator.policy import Policy
from qcexec_operator.ranking import surely_deleted
from qcexec_operator.run_times import RunTimes
from qcexec_operator.victims import (
    Candidate,
    Selection,
    candidates,
    release,
    select,
    without_doomed,
)

_UNKNOWN_RUN_TIMES = RunTimes(seconds_per_cost=1.0, mean_seconds=1.0, variation=1.0)


def decide(observed: Observed, policy: Policy, now: float) -> Plan:
    """The plan for one pool at the moment ``now``."""
    doubts = _doubts(observed, policy)
    deployment, figures = observed.deployment, observed.figures
    if doubts or deployment is None or figures is None:
        return _held(observed, policy, now, doubts)
    stay, doomed = candidates(observed.pods, observed.workers), list[Candidate]()
    if not deployment.rolling_out:
        # A rollout has more pods than the scale, and is not about to delete them.
        stay, doomed = without_doomed(stay, deployment.replicas)
    situation = _Situation(observed, policy, now, deployment, figures, stay, doomed)
    if policy.paused:
        return situation.paused()
    return situation.plan()


def _doubts(observed: Observed, policy: Policy) -> tuple[Doubt, ...]:
    found = list(observed.doubts)
    figures = observed.figures
    if observed.deployment is None:
        found.append(Doubt(DoubtCode.DEPLOYMENT_MISSING, "There is no such Deployment."))
    if figures is None:
        found.append(Doubt(DoubtCode.FIGURES_MISSING, "Nobody has written the queue's figures."))
    elif figures.age_seconds > policy.greatest_figures_age_seconds:
        age = f"The queue's figures are {figures.age_seconds:.0f} seconds old."
        found.append(Doubt(DoubtCode.FIGURES_OLD, age))
    return tuple(found)


def _held(observed: Observed, policy: Policy, now: float, doubts: Sequence[Doubt]) -> Plan:
    """Nothing changes, and what is there is what is recommended: doubt is no quiet time."""
    current = 0 if observed.deployment is None else observed.deployment.replicas
    cold_start = observed.cold_start_seconds or policy.cold_start_seconds
    memory = observed.memory.recommending(current, now, policy.window_seconds(cold_start))
    return Plan(
        desired=policy.bounded(current),
        recommendation=policy.bounded(current),
        change=Change.NONE,
        replicas=None,
        resource_version=None,
        undrain=(),
        drain=(),
        deletion_costs=(),
        reason=words.held(current, doubts),
        conditions=conditions(observed, policy, doubts, None),
        memory=memory,
        draining=sum(each.chosen for each in candidates(observed.pods, observed.workers)),
    )


@dataclass(frozen=True, slots=True)
class _Situation:
    """What is seen without a doubt, taken apart."""

    observed: Observed
    policy: Policy
    now: float
    deployment: DeploymentState
    figures: QueueFigures
    stay: list[Candidate]
    doomed: list[Candidate]

    @property
    def current(self) -> int:
        return self.deployment.replicas

    @property
    def cold_start(self) -> float:
        seen = self.observed.cold_start_seconds
        return self.policy.cold_start_seconds if seen is None else seen

    @property
    def window(self) -> float:
        return self.policy.window_seconds(self.cold_start)

    def paused(self) -> Plan:
        """The scale stays, and nobody stays asked to drain for a scale that won't be lowered."""
        selection = release(self.stay)
        return Plan(
            desired=self.policy.bounded(self.current),
            recommendation=self.policy.bounded(self.current),
            change=Change.NONE,
            replicas=None,
            resource_version=None,
            undrain=selection.undrain,
            drain=(),
            deletion_costs=selection.costs,
            reason=words.paused(self.current),
            conditions=conditions(self.observed, self.policy, (), None),
            memory=Memory(began=self.now),
        )

    def plan(self) -> Plan:
        supply = self._supply()
        memory = self.observed.memory.observing(supply.busy, self.now, self.window)
        needed = demand(
            self._load(memory), supply, self.policy.target_wait_seconds, self.cold_start
        )
        pods = needed.pods if self._known else max(needed.pods, self.current)
        recommendation = self.policy.bounded(pods)
        memory = memory.recommending(recommendation, self.now, self.window)
        desired = self._desired(recommendation, memory)
        selection = self._select(desired, memory)
        memory = memory.stepping(selection.fresh, self.now, self.policy.scale_down.period_seconds)
        replicas = self._replicas(desired, selection)
        change = _change(self.current, replicas)
        return Plan(
            desired=desired,
            recommendation=recommendation,
            change=change,
            replicas=replicas,
            resource_version=None if replicas is None else self.deployment.resource_version,
            undrain=selection.undrain,
            drain=selection.drain,
            deletion_costs=selection.costs,
            reason=self._reason(needed, desired, replicas, selection),
            conditions=conditions(self.observed, self.policy, (), needed),
            memory=memory,
            draining=selection.victims,
            demand=needed,
        )

    @property
    def _missing(self) -> int:
        """Pods that were asked for and that nobody has created."""
        return max(0, self.current - len(self.stay))

    @property
    def _known(self) -> bool:
        """Whether all is known that speaks against fewer pods."""
        figures = self.figures
        if figures.arrival_rate is None:
            return False
        works = figures.depth > 0 or figures.running > 0
        return not works or (figures.costs is not None and self.observed.run_times is not None)

    def _supply(self) -> Supply:
        """Those asked to drain count: calling them back takes no time."""
        live = [row for each in self.stay for row in each.workers if self._alive(row)]
        slots = sum(each.slots for each in live)
        per_pod = max(1, slots // len(live)) if live else self.policy.slots_per_pod
        starting = [
            self.now - each.pod.created_at
            for each in self.stay
            if not each.workers and each.pod.phase is not PodPhase.READY
        ]
        # What waits longest is what pods were asked for that are not there yet.
        asked = min(self.figures.oldest_seconds or 0.0, self.cold_start)
        residuals = [row.remaining_seconds for row in live for _ in range(row.busy)]
        return Supply(
            replicas=self.current,
            slots_per_pod=per_pod,
            ready=slots,
            busy=sum(each.busy for each in live),
            residuals=tuple(residuals),
            starting=(*starting, *(asked for _ in range(self._missing))),
        )

    def _alive(self, row: WorkerRow) -> bool:
        return self.now - row.heartbeat_at <= self.policy.lease_seconds

    def _load(self, memory: Memory) -> Load:
        figures = self.figures
        return Load(
            depth=figures.depth,
            running=figures.running,
            due_soon=figures.due_soon,
            oldest_seconds=(figures.oldest_seconds or 0.0) + figures.age_seconds
            if figures.depth
            else 0.0,
            costs=figures.costs or (),
            run_times=self.observed.run_times or _UNKNOWN_RUN_TIMES,
            busy_average=memory.busy or 0.0,
            arrival_rate=figures.arrival_rate,
        )

    def _desired(self, recommendation: int, memory: Memory) -> int:
        if recommendation >= self.current:
            return recommendation
        if not memory.covers(self.now, self.window):
            return self.policy.bounded(self.current)
        return self.policy.bounded(min(self.current, memory.most()))

    def _select(self, desired: int, memory: Memory) -> Selection:
        """Who is asked to drain, and who is called back, so that ``desired`` stay."""
        period = self.policy.scale_down.period_seconds
        allowed = self.policy.step(self.current) - memory.stepped(self.now, period)
        if self.deployment.rolling_out or self.doomed:
            allowed = 0
        wanted = max(0, min(self.current, len(self.stay)) - desired)
        selection = select(self.stay, wanted, allowed, self.now)
        # While Kubernetes chooses whom to delete, nothing that it goes by is changed.
        return replace(selection, costs=()) if self.doomed else selection

    def _replicas(self, desired: int, selection: Selection) -> int | None:
        if desired > self.current:
            return desired
        settled = self.deployment.observed_generation >= self.deployment.generation
        if self.deployment.rolling_out or not settled or selection.undrain:
            return None
        may_go = {
            each.pod.uid
            for each in self.stay
            if each.chosen and each.may_go(self.now, self.policy.cost_settle_seconds)
        }
        alive = [each.pod for each in (*self.doomed, *self.stay)]
        sure = surely_deleted(alive, may_go, len(self.doomed))
        uncreated = max(0, self.current - max(len(self.stay), self.deployment.pods))
        lower = min(sure + uncreated, self.current - desired)
        return self.current - lower if lower > 0 else None

    def _reason(
        self, needed: Demand, desired: int, replicas: int | None, selection: Selection
    ) -> str:
        oldest = self.figures.oldest_seconds
        if replicas is not None and replicas > self.current:
            return words.raised(self.current, replicas, self.figures.depth, oldest, needed)
        if replicas is not None:
            return words.lowered(self.current, replicas)
        if selection.undrain:
            return words.called_back(len(selection.undrain), self.figures.depth)
        if desired < self.current:
            if self.deployment.rolling_out:
                return words.rolling_out(self.current, desired)
            return words.draining(self.current, desired, selection.victims)
        return words.kept(self.current, needed)


def _change(current: int, replicas: int | None) -> Change:
    if replicas is None or replicas == current:
        return Change.NONE
    return Change.UP if replicas > current else Change.DOWN
