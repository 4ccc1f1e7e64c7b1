"""The filter's program, run by a small interpreter of classic BPF: for both architectures,
of which a machine has only one."""

import errno
import struct

import pytest

from qcexec_worker.seccomp import ARCHITECTURES, Instruction, program

PID = 4711
ALLOWED = 0x7FFF0000
EPERM = 0x00050000 | errno.EPERM
ENOSYS = 0x00050000 | errno.ENOSYS
CLONE_THREAD = 0x00010000
PTHREAD_FLAGS = 0x003D0F00
FORK_FLAGS = 0x01200011


def verdict(instructions: list[Instruction], audit: int, number: int, first: int = 0) -> int:
    data = struct.pack("<IIQ6Q", number, audit, 0, first, *[0] * 5)
    accumulator = position = 0
    while True:
        step = instructions[position]
        position += 1
        match step.code:
            case 0x20:
                (accumulator,) = struct.unpack_from("<I", data, step.operand)
            case 0x15:
                position += step.if_true if accumulator == step.operand else step.if_false
            case 0x35:
                position += step.if_true if accumulator >= step.operand else step.if_false
            case 0x45:
                position += step.if_true if accumulator & step.operand else step.if_false
            case 0x06:
                return step.operand


@pytest.fixture(params=sorted(ARCHITECTURES))
def machine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def judge(machine: str, call: str, first: int = 0) -> int:
    architecture = ARCHITECTURES[machine]
    return verdict(
        program(architecture, PID), architecture.audit, architecture.numbers[call], first
    )


@pytest.mark.parametrize(
    "call",
    [
        *("execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd"),
        *("socket", "connect", "kill", "tkill", "unshare", "setns", "bpf"),
    ],
)
def test_a_call_on_the_list_is_refused(machine: str, call: str) -> None:
    assert judge(machine, call) == EPERM


@pytest.mark.parametrize("call", ["fork", "vfork"])
def test_the_old_ways_to_fork_are_refused(call: str) -> None:
    assert judge("x86_64", call) == EPERM


def test_calls_that_hide_what_they_do_are_unknown(machine: str) -> None:
    assert judge(machine, "clone3") == ENOSYS
    assert judge(machine, "io_uring_setup") == ENOSYS


def test_threads_are_allowed_and_processes_are_not(machine: str) -> None:
    assert judge(machine, "clone", PTHREAD_FLAGS) == ALLOWED
    assert judge(machine, "clone", FORK_FLAGS) == EPERM
    assert judge(machine, "clone", PTHREAD_FLAGS & ~CLONE_THREAD) == EPERM


def test_a_child_may_abort_itself_and_signal_nobody_else(machine: str) -> None:
    assert judge(machine, "tgkill", PID) == ALLOWED
    assert judge(machine, "tgkill", PID + 1) == EPERM


def test_a_child_may_see_its_own_limits_alone(machine: str) -> None:
    assert judge(machine, "prlimit64", 0) == ALLOWED
    assert judge(machine, "prlimit64", PID) == ALLOWED
    assert judge(machine, "prlimit64", PID + 1) == EPERM


def test_a_child_cannot_untie_itself_from_its_parent(machine: str) -> None:
    assert judge(machine, "prctl", 1) == EPERM
    assert judge(machine, "prctl", 15) == ALLOWED


def test_what_is_not_on_the_list_is_allowed(machine: str) -> None:
    architecture = ARCHITECTURES[machine]
    named = set(architecture.numbers.values())
    instructions = program(architecture, PID)
    free = [number for number in range(460) if number not in named]
    assert {verdict(instructions, architecture.audit, number) for number in free} == {ALLOWED}


def test_another_architecture_or_table_knows_no_call(machine: str) -> None:
    architecture = ARCHITECTURES[machine]
    instructions = program(architecture, PID)
    assert verdict(instructions, 0x40000003, 11) == ENOSYS
    if machine == "x86_64":
        assert verdict(instructions, architecture.audit, 0x40000000 + 520) == ENOSYS
