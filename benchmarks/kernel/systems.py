"""The simulators that are compared, each from its own form of a circuit to sampled outcomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

import numpy
from benchmarks.kernel.families import Gates
from numpy.typing import NDArray

from qcexec_kernel import Kernel, Plan, Precision

SHOTS: Final = 1024


class Seconds(NamedTuple):
    """What a run took: until the circuit was prepared, and from there to the outcomes."""

    planning: float
    running: float


Clock: TypeAlias = Callable[[], float]
"""Seconds since some beginning: as they pass, or as the process has a processor."""


class Setting(NamedTuple):
    """How many threads a system may take, and how its time is measured."""

    threads: int
    clock: Clock


class System(Protocol):
    """A simulator with a circuit in its own form."""

    def run(self, seed: int) -> Seconds:
        """Runs the circuit and samples it."""


class Ours:
    """The kernel, with a state that is kept, as a worker's child keeps it."""

    def __init__(
        self,
        num_qubits: int,
        gates: Gates,
        setting: Setting,
        precision: Precision,
        variant: str | None,
    ) -> None:
        self._kernel = Kernel(variant)
        self._circuit = (num_qubits, gates, precision)
        self._threads, self._clock = setting
        self._state = self._kernel.state(num_qubits, precision)

    def plan(self) -> Plan:
        """The circuit's plan."""
        return self._kernel.plan(*self._circuit, probabilities_only=True)

    def run(self, seed: int) -> Seconds:
        """Plans, runs, samples."""
        begun = self._clock()
        plan = self.plan()
        planned = self._clock()
        self._state.run(plan, self._threads)
        points = numpy.sort(numpy.random.default_rng(seed).random(SHOTS))
        numpy.unique(self._state.sample(range(self._circuit[0]), points), return_counts=True)
        return Seconds(planned - begun, self._clock() - planned)

    def sampling(self, shots: int) -> float:
        """Seconds for so many shots of the state that the last run left."""
        points = numpy.sort(numpy.random.default_rng(1).random(shots))
        begun = self._clock()
        self._state.sample(range(self._circuit[0]), points)
        return self._clock() - begun

    def one_pass(self) -> float:
        """Seconds for reading and writing all amplitudes once, with one thread."""
        functions = self._kernel.functions(self._circuit[2])
        begun = self._clock()
        functions.scale(self._state.state_qubits, self._state.address, 1.0, self._state.control)
        return self._clock() - begun


class Aer:
    """qiskit-aer with its defaults; the circuit is built beforehand."""

    def __init__(self, num_qubits: int, gates: Gates, setting: Setting) -> None:
        from qiskit import QuantumCircuit
        from qiskit_aer import AerSimulator

        names = {("x", 1): "cx", ("z", 1): "cz", ("p", 1): "cp"}
        self._circuit = QuantumCircuit(num_qubits, num_qubits)
        for gate in gates:
            name = names.get((gate.name, gate.controls), gate.name)
            getattr(self._circuit, name)(*gate.angles, *gate.qubits)
        self._circuit.measure(range(num_qubits), range(num_qubits))
        self._clock = setting.clock
        self._simulator = AerSimulator(method="statevector", max_parallel_threads=setting.threads)

    def run(self, seed: int) -> Seconds:
        """Runs it, to counts."""
        begun = self._clock()
        result = self._simulator.run(self._circuit, shots=SHOTS, seed_simulator=seed).result()
        if not result.success:
            raise RuntimeError(result.status)
        result.get_counts()
        return Seconds(0, self._clock() - begun)


class Qulacs:
    """qulacs without its optimizer, for that may take longer than the run."""

    def __init__(self, num_qubits: int, gates: Gates, setting: Setting) -> None:
        from qulacs import QuantumCircuit, QuantumState

        # OMP_NUM_THREADS alone tells it how many threads it may take.
        self._clock = setting.clock
        self._state = QuantumState(num_qubits)
        self._circuit = QuantumCircuit(num_qubits)
        for gate in gates:
            _add_to_qulacs(self._circuit, gate.name, gate.angles, gate.qubits)

    def run(self, seed: int) -> Seconds:
        """Runs it, to outcomes."""
        begun = self._clock()
        self._state.set_zero_state()
        self._circuit.update_quantum_state(self._state)
        outcomes: NDArray[Any] = numpy.array(self._state.sampling(SHOTS, seed))
        numpy.unique(outcomes, return_counts=True)
        return Seconds(0, self._clock() - begun)


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


def _ours(precision: Precision) -> Callable[[int, Gates, Setting], System]:
    return lambda num_qubits, gates, setting: Ours(num_qubits, gates, setting, precision, None)


SYSTEMS: Final[Mapping[str, Callable[[int, Gates, Setting], System]]] = MappingProxyType(
    {"double": _ours("double"), "single": _ours("single"), "aer": Aer, "qulacs": Qulacs}
)
"""By name: builds the system for a circuit and a setting."""
