"""The kernel as its caller sees it: one variant of the library, its plans and its states."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qcexec_kernel.direct import Gates, outcome_probabilities
from qcexec_kernel.library import Control, Functions, Library, Precision, load
from qcexec_kernel.memory import SpareMemory
from qcexec_kernel.plan import Plan, make_plan
from qcexec_kernel.sampling import sampling_bytes
from qcexec_kernel.state import State, state_bytes
from qcexec_kernel.threads import SpareThreads


class Kernel:
    """The best variant for this processor, or the one that is named.

    Args:
        variant: its name.
        file: a library that was compiled elsewhere, in place of any variant.

    Raises:
        NoKernel: there is none.
    """

    def __init__(self, variant: str | None = None, *, file: Path | None = None) -> None:
        library = load(variant) if file is None else Library(file.stem, file)
        self.variant = library.variant
        self._functions: dict[Precision, Functions] = {
            "double": library.functions("double"),
            "single": library.functions("single"),
        }

    def functions(self, precision: Precision = "double") -> Functions:
        """The library's own, for those who plan in other ways than `plan` does."""
        return self._functions[precision]

    def plan(
        self,
        num_qubits: int,
        operations: Sequence[Any],
        precision: Precision = "double",
        *,
        begins_in_zero: bool = True,
        probabilities_only: bool = False,
        control: Control | None = None,
    ) -> Plan:
        """Plans a circuit; `qcexec_kernel.plan.make_plan` says more."""
        return make_plan(
            *(self._functions[precision], num_qubits, operations, precision),
            begins_in_zero=begins_in_zero,
            probabilities_only=probabilities_only,
            control=control,
        )

    def gates(self, num_qubits: int, operations: Sequence[Any]) -> Gates:
        """Operations for `State.apply`: no plan, for few qubits and few gates."""
        return Gates(num_qubits, operations)

    def outcome_probabilities(
        self,
        num_qubits: int,
        operations: Sequence[Any],
        measured: Sequence[int],
        precision: Precision = "double",
    ) -> array[float]:
        """What a circuit shows, without a plan; `qcexec_kernel.direct` says more."""
        return outcome_probabilities(self._functions[precision], num_qubits, operations, measured)

    def state(
        self,
        num_qubits: int,
        precision: Precision = "double",
        memory: SpareMemory | None = None,
        spare_threads: SpareThreads | None = None,
        control: Control | None = None,
    ) -> State:
        """A state in |0...0>; `State` says what may be shared. Raises OutOfMemory."""
        functions = self._functions[precision]
        return State(functions, num_qubits, precision, memory, spare_threads, control)

    def state_bytes(self, num_qubits: int, precision: Precision = "double") -> int:
        """What a state takes, plans aside."""
        return state_bytes(self._functions[precision], num_qubits, precision)

    def sampling_bytes(self, num_qubits: int, num_outcomes: int) -> int:
        """What sampling takes beside the state and the numbers that it is given."""
        return sampling_bytes(num_qubits, num_outcomes)
