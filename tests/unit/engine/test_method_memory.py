"""What the kernel and Aer's methods say they need is enough, in a process that gets no more."""

import os
import subprocess
import sys

import pytest

# As a worker's children have it.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
}

IN_LITTLE_MEMORY = """
import resource, sys

from qcexec_engine import allocation, routing
from qcexec_engine.analysis.circuit import analyse
from qcexec_engine.limits import Limits
from qcexec_engine.program import Gate, Measure, Program, Register

name, share = sys.argv[1], float(sys.argv[2])
num_qubits, depth, shots = map(int, sys.argv[3:])

operations = [Gate("h", (), (0,))]
for layer in range(depth):
    if name != "aer_stabilizer":
        operations += [Gate("u", (0.4 + q, 0.3 + layer, 0.2), (q,)) for q in range(num_qubits)]
    operations += [Gate("x", (), (q, q + 1), 1) for q in range(layer % 2, num_qubits - 1, 2)]
operations += [Measure(q, q) for q in range(num_qubits)]
registers = (Register("c", num_qubits),)
circuit = analyse(Program(num_qubits, registers, tuple(operations), num_qubits))
allocation.return_freed_memory()
routing.preload()

method = routing.named(name)
needed = int(share * method.cost(circuit, shots, Limits(1 << 33)).memory_bytes)
with open("/proc/self/statm") as file:
    mapped = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (mapped + needed, mapped + needed))
try:
    outcomes = method.prepare(circuit, Limits(needed)).sample(shots, 1)
except MemoryError:
    print("too little")
else:
    print(outcomes.counts.sum())
"""


def ended(name: str, share: float, *sizes: int) -> str:
    arguments = [name, str(share), *map(str, sizes)]
    finished = subprocess.run(
        [sys.executable, "-c", IN_LITTLE_MEMORY, *arguments],
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.strip()


@pytest.mark.parametrize(
    ("name", "num_qubits", "depth", "shots"),
    [
        ("statevector", 4, 2, 100),
        ("statevector", 12, 2000, 100),
        ("statevector", 15, 2, 20_000),
        ("statevector", 22, 1, 500),
        ("aer_statevector", 4, 2, 100),
        ("aer_statevector", 15, 2, 20_000),
        ("aer_statevector", 21, 1, 500),
        ("aer_stabilizer", 300, 2, 1000),
        ("matrix_product_state", 16, 2, 100),
        ("matrix_product_state", 60, 2, 50_000),
        ("matrix_product_state", 22, 12, 500),
    ],
)
def test_what_a_method_says_it_needs_is_enough(
    name: str, num_qubits: int, depth: int, shots: int
) -> None:
    assert ended(name, 1.0, num_qubits, depth, shots) == str(shots)


@pytest.mark.parametrize(
    ("name", "num_qubits", "share"),
    [
        # With half of it the state would fit in single precision.
        ("statevector", 22, 0.3),
        ("aer_statevector", 21, 0.5),
        ("matrix_product_state", 16, 0.5),
    ],
)
def test_too_little_is_a_memory_error_and_no_crash(
    name: str, num_qubits: int, share: float
) -> None:
    assert ended(name, share, num_qubits, 1, 500) == "too little"
