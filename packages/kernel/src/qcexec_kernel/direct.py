"""Operations done one after the other, without a plan: quicker for few qubits and few gates.

An operation takes a tenth of a microsecond, and a pass over the amplitudes that it changes, which
lie in the cache; c/direct.h says how.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any, Final

from qcexec_kernel.library import SMALLEST_STATE_QUBITS, Circuit, Control, Functions, check
from qcexec_kernel.operations import encode, encoding_bytes, kept_bytes


class Gates:
    """Operations taken apart, for `State.apply`; they may be applied any number of times.

    Args:
        num_qubits: how many qubits the states have, from 1 on.
        operations: as for `qcexec_kernel.plan.make_plan`.

    Raises:
        UnknownOperation: they hold something that the kernel does not know. What is wrong with a
            gate's qubits is found when it is applied.
        OutOfMemory: there is no memory for the columns.
    """

    def __init__(self, num_qubits: int, operations: Sequence[Any]) -> None:
        self.num_qubits: Final = num_qubits
        self._encoded: Final = encode(operations)
        names, num_operands, num_controls, operands, angles = self._encoded
        size = max(num_qubits, SMALLEST_STATE_QUBITS)
        self.circuit: Final = Circuit(
            *(size, len(names), names, num_operands, num_controls, operands),
            *(angles.buffer_info()[0], len(operands), len(angles)),
        )
        """The columns as the library reads them, for as long as these gates are there."""

    @property
    def making_bytes(self) -> int:
        """What taking them apart took at most, beside the operations themselves."""
        return encoding_bytes(self._encoded)

    @property
    def kept_bytes(self) -> int:
        """What keeping them takes."""
        return kept_bytes(self._encoded)


def outcome_probabilities(
    functions: Functions, num_qubits: int, operations: Sequence[Any], measured: Sequence[int]
) -> array[float]:
    """How likely each outcome of some qubits is after operations on |0...0>.

    Bit j of an outcome's number is the j-th measured qubit. The sum is one but for rounding.

    Raises:
        UnknownOperation: an operation, or a qubit, is unknown.
        OutOfMemory: there is no memory for the amplitudes.
    """
    names, num_operands, num_controls, operands, angles = encode(operations)
    sums = array("d", bytes(8 << len(measured)))
    result = functions.outcomes(
        *(max(num_qubits, SMALLEST_STATE_QUBITS), len(names)),
        *(names, num_operands, num_controls, operands, angles.buffer_info()[0]),
        *(len(operands), len(angles)),
        *(len(measured), array("q", measured).tobytes(), sums.buffer_info()[0], Control()),
    )
    check(result, "computing outcomes")
    return sums
