"""What an engine keeps of the memory of state vectors, from one run to the next."""

import json
import os
import subprocess
import sys

import pytest

from qcexec_engine.dense import kernel_run

pytestmark = pytest.mark.skipif(
    kernel_run.missing() is not None, reason="there is no kernel for this machine"
)

_MEBIBYTE = 1 << 20

_PROGRAM = """
import json, resource, sys

from qcexec_engine import Engine, Limits

memory_bytes, cache_bytes = map(int, sys.argv[1:3])


def text(num_qubits, angle, feedback):
    half = num_qubits // 2
    layer = f"ry({angle}) q; rz(0.3) q; cx q[0:{half - 1}], q[{half}:{2 * half - 1}];"
    layer += f"rx({angle}) q; cx q[1:{half - 1}], q[{half}:{2 * half - 2}]; cx q[0], q[1];"
    middle = "c[0] = measure q[0]; if (c[0] == 1) rx(0.2) q[1];" if feedback else ""
    declared = f"qubit[{num_qubits}] q; bit[{num_qubits}] c;"
    return (
        f'OPENQASM 3.0; include "stdgates.inc"; {declared} {layer * 4} {middle} {layer}'
        " c = measure q;"
    )


def mapped():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


engine = Engine(Limits(memory_bytes, cache_bytes=cache_bytes))
# Libraries and their rooms are there before memory is counted.
engine.run(text(8, 0.2, False), 10, 1)
engine.run(text(8, 0.2, True), 10, 1)
Engine(Limits(memory_bytes)).run(text(18, 0.2, False), 10, 1)
begun = mapped()
if len(sys.argv) > 4:
    room = begun + int(sys.argv[4])
    resource.setrlimit(resource.RLIMIT_AS, (room, room))
seen = []
for place, (num_qubits, feedback) in enumerate(json.loads(sys.argv[3])):
    answer = engine.run(text(num_qubits, 0.1 + 0.01 * place, feedback), 100, 1)
    kind = answer.report.method if hasattr(answer, "report") else "does not fit"
    seen.append([kind, mapped() - begun])
print(json.dumps(seen))
"""


def _kept(
    memory_bytes: int, cache_bytes: int, runs: list[tuple[int, bool]], room: int | None = None
) -> list[tuple[str, int]]:
    """For circuits of so many qubits, with feedback or without, the method and what is left."""
    arguments = [str(memory_bytes), str(cache_bytes), json.dumps(runs)]
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *arguments, *([] if room is None else [str(room)])],
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [(kind, num_bytes) for kind, num_bytes in json.loads(done.stdout)]


def test_a_buffer_is_mapped_anew_for_each_circuit_of_a_size() -> None:
    runs = [(21, False), (21, True), (21, False), (21, True)]
    seen = _kept(2048 * _MEBIBYTE, 256 * _MEBIBYTE, runs)
    assert {kind for kind, _ in seen} == {"statevector", "shot_tree"}
    state_bytes = kernel_run.state_bytes(21, "double")
    assert all(kept >= state_bytes for _, kept in seen)
    # A run, its copy that the tree or the cache keeps, and no more than is allowed.
    assert seen[3][1] <= 256 * _MEBIBYTE + 16 * _MEBIBYTE


def test_an_engine_that_keeps_nothing_keeps_a_buffer() -> None:
    seen = _kept(2048 * _MEBIBYTE, 0, [(21, False), (21, True)])
    assert all(kept < 16 * _MEBIBYTE for _, kept in seen)


def test_buffers_of_many_sizes_add_up() -> None:
    allowed = 96 * _MEBIBYTE
    runs = [(21, True), (20, True), (22, False), (19, True), (21, False), (20, False)]
    seen = _kept(2048 * _MEBIBYTE, allowed, runs)
    assert all(kept < allowed + 16 * _MEBIBYTE for _, kept in seen)


def test_what_is_kept_stands_in_the_way_of_a_run_that_fits_alone() -> None:
    """In an address space as a worker's child has it, with nothing to spare."""
    memory_bytes = 150 * _MEBIBYTE
    runs = [(21, False), (20, True), (22, False), (21, True), (22, False)]
    seen = _kept(memory_bytes, 64 * _MEBIBYTE, runs, memory_bytes)
    assert "does not fit" not in {kind for kind, _ in seen}
