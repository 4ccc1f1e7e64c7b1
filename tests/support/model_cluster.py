"""A cluster's API server in memory: kmock, and of a real one's rules those that matter here.

Objects have versions, and a write that names another version or another uid is refused by 409;
a change of the spec is a new generation; lists and watches heed label selectors. A test may have
calls refused or left without an answer, do something just before a call, and take an object away
without telling the watches.
"""

import asyncio
import copy
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp.web
import attrs
import kmock

from qcexec_operator.cluster import INSTANCE_LABEL

NAMESPACE = "lab"
INSTANCE = "demo"
DEPLOYMENTS = kmock.resource("apps", "v1", "deployments")
EVENTS = kmock.resource("", "v1", "events")
PODS = kmock.resource("", "v1", "pods")
POOLS = kmock.resource("qcexec.io", "v1alpha1", "workerpools")

_KINDS = {DEPLOYMENTS: "Deployment", EVENTS: "Event", PODS: "Pod", POOLS: "WorkerPool"}
_OF_THE_CLUSTER = {
    # kopf watches nothing before it knows that these exist.
    kmock.resource("", "v1", "namespaces"): "Namespace",
    kmock.resource("apiextensions.k8s.io", "v1", "customresourcedefinitions"): (
        "CustomResourceDefinition"
    ),
}
_WRITES = frozenset({kmock.action.CREATE, kmock.action.UPDATE, kmock.action.DELETE})

Body = dict[str, Any]
Chooses = Callable[[kmock.Request], bool]


def writes_scale(request: kmock.Request) -> bool:
    """Whether that sets the scale of a Deployment."""
    return request.action is kmock.action.UPDATE and request.subresource == "scale"


def anything(request: kmock.Request) -> bool:
    """Whether it is a call of the API at all."""
    return request.resource is not None


@dataclass(frozen=True, slots=True)
class Write:
    """A call that changes something, as it came."""

    plural: str
    subresource: str | None
    body: Body


@attrs.define(kw_only=True)
class ModelCluster(kmock.KubernetesEmulator):
    """The server. What the operator has asked for is told apart from what the test did."""

    _versions: Iterator[int] = attrs.field(factory=lambda: itertools.count(1000), init=False)
    _refused: list[tuple[Chooses, int]] = attrs.field(factory=list, init=False)
    _silent: list[tuple[Chooses, asyncio.Event]] = attrs.field(factory=list, init=False)
    _before: list[tuple[Chooses, Callable[[], Awaitable[None]]]] = attrs.field(
        factory=list, init=False
    )
    written: list[Write] = attrs.field(factory=list, init=False)
    """What the operator wrote or tried to write."""
    asked: int = attrs.field(default=0, init=False)
    """How often it has asked for anything."""

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        for resource, kind in (_KINDS | _OF_THE_CLUSTER).items():
            info = kmock.ResourceInfo(
                kind=kind,
                singular=kind.lower(),
                namespaced=resource in _KINDS,
                verbs={"create", "delete", "get", "list", "patch", "watch"},
            )
            self.resources[resource] = info

    def write_kubeconfig(self, file: Path) -> None:
        """Says in ``file`` where the server is."""
        file.write_text(
            "apiVersion: v1\nkind: Config\ncurrent-context: model\n"
            f"clusters: [{{name: model, cluster: {{server: '{str(self.url).rstrip('/')}'}}}}]\n"
            "users: [{name: nobody, user: {token: none}}]\n"
            "contexts: [{name: model, context: {cluster: model, user: nobody}}]\n"
        )

    # What the test does.

    def get_all(self, resource: kmock.resource) -> list[Body]:
        """All objects of a kind."""
        return [
            found.raw
            for (kind, _, _), found in self.objects.items()
            if kind == resource and not found.deleted
        ]

    def find(self, resource: kmock.resource, name: str) -> Body | None:
        """An object, where there is one."""
        return next((e for e in self.get_all(resource) if e["metadata"]["name"] == name), None)

    def one(self, resource: kmock.resource, name: str) -> Body:
        """An object that exists."""
        found = self.find(resource, name)
        assert found is not None, f"no {resource.plural} {name}"
        return found

    async def create(self, resource: kmock.resource, body: Body) -> Body:
        """Makes an object; gives it as it is stored."""
        async with self.post(_path(resource), json=body) as response:
            assert response.status == HTTPStatus.OK, await response.text()
        return self.one(resource, body["metadata"]["name"])

    async def change(self, resource: kmock.resource, name: str, patch: Body) -> None:
        """Merges ``patch`` into an object."""
        async with self.patch(_path(resource, name), json=patch) as response:
            assert response.status == HTTPStatus.OK, await response.text()

    async def remove(self, resource: kmock.resource, name: str) -> None:
        """Deletes an object, and tells the watches."""
        async with self.delete(_path(resource, name)) as response:
            assert response.status == HTTPStatus.OK, await response.text()

    def vanish(self, resource: kmock.resource, name: str) -> None:
        """Deletes an object; the watches miss it."""
        self.objects[resource, NAMESPACE, name].delete()

    @contextmanager
    def refusing(self, chooses: Chooses, status: int = 500) -> Iterator[None]:
        """Refuses such calls of the operator while inside."""
        rule = (chooses, status)
        self._refused.append(rule)
        try:
            yield
        finally:
            self._refused.remove(rule)

    @contextmanager
    def silent(self, chooses: Chooses) -> Iterator[None]:
        """Leaves such calls of the operator without an answer while inside."""
        rule = (chooses, asyncio.Event())
        self._silent.append(rule)
        try:
            yield
        finally:
            self._silent.remove(rule)
            rule[1].set()

    def before_next(self, chooses: Chooses, act: Callable[[], Awaitable[None]]) -> None:
        """Does something once, when such a call of the operator has come."""
        self._before.append((chooses, act))

    def writes(self, resource: kmock.resource, subresource: str | None = None) -> list[Body]:
        """What the operator wrote there, or tried to write."""
        return [
            each.body
            for each in self.written
            if each.plural == resource.plural and each.subresource == subresource
        ]

    # What the server does.

    async def _handle(self, request: kmock.Request) -> aiohttp.web.StreamResponse:
        if not request.headers.get("User-Agent", "").startswith("kmock"):
            self.asked += 1
            if request.action in _WRITES:
                assert request.resource is not None
                place = str(request.resource.plural), request.subresource
                self.written.append(Write(*place, copy.deepcopy(request.data)))
            await self._interfere(request)
        if request.action is kmock.action.CREATE:
            self._complete(request.data)
        elif request.action is kmock.action.UPDATE:
            self._admit(request)
        return await super()._handle(request)

    async def _interfere(self, request: kmock.Request) -> None:
        for rule in [each for each in self._before if each[0](request)]:
            self._before.remove(rule)
            await rule[1]()
        for chooses, over in list(self._silent):
            if chooses(request):
                await over.wait()
                raise kmock.KubernetesError(status=503, message="nobody waits for this")
        for chooses, status in self._refused:
            if chooses(request):
                raise kmock.KubernetesError(status=status, message="refused by the test")

    async def _render_error(self, exc: Exception) -> aiohttp.web.StreamResponse:
        """As a real server says it, or clients take it for the word of some proxy."""
        status = exc.status if isinstance(exc, kmock.KubernetesError) else 500
        message = exc.message if isinstance(exc, kmock.KubernetesError) else repr(exc)
        answer = {
            "apiVersion": "v1",
            "kind": "Status",
            "metadata": {},
            "status": "Failure",
            "code": status,
            "message": message,
        }
        return aiohttp.web.Response(
            body=json.dumps(answer).encode(),
            status=status,
            headers={"Content-Type": "application/json"},
        )

    def _complete(self, body: Body) -> None:
        metadata = body["metadata"]
        metadata.setdefault("namespace", NAMESPACE)
        if "name" not in metadata:
            metadata["name"] = metadata["generateName"] + uuid4().hex[:5]
        metadata.setdefault("uid", str(uuid4()))
        metadata.setdefault("creationTimestamp", _now())
        metadata["resourceVersion"] = str(next(self._versions))
        metadata["generation"] = 1

    def _admit(self, request: kmock.Request) -> None:
        """Refuses what is out of date, and gives the rest its version."""
        assert request.resource is not None
        assert request.name is not None
        found = self.find(request.resource, request.name)
        if found is None:
            return
        metadata = request.data.setdefault("metadata", {})
        for key in ("resourceVersion", "uid"):
            if metadata.get(key, found["metadata"][key]) != found["metadata"][key]:
                raise kmock.KubernetesError(
                    status=409, reason="Conflict", message="the object has been modified"
                )
        metadata["resourceVersion"] = str(next(self._versions))
        changed = request.data.get("spec", {})
        if any(found.get("spec", {}).get(key) != value for key, value in changed.items()):
            metadata["generation"] = found["metadata"]["generation"] + 1

    async def _serve_list(self, request: kmock.Request) -> kmock.Payload:
        answer: Any = await super()._serve_list(request)
        items = [each for each in answer["items"] if _selected(request, each)]
        return {**answer, "items": items}

    async def _serve_watch(self, request: kmock.Request) -> AsyncIterator[kmock.Payload]:
        event: Any
        async for event in super()._serve_watch(request):
            if not isinstance(event, Mapping) or _selected(request, event["object"]):
                yield event


def worker_pool(name: str, queue: str = "default", **spec: Any) -> Body:
    """A WorkerPool of the Deployment that has its name, which shrinks as fast as may be."""
    quick = {"stabilizationSeconds": 0, "stepPercent": 100, "periodSeconds": 1}
    return {
        "apiVersion": "qcexec.io/v1alpha1",
        "kind": "WorkerPool",
        "metadata": {"name": name, "labels": {INSTANCE_LABEL: INSTANCE}},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "queue": queue,
            "minReplicas": 0,
            "maxReplicas": 4,
            "targetWaitSeconds": 30,
            "scaleDown": quick,
            **spec,
        },
    }


def _path(resource: kmock.resource, name: str = "") -> str:
    place = f"/apis/{resource.group}" if resource.group else "/api"
    return f"{place}/{resource.version}/namespaces/{NAMESPACE}/{resource.plural}/{name}".rstrip("/")


def _selected(request: kmock.Request, body: Body) -> bool:
    labels = body["metadata"].get("labels") or {}
    wanted = [
        each.split("=") for each in request.params.get("labelSelector", "").split(",") if each
    ]
    return all(labels.get(key) == value for key, value in wanted)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
