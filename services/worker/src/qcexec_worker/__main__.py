"""The worker's process: ``python -m qcexec_worker``.

The first thing it does is to make itself unreadable for other processes of the
same user, before its environment, with the database's password, is of use to
anybody. The second is to hear SIGTERM: the kernel keeps a signal without a
handler from a container's first process.
"""

from qcexec_worker.containment import protect_this_process

protect_this_process()

import signal
import sys

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

from qcexec_worker.application import main

if __name__ == "__main__":
    sys.exit(main())
