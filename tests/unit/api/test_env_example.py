"""`.env.example` names every variable that a service reads, its default, and what it is for."""

from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from dotenv import dotenv_values
from pydantic import SecretStr

from qcexec_api.settings import ApiSettings
from qcexec_configuration import PREFIX, ServiceSettings
from qcexec_worker.settings import WorkerSettings

FILE = Path(__file__).parents[3] / ".env.example"
TEXT = FILE.read_text(encoding="utf-8")
VALUES = dotenv_values(stream=StringIO(TEXT))

SERVICES: tuple[type[ServiceSettings], ...] = (ApiSettings, WorkerSettings)
DEFAULTS: dict[str, Any] = {
    f"{PREFIX}{name.upper()}": field.get_default()
    for service in SERVICES
    for name, field in service.model_fields.items()
}
MIGRATION = {"QCEXEC_DATABASE_URL", "QCEXEC_MIGRATION_DATABASE_URL", "QCEXEC_RETENTION_DAYS"}
REQUIRED = {"QCEXEC_DATABASE_URL"}


def test_every_variable_that_is_read_is_in_the_file() -> None:
    assert (set(DEFAULTS) | MIGRATION) - set(VALUES) == set()


def test_every_variable_of_the_file_is_read_by_something() -> None:
    ours = {name for name in VALUES if name.startswith(PREFIX)}
    assert ours - set(DEFAULTS) - MIGRATION == set()


def test_every_variable_has_a_comment_above_it() -> None:
    lines = TEXT.splitlines()
    for above, line in pairwise(lines):
        if "=" in line and not line.startswith("#"):
            assert above.startswith("# "), line


def test_services_agree_about_what_they_share() -> None:
    for name in set(ApiSettings.model_fields) & set(WorkerSettings.model_fields):
        api, worker = ApiSettings.model_fields[name], WorkerSettings.model_fields[name]
        assert api.get_default() == worker.get_default(), name


@pytest.mark.parametrize("service", SERVICES)
def test_the_file_as_it_is_gives_the_defaults(
    service: type[ServiceSettings], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in DEFAULTS:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".env").write_text(TEXT, encoding="utf-8")
    settings = service()  # type: ignore[call-arg]  # read from the file
    for name in service.model_fields:
        variable = f"{PREFIX}{name.upper()}"
        value = getattr(settings, name)
        if variable in REQUIRED:
            assert isinstance(value, SecretStr)
            assert value.get_secret_value() == VALUES[variable]
        else:
            assert value == DEFAULTS[variable], variable
