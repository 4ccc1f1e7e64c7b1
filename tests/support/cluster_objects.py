"""Objects of a cluster as its API tells of them: builders."""

from collections.abc import Mapping
from typing import Any

LABELS = {
    "app.kubernetes.io/instance": "demo",
    "app.kubernetes.io/component": "worker",
    "pool": "pool",
}
CREATED_AT = "2026-01-01T00:00:00Z"
CREATED = 1_767_225_600.0


def pod_body(
    number: int = 1,
    *,
    version: int = 1,
    phase: str = "Running",
    ready: bool = True,
    node: str | None = "node",
    template: str = "a",
    cost: str | None = None,
    deleted: str | None = None,
    restarts: int = 0,
) -> dict[str, Any]:
    """A pod of the Deployment "pool"."""
    metadata: dict[str, Any] = {
        "name": f"pool-{number}",
        "uid": f"pod-{number}",
        "resourceVersion": str(version),
        "creationTimestamp": CREATED_AT,
        "labels": {**LABELS, "pod-template-hash": template},
    }
    if cost is not None:
        metadata["annotations"] = {"controller.kubernetes.io/pod-deletion-cost": cost}
    if deleted is not None:
        metadata["deletionTimestamp"] = deleted
    status = {
        "phase": phase,
        "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
        "containerStatuses": [{"restartCount": restarts}],
    }
    return {"metadata": metadata, "spec": {"nodeName": node} if node else {}, "status": status}


def deployment_body(
    replicas: int = 1, *, updated: int | None = None, limits: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """A Deployment "pool" that has all its pods, ``updated`` of them of the latest template."""
    return {
        "metadata": {"name": "pool", "uid": "u", "resourceVersion": "42", "generation": 3},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": LABELS},
            "template": {
                "spec": {"containers": [{"name": "worker", "resources": {"limits": limits or {}}}]}
            },
        },
        "status": {
            "replicas": replicas,
            "updatedReplicas": replicas if updated is None else updated,
            "observedGeneration": 3,
        },
    }


def pool_body(
    name: str = "pool", *, uid: str = "uid", version: int = 1, generation: int = 1, **spec: Any
) -> dict[str, Any]:
    """A WorkerPool with what it must have, and ``spec``."""
    return {
        "metadata": {
            "name": name,
            "uid": uid,
            "resourceVersion": str(version),
            "generation": generation,
            "creationTimestamp": CREATED_AT,
        },
        "spec": {
            "scaleTargetRef": {"name": name},
            "queue": "default",
            "maxReplicas": 4,
            **spec,
        },
    }
