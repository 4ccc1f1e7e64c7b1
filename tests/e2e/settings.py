"""What the environment says of the cluster that these tests may use."""

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

_ARTIFACTS = Path(__file__).with_name("artifacts")
_PREFIX = "E2E_"


@dataclass(frozen=True, slots=True)
class EndToEndSettings:
    """Which cluster, and what can be done to it; commands are programs with their arguments."""

    kubeconfig: Path
    """E2E_KUBECONFIG."""
    image_tag: str
    """E2E_IMAGE_TAG: of the images of API and worker; the nodes have them."""
    values: Path | None
    """E2E_VALUES: values of the chart that this cluster asks for, beside those of the tests."""
    ingress_address: str | None
    """E2E_INGRESS_ADDRESS: where an Ingress is served by plain HTTP."""
    load_image: tuple[str, ...] | None
    """E2E_LOAD_IMAGE: hands the images of the local docker that are named after it to the nodes."""
    node: tuple[str, ...] | None
    """E2E_NODE: followed by add, cut, heal or remove, and by the number of a node."""
    helm: str | None
    """HELM: the program; by default that in PATH."""
    artifacts: Path
    """E2E_ARTIFACTS: the folder for logs and events of failed tests."""


def read_settings(environment: Mapping[str, str]) -> EndToEndSettings | None:
    """The settings; None where no cluster is named, for the user's own is never meant."""
    said = {
        name.removeprefix(_PREFIX): value
        for name, value in environment.items()
        if name.startswith(_PREFIX) and value
    }
    if "KUBECONFIG" not in said:
        return None
    return EndToEndSettings(
        kubeconfig=Path(said["KUBECONFIG"]).resolve(),
        image_tag=said.get("IMAGE_TAG", "dev"),
        values=Path(said["VALUES"]).resolve() if "VALUES" in said else None,
        ingress_address=said.get("INGRESS_ADDRESS"),
        load_image=_command(said.get("LOAD_IMAGE")),
        node=_command(said.get("NODE")),
        helm=environment.get("HELM"),
        artifacts=Path(said.get("ARTIFACTS", _ARTIFACTS)),
    )


def direct_environment() -> dict[str, str]:
    """This process's environment without what names other clusters, or a proxy on the way."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("KUBE", "HELM")) and not name.lower().endswith("_proxy")
    }


def _command(text: str | None) -> tuple[str, ...] | None:
    return tuple(shlex.split(text)) if text else None
