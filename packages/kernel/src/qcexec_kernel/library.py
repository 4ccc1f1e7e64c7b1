"""The C library: which of its variants this processor can run, and its functions.

Python's lock is free while they run.
"""

from __future__ import annotations

import ctypes
import functools
import platform
from collections.abc import Mapping, Sequence
from ctypes import POINTER, Structure, c_char_p, c_double, c_int, c_int32, c_int64, c_void_p
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from qcexec_kernel.errors import (
    BrokenPlan,
    KernelError,
    NoKernel,
    OutOfMemory,
    Stopped,
    UnknownOperation,
)

Precision: TypeAlias = Literal["double", "single"]

REAL_BYTES: Final[Mapping[str, int]] = MappingProxyType({"double": 8, "single": 4})

SMALLEST_STATE_QUBITS: Final = 4
"""A state has never less: qubits that a circuit lacks stay in |0>."""

_BINARIES: Final = Path(__file__).parent / "binaries"
_NEEDED: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "x86_64_v4": frozenset(["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"]),
        "x86_64_v3": frozenset(["avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe"]),
        "x86_64_v2": frozenset(["cx16", "popcnt", "sse4_1", "sse4_2", "ssse3"]),
        "aarch64": frozenset(),
    }
)
"""What each variant needs of the processor, as /proc/cpuinfo names it; the best one first."""


class Circuit(Structure):
    """struct kernel_circuit."""

    _fields_ = [
        ("num_qubits", c_int64),
        ("num_operations", c_int64),
        ("names", c_char_p),
        ("num_operands", c_char_p),
        ("num_controls", c_char_p),
        ("operands", c_char_p),
        ("angles", c_void_p),
        ("num_all_operands", c_int64),
        ("num_angles", c_int64),
    ]


class Planning(Structure):
    """struct kernel_planning."""

    _fields_ = [
        ("real_bytes", c_int64),
        ("begins_in_zero", c_int64),
        ("probabilities_only", c_int64),
        ("chunk_qubits", c_int64),
        ("contiguous_qubits", c_int64),
        ("control", c_void_p),
    ]


class Measures(Structure):
    """struct kernel_measures."""

    _fields_ = [
        ("num_stages", c_int64),
        ("num_steps", c_int64),
        ("num_tables", c_int64),
        ("num_rotations", c_int64),
        ("num_crosses", c_int64),
        ("num_dense", c_int64),
        ("stage_bytes", c_int64),
        ("thread_bytes", c_int64),
        ("multiply_adds", c_double),
        ("passes", c_double),
    ]


class MadePlan(Structure):
    """struct kernel_plan."""

    _fields_ = [
        ("words", c_void_p),
        ("num_words", c_int64),
        ("numbers", c_void_p),
        ("num_numbers", c_int64),
        ("planning_bytes", c_int64),
        ("measures", Measures),
    ]


class Control(Structure):
    """struct kernel_control."""

    _fields_ = [
        ("stop", c_int32),
        ("num_threads", c_int32),
        ("spare_threads", c_void_p),
        ("most_threads", c_int64),
    ]


class Library:
    """One variant, loaded."""

    def __init__(self, variant: str, file: Path) -> None:
        self.variant: Final = variant
        try:
            self._functions: Final = ctypes.CDLL(str(file))
        except OSError as error:
            raise NoKernel(f"{file.name} cannot be loaded: {error}") from error

    def functions(self, precision: Precision) -> Functions:
        """What kernel.h declares, for amplitudes of the precision."""
        library = self._functions
        return Functions(
            make_plan=_function(
                *(library.kernel_make_plan, c_int),
                *(POINTER(Circuit), POINTER(Planning), POINTER(MadePlan)),
            ),
            free_plan=_function(library.kernel_free_plan, None, POINTER(MadePlan)),
            measure_plan=_function(
                *(library.kernel_measure_plan, c_int),
                *(c_int64, c_char_p, c_int64, c_char_p, c_int64, c_int64, POINTER(Measures)),
            ),
            state_bytes=functools.cache(
                _function(library.kernel_state_bytes, c_int64, c_int64, c_int64)
            ),
            allocate=_function(library.kernel_allocate, c_void_p, c_int64),
            release=_function(library.kernel_release, None, c_void_p, c_int64),
            copy=_function(
                *(library.kernel_copy, c_int, c_void_p, c_void_p, c_int64, POINTER(Control))
            ),
            **{
                name: _function(
                    *(getattr(library, f"kernel_{name}_{precision}"), c_int),
                    *(*arguments, POINTER(Control)),
                )
                for name, arguments in _ON_AMPLITUDES.items()
            },
            unchecked=Unchecked(
                weights=library[f"kernel_weights_{precision}"],
                project=library[f"kernel_project_{precision}"],
                split=library[f"kernel_split_{precision}"],
                marginal=library[f"kernel_marginal_{precision}"],
                apply=library[f"kernel_apply_{precision}"],
                copy=library["kernel_copy"],
            ),
        )


class Unchecked(NamedTuple):
    """What is done often to small states, without what ctypes does for each argument.

    To check and turn five arguments takes longer than to weigh a qubit. So all of these are ctypes
    values of the types that the C side has.
    """

    weights: Any
    project: Any
    split: Any
    marginal: Any
    apply: Any
    copy: Any


class Functions(NamedTuple):
    """The library's functions; c/kernel.h says what each does."""

    make_plan: Any
    free_plan: Any
    measure_plan: Any
    state_bytes: Any
    allocate: Any
    release: Any
    copy: Any
    run: Any
    clear: Any
    scale: Any
    weights: Any
    project: Any
    marginal: Any
    block_sums: Any
    pick: Any
    settle: Any
    read: Any
    apply: Any
    outcomes: Any
    unchecked: Unchecked


def load(variant: str | None = None) -> Library:
    """The named variant, or the best one for this processor.

    Raises:
        NoKernel: there is none.
    """
    found = available()
    if variant is None and not found:
        raise NoKernel(f"there is no kernel for this {platform.machine()} processor")
    if variant is not None and variant not in found:
        raise NoKernel(f"the kernel has no variant {variant!r} that this processor can run")
    chosen = variant or found[0]
    return Library(chosen, _file(chosen))


def available() -> Sequence[str]:
    """The variants that are installed and that this processor can run, the best one first."""
    flags = _processor_flags()
    return [
        variant
        for variant, needed in _NEEDED.items()
        if needed <= flags and variant.startswith(platform.machine()) and _files(variant)
    ]


def check(result: int, what: str) -> None:
    """Raises what a result of the library means, unless that is success."""
    if result == 0:
        return
    if result in _FAILURES:
        kind, message = _FAILURES[result]
        raise kind(f"{what}: {message}")
    raise KernelError(f"{what}: unknown result {result}")


_FAILURES: Final[Mapping[int, tuple[type[KernelError], str]]] = MappingProxyType(
    {
        1: (Stopped, "told to end"),
        2: (OutOfMemory, "there is not enough memory"),
        3: (BrokenPlan, "the plan contradicts itself"),
        4: (UnknownOperation, "an operation or its qubits are unknown"),
    }
)


def _files(variant: str) -> Sequence[Path]:
    return sorted(_BINARIES.glob(f"{variant}-*.so"))


def _file(variant: str) -> Path:
    return max(_files(variant), key=lambda file: file.stat().st_mtime_ns)


def _processor_flags() -> frozenset[str]:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return frozenset()
    for line in lines:
        if line.lower().startswith(("flags", "features")):
            return frozenset(line.partition(":")[2].split())
    return frozenset()


def _function(function: Any, result: Any, *arguments: Any) -> Any:
    function.restype = result
    function.argtypes = arguments
    return function


# The arguments of each function on amplitudes, but for the last one, which is the control.
_ON_AMPLITUDES: Final[Mapping[str, tuple[Any, ...]]] = MappingProxyType(
    {
        "run": (
            *(c_int64, c_char_p, c_int64, c_char_p, c_int64),
            *(c_void_p, c_void_p, c_int64),
        ),
        "clear": (c_int64, c_void_p),
        "scale": (c_int64, c_void_p, c_double),
        "weights": (c_int64, c_void_p, c_int64, c_void_p),
        "project": (c_int64, c_void_p, c_int64, c_int64, c_double),
        "marginal": (c_int64, c_void_p, c_int64, c_char_p, c_int64, c_void_p),
        "block_sums": (c_int64, c_void_p, c_int64, c_void_p),
        "pick": (c_int64, c_void_p, c_int64, c_void_p, c_int64, c_void_p, c_void_p),
        "settle": (c_int64, c_void_p, c_char_p, c_int64),
        "read": (c_int64, c_void_p, c_double, c_void_p),
        "apply": (c_int64, c_void_p, POINTER(Circuit), c_void_p, POINTER(c_int64)),
        "outcomes": (
            *(c_int64, c_int64, c_char_p, c_char_p, c_char_p, c_char_p, c_void_p),
            *(c_int64, c_int64, c_int64, c_char_p, c_void_p),
        ),
    }
)
