"""Circuits as the library takes them: flat arrays.

Operations are named tuples of the caller's: gates are (name, angles, qubits, controls), unitaries
(matrix, qubits, controls). A circuit has up to a million of them, so they are taken apart column by
column.
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
        if set(map(len, operations)) != {4}:
            operations = [each if len(each) == 4 else _as_gate(each) for each in operations]
        names, angles, qubits, controls = zip(*operations, strict=True)
        return Encoded(
            bytes(map(_number, names)),
            bytes(map(len, qubits)),
            bytes(controls),
            bytes(list(chain.from_iterable(qubits))),
            array("d", list(chain.from_iterable(angles))),
        )
    except MemoryError as error:
        raise OutOfMemory("taking a circuit apart: there is not enough memory") from error
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise UnknownOperation(f"not an operation of the kernel: {error}") from error


def encoding_bytes(encoded: Encoded) -> int:
    """What taking a circuit apart took at most, in bytes: an upper bound on 64 bits."""
    num_operations, num_angles = len(encoded.names), len(encoded.angles)
    num_unitaries = encoded.names.count(len(NAMES))
    # An iterator of each operation, while columns are made of rows.
    turning = 96 * num_operations
    # Tuples of names and counts, lists of operands and angles, and then all as it is kept.
    keeping = 35 * num_operations + 10 * len(encoded.operands) + 18 * num_angles
    # A matrix becomes a list of numbers of Python's first.
    gates = 160 * num_unitaries + (32 * num_angles if num_unitaries else 0)
    return max(turning, keeping) + gates + _SMALL_BYTES


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
