"""Which method is chosen, and what is said where none can be."""

import subprocess
import sys
from dataclasses import dataclass

import pytest

from qcexec_engine import routing
from qcexec_engine.analysis.circuit import Circuit, analyse
from qcexec_engine.classical import Bits
from qcexec_engine.errors import CircuitTooLarge, UnsupportedFeature
from qcexec_engine.limits import Limits
from qcexec_engine.methods.method import Cost, Method, Prepared
from qcexec_engine.program import Branch, Gate, Measure, Operation, Program, Register
from qcexec_engine.report import METHODS, Needs

LIMITS = Limits(1 << 30, task_seconds=100)


@dataclass(frozen=True)
class Priced:
    """A method that only has a price."""

    name: str
    seconds: float | None
    memory_bytes: int = 1000
    lacking: str | None = None
    floor: float = 0.0

    def floor_seconds(self, circuit: Circuit) -> float:
        del circuit
        return self.floor

    def missing(self) -> str | None:
        return self.lacking

    def cost(self, circuit: Circuit, shots: int, limits: Limits) -> Cost | None:
        del circuit, shots, limits
        if self.seconds is None:
            return None
        return Cost(self.seconds, self.memory_bytes, f"because of {self.name}")

    def prepare(self, circuit: Circuit, limits: Limits) -> Prepared:
        raise AssertionError((circuit, limits))


def measured(num_qubits: int, gates: list[Gate]) -> Circuit:
    measures = tuple(Measure(qubit, qubit) for qubit in range(num_qubits))
    operations: tuple[Operation, ...] = (*gates, *measures)
    return analyse(Program(num_qubits, (Register("c", num_qubits),), operations, num_qubits))


BELL = measured(2, [Gate("h", (), (0,)), Gate("x", (), (0, 1), 1)])

FEEDBACK = analyse(
    Program(
        2,
        (Register("c", 2),),
        (
            Gate("h", (), (0,)),
            Measure(0, 0),
            Branch(Bits((0,)), (Gate("h", (), (1,)),), ()),
            Measure(1, 1),
        ),
        2,
    )
)


def chosen(*methods: Priced, limits: Limits = LIMITS, forced: str | None = None) -> str:
    choice = routing.choose(BELL, 100, limits, forced=forced, methods=methods)
    assert isinstance(choice, routing.Choice)
    return choice.method.name


@pytest.mark.parametrize("method", routing.METHODS, ids=lambda method: str(method.name))
@pytest.mark.parametrize("shots", [1, 100_000])
def test_no_estimate_is_below_what_a_method_says_that_it_takes_at_the_least(
    method: Method, shots: int
) -> None:
    tiny = measured(1, [Gate("h", (), (0,))])
    for circuit in (tiny, BELL, FEEDBACK):
        cost = method.cost(circuit, shots, LIMITS)
        assert cost is None or cost.seconds >= method.floor_seconds(circuit)


def test_who_takes_longer_at_the_least_than_the_best_so_far_is_not_asked() -> None:
    dear = Priced("dear", 1.0, floor=3.0)
    asked = Priced("asked", 2.0, floor=1.0)
    assert chosen(Priced("first", 2.5), dear, asked) == "asked"


def test_the_quickest_that_fits_is_chosen() -> None:
    slow, quick = Priced("slow", 3.0), Priced("quick", 2.0)
    large, unable = Priced("large", 1.0, 2 << 30), Priced("unable", None)
    assert chosen(slow, quick, large, unable) == "quick"
    assert chosen(large, quick, slow) == "quick"


def test_of_two_that_take_as_long_the_first_is_chosen() -> None:
    assert chosen(Priced("first", 2.0), Priced("second", 2.0)) == "first"


def test_what_takes_next_to_nothing_is_taken_without_asking_further() -> None:
    assert chosen(Priced("first", 2e-5), Priced("second", 1e-5)) == "first"
    assert chosen(Priced("large", 2e-5, 2 << 30), Priced("second", 1e-5)) == "second"


def test_where_none_fits_the_answer_is_what_the_smallest_needs() -> None:
    methods = [Priced("huge", 1.0, 9 << 30), Priced("large", 2.0, 2 << 30)]
    found = routing.choose(BELL, 100, LIMITS, methods=methods)
    assert found == Needs(2 << 30, 2.0, "large")


def test_a_later_method_that_needs_hardly_less_is_not_named() -> None:
    methods = [Priced("first", 1.0, 100 << 30), Priced("second", 1.0, 99 << 30)]
    found = routing.choose(BELL, 100, LIMITS, methods=methods)
    assert found == Needs(100 << 30, 1.0, "first")


def test_one_that_fits_and_takes_too_long_does_not_hide_one_that_runs_elsewhere() -> None:
    methods = [Priced("forever", 1e6), Priced("large", 2.0, 2 << 30)]
    found = routing.choose(BELL, 100, LIMITS, methods=methods)
    assert found == Needs(2 << 30, 2.0, "large")


def test_an_estimate_of_four_times_the_limit_is_allowed_and_no_more() -> None:
    assert chosen(Priced("patient", 400.0)) == "patient"
    with pytest.raises(CircuitTooLarge) as refused:
        chosen(Priced("forever", 5000.0, 3 << 20), Priced("longer", 6000.0))
    for part in ("5,000 seconds", "3.0 MiB", "forever", "100 seconds", "400", "1.0 GiB"):
        assert part in str(refused.value)


def test_a_missing_method_is_passed_over_and_the_reason_says_so() -> None:
    absent = Priced("absent", 1.0, lacking="libfast is not installed here")
    choice = routing.choose(BELL, 100, LIMITS, methods=[absent, Priced("present", 2.0)])
    assert isinstance(choice, routing.Choice)
    assert choice.method.name == "present"
    assert choice.reason.startswith("because of present; ")
    assert "absent" in choice.reason
    assert "libfast" in choice.reason


def test_a_missing_method_that_would_not_be_chosen_is_not_mentioned() -> None:
    absent = Priced("absent", 3.0, lacking="libfast is not installed here")
    choice = routing.choose(BELL, 100, LIMITS, methods=[absent, Priced("present", 2.0)])
    assert isinstance(choice, routing.Choice)
    assert choice.reason == "because of present"


def test_a_method_can_be_forced() -> None:
    methods = (Priced("quick", 1.0), Priced("slow", 2.0), Priced("unable", None))
    assert chosen(*methods, forced="slow") == "slow"
    with pytest.raises(UnsupportedFeature, match="unable"):
        chosen(*methods, forced="unable")
    with pytest.raises(ValueError, match="slow"):
        chosen(*methods, forced="unheard of")


def test_no_method_at_all_is_told_from_too_many_qubits() -> None:
    unable = Priced("unable", None)
    with pytest.raises(UnsupportedFeature):
        chosen(unable)
    with pytest.raises(CircuitTooLarge, match="2 qubits, and at most 1"):
        chosen(unable, limits=Limits(1 << 30, max_qubits=1))


def test_every_method_has_the_name_that_reports_know() -> None:
    assert sorted(method.name for method in routing.METHODS) == sorted(METHODS)


def test_a_small_circuit_is_given_to_the_state_vector() -> None:
    choice = routing.choose(BELL, 1024, LIMITS)
    assert isinstance(choice, routing.Choice)
    assert choice.method is routing.named("statevector")


def test_a_wide_clifford_circuit_is_given_to_the_stabilizers() -> None:
    chain = [Gate("x", (), (qubit, qubit + 1), 1) for qubit in range(99)]
    choice = routing.choose(measured(100, [Gate("h", (), (0,)), *chain]), 1024, LIMITS)
    assert isinstance(choice, routing.Choice)
    assert choice.method in (routing.named("stabilizer"), routing.named("tableau"))


def test_a_wide_entangled_circuit_is_refused_by_its_number_of_qubits() -> None:
    gates = [Gate("h", (), (qubit,)) for qubit in range(40)]
    for step in range(1, 40):
        gates += [Gate("p", (0.3,), (qubit, (qubit + step) % 40), 1) for qubit in range(40)]
        gates += [Gate("ry", (0.1 * qubit,), (qubit,)) for qubit in range(40)]
    with pytest.raises(CircuitTooLarge, match="40 qubits"):
        routing.choose(measured(40, gates), 1024, LIMITS)


def test_sizes_are_told_in_the_unit_that_fits() -> None:
    assert routing.in_bytes(1536) == "1.5 KiB"
    assert routing.in_bytes(5 << 20) == "5.0 MiB"
    assert routing.in_bytes(3000 << 30) == "3,000.0 GiB"


WITHOUT_LIBRARIES = """
import sys
from pathlib import Path

import qcexec_kernel.library

sys.modules["stim"] = None
qcexec_kernel.library._BINARIES = Path("nowhere")

from qcexec_engine import Engine, Limits

START = 'OPENQASM 3.0; include "stdgates.inc"; qubit[40] q; bit[40] c; h q[0]; '
TEXTS = [
    START + "t q[0]; h q[0]; cx q[0], q[1]; c = measure q;",
    START + "for int i in [0:38] { cx q[i], q[i + 1]; } c = measure q;",
    START + "t q[0]; h q[0]; c[0] = measure q[0]; if (c[0]) { h q[1]; } c[1] = measure q[1];",
]
for text in TEXTS:
    run = Engine(Limits(1 << 30)).run(text, 200, 1)
    assert sum(run.counts.values()) == 200
    print(run.report.method, run.report.reason, sep=": ")
"""


def test_where_libraries_are_missing_aer_stands_in_and_the_report_says_so() -> None:
    finished = subprocess.run(
        [sys.executable, "-c", WITHOUT_LIBRARIES],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    static, clifford, dynamic = finished.stdout.splitlines()
    assert static.startswith("aer_statevector: ")
    assert clifford.startswith(("aer_stabilizer: ", "matrix_product_state: "))
    assert dynamic.startswith("aer_statevector: ")
    assert "no kernel" in static
    assert "stim" in clifford


def test_routing_alone_imports_no_simulator() -> None:
    told = "import sys; from qcexec_engine import routing; print(*sys.modules)"
    finished = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, timeout=60, check=True
    )
    loaded = {name.partition(".")[0] for name in finished.stdout.split()}
    assert loaded.isdisjoint({"stim", "qiskit", "qiskit_aer"})
