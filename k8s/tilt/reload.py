"""Runs a service, and runs it anew in the same process when SIGHUP says that its source changed.

A container whose first process ends is made anew from its image, and what was copied into it is
lost. So the process stays: the service is asked to stop as it is by Kubernetes (SIGTERM), drains,
and then the process replaces itself by a fresh interpreter. Its number does not change, which
counts for the worker: as a container's first process it knows that it is alone.

Source that does not run is no end either: the error is shown, and the next change awaited. The
service is the module that the environment names as MODULE, run as by `python -m`.
"""

import os
import runpy
import signal
import sys
import traceback
from typing import NoReturn


def main(module: str) -> NoReturn:
    """Run `module` until it is stopped for good; a change of its source is not."""
    changes: list[int] = []

    def change(number: int, _frame: object) -> None:
        changes.append(number)
        # Without a handler the service is past its end, and what follows it sees the change.
        if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
            signal.raise_signal(signal.SIGTERM)

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGHUP, change)
    code = _run(module)
    if code != 0 and not changes:
        sys.stderr.write(f"{module} ended with {code}; waiting for a change of its source\n")
        code = _wait()
    if not changes:
        sys.exit(code)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - itself


def _run(module: str) -> int:
    """Give the exit code that the interpreter would have ended with."""
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Exception:  # noqa: BLE001 - whatever edited source raises; it is shown
        traceback.print_exc()
        return 1
    return 0


def _wait() -> int:
    """Returns when a signal says that the source changed, or that this is the end."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        while True:
            signal.pause()
    except SystemExit:
        return 0


if __name__ == "__main__":
    main(os.environ["MODULE"])
