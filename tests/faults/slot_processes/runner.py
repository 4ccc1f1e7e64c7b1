"""A runner that does what it is told, good or bad: the payload says what.

Its reports name the child by its process id, as `depth`: only the engine's names pass.

A file named by SLOT_TEST_START, if there, says what children do between their fork and their
hello: `hang` or `die`.
"""

import ctypes
import json
import os
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from faults.slot_processes.capabilities import drop_capabilities
from qcexec_worker.channel import Frame, encode
from qcexec_worker.child import Start
from qcexec_worker.jobs import ChildLimits, ChildOutcome, Counts, DoesNotFit, Refused

CHANNEL = 3
PTRACE_ATTACH = 16


def preload() -> Start:
    drop_capabilities()
    os.register_at_fork(after_in_child=_start)
    return lambda limits, _: partial(run, limits=limits)


def run(payload: bytes, seed: int, limits: ChildLimits) -> ChildOutcome:
    task = json.loads(payload)
    match task["do"]:
        case "answer":
            return Counts(b'{"0":%d}' % seed, {"depth": os.getpid()})
        case "refuse":
            return Refused("syntax_error", "line 1, column 2: \ud800 what?", 1, 2)
        case "ask_for_more":
            return DoesNotFit(limits.memory_bytes + 1)
        case "sleep":
            time.sleep(task.get("seconds", 3600))
            return Counts(b"{}", {})
        case "answer_much":
            return Counts(b'{"0":' + b"1" * task["bytes"] + b"}", {})
        case "raise":
            raise ValueError("the runner has a defect")
        case "abort":
            os.abort()
        case "exit":
            os._exit(7)
        case "exhaust_memory":
            return Counts(bytes(2 * limits.memory_bytes), {})
        case "keep_memory":
            _kept.append(bytes(limits.memory_bytes // 2))
            return Counts(b"{}", {"depth": os.getpid()})
        case "send_garbage":
            os.write(CHANNEL, b"\xff" * 64)
            return _wait_for_the_end()
        case "send_half":
            os.write(CHANNEL, encode(Frame("finished", body=bytes(1000)))[:-500])
            os.abort()
        case "flood":
            channel = socket.socket(fileno=os.dup(CHANNEL))
            while True:
                channel.sendall(encode(Frame("finished", body=bytes(100_000), key=10**6)))
        case "hang_up":
            os.close(CHANNEL)
            return _wait_for_the_end()
        case "probe":
            return Refused("probed", json.dumps(_probe(task["worker"])))
    raise ValueError(f"no such thing to do: {task}")


_kept: list[bytes] = []


def _start() -> None:
    file = os.environ.get("SLOT_TEST_START")
    match Path(file).read_text() if file and Path(file).exists() else "":
        case "hang":
            _wait_for_the_end()
        case "die":
            os._exit(5)


def _wait_for_the_end() -> ChildOutcome:
    while True:
        signal.pause()


def _probe(worker: int) -> dict[str, Any]:
    """Try whatever a circuit that took the child over would try, and tell what came of it."""
    forkserver = os.getppid()
    tried: dict[str, Any] = {
        "descriptors": sorted(_descriptors().items()),
        "environment": dict(os.environ),
        "thread": _outcome(_start_thread),
        "execute": _outcome(_execute),
        "fork": _outcome(os.fork),
        "socket": _outcome(socket.socket),
        "signal_worker": _outcome(lambda: os.kill(worker, 0)),
        "write_file": _outcome(_write_file),
        "status": _status(),
    }
    for name, pid in (("worker", worker), ("forkserver", forkserver)):
        tried |= {f"{name}_{what}": outcome for what, outcome in _pry(Path(f"/proc/{pid}"), pid)}
    return tried


def _pry(folder: Path, pid: int) -> Iterator[tuple[str, str]]:
    yield "environ", _outcome((folder / "environ").read_bytes)
    yield "memory", _outcome(lambda: _read_byte(folder / "mem"))
    yield "maps", _outcome((folder / "maps").read_bytes)
    yield "descriptors", _outcome(lambda: list((folder / "fd").iterdir()))
    yield "limits", _outcome(lambda: _limits_of(pid))
    yield "trace", _outcome(lambda: _trace(pid))


def _outcome(attempt: Callable[[], object]) -> str:
    try:
        return f"done: {attempt()!r}"[:200]
    except OSError as error:
        return f"refused: {error.strerror}"


def _descriptors() -> dict[str, str]:
    found = {}
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found[entry.name] = str(entry.readlink()).partition(":")[0]
        except FileNotFoundError:
            continue  # that of the listing itself
    return found


def _execute() -> None:
    os.execv("/bin/true", ["true"])  # noqa: S606 - that this is refused is what is tried


def _start_thread() -> None:
    thread = threading.Thread(target=str)
    thread.start()
    thread.join()


def _write_file() -> None:
    path = Path(f"/tmp/qcexec-probe-{os.getpid()}")
    try:
        path.write_bytes(b"x")
    finally:
        path.unlink(missing_ok=True)


def _read_byte(file: Path) -> bytes:
    with file.open("rb", buffering=0) as opened:
        return opened.read(1)


def _limits_of(pid: int) -> bytes:
    limits = ctypes.create_string_buffer(struct.calcsize("QQ"))
    return _call("prlimit", pid, 7, None, limits) or limits.raw


def _trace(pid: int) -> object:
    return _call("ptrace", PTRACE_ATTACH, pid, None, None)


def _call(name: str, *arguments: object) -> Any:
    libc = ctypes.CDLL(None, use_errno=True)
    if (answer := getattr(libc, name)(*arguments)) == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer


def _status() -> dict[str, str]:
    lines = Path("/proc/self/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    return {name: fields[name].strip() for name in ("NoNewPrivs", "Seccomp")}
