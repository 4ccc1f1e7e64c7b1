"""What is watched: WorkerPools and pods, by kopf.

Handlers only take note. They neither call the cluster nor wait, so kopf neither writes annotations
nor adds finalizers: deleting a WorkerPool, or the whole release, never waits for the operator.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import kopf

from qcexec_operator.cluster import INSTANCE_LABEL, POD_LABELS
from qcexec_operator.errors import InvalidResource
from qcexec_operator.events import Observer, ResourceSkipped
from qcexec_operator.sighting import read_pod
from qcexec_operator.view import ClusterView
from qcexec_operator.worker_pool import GROUP, PLURAL, VERSION, read_worker_pool

_WATCH_SECONDS = 300
_CONNECT_SECONDS = 10.0


def registry(view: ClusterView, observer: Observer) -> kopf.OperatorRegistry:
    """The handlers, which tell ``view``."""
    handlers = kopf.OperatorRegistry()

    @kopf.on.login(registry=handlers)
    def login(**options: Any) -> kopf.ConnectionInfo | None:
        return kopf.login_with_service_account(**options) or kopf.login_with_kubeconfig(**options)

    @kopf.on.event(GROUP, VERSION, PLURAL, registry=handlers)
    async def pool_changed(event: kopf.RawEvent, **_: Any) -> None:
        body = event["object"]
        if event["type"] == "DELETED":
            view.pool_gone(body["metadata"]["uid"])
            return
        try:
            view.pool_seen(read_worker_pool(body))
        except InvalidResource as error:
            observer(ResourceSkipped(str(error)))

    @kopf.on.event("", "v1", "pods", registry=handlers)
    async def pod_changed(event: kopf.RawEvent, **_: Any) -> None:
        body = event["object"]
        if event["type"] == "DELETED":
            view.pod_gone(body["metadata"]["uid"])
            return
        try:
            view.pod_seen(read_pod(body))
        except InvalidResource as error:
            observer(ResourceSkipped(str(error)))

    return handlers


def watching(instance: str) -> kopf.OperatorSettings:
    """Watches what belongs to one release, and asks for nothing that is not needed for that."""
    settings = kopf.OperatorSettings()
    settings.scanning.disabled = True
    settings.posting.enabled = False
    settings.peering.standalone = True
    settings.persistence.finalizer = f"{GROUP}/unused"
    settings.watching.server_timeout = _WATCH_SECONDS
    settings.watching.connect_timeout = _CONNECT_SECONDS
    settings.networking.error_backoffs = _Backoffs()
    settings.networking.request_timeout = 30.0
    settings.networking.connect_timeout = _CONNECT_SECONDS
    settings.networking.enforce_retry_after = True
    release = f"{INSTANCE_LABEL}={instance}"
    workers = ",".join(f"{key}={value}" for key, value in POD_LABELS.items())
    settings.watching.label_selectors[GROUP, VERSION, PLURAL] = release
    settings.watching.label_selectors["", "v1", "pods"] = f"{release},{workers}"
    return settings


class _Backoffs:
    """How long to wait between tries of a call: longer and longer, and no end of tries."""

    def __iter__(self) -> Iterator[float]:
        yield from (0.5, 1.0, 2.0, 4.0)
        while True:
            yield 8.0
