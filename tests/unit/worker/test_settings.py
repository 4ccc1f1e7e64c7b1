"""What a worker can be told, and what it refuses to be told."""

import pytest

from qcexec_configuration import InvalidConfiguration, read_settings
from qcexec_worker.settings import WorkerSettings

URL = "postgresql://app:hunter2@db/qcexec"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.chdir(str(tmp_path))
    monkeypatch.setenv("QCEXEC_DATABASE_URL", URL)


def test_the_defaults_are_those_that_are_documented() -> None:
    settings = read_settings(WorkerSettings)
    assert settings.slots is None
    assert settings.task_timeout_seconds == 300
    assert settings.grace_seconds == 25
    assert settings.lease_seconds == 30
    assert settings.claim_timeout_seconds == 10
    assert settings.max_attempts == 3
    assert settings.queue == "default"


def test_an_empty_value_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QCEXEC_SLOTS", "")
    monkeypatch.setenv("QCEXEC_POD_UID", "")
    settings = read_settings(WorkerSettings)
    assert settings.slots is None
    assert settings.pod_uid is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLOTS", "0"),
        ("SLOTS", "many"),
        ("TASK_TIMEOUT_SECONDS", "0"),
        ("TASK_TIMEOUT_SECONDS", "nan"),
        ("GRACE_SECONDS", "-1"),
        ("CLAIM_TIMEOUT_SECONDS", "0"),
        ("MAX_QUBITS", "65"),
        ("LEASE_SECONDS", "inf"),
        ("QUEUE", "No Queue"),
        ("METRICS_INTERVAL_SECONDS", "-1"),
    ],
)
def test_a_value_that_makes_no_sense_is_named_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"QCEXEC_{name}", value)
    with pytest.raises(InvalidConfiguration, match=f"QCEXEC_{name}: ") as refused:
        read_settings(WorkerSettings)
    assert "hunter2" not in str(refused.value)
    assert "\n" not in str(refused.value)
