"""The API's configuration, from the environment or a `.env` file."""

from pydantic import Field

from qcexec_configuration import ServiceSettings


class ApiSettings(ServiceSettings):
    """Everything that an API process can be told."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    max_shots: int = Field(default=100_000, ge=1, le=1_000_000_000)
    # The queue stores payloads of at most 32 MiB.
    max_body_bytes: int = Field(default=1024**2, ge=64, le=16 * 1024**2)
    max_queued_tasks: int = Field(default=1_000_000, ge=1)
    max_queued_bytes: int = Field(default=10 * 1024**3, ge=1)
    api_connections: int = Field(default=4, ge=2, le=100)
    shutdown_delay_seconds: float = Field(default=0.0, ge=0, le=600)
    shutdown_timeout_seconds: float = Field(default=20.0, ge=1, le=600)
    metrics_host: str = "127.0.0.1"
    metrics_port: int = Field(default=9464, ge=0, le=65535)
