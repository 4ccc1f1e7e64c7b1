"""The services understand what the chart tells them, and the chart admits what they do."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from charts.values_reference.values import descendants, parse
from pydantic_settings import BaseSettings

from chart.helm import CHART
from chart.rendering import Container, Pod, Rendering, render
from qcexec_api.settings import ApiSettings
from qcexec_configuration import read_settings
from qcexec_operator.settings import OperatorSettings
from qcexec_worker.settings import WorkerSettings

SETTINGS: Mapping[str, type[BaseSettings]] = {
    "api": ApiSettings,
    "worker": WorkerSettings,
    "operator": OperatorSettings,
}
# What the cluster puts in for a field of the pod that a setting comes from.
FIELDS = {"metadata.namespace": "quantum"}

# Which setting a value becomes.
BECOMES = {
    "queue": "queue",
    "leaseSeconds": "lease_seconds",
    "maxAttempts": "max_attempts",
    "retryBackoffSeconds": "retry_backoff_seconds",
    "logLevel": "log_level",
    "api.connections": "api_connections",
    "api.maxShots": "max_shots",
    "api.maxBodyBytes": "max_body_bytes",
    "api.maxQueuedTasks": "max_queued_tasks",
    "api.maxQueuedBytes": "max_queued_bytes",
    "api.shutdownDelaySeconds": "shutdown_delay_seconds",
    "api.shutdownTimeoutSeconds": "shutdown_timeout_seconds",
    "operator.intervalSeconds": "interval_seconds",
    "workerPoolDefaults.rank": "pool_rank",
    "workerPoolDefaults.slots": "slots",
    "workerPoolDefaults.minSlotMemoryBytes": "min_slot_memory_bytes",
    "workerPoolDefaults.maxQubits": "max_qubits",
    "workerPoolDefaults.precision": "precision",
    "workerPoolDefaults.singlePrecisionAfterSeconds": "single_precision_after_seconds",
    "workerPoolDefaults.lendIdleCpus": "lend_idle_cpus",
    "workerPoolDefaults.taskTimeoutSeconds": "task_timeout_seconds",
    "workerPoolDefaults.graceSeconds": "grace_seconds",
    "workerPoolDefaults.claimTimeoutSeconds": "claim_timeout_seconds",
    "workerPoolDefaults.metricsIntervalSeconds": "metrics_interval_seconds",
}
LIMITS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "enum", "pattern")


def test_each_variable_is_one_that_its_service_reads(rendering: Rendering) -> None:
    for pod in services(rendering):
        known = {f"QCEXEC_{name.upper()}" for name in SETTINGS[pod.component].model_fields}
        given = {
            variable["name"]
            for variable in container_of(pod).spec["env"]
            if variable["name"].startswith("QCEXEC_")
        }
        assert given <= known


def test_each_service_starts_with_the_variables_that_it_is_given(
    rendering: Rendering, monkeypatch: pytest.MonkeyPatch
) -> None:
    for pod in services(rendering):
        settings_of(pod, monkeypatch)


def test_the_longest_circuits_still_let_a_worker_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A grace period that is not given is as long as they are, and longer than a worker takes."""
    (longest,) = [
        value.schema["maximum"]
        for value in descendants(parse((CHART / "values.yaml").read_text(encoding="utf-8")))
        if value.name == "workerPoolDefaults.taskTimeoutSeconds"
    ]
    changes = {"workerPoolDefaults": {"taskTimeoutSeconds": longest}}
    (pod,) = render("default", changes).pods("worker")
    settings_of(pod, monkeypatch)


def test_large_numbers_arrive_as_they_were_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """Helm reads numbers as floating point, and prints large ones as 1e+12."""
    changes: dict[str, Any] = {
        "api": {"maxQueuedBytes": 1_099_511_627_776, "maxShots": 123_456_789},
        "workerPoolDefaults": {"minSlotMemoryBytes": 34_359_738_368},
    }
    rendering = render("default", changes)
    (api,), (worker,) = rendering.pods("api"), rendering.pods("worker")
    assert settings_of(api, monkeypatch)["max_queued_bytes"] == 1_099_511_627_776
    assert settings_of(api, monkeypatch)["max_shots"] == 123_456_789
    assert settings_of(worker, monkeypatch)["min_slot_memory_bytes"] == 34_359_738_368


@pytest.mark.parametrize(("value", "setting"), BECOMES.items())
def test_a_value_may_be_what_its_setting_may(value: str, setting: str) -> None:
    """What the chart admits and the service refuses is a pod that never starts."""
    (described,) = [
        each
        for each in descendants(parse((CHART / "values.yaml").read_text(encoding="utf-8")))
        if each.name == value
    ]
    (expected,) = {
        repr(limits(settings.model_json_schema()["properties"][setting]))
        for settings in SETTINGS.values()
        if setting in settings.model_fields
    }
    assert repr(limits(described.schema)) == expected


def test_a_program_has_the_options_that_it_is_started_with() -> None:
    (api,), (worker,) = render("default").pods("api"), render("default").pods("worker")
    commands = [
        api.container("migrate").spec["command"],
        *(
            container_of(worker).spec[probe]["exec"]["command"]
            for probe in ("startupProbe", "livenessProbe", "readinessProbe")
        ),
    ]
    for command in commands:
        module = command[command.index("-m") + 1]
        told = {word for word in command[command.index(module) :] if word.startswith("--")}
        assert told <= options_of(module)


def services(rendering: Rendering) -> list[Pod]:
    return [pod for component in SETTINGS for pod in rendering.pods(component)]


def container_of(pod: Pod) -> Container:
    return pod.container(pod.component)


def settings_of(pod: Pod, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the pod's service reads from its variables. Raises InvalidConfiguration."""
    with monkeypatch.context() as environment:
        environment.chdir(Path(__file__).parent)  # away from any .env file
        for name, value in container_of(pod).variables.items():
            environment.setenv(name, value)
        for variable in container_of(pod).spec["env"]:
            field = variable.get("valueFrom", {}).get("fieldRef", {}).get("fieldPath")
            if field in FIELDS:
                environment.setenv(variable["name"], FIELDS[field])
        return read_settings(SETTINGS[pod.component]).model_dump()


def limits(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The limits that a JSON schema sets; those of the other type where null is one, too."""
    options = [schema, *(each for each in schema.get("anyOf", []) if each.get("type") != "null")]
    return {name: normal(option[name]) for name in LIMITS for option in options if name in option}


def normal(limit: Any) -> Any:
    return float(limit) if isinstance(limit, int) else limit


def options_of(module: str) -> set[str]:
    printed = subprocess.run(
        [sys.executable, "-m", module, "--help"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    return {word.strip("[],") for word in printed.split() if word.strip("[],").startswith("--")}
