"""A pod and a Deployment, as they come from the API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lightkube.utils.quantity import parse_quantity

from qcexec_operator.errors import InvalidResource
from qcexec_operator.observed import DeploymentState, PodPhase

DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
TEMPLATE_HASH = "pod-template-hash"

UNLIMITED_BYTES = 1 << 40
"""What a container without a memory limit is taken to have."""

_COST = re.compile(r"0|[1-9][0-9]{0,9}|-[0-9]{1,10}")


@dataclass(frozen=True, slots=True)
class PodSighting:
    """A pod, when it was last seen."""

    uid: str
    name: str
    labels: Mapping[str, str]
    version: int
    """metadata.resourceVersion: the greater one is the later one."""
    phase: PodPhase
    created_at: float
    node: str | None
    deletion_cost: int
    restarted: bool
    """Whether a container of it runs for the second time or more."""
    ended: bool
    """No process of it runs any more: it succeeded, or failed, as an evicted one does."""
    deleted_by: float | None
    """When a deletion that was asked for should be over. None: it was not asked for."""

    def lost(self, now: float, grace: float) -> bool:
        """Whether its processes are gone, or on a node that does not answer for so long."""
        overdue = self.deleted_by is not None and now - self.deleted_by > grace
        return self.ended or overdue


@dataclass(frozen=True, slots=True)
class DeploymentSighting:
    """A Deployment, when it was read."""

    uid: str
    state: DeploymentState
    selector: Mapping[str, str]
    """The labels of its pods."""
    pods: int
    """How many pods its controller sees that are neither being deleted nor ended."""
    slot_memory_at_most: int
    """Bytes: no slot has more than its container."""

    def selects(self, pod: PodSighting) -> bool:
        """Whether that is one of its pods."""
        return self.selector.items() <= pod.labels.items()


def read_pod(body: Mapping[str, Any]) -> PodSighting:
    """From the object's JSON. Raises InvalidResource."""
    try:
        metadata, status = body["metadata"], body.get("status") or {}
        node = (body.get("spec") or {}).get("nodeName")
        annotations = metadata.get("annotations") or {}
        ended = status.get("phase") in ("Succeeded", "Failed")
        deleted = metadata.get("deletionTimestamp")
        return PodSighting(
            uid=metadata["uid"],
            name=metadata["name"],
            labels=metadata.get("labels") or {},
            version=int(metadata.get("resourceVersion") or 0),
            phase=PodPhase.GOING if ended or deleted else _phase(node, status),
            created_at=moment(metadata["creationTimestamp"]),
            node=node,
            deletion_cost=_cost(annotations.get(DELETION_COST)),
            restarted=any(
                each.get("restartCount", 0) for each in status.get("containerStatuses") or ()
            ),
            ended=ended,
            deleted_by=None if deleted is None else moment(deleted),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidResource(f"a pod that can't be read: {error!r}") from error


def read_deployment(body: Mapping[str, Any]) -> DeploymentSighting:
    """From the object's JSON. Raises InvalidResource."""
    try:
        metadata, spec, status = body["metadata"], body["spec"], body.get("status") or {}
        pods = status.get("replicas", 0)
        return DeploymentSighting(
            uid=metadata["uid"],
            state=DeploymentState(
                replicas=spec.get("replicas", 1),
                generation=metadata.get("generation", 0),
                observed_generation=status.get("observedGeneration", 0),
                rolling_out=status.get("updatedReplicas", 0) < pods,
                resource_version=metadata["resourceVersion"],
                pods=pods,
            ),
            selector=_selector(spec),
            pods=pods,
            slot_memory_at_most=_memory(spec["template"]["spec"]["containers"]),
        )
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise InvalidResource(f"a Deployment that can't be read: {error!r}") from error


def moment(text: str) -> float:
    """Seconds since the epoch, from RFC 3339."""
    return datetime.fromisoformat(text).timestamp()


def _selector(spec: Mapping[str, Any]) -> Mapping[str, str]:
    labels: Mapping[str, str] = spec["selector"].get("matchLabels") or {}
    if not labels:
        raise ValueError("its selector has no matchLabels")
    return labels


def _phase(node: str | None, status: Mapping[str, Any]) -> PodPhase:
    if not node:
        return PodPhase.UNSCHEDULED
    if status.get("phase") == "Pending":
        return PodPhase.CREATING
    ready = any(
        each.get("type") == "Ready" and each.get("status") == "True"
        for each in status.get("conditions") or ()
    )
    return PodPhase.READY if ready else PodPhase.UNREADY


def _cost(annotation: str | None) -> int:
    """As the ReplicaSet controller reads it: what is no number of 32 bits to it is 0."""
    if annotation is None or not _COST.fullmatch(annotation):
        return 0
    cost = int(annotation)
    return cost if -(2**31) <= cost < 2**31 else 0


def _memory(containers: list[Mapping[str, Any]]) -> int:
    limit = ((containers[0].get("resources") or {}).get("limits") or {}).get("memory")
    quantity = parse_quantity(limit)
    return UNLIMITED_BYTES if quantity is None else int(quantity)
