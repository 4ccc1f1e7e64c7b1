"""The memory that the methods for Clifford circuits say they need is what they get along with."""

import os
import subprocess
import sys

import pytest

_IN_LITTLE_MEMORY = """
import resource, sys

from qcexec_engine.analysis.circuit import analyse
from qcexec_engine.classical import Bits
from qcexec_engine.limits import Limits
from qcexec_engine.program import Branch, Gate, Measure, Program, Register
from qcexec_engine.routing import named

method, way, budget, shots = named(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])


def circuit(num_qubits):
    qubits = range(num_qubits)
    state = [Gate("h", (), (qubit,)) for qubit in qubits]
    state += [Gate("z", (), (qubit, (qubit + 7) % num_qubits), 1) for qubit in qubits]
    state += [Gate("h", (), (qubit,)) for qubit in range(0, num_qubits, 3)]
    on_the_way = {
        "at the end": [],
        "on the way": [Measure(0, num_qubits), Gate("h", (), (0,))],
        "feedback": [
            Measure(0, num_qubits),
            Branch(Bits((num_qubits,)), (Gate("x", (), (1,)),), ()),
            Gate("h", (), (0,)),
        ],
    }[way]
    bits = [Measure(qubit, qubit) for qubit in qubits]
    register = Register("c", num_qubits + 1)
    operations = (*state, *on_the_way, *bits)
    return analyse(Program(num_qubits, (register,), operations, num_qubits + 1))


method.prepare(circuit(10), Limits(budget)).sample(10, 1)
with open("/proc/self/statm") as file:
    mapped = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (mapped + budget, mapped + budget))
limits = Limits(budget)
fitting = [
    num_qubits
    for num_qubits in range(100, 6000, 100)
    if method.cost(circuit(num_qubits), shots, limits).memory_bytes <= budget
]
outcomes = method.prepare(circuit(fitting[-1]), limits).sample(shots, 1)
assert outcomes.counts.sum() == shots
print(fitting[-1], "fits")
"""


@pytest.mark.parametrize(
    ("method", "way", "budget", "shots"),
    [
        ("stabilizer", "at the end", 64 << 20, 20_000),
        ("stabilizer", "on the way", 64 << 20, 1000),
        ("tableau", "feedback", 32 << 20, 100),
    ],
)
def test_the_largest_circuit_that_fits_runs(method: str, way: str, budget: int, shots: int) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _IN_LITTLE_MEMORY, method, way, str(budget), str(shots)],
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.endswith(" fits\n")
