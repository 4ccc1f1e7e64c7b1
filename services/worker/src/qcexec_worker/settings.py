"""The worker's configuration, from the environment or a `.env` file."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from qcexec_configuration import ServiceSettings
from qcexec_engine import Precision

GIBIBYTE = 1024**3


class WorkerSettings(ServiceSettings):
    """Everything that a worker can be told."""

    slots: int | None = Field(default=None, ge=1, le=1024)
    min_slot_memory_bytes: int = Field(default=GIBIBYTE // 2, ge=64 * 1024**2)
    pool_rank: int = Field(default=0, ge=0, le=1000)
    max_qubits: int = Field(default=32, ge=1, le=64)
    precision: Precision = "auto"
    single_precision_after_seconds: float = Field(default=10.0, gt=0, le=7 * 86400)
    lend_idle_cpus: bool = True
    task_timeout_seconds: float = Field(default=300.0, gt=0, le=7 * 86400)
    grace_seconds: float = Field(default=25.0, ge=0, le=86400)
    claim_timeout_seconds: float = Field(default=10.0, gt=0, le=300)
    metrics_interval_seconds: float = Field(default=60.0, ge=0, le=86400)
    pod_uid: str | None = Field(default=None, max_length=200)
    pod_name: str | None = Field(default=None, max_length=253)
    node_name: str | None = Field(default=None, max_length=253)
    health_file: Path | None = None
    metrics_host: str = "127.0.0.1"
    metrics_port: int = Field(default=9464, ge=0, le=65535)
