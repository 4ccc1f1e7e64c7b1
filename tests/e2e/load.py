"""Clients in a pod of the cluster: the machine's own network is no part of what is tested."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from e2e.cluster import LOOK_SECONDS, Object
from e2e.release import Release
from support.waiting import wait_until_blocking

_SCRIPT = Path(__file__).with_name("load_script.py")
_NAME = "load"
_CLIENTS = 4
_MOST_TASKS = 4000
_MOST_SECONDS = 420
_START_SECONDS = 90.0
_END_SECONDS = 90.0


@dataclass
class Load:
    """What the clients were answered; filled when they have ended."""

    accepted: list[UUID] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    """Every request that got neither 202 nor 200; see load_script.py."""
    requests: int = 0

    def summary(self) -> str:
        """What happened, in one line."""
        failed = Counter(failure["status"] for failure in self.failed)
        return (
            f"{self.requests} requests, {len(self.accepted)} tasks accepted, "
            f"failed by status: {dict(failed)}"
        )


@contextmanager
def under_load(release: Release) -> Iterator[Load]:
    """Clients submit circuits to a release for the length of the block, and look at tasks."""
    cluster, namespace = release.cluster, release.namespace
    url = f"http://{release.full_name}-api"
    cluster.apply(*_objects(url, f"qcexec-api:{release.settings.image_tag}"), namespace=namespace)
    load, before = Load(), _submitted(release)
    try:
        cluster.kubectl(
            *("wait", f"pod/{_NAME}", "--for=condition=Ready", f"--timeout={_START_SECONDS:.0f}s"),
            namespace=namespace,
            deadline=_START_SECONDS + 10,
        )
        wait_until_blocking(
            lambda: _submitted(release) >= before + _CLIENTS,
            60,
            what="the load arrives",
            pause=LOOK_SECONDS,
        )
        yield load
        cluster.execute(_NAME, _NAME, "touch", "stop", namespace=namespace)
        cluster.kubectl(
            *("wait", f"pod/{_NAME}", "--for=jsonpath={.status.phase}=Succeeded"),
            f"--timeout={_END_SECONDS:.0f}s",
            namespace=namespace,
            deadline=_END_SECONDS + 10,
        )
        said = json.loads(cluster.logs(_NAME, _NAME, namespace))
        load.accepted = [UUID(task_id) for task_id in said["accepted"]]
        load.failed = said["failed"]
        load.requests = said["requests"]
        print(load.summary())
    finally:
        cluster.kubectl("delete", "pod", _NAME, "--grace-period=1", namespace=namespace)


def _submitted(release: Release) -> int:
    (count,) = release.database.query("select count(*) from qcexec.task")
    return int(count)


def _objects(url: str, image: str) -> tuple[Object, Object]:
    script = _SCRIPT.read_text(encoding="utf-8")
    arguments = (url, str(_CLIENTS), str(_MOST_TASKS), str(_MOST_SECONDS))
    config_map = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": _NAME},
        "data": {_SCRIPT.name: script},
    }
    container = {
        "name": _NAME,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python", f"/load/{_SCRIPT.name}", *arguments],
        "workingDir": "/tmp",
        "resources": {
            "requests": {"cpu": "20m", "memory": "32Mi"},
            "limits": {"memory": "128Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": [
            {"name": "script", "mountPath": "/load"},
            {"name": "folder", "mountPath": "/tmp"},
        ],
    }
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        # values.yaml lets pods of this name reach the API.
        "metadata": {"name": _NAME, "labels": {"app.kubernetes.io/name": "qcexec-load"}},
        "spec": {
            "automountServiceAccountToken": False,
            "restartPolicy": "Never",
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 10001,
                "runAsGroup": 10001,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [container],
            "volumes": [
                {"name": "script", "configMap": {"name": _NAME}},
                {"name": "folder", "emptyDir": {}},
            ],
        },
    }
    return config_map, pod
