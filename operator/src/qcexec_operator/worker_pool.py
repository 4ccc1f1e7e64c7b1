"""The custom resource WorkerPool, as it comes from the API.

The CustomResourceDefinition has the schema, its defaults and its rules, so that the API server
refuses what can't be. What is read here has passed that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qcexec_operator.errors import InvalidPolicy, InvalidResource
from qcexec_operator.policy import Policy, ScaleDown

GROUP = "qcexec.io"
VERSION = "v1alpha1"
KIND = "WorkerPool"
PLURAL = "workerpools"

_HOOK = "helm.sh/hook"


@dataclass(frozen=True, slots=True)
class WorkerPool:
    """One pool, as it is wanted."""

    uid: str
    name: str
    version: int
    """metadata.resourceVersion."""
    generation: int
    created_at: str
    """RFC 3339, in seconds: sorts by time."""
    deployment: str
    """The name of the Deployment that is scaled."""
    queue: str
    rank: int
    policy: Policy
    status: Mapping[str, Any]
    """As it was last written, by whomever."""
    owners: Sequence[Mapping[str, Any]]
    """metadata.ownerReferences."""
    installed_by_hook: bool
    """No release lists it: it is to go with its Deployment."""

    @property
    def wakeable(self) -> bool:
        """Whether the operator starts a pod for it when a task comes."""
        return not self.policy.paused and self.policy.max_replicas > 0


def read_worker_pool(body: Mapping[str, Any]) -> WorkerPool:
    """From the object's JSON. Raises InvalidResource."""
    metadata = body.get("metadata", {})
    spec = body.get("spec", {})
    try:
        return WorkerPool(
            uid=metadata["uid"],
            name=metadata["name"],
            version=int(metadata.get("resourceVersion") or 0),
            generation=metadata.get("generation", 0),
            created_at=metadata.get("creationTimestamp", ""),
            deployment=spec["scaleTargetRef"]["name"],
            queue=spec["queue"],
            rank=spec.get("rank", 0),
            policy=_policy(spec),
            status=body.get("status") or {},
            owners=tuple(metadata.get("ownerReferences") or ()),
            installed_by_hook=_HOOK in (metadata.get("annotations") or {}),
        )
    except (KeyError, TypeError, ValueError, InvalidPolicy) as error:
        raise InvalidResource(f"WorkerPool {metadata.get('name')}: {error!r}") from error


def _policy(spec: Mapping[str, Any]) -> Policy:
    down = spec.get("scaleDown") or {}
    usual = ScaleDown()
    return Policy(
        target_wait_seconds=float(spec.get("targetWaitSeconds", 30.0)),
        min_replicas=spec.get("minReplicas", 0),
        max_replicas=spec["maxReplicas"],
        scale_down=ScaleDown(
            stabilization_seconds=down.get("stabilizationSeconds"),
            step_percent=float(down.get("stepPercent", usual.step_percent)),
            period_seconds=float(down.get("periodSeconds", usual.period_seconds)),
        ),
        paused=spec.get("paused", False),
    )
