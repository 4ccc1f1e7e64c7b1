"""The process that children are forked from: `python -m qcexec_worker.forkserver`.

It imports what a run needs once, stays single-threaded, and forks: a child is ready in
milliseconds and shares the imported pages. The worker starts it with an environment that
holds no secret and with one descriptor, a socket of packets over which it asks for children
(each with the child's socket beside it) and for their end. As the parent of the children it
is the one process that can signal a child without ever hitting a stranger under a reused
number, and the one that learns how each ended. It dies with the worker, and they with it.

Where the worker lends the CPUs of idle slots it maps the words for that (`spare_words`), and each
child is shown its own.
"""

import argparse
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import time
import traceback
from collections.abc import Sequence
from typing import Any, Final, cast

from qcexec_worker import child, containment
from qcexec_worker.jobs import ChildLimits
from qcexec_worker.spare_words import read_only, word_of

PACKET_LIMIT: Final = 16 * 1024

_TEXT_LIMIT: Final = 4000


def main(arguments: Sequence[str]) -> int:
    """Preload, then serve the worker until it hangs up; give the exit status."""
    containment.protect_this_process()
    options = _parse(arguments)
    containment.die_with_parent(options.parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=options.control)
    spare_words = None if options.spare_words is None else read_only(options.spare_words)
    started = time.monotonic()
    try:
        runner = cast("child.Runner", importlib.import_module(options.runner))
        start = runner.preload()
    except Exception as error:  # noqa: BLE001 - the worker logs it, and this process ends
        _send(control, {"kind": "failed", "detail": _last_of(error)})
        return 1
    gc.collect()
    gc.freeze()
    _send(control, {"kind": "ready", "seconds": time.monotonic() - started, **_sizes()})
    _Forkserver(control, start, spare_words).serve()
    return 0


class _Forkserver:
    def __init__(
        self, control: socket.socket, start: child.Start, spare_words: memoryview | None
    ) -> None:
        self._control = control
        self._start = start
        self._spare_words = spare_words
        self._children: set[int] = set()

    def serve(self) -> None:
        wakeup, wakeup_writer = socket.socketpair()
        wakeup.setblocking(False)
        wakeup_writer.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wakeup_writer.fileno(), warn_on_full_buffer=False)
        selector = selectors.DefaultSelector()
        selector.register(self._control, selectors.EVENT_READ)
        selector.register(wakeup, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is wakeup:
                    wakeup.recv(PACKET_LIMIT)
                    self._reap()
                elif not self._obey():
                    return

    def _obey(self) -> bool:
        packet, descriptors, _, _ = socket.recv_fds(self._control, PACKET_LIMIT, 1)
        if not packet:
            return False
        request = json.loads(packet)
        if request["kind"] == "spawn":
            self._spawn(request, descriptors[0])
        elif request["pid"] in self._children:
            os.kill(request["pid"], signal.SIGKILL)
        return True

    def _spawn(self, request: dict[str, Any], connection: int) -> None:
        limits = ChildLimits(**request["limits"])
        parent = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            os.close(connection)
            _send(self._control, {"kind": "refused", "detail": str(error)})
            return
        if pid == 0:
            words = self._spare_words
            spare_threads = None if words is None else word_of(words, limits.slot)
            child.main(connection, parent, self._start, limits, spare_threads)
        os.close(connection)
        self._children.add(pid)
        _send(self._control, {"kind": "spawned", "pid": pid})

    def _reap(self) -> None:
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            self._children.discard(pid)
            code = os.waitstatus_to_exitcode(status)
            _send(self._control, {"kind": "exited", "pid": pid, "code": code})


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m qcexec_worker.forkserver")
    parser.add_argument("--control", type=int, required=True, help="descriptor of the socket")
    parser.add_argument("--parent", type=int, required=True, help="process id of the worker")
    parser.add_argument("--spare-words", type=int, help="descriptor of the words of idle CPUs")
    parser.add_argument("--runner", required=True, help="module that runs the jobs")
    return parser.parse_args(arguments)


def _sizes() -> dict[str, int]:
    with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123 - no reason to import pathlib here
        mapped, resident = (int(pages) for pages in statm.read().split()[:2])
    page = os.sysconf("SC_PAGE_SIZE")
    return {"mapped_bytes": mapped * page, "resident_bytes": resident * page}


def _last_of(error: Exception) -> str:
    return "".join(traceback.format_exception(error))[-_TEXT_LIMIT:]


def _send(control: socket.socket, message: dict[str, Any]) -> None:
    control.send(json.dumps(message).encode())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
