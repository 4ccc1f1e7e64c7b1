"""Who this worker is.

Processes of one pod follow one another, so a new one may release at once what
earlier ones left. That holds for a container: its first process is alone, and
when it is started again the one before is gone. Kubernetes tells the pod's uid;
elsewhere the name of the container stands in for it. On a bare machine several
workers may run at once, so there nothing is assumed, unless it is said.
"""

from __future__ import annotations

import socket
from uuid import UUID, uuid4

from qcexec_queue.workers import WorkerIdentity
from qcexec_worker.settings import WorkerSettings
from qcexec_worker.sizing import SlotPlan

CONTAINERS_FIRST_PROCESS = 1


def identify(
    settings: WorkerSettings, plan: SlotPlan, *, queue_id: int, release: str, process_id: int
) -> WorkerIdentity:
    """A fresh worker id, and what is known of pod and node."""
    host = socket.gethostname()
    pod_uid = settings.pod_uid
    if pod_uid is None and process_id == CONTAINERS_FIRST_PROCESS:
        pod_uid = f"container {host}"
    return WorkerIdentity(
        worker_id=uuid4(),
        queue_id=queue_id,
        release=release,
        slots=plan.slots,
        slot_memory=plan.slot_bytes,
        pod_uid=pod_uid,
        pod=settings.pod_name or host,
        node=settings.node_name,
    )


def seed_of(task_id: UUID) -> int:
    """The seed of a task's run, from the random bits of its id: a repeat gives the same counts."""
    return task_id.int & 0x7FFF_FFFF
