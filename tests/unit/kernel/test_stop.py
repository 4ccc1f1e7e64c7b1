"""Whatever the kernel does ends soon after it is told to."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from threading import Timer

import numpy
import pytest

from qcexec_kernel import Kernel, Plan, State, Stopped
from qcexec_kernel.plan import make_plan
from unit.kernel.reference import Gate

# Undisturbed, each of the runs below takes ten times as long and more.
_DEADLINE_SECONDS = 2
_RUNNING_SECONDS = 0.3
_PLANNING_SECONDS = 0.1
_UNIFORMS = numpy.linspace(0, 1, 10, endpoint=False)


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda state: state.clear(), id="clear"),
        pytest.param(lambda state: state.probability(1), id="probability"),
        pytest.param(lambda state: state.collapse(1, 0), id="collapse"),
        pytest.param(lambda state: state.probabilities([1]), id="probabilities"),
        pytest.param(lambda state: state.sample([1], _UNIFORMS), id="sample"),
        pytest.param(lambda state: state.amplitudes(), id="amplitudes"),
        pytest.param(lambda state: state.copy_from(state), id="copy"),
        pytest.param(lambda state: state.split(1, 0, state), id="split"),
    ],
)
def test_what_is_begun_after_a_stop_is_done(kernel: Kernel, ask: Callable[[State], object]) -> None:
    with kernel.state(5) as state:
        state.control.stop = 1
        with pytest.raises(Stopped):
            ask(state)


@pytest.mark.parametrize("begins_in_zero", [True, False])
def test_a_run_after_a_stop_is_done(kernel: Kernel, begins_in_zero: bool) -> None:
    plan = kernel.plan(5, _layers(5, 2), begins_in_zero=begins_in_zero)
    with kernel.state(5) as state:
        state.control.stop = 1
        with pytest.raises(Stopped):
            state.run(plan)


def test_a_state_that_was_stopped_cannot_be_used_again(kernel: Kernel) -> None:
    plan = kernel.plan(5, _layers(5, 2))
    with kernel.state(5) as state:
        state.run(plan)
        expected = state.amplitudes()
        state.control.stop = 1
        with pytest.raises(Stopped):
            state.run(plan)
        state.control.stop = 0
        state.run(plan)
        assert numpy.array_equal(state.amplitudes(), expected)


@pytest.mark.parametrize(
    ("num_qubits", "chunk_qubits", "layers"),
    [pytest.param(22, 14, 600, id="between chunks"), pytest.param(20, 20, 500, id="in a chunk")],
)
def test_a_stop_is_not_seen_while_a_long_plan_runs(
    num_qubits: int, chunk_qubits: int, layers: int
) -> None:
    kernel = Kernel()
    operations = _layers(num_qubits, layers)
    plan = make_plan(kernel.functions(), num_qubits, operations, chunk_qubits=chunk_qubits)
    assert _seconds_to_end(kernel, plan) < _DEADLINE_SECONDS


def test_a_stop_is_not_seen_while_a_table_of_many_patterns_is_made() -> None:
    kernel = Kernel()
    # Phases where three qubits have given values: each goes through the table for itself.
    corners = [(first, second, 19) for first in range(9) for second in range(9, 19)]
    phases = [Gate("p", (0.001 + 0.01 * index,), corners[index % 90], 2) for index in range(100000)]
    operations = [*_layers(20, 1), *phases, *_layers(20, 1)]
    plan = make_plan(kernel.functions(), 20, operations, chunk_qubits=20)
    assert _seconds_to_end(kernel, plan) < _DEADLINE_SECONDS


def test_planning_after_a_stop_is_done(kernel: Kernel) -> None:
    with kernel.state(5) as state:
        state.control.stop = 1
        with pytest.raises(Stopped):
            kernel.plan(5, _layers(5, 2), control=state.control)


def test_a_stop_is_not_seen_while_a_long_circuit_is_planned(kernel: Kernel) -> None:
    operations = _layers(24, 4000)
    told: list[float] = []
    with kernel.state(5) as state:

        def tell() -> None:
            told.append(time.monotonic())
            state.control.stop = 1

        timer = Timer(_PLANNING_SECONDS, tell)
        timer.start()
        with pytest.raises(Stopped):
            kernel.plan(24, operations, control=state.control)
        ended = time.monotonic()
        timer.join()
    assert ended - told[0] < _DEADLINE_SECONDS


def _seconds_to_end(kernel: Kernel, plan: Plan) -> float:
    """How long a run goes on after it is told to end, some time after it began."""
    told: list[float] = []
    with kernel.state(plan.num_qubits) as state:

        def tell() -> None:
            told.append(time.monotonic())
            state.control.stop = 1

        timer = Timer(_RUNNING_SECONDS, tell)
        timer.start()
        with pytest.raises(Stopped):
            state.run(plan)
        ended = time.monotonic()
        timer.join()
    return ended - told[0]


def _layers(num_qubits: int, layers: int) -> Sequence[Gate]:
    operations = []
    for layer in range(layers):
        operations += [Gate("u", (0.1 + layer, 0.2, 0.3), (qubit,)) for qubit in range(num_qubits)]
        operations += [Gate("x", (), (qubit, qubit + 1), 1) for qubit in range(num_qubits - 1)]
    return operations
