"""The simulators by name: the kernel in both precisions, and those others that are installed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from types import MappingProxyType
from typing import Final

from benchmarks.kernel.families import Gates
from benchmarks.kernel.lightning import Lightning
from benchmarks.kernel.ours import Ours
from benchmarks.kernel.qsim import Qsim
from benchmarks.kernel.setting import Setting, System
from benchmarks.kernel.simulators import Aer, Qulacs

from qcexec_kernel import Precision


def _ours(precision: Precision) -> Callable[[int, Gates, Setting], System]:
    return lambda num_qubits, gates, setting: Ours(num_qubits, gates, setting, precision, None)


SYSTEMS: Final[Mapping[str, Callable[[int, Gates, Setting], System]]] = MappingProxyType(
    {
        "double": _ours("double"),
        "single": _ours("single"),
        "aer": Aer,
        "qulacs": Qulacs,
        "qsim": Qsim,
        "lightning": Lightning,
    }
)
"""By name: builds the system for a circuit and a setting."""

_MODULES: Final = MappingProxyType(
    {"qulacs": "qulacs", "qsim": "qsimcirq", "lightning": "pennylane_lightning"}
)


def installed() -> list[str]:
    """The names of those that can run here."""
    return [name for name in SYSTEMS if name not in _MODULES or find_spec(_MODULES[name])]
