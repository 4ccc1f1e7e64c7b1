"""The engine in the processes that use it: light to import, safe to fork after preloading."""

import json
import os
import subprocess
import sys

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}

FORKS = """
import json, os, sys
import qcexec_engine

TEXT = '''OPENQASM 3.0; include "stdgates.inc";
gate own(t) a { rx(t) a; }
qubit[3] q; bit[3] c;
h q[0]; ctrl @ own(0.3) q[0], q[1];
for int i in [0:1] { rx(i * pi) q[2]; }
c[0] = measure q[0];
if (c[0]) { x q[1]; }
c = measure q;'''
limits = qcexec_engine.Limits(memory_bytes=1 << 28)

qcexec_engine.preload()
threads = len(os.listdir("/proc/self/task"))
reports = []
for _ in range(2):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        seen = [qcexec_engine.run(TEXT, 200, seed, limits).counts for seed in (1, 1, None)]
        os.write(writer, json.dumps(seen).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        reports.append(json.load(pipe))
    os.waitpid(child, 0)
print(json.dumps({"threads": threads, "reports": reports}))
"""

EXHAUSTS = """
import resource
import qcexec_engine

def text(num_qubits):
    layer = "".join(
        f"U(1, 2, 3) q[{i}]; ctrl @ U(1, 2, 3) q[{i}], q[{i + 1}];" for i in range(num_qubits - 1)
    )
    declared = f"qubit[{num_qubits}] q; bit[{num_qubits}] c;"
    return f"OPENQASM 3.0; {declared} {20 * layer} c = measure q;"


limits = qcexec_engine.Limits(memory_bytes=1 << 40, max_qubits=40)

qcexec_engine.preload()
qcexec_engine.run(text(2), 10, 1, limits)
with open("/proc/self/statm") as file:
    mapped = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (mapped + (1 << 26), mapped + (1 << 26)))
for num_qubits in (26, 10):
    print(type(qcexec_engine.run(text(num_qubits), 10, 1, limits)).__name__)
"""


def python(program: str) -> str:
    finished = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **ONE_THREAD},
        stdout=subprocess.PIPE,
        timeout=60,
        check=True,
    )
    return finished.stdout.decode()


def test_children_forked_after_preloading_run_circuits_and_draw_their_own_randomness() -> None:
    told = json.loads(python(FORKS))
    assert told["threads"] == 1
    (first, again, free), (other_first, _, other_free) = told["reports"]
    assert first == again == other_first
    assert sum(first.values()) == 200
    assert free != other_free


def test_a_process_that_gets_no_memory_says_that_the_circuit_does_not_fit_and_runs_the_next() -> (
    None
):
    assert python(EXHAUSTS).split() == ["DoesNotFit", "Completed"]


def test_importing_the_package_imports_no_simulator() -> None:
    heavy = python(
        "import sys, qcexec_engine;"
        "print([name for name in sys.modules if name.split('.')[0] in"
        " {'qiskit', 'qiskit_aer', 'stim', 'numpy', 'scipy'}])"
    )
    assert heavy.strip() == "[]"
