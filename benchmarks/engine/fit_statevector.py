"""What the dense state vector's gates take here, and how well its estimates hold.

    python -m benchmarks.engine.fit_statevector

The first table goes into `qcexec_engine.dense.dense_cost`: nanoseconds for each amplitude, by gate
and number of controls, in the cache and beyond it. The second compares estimates with what whole
circuits took. All times are those of one thread's processor time, the least of a few runs.
"""

import os
import random
import statistics
import time
from collections.abc import Callable, Iterator

os.environ["OMP_NUM_THREADS"] = "1"

from qulacs import QuantumState

from qcexec_engine import gates
from qcexec_engine.analysis.circuit import analyse
from qcexec_engine.dense import qulacs_gates
from qcexec_engine.limits import Limits
from qcexec_engine.methods.statevector import STATEVECTOR
from qcexec_engine.program import Gate, Measure, Operation, Program, Register

_LIMITS = Limits(memory_bytes=1 << 33)
_SHOTS = 1024


def main() -> None:
    print("gate      controls   us a gate   ns an amplitude at 16 and at 20 qubits")
    for name in gates.NUM_TARGETS:
        for controls in range(3):
            fixed = 1e6 * _gate_seconds(name, controls, 4, repeats=500)
            small, large = (
                1e9 * _gate_seconds(name, controls, num_qubits, repeats=8) / (1 << num_qubits)
                for num_qubits in (16, 20)
            )
            print(f"{name:10}{controls:8}{fixed:12.2f}{small:12.2f}{large:8.2f}")
    print("circuit   qubits   estimate / actual")
    ratios = []
    for name, make in _FAMILIES.items():
        for num_qubits in (2, 4, 8, 12, 16, 18):
            estimate, actual = _whole(make(num_qubits), num_qubits)
            ratios.append(estimate / actual)
            print(f"{name:10}{num_qubits:6}{estimate / actual:12.2f}   {1e3 * actual:.3f} ms")
    ratios.sort()
    print(f"least {ratios[0]:.2f}, median {statistics.median(ratios):.2f}, most {ratios[-1]:.2f}")


def _gate_seconds(name: str, controls: int, num_qubits: int, repeats: int) -> float:
    """One gate on qubits that lie apart, without writing it down."""
    apart = (num_qubits // 2, 1, num_qubits - 1, 0)
    qubits = apart[: gates.NUM_TARGETS[name] + controls]
    gate = Gate(name, (0.3, 0.2, 0.1)[: gates.NUM_ANGLES[name]], qubits, controls)
    written = qulacs_gates.circuit(num_qubits, [gate] * repeats)
    state = QuantumState(num_qubits)
    return _least(lambda: written.update_quantum_state(state)) / repeats


def _whole(operations: Iterator[Operation], num_qubits: int) -> tuple[float, float]:
    measures = [Measure(qubit, qubit) for qubit in range(num_qubits)]
    registers = (Register("c", num_qubits),)
    circuit = analyse(Program(num_qubits, registers, (*operations, *measures), num_qubits))
    cost = STATEVECTOR.cost(circuit, _SHOTS, _LIMITS)
    assert cost is not None
    return cost.seconds, _least(lambda: STATEVECTOR.prepare(circuit, _LIMITS).sample(_SHOTS, 1))


def _least(run: Callable[[], object], times: int = 5) -> float:
    seconds = []
    for _ in range(times):
        began = time.process_time()
        run()
        seconds.append(time.process_time() - began)
    return min(seconds)


def _quantum_volume(num_qubits: int) -> Iterator[Operation]:
    chance = random.Random(1)
    for _ in range(20):
        for qubit in range(num_qubits):
            yield Gate("u", (chance.random(), chance.random(), chance.random()), (qubit,))
        order = chance.sample(range(num_qubits), num_qubits)
        for control, target in zip(order[::2], order[1::2], strict=False):
            yield Gate("x", (), (control, target), 1)


def _fourier(num_qubits: int) -> Iterator[Operation]:
    for qubit in range(num_qubits):
        yield Gate("ry", (0.1 + qubit,), (qubit,))
    for high in reversed(range(num_qubits)):
        yield Gate("h", (), (high,))
        for low in reversed(range(high)):
            yield Gate("p", (3.1416 / 2 ** (high - low),), (low, high), 1)


def _ising(num_qubits: int) -> Iterator[Operation]:
    for qubit in range(num_qubits):
        yield Gate("h", (), (qubit,))
    for layer in range(10):
        for qubit in range(num_qubits - 1):
            yield Gate("rzz", (0.1 * layer,), (qubit, qubit + 1))
        for qubit in range(num_qubits):
            yield Gate("rx", (0.3 + layer,), (qubit,))


def _named(num_qubits: int) -> Iterator[Operation]:
    chance = random.Random(1)
    for layer in range(20):
        for qubit in range(num_qubits):
            yield Gate(chance.choice(["h", "s", "x", "t"]), (), (qubit,))
        for qubit in range(layer % 2, num_qubits - 1, 2):
            yield Gate(chance.choice("xz"), (), (qubit, qubit + 1), 1)


_FAMILIES: dict[str, Callable[[int], Iterator[Operation]]] = {
    "volume": _quantum_volume,
    "fourier": _fourier,
    "ising": _ising,
    "named": _named,
}


if __name__ == "__main__":
    main()
