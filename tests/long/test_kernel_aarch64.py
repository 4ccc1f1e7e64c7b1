"""The kernel as it is compiled for AArch64, on an emulated processor: there is no Python for it."""

from __future__ import annotations

import runpy
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy
import pytest
from hypothesis import given, settings, strategies
from numpy.typing import NDArray

from qcexec_kernel import Kernel, Plan, Precision
from qcexec_kernel.library import REAL_BYTES, SMALLEST_STATE_QUBITS
from qcexec_kernel.operations import encode
from qcexec_kernel.plan import CHUNK_QUBITS, CONTIGUOUS_QUBITS
from unit.kernel.builds import SOURCES
from unit.kernel.circuits import Circuit, circuits, layered
from unit.kernel.comparison import CLOSE, distance
from unit.kernel.reference import Vector, evolved, zero

EMULATOR: Final = "qemu-aarch64"
BOTH: Final = pytest.mark.parametrize("precision", ["double", "single"])
EXAMPLES: Final = settings(max_examples=200, deadline=None)
POINTS: Final = numpy.linspace(0, 1, 50, endpoint=False)

pytestmark = pytest.mark.skipif(
    shutil.which(EMULATOR) is None, reason=f"{EMULATOR} emulates the processor"
)


class Answer(NamedTuple):
    amplitudes: Vector
    picked: NDArray[numpy.int64]


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The kernel and its driver in one file, which needs no C library of that machine."""
    build = runpy.run_path(str(SOURCES.parent / "backend" / "kernel_compiler.py"))
    file = tmp_path_factory.mktemp("aarch64") / "driver"
    subprocess.run(
        [
            *(sys.executable, "-m", "ziglang", "cc", "-target", "aarch64-linux-musl"),
            f"-mcpu={build['VARIANTS']['aarch64']['aarch64']}",
            *(flag for flag in build["FLAGS"] if flag != "-shared"),
            *(f"-I{SOURCES}", "-o", str(file), str(Path(__file__).with_name("kernel_driver.c"))),
            *(str(source) for source in sorted(SOURCES.glob("*.c"))),
            *build["LIBRARIES"],
        ],
        check=True,
    )
    return file


@BOTH
@EXAMPLES
@given(circuit=circuits(), small=strategies.booleans(), threads=strategies.integers(1, 2))
def test_a_circuit_gives_other_amplitudes_than_numpy(
    driver: Path, precision: Precision, circuit: Circuit, small: bool, threads: int
) -> None:
    answer = answered(driver, circuit, precision, small_chunks=small, threads=threads)
    expected = evolved(*circuit, zero(circuit.num_qubits))
    assert distance(answer.amplitudes, expected) < CLOSE[precision]


@BOTH
@pytest.mark.parametrize("num_qubits", [9, 12, 16])
def test_a_plan_made_on_this_processor_gives_something_else_there(
    driver: Path, precision: Precision, num_qubits: int
) -> None:
    kernel = Kernel()
    circuit = Circuit(num_qubits, layered(num_qubits, 8, seed=num_qubits))
    plan = kernel.plan(*circuit, precision)
    answer = answered(driver, circuit, precision, plan=plan)
    with kernel.state(num_qubits, precision) as state:
        state.run(plan)
        expected = state.amplitudes()
    assert distance(answer.amplitudes, expected) < CLOSE[precision]


def test_points_pick_other_indices_than_their_running_sum(driver: Path) -> None:
    circuit = Circuit(12, layered(12, 6, seed=1))
    answer = answered(driver, circuit, "double")
    running = numpy.cumsum(numpy.abs(answer.amplitudes) ** 2)
    expected = numpy.searchsorted(running, POINTS * running[-1], side="right")
    assert numpy.array_equal(answer.picked, expected)


def answered(
    driver: Path,
    circuit: Circuit,
    precision: Precision,
    *,
    plan: Plan | None = None,
    small_chunks: bool = False,
    threads: int = 1,
) -> Answer:
    """What the driver answers: amplitudes of the circuit's qubits, and what the points pick."""
    qubits = max(circuit.num_qubits, SMALLEST_STATE_QUBITS)
    chunk = min(7 if small_chunks else CHUNK_QUBITS[precision], qubits)
    contiguous = min(4 if small_chunks else CONTIGUOUS_QUBITS, chunk)
    encoded = encode(circuit.operations)
    words, numbers = (b"", b"") if plan is None else (plan.words, plan.numbers)
    head: Sequence[int] = (
        *(REAL_BYTES[precision], qubits, len(encoded.names)),
        *(len(encoded.operands), len(encoded.angles), chunk, contiguous, threads),
        *(len(words) // 8, len(numbers) // 8, len(POINTS)),
    )
    request = [
        *(numpy.array(head, dtype=numpy.int64).tobytes(), encoded.names, encoded.num_operands),
        *(encoded.num_controls, encoded.operands, encoded.angles.tobytes()),
        *(words, numbers, POINTS.tobytes()),
    ]
    done = subprocess.run(
        [EMULATOR, str(driver)], input=b"".join(request), check=True, capture_output=True
    )
    amplitudes = numpy.frombuffer(done.stdout, dtype=numpy.complex128, count=1 << qubits)
    picked = numpy.frombuffer(done.stdout, dtype=numpy.int64, offset=amplitudes.nbytes)
    return Answer(amplitudes[: 1 << circuit.num_qubits], picked)
