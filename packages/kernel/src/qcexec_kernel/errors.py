"""What the kernel raises, as one hierarchy with codes for machines.

KernelError
+-- NoKernel            no_kernel: there is no library for this machine
+-- UnknownOperation    unknown_operation: the circuit holds something that cannot be planned
+-- BrokenPlan          broken_plan: a plan that contradicts itself, or does not fit the state
+-- Stopped             stopped: the run was told to end; the state is worth nothing now
+-- OutOfMemory         out_of_memory: also a MemoryError
"""

from __future__ import annotations

from typing import ClassVar


class KernelError(Exception):
    """Something that the kernel could not do."""

    code: ClassVar[str] = "kernel_error"


class NoKernel(KernelError):
    """There is no library that this machine can run."""

    code = "no_kernel"


class UnknownOperation(KernelError):
    """The circuit holds an operation, or qubits, that the kernel cannot plan."""

    code = "unknown_operation"


class BrokenPlan(KernelError):
    """The plan contradicts itself, or is one for other states."""

    code = "broken_plan"


class Stopped(KernelError):
    """The run was told to end before it was done."""

    code = "stopped"


class OutOfMemory(KernelError, MemoryError):
    """The memory for a state or a plan could not be had."""

    code = "out_of_memory"
