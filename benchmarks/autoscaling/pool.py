"""A Deployment of workers and its queue, simulated.

Each task is simulated by itself: it begins in the slot that has been free for the longest, when it
has come and the slot is free. That spreads a small load over all pods, which is the worst case
for whoever wants idle ones. Between two moments at which somebody looks, this is one loop over a
heap.
"""

from __future__ import annotations

import heapq
from array import array
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from benchmarks.autoscaling.traces import SLOTS_PER_POD, Floats, Trace
from numpy.typing import NDArray

REPLICASET_SECONDS = 1.0
"""From a lower scale to the deletion of pods: the controller's cache."""
GRACE_SECONDS = 30.0
"""What a deleted pod's tasks have to end; Kubernetes' default."""
_LOST_TASK_DELAY = 2.0
"""From the end of a pod to its tasks being back in the queue."""


@dataclass(slots=True, eq=False)
class SimulatedPod:
    """A pod. Its slots are those of its block."""

    number: int
    block: int
    created_at: float
    ready_at: float
    ready: bool = False
    claiming: bool = False
    drained_at: float | None = None
    draining_at: float | None = None
    deletion_cost: int = 0
    cost_since: float | None = None


class SimulatedPool:
    """Pods, slots and the queue of one trace, at the moment ``now``."""

    def __init__(self, trace: Trace, cold_start: float, seed: int) -> None:
        self.trace = trace
        self.now = 0.0
        self.replicas = 0
        self.pods: list[SimulatedPod] = []
        self.starts: list[float] = []
        self.cold_start = cold_start
        blocks = 2 * trace.max_pods + 8
        self._free_blocks = list(range(blocks - 1, -1, -1))
        self._arrivals = array("d", trace.arrivals)
        self._seconds = array("d", trace.seconds)
        self._begins = array("d", bytes(8 * blocks * SLOTS_PER_POD))
        self._ends = array("d", bytes(8 * blocks * SLOTS_PER_POD))
        self._tasks = array("q", bytes(8 * blocks * SLOTS_PER_POD))
        self._first_begins = array("d", bytes(8 * len(self._arrivals)))
        self._finishes = array("d", bytes(8 * len(self._arrivals)))
        self._heap: list[tuple[float, int]] = []
        self._next = 0
        self._returned: deque[tuple[float, int]] = deque()
        self._random = np.random.default_rng(seed)
        self._numbers = 0
        self._lowered_at: float | None = None
        self.busy_pods_killed = 0
        self.tasks_repeated = 0
        self.pod_seconds = 0.0
        self.scales: list[tuple[float, int]] = [(0.0, 0)]

    # What the scalers do.

    def scale(self, replicas: int) -> None:
        """Writes the scale."""
        if replicas == self.replicas:
            return
        if replicas < self.replicas:
            self._lowered_at = self.now
        self.replicas = replicas
        self.scales.append((self.now, replicas))
        while len(self.pods) < replicas:
            self._create()

    def drain(self, pods: Iterable[SimulatedPod]) -> None:
        """Asks pods to claim no more; each acknowledges before the next look."""
        for pod in pods:
            pod.draining_at = self.now
            pod.claiming = False
        self._keep_claiming()

    def undrain(self, pods: Iterable[SimulatedPod]) -> None:
        """Lets pods claim again."""
        for pod in pods:
            pod.draining_at = pod.drained_at = None
            if pod.ready:
                pod.claiming = True
                self._offer(pod, self.now)

    # What passes.

    def advance(self, to: float) -> None:
        """Lets time pass: pods get ready and are deleted, tasks begin and end."""
        if self._lowered_at is not None and self.now >= self._lowered_at + REPLICASET_SECONDS:
            self._lowered_at = None
            self._delete()
        for pod in self.pods:
            if not pod.ready and pod.ready_at < to:
                pod.ready = True
                self.starts.append(pod.ready_at - pod.created_at)
                if pod.draining_at is None:
                    pod.claiming = True
                    self._offer(pod, pod.ready_at)
            if pod.draining_at is not None and pod.drained_at is None and pod.ready:
                pod.drained_at = to
        self.pod_seconds += len(self.pods) * (to - self.now)
        self._begin_returned(to)
        self._begin(to)
        self.now = to

    @property
    def finished(self) -> bool:
        """Whether nothing waits, comes or runs."""
        over = self._next == len(self._arrivals) and not self._returned
        return over and bool((np.asarray(self._ends) <= self.now).all())

    # What is seen.

    @property
    def next_task(self) -> int:
        """Tasks before it have begun."""
        return self._next

    @property
    def depth(self) -> int:
        """Tasks that wait."""
        arrived = int(np.searchsorted(self.trace.arrivals, self.now))
        return max(0, arrived - self._next) + len(self._returned)

    @property
    def oldest_seconds(self) -> float | None:
        """For how long the oldest has waited."""
        oldest = [at for at, _ in self._returned]
        if self._next < len(self._arrivals) and self._arrivals[self._next] < self.now:
            oldest.append(self._arrivals[self._next])
        return self.now - min(oldest) if oldest else None

    def slots(self) -> tuple[Floats, Floats, Floats]:
        """By block and slot: when the last task began, when it ends, and which it is."""
        shape = (-1, SLOTS_PER_POD)
        return (
            np.asarray(self._begins).reshape(shape),
            np.asarray(self._ends).reshape(shape),
            np.asarray(self._tasks).reshape(shape),
        )

    def busy_by_block(self) -> NDArray[np.int64]:
        """How many slots of each block have a task."""
        ends = np.asarray(self._ends).reshape(-1, SLOTS_PER_POD)
        busy: NDArray[np.int64] = np.count_nonzero(ends > self.now, axis=1)
        return busy

    def first_begins(self) -> Floats:
        """When each task began; for the first time, where its pod was deleted under it."""
        return np.asarray(self._first_begins)

    def waits(self) -> Floats:
        """Seconds from coming to beginning, of all tasks."""
        return self.first_begins() - self.trace.arrivals

    def finishes(self) -> Floats:
        """When each task ended."""
        return np.asarray(self._finishes)

    # How.

    def _create(self) -> None:
        # One start in twenty takes twice as long: an image to pull, a node to wait for.
        late = 2.0 if self._random.random() < 0.05 else 1.0
        seconds = self.cold_start * late * self._random.uniform(0.7, 1.1)
        block = self._free_blocks.pop()
        for slot in range(block * SLOTS_PER_POD, (block + 1) * SLOTS_PER_POD):
            self._ends[slot] = 0.0
        self._numbers += 1
        self.pods.append(SimulatedPod(self._numbers, block, self.now, self.now + seconds))

    def _delete(self) -> None:
        """The ReplicaSet controller: not ready first, then by deletion cost, then the youngest."""
        surplus = len(self.pods) - self.replicas
        if surplus <= 0:
            return
        busy = self.busy_by_block()
        ranked = sorted(
            self.pods,
            key=lambda pod: (
                pod.ready,
                pod.ready and pod.drained_at is None,
                pod.deletion_cost,
                -pod.ready_at,
            ),
        )
        gone = ranked[:surplus]
        for pod in gone:
            pod.claiming = False
            if pod.ready and busy[pod.block]:
                self.busy_pods_killed += 1
                self._kill(pod)
        for pod in gone:
            self.pods.remove(pod)
        self._keep_claiming()
        for pod in gone:
            self._free_blocks.insert(0, pod.block)

    def _kill(self, pod: SimulatedPod) -> None:
        """What ends within the grace ends; the rest begins anew elsewhere."""
        deadline = self.now + GRACE_SECONDS
        for slot in range(pod.block * SLOTS_PER_POD, (pod.block + 1) * SLOTS_PER_POD):
            if self._ends[slot] > deadline:
                self._returned.append((deadline + _LOST_TASK_DELAY, self._tasks[slot]))
                self._ends[slot] = deadline
                self.tasks_repeated += 1

    def _offer(self, pod: SimulatedPod, since: float) -> None:
        for slot in range(pod.block * SLOTS_PER_POD, (pod.block + 1) * SLOTS_PER_POD):
            heapq.heappush(self._heap, (max(self._ends[slot], since), slot))

    def _keep_claiming(self) -> None:
        blocks = {pod.block for pod in self.pods if pod.claiming}
        self._heap = [each for each in self._heap if each[1] // SLOTS_PER_POD in blocks]
        heapq.heapify(self._heap)

    def _begin_returned(self, to: float) -> None:
        waiting = self._returned
        for _ in range(len(waiting)):
            since, task = waiting[0]
            if since >= to or not self._heap:
                return
            free, slot = self._heap[0]
            begin = max(since, free)
            if begin >= to:
                return
            waiting.popleft()
            end = begin + self._seconds[task]
            self._begins[slot], self._ends[slot], self._tasks[slot] = begin, end, task
            self._finishes[task] = end
            heapq.heapreplace(self._heap, (end, slot))

    def _begin(self, to: float) -> None:
        heap, arrivals, seconds = self._heap, self._arrivals, self._seconds
        begins, ends, tasks = self._begins, self._ends, self._tasks
        first_begins, finishes = self._first_begins, self._finishes
        replace = heapq.heapreplace
        task, number = self._next, len(arrivals)
        while task < number and heap:
            free, slot = heap[0]
            begin = arrivals[task]
            if free > begin:
                begin = free
            if begin >= to:
                break
            end = begin + seconds[task]
            begins[slot] = begin
            ends[slot] = end
            tasks[slot] = task
            first_begins[task] = begin
            finishes[task] = end
            replace(heap, (end, slot))
            task += 1
        self._next = task
