"""Settings come from the environment; what is wrong with them is said in one line."""

import re
from pathlib import Path

import pytest

from qcexec_api.settings import ApiSettings
from qcexec_configuration import InvalidConfiguration, read_settings

URL = "postgresql://app:hunter2@db:5432/qcexec"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment without settings, in a folder without a `.env`."""
    monkeypatch.chdir(tmp_path)
    for name in ApiSettings.model_fields:
        monkeypatch.delenv(f"QCEXEC_{name.upper()}", raising=False)
    return monkeypatch


def test_only_the_database_must_be_given(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("QCEXEC_DATABASE_URL", URL)
    settings = read_settings(ApiSettings)
    assert settings.database_url.get_secret_value() == URL
    assert (settings.port, settings.max_shots, settings.max_body_bytes) == (8000, 100_000, 2**20)
    assert (settings.max_queued_tasks, settings.max_queued_bytes) == (10**6, 10 * 2**30)
    assert settings.log_file is None


def test_a_missing_database_is_named(environment: pytest.MonkeyPatch) -> None:
    del environment
    with pytest.raises(InvalidConfiguration, match=r"^QCEXEC_DATABASE_URL: Field required$"):
        read_settings(ApiSettings)


def test_the_file_is_read_and_the_environment_wins(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = [f"QCEXEC_DATABASE_URL={URL}", "QCEXEC_PORT=1", "QCEXEC_SLOTS=2", "QCEXEC_LOG_FILE="]
    (tmp_path / ".env").write_text("\n".join(lines))
    environment.setenv("QCEXEC_PORT", "2")
    settings = read_settings(ApiSettings)
    assert settings.port == 2
    assert settings.log_file is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("QCEXEC_PORT", "http"),
        ("QCEXEC_PORT", "70000"),
        ("QCEXEC_MAX_SHOTS", "0"),
        ("QCEXEC_MAX_BODY_BYTES", "1e99"),
        ("QCEXEC_MAX_BODY_BYTES", "999999999999"),
        ("QCEXEC_API_CONNECTIONS", "0"),
        ("QCEXEC_LOG_LEVEL", "LOUD"),
        ("QCEXEC_QUEUE", "No Such Queue"),
        ("QCEXEC_DATABASE_URL", "mysql://app:hunter2@db/x"),
        ("QCEXEC_DATABASE_URL", "postgresql://app:hunter2@db:port/x"),
    ],
)
def test_a_bad_value_is_one_line_with_its_name_and_without_the_password(
    environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    environment.setenv("QCEXEC_DATABASE_URL", URL)
    environment.setenv(name, value)
    with pytest.raises(InvalidConfiguration) as caught:
        read_settings(ApiSettings)
    message = str(caught.value)
    assert re.match(rf"{name}: .+", message)
    assert "\n" not in message
    assert "hunter2" not in message


def test_no_representation_shows_the_password(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("QCEXEC_DATABASE_URL", URL)
    settings = read_settings(ApiSettings)
    assert "hunter2" not in f"{settings!r} {settings} {settings.model_dump()}"
