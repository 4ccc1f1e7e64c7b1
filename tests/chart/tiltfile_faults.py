"""What would not work of what a Tiltfile asks for.

Tilt would find such slips late or never: it is held against the Dockerfiles, which say where an
image keeps what, the rendered chart, the Makefile and the files that are there.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from chart.helm import ROOT
from chart.tiltfile import Image, LocalResource, Setup

_WORKLOADS = ("Deployment", "StatefulSet")
_MIGRATIONS = "packages/queue/src/qcexec_queue/sql/migrations"
_COPIED_MEMBER = r"^COPY ((?:packages/|services/|operator)\S*) "


def faults(setup: Setup) -> Iterator[str]:
    """Say what would not work, a sentence each."""
    for image in setup.images.values():
        yield from _missing(image)
        if image.steps:
            yield from _live_update_faults(image, setup)
    yield from _object_faults(setup.objects)
    yield from _resource_faults(setup)
    for resource in setup.local_resources.values():
        yield from _button_faults(resource, setup)


def _missing(image: Image) -> Iterator[str]:
    inside = [f"{image.context}/{path}" for path in image.only]
    for path in [image.dockerfile, *inside, *image.rebuilt_for]:
        # On some machines the case of names does not count.
        file = ROOT / path
        if file.name not in {each.name for each in file.parent.glob("*")}:
            yield f"{image.ref}: {path} is not there"


def _live_update_faults(image: Image, setup: Setup) -> Iterator[str]:
    release = setup.images.get(image.arguments.get("RELEASE_IMAGE", ""))
    if release is None or "FROM ${RELEASE_IMAGE}" not in _read(image.dockerfile):
        yield f"{image.ref} starts from no image of a release"
        return
    kept = _copied_packages(_read(release.dockerfile))
    for local, remote in image.syncs.items():
        if not (ROOT / local / "__init__.py").exists():
            yield f"{image.ref}: {local} is no package"
        elif local not in kept:
            yield f"{image.ref}: {local} is not in the image"
        elif remote != kept[local]:
            yield f"{image.ref}: {remote} is not where the image keeps {local}"
    for local in kept.keys() - image.syncs.keys():
        yield f"{image.ref}: a change of {local} never reaches the pod"
    for path in [*_dependency_files(_read(release.dockerfile)), _MIGRATIONS]:
        if path not in image.rebuilt_for:
            yield f"{image.ref}: a change of {path} takes no build"
    if image.arguments.get("MODULE") not in {PurePosixPath(path).name for path in kept.values()}:
        yield f"{image.ref}: MODULE is no module of the image"
    if image.steps[-1] != {"kind": "run", "command": "kill -HUP 1"}:
        yield f"{image.ref}: the process is not told of the change"
    containers = [each for each in _containers(setup.objects) if _named(each["image"]) == image.ref]
    if not containers:
        yield f"{image.ref} runs in no workload"
    for container in containers:
        if container["securityContext"]["readOnlyRootFilesystem"]:
            yield f"{container['name']}: its source cannot be written"
    (user,) = re.findall(r"^USER (\d+):", _read(release.dockerfile), re.MULTILINE)
    if image.arguments.get("RUN_AS_USER") != user:
        yield f"{image.ref}: its user may not write its source"


def _copied_packages(dockerfile: str) -> dict[str, str]:
    """The source of each member that a Dockerfile copies, and where its package is installed."""
    (target,) = re.findall(r"--target (\S+)", dockerfile)
    found = {}
    for member in re.findall(_COPIED_MEMBER, dockerfile, re.MULTILINE):
        (package,) = (ROOT / member / "src").glob("*/__init__.py")
        name = package.parent.name
        found[f"{member}/src/{name}"] = f"{target}/{name}"
    return found


def _dependency_files(dockerfile: str) -> Iterator[str]:
    yield from re.findall(r"^COPY (requirements/\S+) ", dockerfile, re.MULTILINE)
    for member in re.findall(_COPIED_MEMBER, dockerfile, re.MULTILINE):
        yield f"{member}/pyproject.toml"


def _object_faults(objects: list[Mapping[str, Any]]) -> Iterator[str]:
    for each in objects:
        if "helm.sh/hook" in each["metadata"].get("annotations", {}):
            yield f"{each['kind']}/{each['metadata']['name']} is a hook, and would run at once"
        if each["kind"] == "CustomResourceDefinition" and "keep" not in each["metadata"].get(
            "annotations", {}
        ).get("tilt.dev/down-policy", ""):
            yield f"{each['metadata']['name']} goes with tilt down, and with it others' objects"
    (namespace,) = [each for each in objects if each["kind"] == "Namespace"]
    if "restricted" not in namespace["metadata"].get("labels", {}).values():
        yield "the namespace does not enforce Pod Security restricted"
    secrets = {
        (each["metadata"]["name"], key)
        for each in objects
        if each["kind"] == "Secret"
        and each["metadata"]["namespace"] == namespace["metadata"]["name"]
        for key in each["stringData"]
    }
    for name, key in _secret_keys(objects):
        if (name, key) not in secrets:
            yield f"nothing makes the key {key} of the Secret {name}"


def _secret_keys(value: object) -> Iterator[tuple[str, str]]:
    """The Secrets and keys that are referred to, at any depth."""
    match value:
        case {"secretKeyRef": {"name": name, "key": key}}:
            yield name, key
        case {"secret": {"secretName": name, "items": items}}:
            yield from ((name, item["key"]) for item in items)
        case Mapping():
            for inner in value.values():
                yield from _secret_keys(inner)
        case list():
            for inner in value:
                yield from _secret_keys(inner)


def _resource_faults(setup: Setup) -> Iterator[str]:
    workloads = {
        each["metadata"]["name"]: each for each in setup.objects if each["kind"] in _WORKLOADS
    }
    known = setup.resources.keys() | setup.local_resources.keys()
    for resource in setup.resources.values():
        if resource.workload is None:
            continue
        if resource.workload not in workloads:
            yield f"{resource.workload} is no workload of the chart"
            continue
        containers = list(_containers([workloads[resource.workload]]))
        ports = {port["containerPort"] for each in containers for port in each.get("ports", [])}
        for _, container_port in resource.forwards:
            if container_port not in ports:
                yield f"{resource.workload} has no port {container_port}"
    needs = [each.needs for each in setup.resources.values()]
    needs += [each.needs for each in setup.local_resources.values()]
    for need in {name for names in needs for name in names} - known:
        yield f"a resource waits for {need}, which is none"
    yield from _grouping_faults(setup)


def _grouping_faults(setup: Setup) -> Iterator[str]:
    """Tilt makes what no resource names all at once, before the cluster knows a new kind."""
    made = {_selector(each): each["kind"] for each in setup.objects}
    makers = {selector: each for each in setup.resources.values() for selector in each.objects}
    for selector in makers.keys() - made.keys():
        yield f"there is no object {selector}"
    definitions = {
        each["spec"]["names"]["kind"]: makers.get(_selector(each))
        for each in setup.objects
        if each["kind"] == "CustomResourceDefinition"
    }
    for selector, kind in made.items():
        if kind in definitions:
            definer, maker = definitions[kind], makers.get(selector)
            if definer is None or maker is None or definer.name not in maker.needs:
                yield f"{selector} does not wait for its definition"


def _selector(document: Mapping[str, Any]) -> str:
    return f"{document['metadata']['name']}:{document['kind'].lower()}"


def _button_faults(resource: LocalResource, setup: Setup) -> Iterator[str]:
    if not resource.is_button:
        yield f"{resource.name} is no button: it runs by itself"
    program, *arguments = resource.command
    if program == "make" and not set(arguments) <= _make_targets():
        yield f"{resource.name}: make has no target {arguments}"
    for argument in arguments:
        is_file = re.search(r"/\w+\.\w+$", argument) and "://" not in argument
        if is_file and not (ROOT / argument).exists():
            yield f"{resource.name}: {argument} is not there"
    forwarded = {
        f"http://localhost:{local}"
        for each in setup.resources.values()
        for local, _ in each.forwards
    }
    for text in [*arguments, *resource.environment.values()]:
        if "://" in text and text not in forwarded:
            yield f"{resource.name}: nothing forwards {text}"


def _make_targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):(?!=)", _read("Makefile"), re.MULTILINE))


def _containers(objects: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for each in objects:
        if each["kind"] in _WORKLOADS:
            yield from each["spec"]["template"]["spec"]["containers"]


def _named(image: str) -> str:
    return image.rpartition(":")[0]


def _read(path: str) -> str:
    file = ROOT / path
    return file.read_text(encoding="utf-8") if file.exists() else ""
