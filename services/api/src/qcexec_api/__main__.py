"""`python -m qcexec_api`: one process that serves until it gets SIGTERM or SIGINT.

Exits with 0 after a signal, 2 for a bad configuration and 3 where an address
cannot be bound. SIGTERM is heard from the first line on: the kernel keeps a
signal without a handler from a container's first process.
"""

import os
import signal
import sys

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

from importlib.metadata import version

from qcexec_api.app import DISTRIBUTION, create_app
from qcexec_api.metrics import ApiMetrics
from qcexec_api.readiness import Readiness
from qcexec_api.server import ApiServer
from qcexec_api.settings import ApiSettings
from qcexec_configuration import InvalidConfiguration, read_settings
from qcexec_telemetry import (
    LogFileUnusable,
    MetricsAddressUnusable,
    TracesUnsupported,
    configure_logging,
)
from qcexec_telemetry.metrics_server import serving_metrics
from qcexec_telemetry.tracing import tracing


def main() -> int:
    """Run the API; the value is the process's exit code."""
    release = version(DISTRIBUTION)
    readiness = Readiness()
    metrics = ApiMetrics(release)
    try:
        settings = read_settings(ApiSettings)
        configure_logging("api", level=settings.log_level, file=settings.log_file)
        with (
            tracing(DISTRIBUTION, release, os.environ) as tracer,
            serving_metrics(metrics.registry, settings.metrics_host, settings.metrics_port),
        ):
            app = create_app(settings, readiness, metrics, tracer)
            ApiServer(app, settings, readiness).run()
    except (InvalidConfiguration, LogFileUnusable, TracesUnsupported) as error:
        sys.stderr.write(f"qcexec-api: {error}\n")
        return 2
    except MetricsAddressUnusable as error:
        sys.stderr.write(f"qcexec-api: {error}\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
