"""`k8s/kind-up`, with programs in place of docker, kind, kubectl and helm that note down how they
are called: what it does in which order, and that it never meets the user's own cluster."""

import shutil
import subprocess
from pathlib import Path

import pytest

from chart.helm import CHART, ROOT, run
from chart.rendering import SECRETS_READABLE
from support.programs import attempt

_STAND_IN = r"""#!/bin/sh
{ printf '%s' "${0##*/}"; printf ' %s' "$@"; echo; } >> "$RECORD"
case "${0##*/} $*" in
"kind get clusters") echo "$CLUSTERS" ;;
"docker image inspect --format {{.Id}} "*) echo "sha256:of-$5" ;;
"docker image inspect $MISSING_IMAGE") exit 1 ;;
*" apply -f -") cat >> "$RECORD" ;;
esac
"""
_NEEDED = ("docker", "kind", "kubectl", "helm")
_OTHERS = ("bash", "cat", "dirname", "grep", "mkdir", "sh")


class _KindUp:
    """The script's surroundings, and what it called of them."""

    def __init__(self, folder: Path) -> None:
        self.programs = folder / "bin"
        self.programs.mkdir()
        self.kubeconfig = folder / "kind" / "kubeconfig"
        self._record = folder / "record"
        # Apart from this checkout, which may have a kind and a helm of its own.
        self._script = folder / "checkout" / "k8s" / "kind-up"
        self._script.parent.mkdir(parents=True)
        shutil.copy(ROOT / "k8s" / "kind-up", self._script)
        for name in _NEEDED:
            (self.programs / name).write_text(_STAND_IN)
            (self.programs / name).chmod(0o755)
        for name in _OTHERS:
            (self.programs / name).symlink_to(str(shutil.which(name)))

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        surroundings = {
            "PATH": str(self.programs),
            "HOME": str(self.programs.parent),
            "KUBECONFIG": "/the/users/own",
            "KUBECONFIG_FILE": str(self.kubeconfig),
            "RECORD": str(self._record),
            "CLUSTERS": "",
            "MISSING_IMAGE": "none",
            **environment,
        }
        return attempt(str(self._script), *arguments, environment=surroundings)

    def calls(self, program: str) -> list[str]:
        lines = self._record.read_text().splitlines() if self._record.exists() else []
        return [line for line in lines if line.startswith(f"{program} ")]


@pytest.fixture
def kind_up(tmp_path: Path) -> _KindUp:
    return _KindUp(tmp_path)


def test_a_new_cluster_gets_ingress_images_and_release(kind_up: _KindUp) -> None:
    ended = kind_up.run()
    assert ended.returncode == 0, ended.stderr
    _, create, load = kind_up.calls("kind")
    assert "create cluster --config k8s/kind-config.yaml" in create
    images = "qcexec-api:dev qcexec-worker:dev qcexec-operator:dev"
    assert load == f"kind load docker-image --name qcexec {images}"
    assert any("apply -f k8s/kind-ingress.yaml" in call for call in kind_up.calls("kubectl"))
    (install,) = kind_up.calls("helm")
    assert install.startswith("helm upgrade --install qcexec charts/qcexec ")
    assert "http://localhost" in ended.stdout


def test_a_cluster_that_is_there_is_kept(kind_up: _KindUp) -> None:
    assert kind_up.run(CLUSTERS="another\nqcexec").returncode == 0
    _, export, _ = kind_up.calls("kind")
    assert export.startswith("kind export kubeconfig --name qcexec ")


def test_a_cluster_of_a_similar_name_is_not_taken_for_ours(kind_up: _KindUp) -> None:
    assert kind_up.run(CLUSTERS="qcexec-two").returncode == 0
    assert any("create cluster" in call for call in kind_up.calls("kind"))


@pytest.mark.parametrize("clusters", ["", "qcexec"])
def test_the_users_own_cluster_and_context_are_left_alone(kind_up: _KindUp, clusters: str) -> None:
    kind_up.run(CLUSTERS=clusters)
    own = f" --kubeconfig {kind_up.kubeconfig}"
    calls = [*kind_up.calls("kubectl"), *kind_up.calls("helm"), kind_up.calls("kind")[1]]
    assert calls
    assert [call for call in calls if own not in call] == []


def test_the_namespace_enforces_pod_security_restricted(kind_up: _KindUp, tmp_path: Path) -> None:
    kind_up.run()
    assert "pod-security.kubernetes.io/enforce: restricted" in (tmp_path / "record").read_text()


def test_pods_are_replaced_when_their_image_has_another_content(kind_up: _KindUp) -> None:
    kind_up.run()
    (install,) = kind_up.calls("helm")
    options = [part for part in install.split(" ") if part.endswith(":dev")]
    assert len(options) == 3
    settings = [part for option in options for part in ("--set-string", option)]
    command = ["template", "qcexec", str(CHART), *SECRETS_READABLE]
    rendered = run([*command, *settings])
    assert rendered.count("image-id: sha256:of-qcexec-api:dev") == 1
    assert rendered.count("image-id: sha256:of-qcexec-worker:dev") == 1
    assert rendered.count("image-id: sha256:of-qcexec-operator:dev") == 1


def test_a_cluster_alone_gets_no_release(kind_up: _KindUp) -> None:
    (kind_up.programs / "helm").unlink()
    assert kind_up.run("--cluster-only").returncode == 0
    assert any("load docker-image" in call for call in kind_up.calls("kind"))
    assert not any("namespace qcexec" in call for call in kind_up.calls("kubectl"))


def test_an_image_that_is_not_there_is_said_with_how_to_get_it(kind_up: _KindUp) -> None:
    ended = kind_up.run(MISSING_IMAGE="qcexec-worker:dev")
    assert ended.returncode == 1
    assert "qcexec-worker:dev is not there: make images" in ended.stderr


@pytest.mark.parametrize("name", _NEEDED)
def test_a_program_that_is_not_there_is_said_with_how_to_get_it(
    kind_up: _KindUp, name: str
) -> None:
    (kind_up.programs / name).unlink()
    ended = kind_up.run()
    assert ended.returncode == 1
    assert f"{name} is needed" in ended.stderr
    assert not kind_up.calls("helm")
