"""What `tilt up` would do."""

import pytest
import starlark

from chart.helm import ROOT
from chart.tiltfile import evaluate
from chart.tiltfile_faults import faults

_TILTFILE = (ROOT / "Tiltfile").read_text(encoding="utf-8")


def test_what_tilt_would_do_holds_together() -> None:
    assert list(faults(evaluate(_TILTFILE, ROOT))) == []


def test_there_are_the_images_the_forward_and_the_buttons_that_a_developer_expects() -> None:
    setup = evaluate(_TILTFILE, ROOT)
    assert {"qcexec-api", "qcexec-worker", "qcexec-operator"} <= setup.images.keys()
    assert setup.resources["qcexec-api"].forwards == ((8000, 8000),)
    assert setup.local_resources.keys() == {"submit-demo-circuit", "tests", "acceptance-tests"}


# Each is a slip that Tilt itself would find late, or never.
@pytest.mark.parametrize(
    ("right", "wrong", "fault"),
    [
        ("'packages/%s/src/qcexec_%s'", "'packages/%s/source/qcexec_%s'", "is no package"),
        ("SOURCE_FOLDER = '/opt/qcexec'", "SOURCE_FOLDER = '/opt/qcexc'", "is not where the image"),
        ("['configuration', 'engine',", "['configuration',", "never reaches"),
        ("'configuration', 'queue',", "'configuration', 'engine', 'queue',", "is not in the image"),
        ("sources[folder + '/src/'", "sources[folder + '/source/'", "is no package"),
        ("run('kill -HUP 1')", "run('true')", "is not told"),
        ("'/pyproject.toml'", "'/setup.py'", "is not there"),
        ("/sql/migrations'", "/sql'", "takes no build"),
        ("folder + '/Dockerfile'", "folder + '/dockerfile'", "is not there"),
        ("'k8s/tilt/Dockerfile'", "'services/api/Dockerfile'", "starts from no image"),
        ("only=['reload.py']", "only=['reloaded.py']", "is not there"),
        ("'MODULE': module", "'MODULE': name", "is no module"),
        ("image = 'qcexec-' + name", "image = 'qcexec_' + name", "runs in no workload"),
        ("'RUN_AS_USER': str(user)", "'RUN_AS_USER': str(10001)", "may not write"),
        ("['readOnlyRootFilesystem'] = False", "['readOnlyRootFilesystem'] = True", "written"),
        ("'helm.sh/hook' not in", "'helm.sh/hooks' not in", "hook"),
        ("'tilt.dev/down-policy'", "'tilt.dev/down'", "goes with tilt down"),
        ("'workerpools.qcexec.io:customr", "'workerpool.qcexec.io:customr", "there is no object"),
        ("=['worker-pool-definition', ", "=[", "does not wait for its definition"),
        ("['qcexec-worker-default:workerpool']", "[]", "does not wait for its definition"),
        ("'owner-password'", "'owners-password'", "owner-password"),
        ("{'name': 'qcexec-development'", "{'name': 'qcexec-developer'", "superuser-password"),
        ("k8s_resource('qcexec-postgresql'", "k8s_resource('postgresql'", "no workload"),
        ("port_forward(API_PORT, 8000", "port_forward(API_PORT, 8080", "no port"),
        ("resource_deps=['qcexec-api']", "resource_deps=['api']", "waits for"),
        ("'qcexec-worker-default']\n", "'qcexec-worker']\n", "waits for"),
        ("['make', 'test']", "['make', 'tests']", "no target"),
        ("'examples/bell.qasm'", "'examples/bell.qasms'", "is not there"),
        ("'k8s/submit_circuit.py'", "'k8s/submit.py'", "is not there"),
        ("auto_init=False", "auto_init=True", "is no button"),
        ("TRIGGER_MODE_MANUAL", "TRIGGER_MODE_AUTO", "is no button"),
        ("'http://localhost:%d' % API_PORT", "'http://localhost:80'", "nothing forwards"),
        ("'pod-security.kubernetes.io/enforce': 'restricted'", "", "restricted"),
    ],
)
def test_a_slip_in_the_tiltfile_is_found(right: str, wrong: str, fault: str) -> None:
    assert right in _TILTFILE
    setup = evaluate(_TILTFILE.replace(right, wrong), ROOT)
    assert any(fault in found for found in faults(setup)), list(faults(setup))


@pytest.mark.parametrize(
    ("right", "wrong", "fault"),
    [
        ("'charts/qcexec'", "'charts/qcexek'", "qcexek"),
        ("'k8s/tilt/values.yaml'", "'k8s/tilt/value.yaml'", "value.yaml"),
        ("'k8s/tilt/values.yaml'", "'k8s/kind-values.yaml'", "existingSecret"),
        ("only=['reload.py']", "onlys=['reload.py']", "onlys"),
        ("k8s_resource('qcexec-postgresql'", "k8s_resources('qcexec-postgresql'", "k8s_resources"),
        ("API_PORT = 8000", "allow_k8s_contexts(['production'])", "allow_k8s_contexts"),
    ],
)
def test_what_tilt_or_helm_would_refuse_is_refused(right: str, wrong: str, fault: str) -> None:
    assert right in _TILTFILE
    with pytest.raises(starlark.StarlarkError, match=fault):
        evaluate(_TILTFILE.replace(right, wrong), ROOT)
