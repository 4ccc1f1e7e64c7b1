"""Circuits as the library takes them: flat arrays.

Operations are named tuples of the caller's: gates are (name, angles, qubits, controls), unitaries
(matrix, qubits, controls). A circuit has up to a million of them, so they are taken apart column by
column: all of them as one row, of which each fourth entry is a column.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

import numpy

from qcexec_kernel.errors import OutOfMemory, UnknownOperation

NAMES: Final = (
    *("x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "sxdg", "rx", "ry", "rz", "p", "u"),
    *("swap", "iswap", "rxx", "ryy", "rzz", "rzx", "ecr", "dcx"),
)
"""All gates, in the library's order; a unitary's number is the next one."""

_SMALL_BYTES: Final = 4 << 10
"""What Python's objects take beside what they hold."""

_number: Final = (
    {name: number for number, name in enumerate(NAMES)} | {"unitary": len(NAMES)}
).__getitem__


class Encoded(NamedTuple):
    """A circuit in columns: one entry an operation, operands and angles of all in a row.

    All but the angles fit into bytes. A unitary's angles are the real and imaginary parts of its
    matrix, row by row.
    """

    names: bytes
    num_operands: bytes
    num_controls: bytes
    operands: bytes
    angles: array[float]


def encode(operations: Sequence[Any]) -> Encoded:
    """Takes operations apart.

    Raises:
        UnknownOperation: a gate has an unknown name, or something is no gate and no unitary.
        OutOfMemory: there is no memory for the columns.
    """
    if not operations:
        return Encoded(b"", b"", b"", b"", array("d"))
    try:
        if len(operations) == 1 and len(operations[0]) == 4:
            # What a branch does to a qubit, mostly: in half the time.
            ((name, angles, qubits, controls),) = operations
            return Encoded(
                *(bytes((_number(name),)), bytes((len(qubits),)), bytes((controls,))),
                *(bytes(qubits), array("d", angles)),
            )
        row = list(chain.from_iterable(operations))
        if len(row) != 4 * len(operations):
            gates = [each if len(each) == 4 else _as_gate(each) for each in operations]
            row = list(chain.from_iterable(gates))
        qubits = row[2::4]
        return Encoded(
            bytes(map(_number, row[0::4])),
            bytes(map(len, qubits)),
            bytes(row[3::4]),
            bytes(list(chain.from_iterable(qubits))),
            array("d", list(chain.from_iterable(filter(None, row[1::4])))),
        )
    except MemoryError as error:
        raise OutOfMemory("taking a circuit apart: there is not enough memory") from error
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise UnknownOperation(f"not an operation of the kernel: {error}") from error


def encoding_bytes(encoded: Encoded) -> int:
    """What taking a circuit apart took at most, in bytes: an upper bound on 64 bits."""
    num_operations, num_angles = len(encoded.names), len(encoded.angles)
    # All in one row, two columns of it, lists of operands and angles, and all as it is kept.
    columns = 56 * num_operations + 10 * len(encoded.operands) + 18 * num_angles
    num_unitaries = encoded.names.count(len(NAMES))
    if num_unitaries == 0:
        return columns + _SMALL_BYTES
    # They make a second row, in which a matrix is a list of numbers of Python's.
    gates = 45 * num_operations + 160 * num_unitaries + 32 * num_angles
    return columns + gates + _SMALL_BYTES


def kept_bytes(encoded: Encoded) -> int:
    """What a circuit in columns takes."""
    return 3 * len(encoded.names) + len(encoded.operands) + 8 * len(encoded.angles) + _SMALL_BYTES


def _as_gate(unitary: Any) -> tuple[str, Iterable[float], Sequence[int], int]:
    matrix, qubits, controls = unitary
    entries = numpy.ascontiguousarray(matrix, dtype=numpy.complex128)
    side = 1 << (len(qubits) - controls)
    if entries.shape != (side, side):
        raise ValueError(f"a matrix of shape {entries.shape} for {len(qubits) - controls} targets")
    return ("unitary", entries.view(numpy.float64).ravel().tolist(), qubits, controls)
