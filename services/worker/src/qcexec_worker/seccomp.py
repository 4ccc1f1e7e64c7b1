"""The system calls that a child is refused: a small filter, written by hand.

The list is of what is refused, not of what is allowed, for it must survive every release of
the simulators: new processes and programs, sockets, other processes (their memory, signals,
limits and scheduling), ways round the filter (io_uring opens files and sockets without system
calls of its own), and the corners of the kernel that exploits come through. Threads stay
allowed. clone3 hides its flags from a filter, so it is refused as unknown, upon which libc
falls back to clone, whose flags can be seen.

The format is classic BPF over `struct seccomp_data` (linux/seccomp.h, linux/filter.h): number
at offset 0, architecture at 4, arguments of 8 bytes from 16, all little-endian here.
"""

import ctypes
import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_LOAD_WORD: Final = 0x20
_JUMP_EQUAL: Final = 0x15
_JUMP_AT_LEAST: Final = 0x35
_JUMP_ANY_BIT: Final = 0x45
_RETURN: Final = 0x06

_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000 | errno.EPERM
_UNKNOWN: Final = 0x00050000 | errno.ENOSYS

_NUMBER: Final = 0
_ARCHITECTURE: Final = 4
_FIRST_ARGUMENT: Final = 16

_CLONE_THREAD: Final = 0x00010000
_X32_BIT: Final = 0x40000000
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_SECCOMP: Final = 22
_SECCOMP_MODE_FILTER: Final = 2
_SECCOMP_SET_MODE_FILTER: Final = 1
_SECCOMP_FILTER_FLAG_SPEC_ALLOW: Final = 4

_REFUSED: Final = (
    # new programs and processes
    *("execve", "execveat", "fork", "vfork", "unshare", "setns"),
    # the network
    *("socket", "connect"),
    # other processes: memory, descriptors, signals, scheduling
    *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd"),
    *("kill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal"),
    *("setpriority", "ioprio_set", "sched_setaffinity", "sched_setattr", "sched_setparam"),
    *("sched_setscheduler",),
    # corners of the kernel that no simulator needs
    *("bpf", "perf_event_open", "userfaultfd", "keyctl", "add_key", "request_key"),
)
_REFUSED_AS_UNKNOWN: Final = ("clone3", "io_uring_setup")

_SAME_EVERYWHERE: Final = {
    "pidfd_send_signal": 424,
    "io_uring_setup": 425,
    "clone3": 435,
    "pidfd_getfd": 438,
    "process_madvise": 440,
}


@dataclass(frozen=True, slots=True)
class Architecture:
    """The kernel's name of an architecture (AUDIT_ARCH_*) and its system call numbers."""

    audit: int
    numbers: dict[str, int]
    second_table_from: int | None = None


ARCHITECTURES: Final = {
    "x86_64": Architecture(
        audit=0xC000003E,
        second_table_from=_X32_BIT,
        numbers=_SAME_EVERYWHERE
        | {"socket": 41, "connect": 42, "clone": 56, "fork": 57, "vfork": 58, "execve": 59}
        | {"kill": 62, "ptrace": 101, "rt_sigqueueinfo": 129, "setpriority": 141}
        | {"sched_setparam": 142, "sched_setscheduler": 144, "prctl": 157, "tkill": 200}
        | {"sched_setaffinity": 203, "tgkill": 234, "add_key": 248, "request_key": 249}
        | {"keyctl": 250, "ioprio_set": 251, "unshare": 272, "rt_tgsigqueueinfo": 297}
        | {"perf_event_open": 298, "prlimit64": 302, "setns": 308, "process_vm_readv": 310}
        | {"process_vm_writev": 311, "sched_setattr": 314, "seccomp": 317, "bpf": 321}
        | {"execveat": 322, "userfaultfd": 323},
    ),
    "aarch64": Architecture(
        audit=0xC00000B7,
        numbers=_SAME_EVERYWHERE
        | {"ioprio_set": 30, "unshare": 97, "ptrace": 117, "sched_setparam": 118}
        | {"sched_setscheduler": 119, "sched_setaffinity": 122, "kill": 129, "tkill": 130}
        | {"tgkill": 131, "rt_sigqueueinfo": 138, "setpriority": 140, "prctl": 167}
        | {"socket": 198, "connect": 203, "add_key": 217, "request_key": 218, "keyctl": 219}
        | {"clone": 220, "execve": 221, "rt_tgsigqueueinfo": 240, "perf_event_open": 241}
        | {"prlimit64": 261, "setns": 268, "process_vm_readv": 270, "process_vm_writev": 271}
        | {"sched_setattr": 274, "seccomp": 277, "bpf": 280, "execveat": 281}
        | {"userfaultfd": 282},
    ),
}


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction of classic BPF; jumps are counted from the instruction after it."""

    code: int
    operand: int
    if_true: int = 0
    if_false: int = 0


def program(architecture: Architecture, process: int) -> list[Instruction]:
    """Give the filter for a child with the process id `process`."""
    numbers = architecture.numbers
    return [
        Instruction(_LOAD_WORD, _ARCHITECTURE),
        Instruction(_JUMP_EQUAL, architecture.audit, 1, 0),
        Instruction(_RETURN, _UNKNOWN),
        Instruction(_LOAD_WORD, _NUMBER),
        *_refuse_second_table(architecture.second_table_from),
        *_answer([numbers[name] for name in _REFUSED if name in numbers], _REFUSE),
        *_answer([numbers[name] for name in _REFUSED_AS_UNKNOWN], _UNKNOWN),
        *_judge_argument(numbers["clone"], [Instruction(_JUMP_ANY_BIT, _CLONE_THREAD, 1, 0)]),
        *_judge_argument(numbers["tgkill"], [Instruction(_JUMP_EQUAL, process, 1, 0)]),
        *_judge_argument(
            numbers["prlimit64"],
            [Instruction(_JUMP_EQUAL, 0, 2, 0), Instruction(_JUMP_EQUAL, process, 1, 0)],
        ),
        *_judge_argument(numbers["prctl"], [Instruction(_JUMP_EQUAL, _PR_SET_PDEATHSIG, 0, 1)]),
        Instruction(_RETURN, _ALLOW),
    ]


def install(machine: str, process: int) -> str | None:
    """Put the filter on this process for good; give None, or in words why it has none.

    The process must have given up new privileges (no_new_privs) before.
    """
    architecture = ARCHITECTURES.get(machine)
    if architecture is None:
        return f"no filter is written for the architecture {machine}"
    instructions = program(architecture, process)
    array = (_Instruction * len(instructions))(
        *(
            _Instruction(each.code, each.if_true, each.if_false, each.operand)
            for each in instructions
        )
    )
    pointer = ctypes.byref(_Program(len(instructions), array))
    libc = ctypes.CDLL(None, use_errno=True)
    # Kernels before 5.16 slow a filtered process down by a third unless asked not to.
    spared = libc.syscall(
        ctypes.c_long(architecture.numbers["seccomp"]),
        ctypes.c_ulong(_SECCOMP_SET_MODE_FILTER),
        ctypes.c_ulong(_SECCOMP_FILTER_FLAG_SPEC_ALLOW),
        pointer,
    )
    if spared == 0:
        return None
    mode = ctypes.c_ulong(_SECCOMP_MODE_FILTER)
    if libc.prctl(_PR_SET_SECCOMP, mode, pointer, ctypes.c_ulong(0), ctypes.c_ulong(0)) == 0:
        return None
    return f"the kernel refused the filter: {os.strerror(ctypes.get_errno())}"


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_ushort),
        ("if_true", ctypes.c_ubyte),
        ("if_false", ctypes.c_ubyte),
        ("operand", ctypes.c_uint),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(_Instruction)))


def _refuse_second_table(first: int | None) -> Iterator[Instruction]:
    """x86-64 offers its calls a second time under other numbers (the x32 ABI)."""
    if first is not None:
        yield Instruction(_JUMP_AT_LEAST, first, 0, 1)
        yield Instruction(_RETURN, _UNKNOWN)


def _answer(numbers: list[int], answer: int) -> Iterator[Instruction]:
    for number in numbers:
        yield Instruction(_JUMP_EQUAL, number, 0, 1)
        yield Instruction(_RETURN, answer)


def _judge_argument(number: int, tests: list[Instruction]) -> Iterator[Instruction]:
    """Refuse a call unless a test of its first argument jumps past the refusal."""
    yield Instruction(_JUMP_EQUAL, number, 0, len(tests) + 3)
    yield Instruction(_LOAD_WORD, _FIRST_ARGUMENT)
    yield from tests
    yield Instruction(_RETURN, _REFUSE)
    yield Instruction(_RETURN, _ALLOW)
