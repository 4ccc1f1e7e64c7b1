"""What the kernel takes: as much as it says, and an error of its own where there is less."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import sys
import tracemalloc
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

import numpy
import pytest
from hypothesis import given, settings
from hypothesis.strategies import integers, lists, tuples

from qcexec_kernel import Kernel, OutOfMemory, SpareMemory, State
from qcexec_kernel.operations import encode, encoding_bytes, kept_bytes
from unit.kernel.builds import SOURCES, compiled
from unit.kernel.circuits import Circuit, circuits
from unit.kernel.little_memory import said_by
from unit.kernel.reference import Gate, Unitary

_WRAPPED = ("malloc", "calloc", "realloc", "free")
# The allocator rounds up, and there are less than twenty arrays.
_ROUNDING_BYTES = 20 * 32


class Counted(NamedTuple):
    """The kernel on an allocator that counts, and that fails when it is told to."""

    kernel: Kernel
    counting: ctypes.CDLL


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Counted:
    if shutil.which("gcc") is None:
        pytest.skip("the counting allocator is compiled by gcc")
    flags = ["-O1", *(f"-Wl,--wrap={name}" for name in _WRAPPED)]
    counting = Path(__file__).with_name("counting.c")
    file = compiled(tmp_path_factory.mktemp("counted"), SOURCES, [*flags, str(counting)])
    library = ctypes.CDLL(str(file))
    library.counting_most.restype = library.counting_held.restype = ctypes.c_size_t
    library.counting_begin.argtypes = (ctypes.c_long,)
    return Counted(Kernel(file=file), library)


@given(circuit=circuits(max_qubits=20, max_operations=60))
def test_planning_takes_more_than_it_says(counted: Counted, circuit: Circuit) -> None:
    encoded = encode(circuit.operations)
    counted.counting.counting_begin(0)
    plan = counted.kernel.plan(circuit.num_qubits, circuit.operations)
    taken = counted.counting.counting_most()
    said = max(plan.planning_bytes, encoding_bytes(encoded)) - kept_bytes(encoded)
    assert taken + plan.kept_bytes <= said + _ROUNDING_BYTES
    assert counted.counting.counting_held() == 0


@given(circuit=circuits(max_qubits=20, max_operations=100))
def test_a_gate_takes_more_than_two_kilobytes_to_plan(circuit: Circuit) -> None:
    plan = Kernel().plan(circuit.num_qubits, circuit.operations)
    matrices = sum(each.matrix.nbytes for each in circuit.operations if isinstance(each, Unitary))
    assert plan.planning_bytes <= (64 << 10) + 2048 * len(circuit.operations) + 7 * matrices


def test_planning_takes_much_less_than_it_says(counted: Counted) -> None:
    circuit = _brickwork(20, 200)
    counted.counting.counting_begin(0)
    plan = counted.kernel.plan(circuit.num_qubits, circuit.operations)
    said = plan.planning_bytes - kept_bytes(encode(circuit.operations)) - plan.kept_bytes
    assert said <= 1.1 * counted.counting.counting_most()


@pytest.mark.parametrize("num_outcomes", [1, 1000, 100_000])
@pytest.mark.parametrize("num_qubits", [1, 14, 20])
def test_sampling_takes_more_than_it_says(num_qubits: int, num_outcomes: int) -> None:
    kernel = Kernel()
    uniforms = numpy.linspace(0, 1, num_outcomes, endpoint=False)
    with kernel.state(num_qubits) as state:
        state.sample(range(num_qubits), uniforms)
        tracemalloc.start()
        try:
            state.sample(range(num_qubits), uniforms)
            _, taken = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    said = kernel.sampling_bytes(num_qubits, num_outcomes)
    assert taken <= said <= max(1.5 * taken, 16384)


def test_the_tables_of_all_layers_of_a_deep_circuit_are_in_memory_at_once() -> None:
    kernel = Kernel()
    shallow, deep = (kernel.plan(14, _brickwork(14, layers).operations) for layers in (100, 2000))
    assert deep.measures.num_tables > 10 * shallow.measures.num_tables
    assert deep.workspace_bytes() < 2 * shallow.workspace_bytes()


@given(circuit=circuits(max_qubits=16, max_operations=30))
def test_taking_a_circuit_apart_takes_more_than_it_says(circuit: Circuit) -> None:
    encode(circuit.operations)
    tracemalloc.start()
    try:
        encoded = encode(circuit.operations)
        _, taken = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken <= encoding_bytes(encoded)


@settings(max_examples=20)
@given(circuit=circuits(max_qubits=20, max_operations=20))
def test_an_allocation_that_fails_is_not_noticed_or_leaves_memory_behind(
    counted: Counted, circuit: Circuit
) -> None:
    failing = 0
    while True:
        failing += 1
        counted.counting.counting_begin(failing)
        try:
            counted.kernel.plan(circuit.num_qubits, circuit.operations)
        except OutOfMemory:
            assert counted.counting.counting_held() == 0
        else:
            break
    # One array of marks, one of runs' numbers, a plan's head, at the very least.
    assert failing > 3


@given(megabytes=integers(1, 400))
@settings(max_examples=12)
def test_a_process_with_little_memory_ends_or_raises_something_else(megabytes: int) -> None:
    outcome = _in_little_memory(megabytes << 20)
    assert outcome.ended in ("done", "out_of_memory")


def test_a_run_fails_with_what_its_plan_says() -> None:
    said = _in_little_memory(1 << 40)
    assert said.ended == "done"
    assert _in_little_memory(said.run_bytes + (2 << 20)).ended == "done"


@pytest.mark.parametrize("threads", [1, 5])
def test_a_run_takes_more_than_its_plan_says(threads: int) -> None:
    outcome = _in_little_memory(1 << 40, threads)
    assert outcome.mapped_bytes <= outcome.run_bytes + threads * (256 << 10) + (2 << 20)


def test_a_run_takes_less_than_its_plan_says() -> None:
    said = _in_little_memory(1 << 40)
    assert _in_little_memory(said.run_bytes - (4 << 20)).ended == "out_of_memory"


def test_a_buffer_that_was_given_back_is_had_anew() -> None:
    kernel, memory = Kernel(), SpareMemory()
    with kernel.state(12, memory=memory) as first:
        address = first.address
    assert memory.kept_bytes == kernel.state_bytes(12)
    with kernel.state(12, memory=memory) as second:
        assert second.address == address
        assert memory.kept_bytes == 0


def test_a_state_that_is_dropped_keeps_its_buffer_from_others() -> None:
    kernel, memory = Kernel(), SpareMemory()
    kernel.state(12, memory=memory)
    assert memory.kept_bytes == kernel.state_bytes(12)


def test_a_state_that_is_closed_twice_gives_its_buffer_to_two_others() -> None:
    kernel, memory = Kernel(), SpareMemory()
    state = kernel.state(12, memory=memory)
    state.close()
    state.close()
    assert memory.kept_bytes == kernel.state_bytes(12)
    with pytest.raises(ValueError, match="closed"):
        state.probability(0)


def test_a_new_state_in_an_old_buffer_is_not_zero() -> None:
    kernel, memory = Kernel(), SpareMemory()
    layer = [Gate("h", (), (qubit,)) for qubit in range(5)]
    for plan in (
        kernel.plan(5, layer),
        kernel.plan(5, [], begins_in_zero=False),
        kernel.plan(5, [Gate("x", (), (0,), 0)], begins_in_zero=False),
    ):
        with kernel.state(5, memory=memory) as state:
            assert state.amplitudes()[0] == 1
            assert state.probability(0) == 0
            state.run(plan)
        with kernel.state(5, memory=memory) as state:
            state.flip(2)
            assert state.amplitudes()[4] == 1
    with kernel.state(5, memory=memory) as dirty, kernel.state(5, memory=memory) as copy:
        dirty.run(kernel.plan(5, layer))
        dirty.close()
        with kernel.state(5, memory=memory) as original:
            copy.copy_from(original)
        assert copy.amplitudes()[0] == 1


def test_each_of_many_states_takes_a_workspace_of_its_own() -> None:
    kernel, memory = Kernel(), SpareMemory()
    plans = [kernel.plan(14, _brickwork(14, layers).operations) for layers in (3, 20, 6)]
    states = [kernel.state(14, memory=memory) for _ in range(4)]
    for plan in plans:
        for state in states:
            state.run(plan)
    assert memory.kept_bytes == max(plan.workspace_bytes() for plan in plans)


@given(
    asked=lists(tuples(integers(1, 12), integers(0, 40)), min_size=1, max_size=20),
    most=integers(0, 200_000),
)
def test_more_is_kept_than_allowed_or_than_there_was(
    asked: list[tuple[int, int]], most: int
) -> None:
    kernel, memory = Kernel(), SpareMemory()
    held: list[State] = []
    for num_qubits, given_back in asked:
        held.append(kernel.state(num_qubits, memory=memory))
        if given_back < len(held):
            held.pop(given_back).close()
    kept, in_use = memory.kept_bytes, sum(state.num_bytes for state in held)
    assert kept + in_use <= sum(kernel.state_bytes(num_qubits) for num_qubits, _ in asked)
    memory.keep_at_most(most)
    assert memory.kept_bytes <= min(most, kept)
    assert len({state.address for state in held}) == len(held)


def test_what_is_kept_is_not_given_up_for_what_is_asked() -> None:
    """A buffer of one size stands in the way of one of another, in little address space."""
    done = subprocess.run(
        [sys.executable, "-c", dedent(_TWO_SIZES)],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout == "done\n"


_TWO_SIZES = """
    import resource
    from qcexec_kernel import Kernel, SpareMemory

    kernel, memory = Kernel(), SpareMemory()
    kernel.state(4).close()
    mapped = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    room = 3 * kernel.state_bytes(21) // 2
    resource.setrlimit(resource.RLIMIT_AS, (mapped + room,) * 2)
    kernel.state(21, memory=memory).close()
    kernel.state(20, memory=memory).close()
    kernel.state(21, memory=memory).close()
    assert memory.kept_bytes == kernel.state_bytes(21)
    print("done")
"""


def _brickwork(num_qubits: int, layers: int) -> Circuit:
    operations: list[Gate | Unitary] = []
    for layer in range(layers):
        pairs = [(qubit, qubit + 1) for qubit in range(layer % 2, num_qubits - 1, 2)]
        operations += [Gate("u", (0.1 + layer, 0.2, 0.3), (qubit,)) for qubit in range(num_qubits)]
        operations += [Gate("x", (), pair, 1) for pair in pairs]
    return Circuit(num_qubits, operations)


class Outcome(NamedTuple):
    """How a process ended, what its run took by the plan, and by the system."""

    ended: str
    run_bytes: int
    mapped_bytes: int


def _in_little_memory(num_bytes: int, threads: int = 1) -> Outcome:
    """Plans, runs and samples a circuit of 22 qubits in so much more than Python had already."""
    return Outcome(*said_by(_PROGRAM, num_bytes, threads))


_PROGRAM = """
    def mapped_at_most():
        status = open("/proc/self/status").read()
        return int(re.search(r"VmPeak:\\s+(\\d+) kB", status)[1]) << 10

    mapped = limit()
    ended, run_bytes = "done", 0
    try:
        plan = kernel.plan(22, circuit)
        run_bytes = kernel.state_bytes(22) + plan.workspace_bytes(number)
        with kernel.state(22) as state:
            state.run(plan, number)
            state.sample(range(22), uniforms)
    except KernelError as error:
        ended = error.code
    print(json.dumps([ended, run_bytes, mapped_at_most() - mapped]))
"""
