"""What of the caller's environment and of `.env` reaches the services."""

from pathlib import Path

import pytest

from qcexec_standalone.environment import (
    drain_seconds,
    listening_address,
    read_environment,
    service_environment,
)
from qcexec_standalone.errors import BadSetting


def test_the_caller_wins_over_the_file_unless_its_value_is_empty(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("QCEXEC_A=file\nQCEXEC_B=file\nQCEXEC_C=file\nOTHER=file\nQCEXEC_D=\n")

    read = read_environment({"QCEXEC_A": "caller", "QCEXEC_B": "", "HOME": "/"}, file)

    assert read == {"QCEXEC_A": "caller", "QCEXEC_B": "file", "QCEXEC_C": "file", "HOME": "/"}


def test_a_collector_that_the_file_names_reaches_the_services(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318\n")

    read = service_environment(read_environment({}, file), {})

    assert read == {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}


def test_no_file_is_no_error(tmp_path: Path) -> None:
    assert read_environment({"QCEXEC_A": "1"}, tmp_path / ".env") == {"QCEXEC_A": "1"}


def test_a_database_or_log_file_meant_for_containers_is_not_handed_on() -> None:
    environment = {
        "QCEXEC_DATABASE_URL": "postgresql://db/qcexec",
        "QCEXEC_MIGRATION_DATABASE_URL": "postgresql://owner@db/qcexec",
        "QCEXEC_LOG_FILE": "/var/log/app/app.log",
        "QCEXEC_MAX_SHOTS": "5",
        "QCEXEC_METRICS_HOST": "192.0.2.1",
        "QCEXEC_METRICS_PORT": "9464",
    }

    assert service_environment(environment, {"QCEXEC_DATABASE_URL": "own"}) == {
        "QCEXEC_DATABASE_URL": "own",
        "QCEXEC_MAX_SHOTS": "5",
    }


def test_an_address_asked_for_wins_over_the_environment() -> None:
    environment = {"QCEXEC_HOST": "::", "QCEXEC_PORT": "9000"}

    assert listening_address(environment, host=None, port=None) == ("::", 9000)
    assert listening_address(environment, host="::1", port=1) == ("::1", 1)
    assert listening_address({}, host=None, port=None) == ("127.0.0.1", 8000)


@pytest.mark.parametrize("port", ["", "abc", "0", "65536", "-1", "8000.0"])
def test_a_port_that_is_none_is_refused_by_name(port: str) -> None:
    with pytest.raises(BadSetting, match="QCEXEC_PORT"):
        listening_address({"QCEXEC_PORT": port}, host=None, port=None)


def test_a_grace_period_that_is_no_number_is_left_for_the_worker_to_refuse() -> None:
    assert drain_seconds({"QCEXEC_GRACE_SECONDS": "600"}) == 600
    assert drain_seconds({"QCEXEC_GRACE_SECONDS": "soon"}) == drain_seconds({})
