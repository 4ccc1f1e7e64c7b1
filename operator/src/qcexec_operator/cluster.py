"""What the operator asks of the cluster's API, and what it writes there.

Only what it has the rights for: see the chart's Role. Whatever the client raises is translated
here, once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, TypeVar

import httpx2
from lightkube import ApiError, AsyncClient
from lightkube.generic_resource import create_namespaced_resource
from lightkube.models.core_v1 import EventSource, ObjectReference
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Event
from lightkube.types import PatchType

from qcexec_operator.errors import (
    ApiUnavailable,
    InvalidResource,
    ObjectMissing,
    WriteConflict,
)
from qcexec_operator.events import Observer, ResourceSkipped
from qcexec_operator.sighting import (
    DELETION_COST,
    DeploymentSighting,
    PodSighting,
    read_deployment,
    read_pod,
)
from qcexec_operator.worker_pool import GROUP, KIND, PLURAL, VERSION, WorkerPool, read_worker_pool

TIMEOUT_SECONDS = 5.0
INSTANCE_LABEL = "app.kubernetes.io/instance"
POD_LABELS = {"app.kubernetes.io/component": "worker"}
REPORTER = "qcexec-operator"

_LONGEST_MESSAGE = 1024
"""Characters: the API takes no longer message of an Event."""

_Read = TypeVar("_Read")

# Objects as plain JSON: of a pod, a few of hundreds of fields are of interest.
_WORKER_POOL = create_namespaced_resource(GROUP, VERSION, KIND, PLURAL)
_DEPLOYMENT = create_namespaced_resource("apps", "v1", "Deployment", "deployments")
_POD = create_namespaced_resource("", "v1", "Pod", "pods")


class Cluster:
    """One namespace of a cluster, and in it the objects of one release.

    Every method raises ApiUnavailable; those that name an object raise ObjectMissing.
    """

    def __init__(
        self, client: AsyncClient, namespace: str, instance: str, observer: Observer
    ) -> None:
        self._client = client
        self._namespace = namespace
        self._instance = instance
        self._observer = observer

    async def pools(self) -> list[WorkerPool]:
        """All pools of the release. Raises ObjectMissing where the cluster has no such kind."""
        labels = {INSTANCE_LABEL: self._instance}
        return await self._list(_WORKER_POOL, labels, read_worker_pool)

    async def pods(self) -> list[PodSighting]:
        """All pods of the release's workers."""
        labels = {INSTANCE_LABEL: self._instance, **POD_LABELS}
        return await self._list(_POD, labels, read_pod)

    async def deployment(self, name: str) -> DeploymentSighting:
        """A Deployment, from the server's storage and no cache. Raises InvalidResource, too."""
        with _translated(f"Deployment {name}"):
            found = await self._client.get(_DEPLOYMENT, name, namespace=self._namespace)
        return read_deployment(found)

    async def scale(self, name: str, replicas: int, resource_version: str | None) -> None:
        """Sets the number of pods. Raises WriteConflict where the Deployment has changed since."""
        metadata = {} if resource_version is None else {"resourceVersion": resource_version}
        await self._patch(
            _DEPLOYMENT.Scale, name, {"metadata": metadata, "spec": {"replicas": replicas}}
        )

    async def set_deletion_cost(self, pod: str, uid: str, cost: int) -> None:
        """Sets a pod's annotation. Raises WriteConflict where that name is another pod by now."""
        metadata = {"uid": uid, "annotations": {DELETION_COST: str(cost)}}
        await self._patch(_POD, pod, {"metadata": metadata})

    async def write_status(self, pool: WorkerPool, status: Mapping[str, Any]) -> None:
        """Sets fields of a pool's status; those that are None are taken out."""
        await self._patch(_WORKER_POOL.Status, pool.name, {"status": dict(status)})

    async def write_owners(self, pool: WorkerPool, owners: Sequence[Mapping[str, Any]]) -> None:
        """Sets whose end is the pool's end."""
        references = [dict(each) for each in owners]
        await self._patch(_WORKER_POOL, pool.name, {"metadata": {"ownerReferences": references}})

    async def post_event(
        self, pool: WorkerPool, reason: str, message: str, *, warning: bool = False
    ) -> None:
        """Posts an Event about a pool."""
        now = datetime.now(UTC)
        event = Event(
            metadata=ObjectMeta(generateName=f"{pool.name}.", namespace=self._namespace),
            involvedObject=ObjectReference(
                apiVersion=f"{GROUP}/{VERSION}",
                kind=KIND,
                name=pool.name,
                namespace=self._namespace,
                uid=pool.uid,
            ),
            type="Warning" if warning else "Normal",
            reason=reason,
            message=message[:_LONGEST_MESSAGE],
            source=EventSource(component=REPORTER),
            firstTimestamp=now,
            lastTimestamp=now,
            count=1,
        )
        with _translated(f"an Event for {pool.name}"):
            await self._client.create(event)

    async def _list(
        self, kind: Any, labels: Mapping[str, str], read: Callable[[Mapping[str, Any]], _Read]
    ) -> list[_Read]:
        """What can't be read is told, and left out."""
        found = []
        with _translated(f"the list of {kind.__name__}s"):
            async for each in self._client.list(
                kind, namespace=self._namespace, labels=dict(labels), chunk_size=500
            ):
                try:
                    found.append(read(each))
                except InvalidResource as error:
                    self._observer(ResourceSkipped(str(error)))
        return found

    async def _patch(self, kind: Any, name: str, patch: Mapping[str, Any]) -> None:
        with _translated(f"{kind.__name__} {name}"):
            await self._client.patch(
                kind, name, dict(patch), namespace=self._namespace, patch_type=PatchType.MERGE
            )


@asynccontextmanager
async def open_cluster(namespace: str, instance: str, observer: Observer) -> AsyncIterator[Cluster]:
    """The cluster that this pod runs in, or else that of KUBECONFIG."""
    timeout = httpx2.Timeout(TIMEOUT_SECONDS)
    client = AsyncClient(namespace=namespace, timeout=timeout, field_manager=REPORTER)
    try:
        yield Cluster(client, namespace, instance, observer)
    finally:
        await client.aclose()


@contextmanager
def _translated(what: str) -> Iterator[None]:
    try:
        yield
    except ApiError as error:
        message = f"{what}: {error.status.message or error}"
        if error.status.code == HTTPStatus.NOT_FOUND:
            raise ObjectMissing(message) from error
        if error.status.code == HTTPStatus.CONFLICT:
            raise WriteConflict(message) from error
        raise ApiUnavailable(message) from error
    except (httpx2.HTTPError, OSError) as error:
        raise ApiUnavailable(f"{what}: {type(error).__name__} {error}".rstrip()) from error
