"""State vectors of dense circuits, planned and run in C.

    kernel = Kernel()
    plan = kernel.plan(num_qubits, operations)
    with kernel.state(num_qubits) as state:
        state.run(plan)
        outcomes = state.sample(qubits, sorted_uniforms)

docs/kernel.md says how it works.
"""

from __future__ import annotations

from qcexec_kernel.direct import Gates
from qcexec_kernel.errors import (
    BrokenPlan,
    KernelError,
    NoKernel,
    OutOfMemory,
    Stopped,
    UnknownOperation,
)
from qcexec_kernel.kernel import Kernel
from qcexec_kernel.library import Control, Precision
from qcexec_kernel.memory import SpareMemory
from qcexec_kernel.plan import Plan
from qcexec_kernel.state import State
from qcexec_kernel.threads import SpareThreads

__all__ = [
    "BrokenPlan",
    "Control",
    "Gates",
    "Kernel",
    "KernelError",
    "NoKernel",
    "OutOfMemory",
    "Plan",
    "Precision",
    "SpareMemory",
    "SpareThreads",
    "State",
    "Stopped",
    "UnknownOperation",
]
