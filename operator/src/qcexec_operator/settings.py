"""The operator's configuration, from the environment or a `.env` file."""

from __future__ import annotations

from pydantic import Field

from qcexec_configuration import ServiceSettings

_LABEL_VALUE = r"^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"
_NAMESPACE = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"


class OperatorSettings(ServiceSettings):
    """Everything that an operator can be told."""

    instance: str = Field(pattern=_LABEL_VALUE)
    """The release whose pools and pods are handled: their label app.kubernetes.io/instance."""
    namespace: str = Field(pattern=_NAMESPACE)
    http_port: int = Field(default=8080, ge=1, le=65535)
    """Of /healthz, /readyz and /metrics."""
    interval_seconds: float = Field(default=1.0, ge=0.1, le=60)
    """Between looks at everything."""
    resync_seconds: float = Field(default=30.0, ge=1, le=3600)
    """Between lists of what is watched, for what a watch may have missed."""
