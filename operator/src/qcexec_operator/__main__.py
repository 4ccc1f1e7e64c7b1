"""The operator's process: ``python -m qcexec_operator``.

SIGTERM is heard from the first line on: the kernel keeps a signal without a handler from a
container's first process.
"""

import signal
import sys

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

from qcexec_operator.application import main

if __name__ == "__main__":
    sys.exit(main())
