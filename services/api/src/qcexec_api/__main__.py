"""`python -m qcexec_api`: one process that serves until it gets SIGTERM or SIGINT.

Exits with 0 after a signal, 2 for a bad configuration and 3 where the address
cannot be bound. SIGTERM is heard from the first line on: the kernel keeps a
signal without a handler from a container's first process.
"""

import signal
import sys

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

from qcexec_api.app import create_app
from qcexec_api.readiness import Readiness
from qcexec_api.server import ApiServer
from qcexec_api.settings import ApiSettings
from qcexec_configuration import InvalidConfiguration, read_settings
from qcexec_telemetry import LogFileUnusable, configure_logging


def main() -> int:
    """Run the API; the value is the process's exit code."""
    try:
        settings = read_settings(ApiSettings)
        configure_logging("api", level=settings.log_level, file=settings.log_file)
    except (InvalidConfiguration, LogFileUnusable) as error:
        sys.stderr.write(f"qcexec-api: {error}\n")
        return 2
    readiness = Readiness()
    ApiServer(create_app(settings, readiness), settings, readiness).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
