"""What keeps a hostile circuit from the worker's credentials and from its neighbours.

Circuits run in native code that may have holes, in a child of the same user as the worker.
The kernel lets such a child read its parent's environment and memory, unless the parent is
non-dumpable: so worker, forkserver and child make themselves so before anything else. The
rest narrows what a child can do: it dies with its parent, gains no privileges, writes no
files, and is refused new processes, sockets and a hand on other processes (`seccomp`).

A process of root is not contained by this: root's capabilities pass every check named here.
Importing this module imports nothing but the standard library's ctypes.
"""

import contextlib
import ctypes
import os
import resource
import signal
from dataclasses import dataclass
from typing import Final

from qcexec_worker import seccomp
from qcexec_worker.errors import ConfinementRefused

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38

_OPEN_FILES: Final = 64
_CHANNEL_DESCRIPTOR: Final = 3
_STANDARD_DESCRIPTORS: Final = 3
_PAGE_BYTES: Final = resource.getpagesize()

_libc = ctypes.CDLL(None, use_errno=True)
_libc.prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]


@dataclass(frozen=True, slots=True)
class Confinement:
    """How a child was confined: its address space in bytes, and why there is no filter."""

    baseline_bytes: int
    address_space_bytes: int
    filter_missing: str | None


def protect_this_process() -> None:
    """Make this process non-dumpable: no process of the same user can read its environment,
    memory or descriptors, and it leaves no core dump. Call it before anything else.

    Raises ConfinementRefused where the kernel refuses.
    """
    _prctl(_PR_SET_DUMPABLE, 0, "make the process non-dumpable")


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when the thread that started it ends.

    `parent` is the process id that is expected as parent: when that one died before the
    request reached the kernel, the process leaves at once.
    """
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, "tie the process to its parent")
    if os.getppid() != parent:
        os._exit(1)


def keep_only(descriptor: int) -> int:
    """Close all descriptors but this one and give its new number.

    The numbers 0 to 2 lead to /dev/null rather than being closed: a library that prints, or
    opens a file, must not be handed the number of a standard stream.
    """
    null = os.open(os.devnull, os.O_RDWR)
    moved = os.dup(descriptor) if descriptor < _STANDARD_DESCRIPTORS else descriptor
    for standard in range(_STANDARD_DESCRIPTORS):
        os.dup2(null, standard)
    if moved != _CHANNEL_DESCRIPTOR:
        os.dup2(moved, _CHANNEL_DESCRIPTOR)
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - numbers, not paths
        if int(name) > _CHANNEL_DESCRIPTOR:
            # The listing's own descriptor is among the names and closed by now.
            with contextlib.suppress(OSError):
                os.close(int(name))
    return _CHANNEL_DESCRIPTOR


def address_space_bytes() -> int:
    """Give the size of this process's address space: what RLIMIT_AS limits."""
    # Without a file object: this is called after every job.
    descriptor = os.open("/proc/self/statm", os.O_RDONLY)
    try:
        pages = int(os.read(descriptor, 32).split(b" ", 1)[0])
    finally:
        os.close(descriptor)
    return pages * _PAGE_BYTES


def confine(memory_bytes: int) -> Confinement:
    """Limit this process for good, to `memory_bytes` beyond what it maps at this moment.

    The budget is on top of the present size because libraries map far more than they use.
    Threads are not limited by RLIMIT_NPROC: it counts those of every process of the user on
    the whole node. Where the kernel has no seccomp the result says so, and why. Raises
    ConfinementRefused when the kernel refuses any other limit.
    """
    baseline = address_space_bytes()
    limit = baseline + memory_bytes
    try:
        _limit(resource.RLIMIT_CORE, 0)
        _limit(resource.RLIMIT_FSIZE, 0)
        _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
        _limit(resource.RLIMIT_AS, limit)
    except (OSError, ValueError) as error:
        raise ConfinementRefused(f"a resource limit was refused: {error}") from error
    _prctl(_PR_SET_NO_NEW_PRIVS, 1, "give up new privileges")
    return Confinement(baseline, limit, seccomp.install(os.uname().machine, os.getpid()))


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, value))


def _prctl(operation: int, argument: int, purpose: str) -> None:
    if _libc.prctl(operation, argument, 0, 0, 0) != 0:
        raise ConfinementRefused(f"cannot {purpose}: {os.strerror(ctypes.get_errno())}")
