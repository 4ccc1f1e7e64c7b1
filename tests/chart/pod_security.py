"""Kubernetes' Pod Security Standard `restricted`, as a function of a pod's spec.

https://kubernetes.io/docs/concepts/security/pod-security-standards/, with what `baseline` demands
below it. Stricter where that is simpler: no sysctls, no SELinux options, no added capabilities.
"""

from collections.abc import Iterator, Mapping
from typing import Any

_VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
_PROFILES = {"RuntimeDefault", "Localhost"}
_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")


def violations(spec: Mapping[str, Any]) -> list[str]:
    """What keeps a pod with this spec out of a namespace that enforces `restricted`."""
    return [*_of_pod(spec), *_of_containers(spec)]


def _of_pod(spec: Mapping[str, Any]) -> Iterator[str]:
    context = spec.get("securityContext", {})
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(field):
            yield field
    for volume in spec.get("volumes", []):
        if not volume.keys() - {"name"} <= _VOLUMES:
            yield f"volume {volume['name']}"
    for field in ("sysctls", "seLinuxOptions", "windowsOptions"):
        if context.get(field):
            yield field
    if context.get("runAsUser") == 0:
        yield "the pod runs as root"
    yield from _bad_profiles(context, "the pod")


def _of_containers(spec: Mapping[str, Any]) -> Iterator[str]:
    of_pod = spec.get("securityContext", {})
    for container in (each for kind in _CONTAINERS for each in spec.get(kind, [])):
        name = container["name"]
        context = container.get("securityContext", {})
        if context.get("privileged"):
            yield f"{name} is privileged"
        if context.get("allowPrivilegeEscalation") is not False:
            yield f"{name} may gain privileges"
        if context.get("runAsNonRoot", of_pod.get("runAsNonRoot")) is not True:
            yield f"{name} may run as root"
        if context.get("runAsUser") == 0:
            yield f"{name} runs as root"
        capabilities = context.get("capabilities", {})
        if "ALL" not in capabilities.get("drop", []) or capabilities.get("add"):
            yield f"{name} has capabilities"
        if context.get("procMount", "Default") != "Default":
            yield f"{name} sees more of /proc"
        for field in ("seLinuxOptions", "windowsOptions"):
            if context.get(field):
                yield f"{name} has {field}"
        if "seccompProfile" not in context and "seccompProfile" not in of_pod:
            yield f"{name} has no seccomp profile"
        yield from _bad_profiles(context, name)
        if any(port.get("hostPort") for port in container.get("ports", [])):
            yield f"{name} takes a port of the node"
        if any(_names_host(handler) for handler in _handlers(container)):
            yield f"{name} has a probe or hook that asks another host"


def _bad_profiles(context: Mapping[str, Any], name: str) -> Iterator[str]:
    for field in ("seccompProfile", "appArmorProfile"):
        if field in context and context[field].get("type") not in _PROFILES:
            yield f"{name} has {field} {context[field].get('type')}"


def _handlers(container: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        yield container.get(probe, {})
    yield from container.get("lifecycle", {}).values()


def _names_host(handler: Mapping[str, Any]) -> bool:
    return any(handler.get(kind, {}).get("host") for kind in ("httpGet", "tcpSocket"))
