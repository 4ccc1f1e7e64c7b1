"""What the services see: the caller's environment, `.env`, and what the standalone mode decides."""

from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

from qcexec_standalone.errors import BadSetting

PREFIX = "QCEXEC_"

_PREFIXES = (PREFIX, "OTEL_")
"""Of the variables in `.env`, those that are for services."""

_GRACE_SECONDS = 25.0

DECIDED = frozenset(
    f"{PREFIX}{name}"
    for name in (
        "DATABASE_URL",
        "MIGRATION_DATABASE_URL",
        "HOST",
        "PORT",
        "LOG_FILE",
        "HEALTH_FILE",
        "METRICS_HOST",
        "METRICS_PORT",
        "POD_UID",
        "POD_NAME",
        "NODE_NAME",
    )
)
"""Variables that the standalone mode sets itself, or leaves unset: those of `.env` and of the
caller may be meant for containers."""


def read_environment(caller: Mapping[str, str], dotenv_file: Path) -> dict[str, str]:
    """The caller's variables, and the services' ones of `.env` that the caller leaves unset.

    A variable that is set but empty counts as unset, as the services see it.
    """
    written = {
        name: value
        for name, value in dotenv_values(dotenv_file).items()
        if name.startswith(_PREFIXES) and value
    }
    return {**written, **{name: value for name, value in caller.items() if value}}


def service_environment(
    environment: Mapping[str, str], decided: Mapping[str, str]
) -> dict[str, str]:
    """The variables of one service: `decided` in place of whatever was set under these names."""
    kept = {name: value for name, value in environment.items() if name not in DECIDED}
    return {**kept, **decided}


def drain_seconds(environment: Mapping[str, str]) -> float:
    """How long a worker may take to finish what it is at: QCEXEC_GRACE_SECONDS.

    Its default stands in for a value that the worker itself will refuse.
    """
    try:
        return float(environment.get(f"{PREFIX}GRACE_SECONDS") or _GRACE_SECONDS)
    except ValueError:
        return _GRACE_SECONDS


def metrics_variables(port: int) -> dict[str, str]:
    """What says that a service serves its metrics on this machine's `port`; 0: nowhere."""
    return {f"{PREFIX}METRICS_PORT": str(port)}


def listening_address(
    environment: Mapping[str, str], *, host: str | None, port: int | None
) -> tuple[str, int]:
    """Where the API listens: as asked for, else as the environment says, else 127.0.0.1:8000.

    Raises BadSetting if the port is none.
    """
    text = str(port) if port is not None else environment.get(f"{PREFIX}PORT", "8000")
    try:
        number = int(text)
    except ValueError:
        number = 0
    if not 1 <= number <= 65535:
        raise BadSetting(f"{PREFIX}PORT: {text!r} is no port: a number from 1 to 65535")
    return host or environment.get(f"{PREFIX}HOST") or "127.0.0.1", number
