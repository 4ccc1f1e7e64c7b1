"""What the kernel's suites compare, and how close it has to be."""

from __future__ import annotations

from typing import Final

import numpy
from hypothesis import HealthCheck, settings

from qcexec_kernel import Kernel, Plan, Precision
from qcexec_kernel.plan import make_plan
from unit.kernel.circuits import Circuit
from unit.kernel.reference import Vector

CLOSE: Final[dict[Precision, float]] = {"double": 1e-12, "single": 1e-5}

FEW_EXAMPLES: Final = settings(
    max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def distance(got: Vector, expected: Vector) -> float:
    """The largest difference of amplitudes, whatever phase all of them have."""
    overlap = numpy.vdot(got, expected)
    return float(numpy.abs(got * overlap / abs(overlap) - expected).max())


def small_chunks(
    kernel: Kernel,
    circuit: Circuit,
    precision: Precision = "double",
    *,
    contiguous: int = 4,
    begins_in_zero: bool = True,
    probabilities_only: bool = False,
) -> Plan:
    """A plan with chunks so small that few qubits need many of them, and a unitary on three just
    finds room beside the contiguous ones."""
    return make_plan(
        *(kernel.functions(precision), *circuit, precision),
        begins_in_zero=begins_in_zero,
        probabilities_only=probabilities_only,
        chunk_qubits=contiguous + 3,
        contiguous_qubits=contiguous,
    )
