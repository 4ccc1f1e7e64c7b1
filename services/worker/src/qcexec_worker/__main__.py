"""The worker's process: ``python -m qcexec_worker``.

The first thing it does is to make itself unreadable for other processes of the
same user, before its environment, with the database's password, is of use to
anybody.
"""

from qcexec_worker.containment import protect_this_process

protect_this_process()

import sys  # noqa: E402 - protected first

from qcexec_worker.application import main  # noqa: E402 - protected first

if __name__ == "__main__":
    sys.exit(main())
