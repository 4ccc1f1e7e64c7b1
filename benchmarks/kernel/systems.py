"""The simulators that are compared, each from its own form of a circuit to sampled outcomes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol

import numpy
from benchmarks.kernel.families import Gates
from numpy.typing import NDArray

from qcexec_kernel import Kernel, Plan, Precision

SHOTS: Final = 1024


class Seconds(NamedTuple):
    """What a run took: until the circuit was prepared, and from there to the outcomes."""

    planning: float
    running: float


class System(Protocol):
    """A simulator with a circuit in its own form."""

    def run(self, seed: int) -> Seconds:
        """Runs the circuit and samples it."""


class Ours:
    """The kernel, with a state that is kept, as a worker's child keeps it."""

    def __init__(
        self, num_qubits: int, gates: Gates, threads: int, precision: Precision, variant: str | None
    ) -> None:
        self._kernel = Kernel(variant)
        self._circuit = (num_qubits, gates, precision)
        self._threads = threads
        self._state = self._kernel.state(num_qubits, precision)

    def plan(self) -> Plan:
        """The circuit's plan."""
        return self._kernel.plan(*self._circuit, probabilities_only=True)

    def run(self, seed: int) -> Seconds:
        """Plans, runs, samples."""
        begun = time.perf_counter()
        plan = self.plan()
        planned = time.perf_counter()
        self._state.run(plan, self._threads)
        points = numpy.sort(numpy.random.default_rng(seed).random(SHOTS))
        numpy.unique(self._state.sample(range(self._circuit[0]), points), return_counts=True)
        return Seconds(planned - begun, time.perf_counter() - planned)

    def sampling(self, shots: int) -> float:
        """Seconds for so many shots of the state that the last run left."""
        points = numpy.sort(numpy.random.default_rng(1).random(shots))
        begun = time.perf_counter()
        self._state.sample(range(self._circuit[0]), points)
        return time.perf_counter() - begun

    def one_pass(self) -> float:
        """Seconds for reading and writing all amplitudes once, with one thread."""
        functions = self._kernel.functions(self._circuit[2])
        begun = time.perf_counter()
        functions.scale(self._state.state_qubits, self._state.address, 1.0)
        return time.perf_counter() - begun


class Aer:
    """qiskit-aer with its defaults; the circuit is built beforehand."""

    def __init__(self, num_qubits: int, gates: Gates, threads: int) -> None:
        from qiskit import QuantumCircuit
        from qiskit_aer import AerSimulator

        names = {("x", 1): "cx", ("z", 1): "cz", ("p", 1): "cp"}
        self._circuit = QuantumCircuit(num_qubits, num_qubits)
        for gate in gates:
            name = names.get((gate.name, gate.controls), gate.name)
            getattr(self._circuit, name)(*gate.angles, *gate.qubits)
        self._circuit.measure(range(num_qubits), range(num_qubits))
        self._simulator = AerSimulator(method="statevector", max_parallel_threads=threads)

    def run(self, seed: int) -> Seconds:
        """Runs it, to counts."""
        begun = time.perf_counter()
        result = self._simulator.run(self._circuit, shots=SHOTS, seed_simulator=seed).result()
        if not result.success:
            raise RuntimeError(result.status)
        result.get_counts()
        return Seconds(0, time.perf_counter() - begun)


class Qulacs:
    """qulacs without its optimizer, for that may take longer than the run."""

    def __init__(self, num_qubits: int, gates: Gates, threads: int) -> None:
        from qulacs import QuantumCircuit, QuantumState

        del threads  # OMP_NUM_THREADS alone tells it
        self._state = QuantumState(num_qubits)
        self._circuit = QuantumCircuit(num_qubits)
        for gate in gates:
            _add_to_qulacs(self._circuit, gate.name, gate.angles, gate.qubits)

    def run(self, seed: int) -> Seconds:
        """Runs it, to outcomes."""
        begun = time.perf_counter()
        self._state.set_zero_state()
        self._circuit.update_quantum_state(self._state)
        outcomes: NDArray[Any] = numpy.array(self._state.sampling(SHOTS, seed))
        numpy.unique(outcomes, return_counts=True)
        return Seconds(0, time.perf_counter() - begun)


def _add_to_qulacs(
    circuit: Any, name: str, angles: tuple[float, ...], qubits: tuple[int, ...]
) -> None:
    from qulacs import gate

    if len(qubits) == 1:
        signs = -1 if name in ("rx", "ry", "rz") else 1
        method = {"rx": "RX", "ry": "RY", "rz": "RZ", "h": "H", "u": "U3"}[name]
        turned = [signs * angle for angle in angles]
        getattr(circuit, f"add_{method}_gate")(qubits[0], *turned)
    elif name == "p":
        phase = gate.to_matrix_gate(gate.U1(qubits[1], angles[0]))
        phase.add_control_qubit(qubits[0], 1)
        circuit.add_gate(phase)
    elif name == "rzz":
        circuit.add_multi_Pauli_rotation_gate(list(qubits), [3, 3], -angles[0])
    else:
        method = {"x": "CNOT", "z": "CZ", "swap": "SWAP"}[name]
        getattr(circuit, f"add_{method}_gate")(*qubits)


def _ours(precision: Precision) -> Callable[[int, Gates, int], System]:
    return lambda num_qubits, gates, threads: Ours(num_qubits, gates, threads, precision, None)


SYSTEMS: Final[Mapping[str, Callable[[int, Gates, int], System]]] = MappingProxyType(
    {"double": _ours("double"), "single": _ours("single"), "aer": Aer, "qulacs": Qulacs}
)
"""By name: builds the system for a circuit and a number of threads."""
