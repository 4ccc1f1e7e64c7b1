"""What every service can be told, and how it is read.

Variables have the prefix `QCEXEC_`; one that is set but empty counts as unset.
The `.env` file is shared by all services, so variables that one of them does not
know are no error. No value is ever repeated in a message: it may be a password.
"""

from pathlib import Path
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from qcexec_configuration.errors import InvalidConfiguration

PREFIX = "QCEXEC_"

QUEUE_NAME = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"


def _check_database_url(url: SecretStr) -> SecretStr:
    try:
        parts = urlsplit(url.get_secret_value())
        port = parts.port
    except ValueError:
        parts, port = None, None
    if parts is None or parts.scheme not in {"postgresql", "postgres"} or port == 0:
        raise ValueError("should look like postgresql://user:password@host:5432/database")
    return url


class ServiceSettings(BaseSettings):
    """What every process of the service that uses the queue can be told."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    database_url: Annotated[SecretStr, AfterValidator(_check_database_url)]
    queue: str = Field(default="default", pattern=QUEUE_NAME)
    # Maintenance is run by whichever process holds its lock: what it needs is the same for all.
    lease_seconds: float = Field(default=30.0, ge=1, le=3600)
    max_attempts: int = Field(default=3, ge=1, le=100)
    retry_backoff_seconds: float = Field(default=1.0, gt=0, le=3600)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
    log_file: Path | None = None


Settings = TypeVar("Settings", bound=BaseSettings)


def read_settings(kind: type[Settings]) -> Settings:
    """The settings of this process. Raises InvalidConfiguration with one line that says all."""
    try:
        return kind()
    except ValidationError as error:
        raise InvalidConfiguration(_describe(error)) from None


def _describe(error: ValidationError) -> str:
    return "; ".join(
        f"{PREFIX}{'.'.join(str(part) for part in each['loc']).upper()}: {each['msg']}"
        for each in error.errors(include_url=False, include_context=False, include_input=False)
    )
