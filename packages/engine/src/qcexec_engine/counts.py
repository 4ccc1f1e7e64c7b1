"""From measured bits to the keys of the counts.

A key shows the bits by the register that declares them: bit 0 rightmost, one space between
registers, the last declared leftmost, as Qiskit prints them. Qiskit itself joins scalar bits that
stand alone, and drops or misplaces those that stand beside registers; here each of those is a
register of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy

from qcexec_engine.errors import ResultTooLarge
from qcexec_engine.outcomes import Outcomes
from qcexec_engine.program import Register

# Up to here a loop is quicker than arrays.
_FEW: Final = 24


def spell(outcomes: Outcomes, registers: Sequence[Register], max_bytes: int) -> dict[str, int]:
    """The counts by key, in the order of the outcomes.

    Raises:
        ResultTooLarge: the keys take more than `max_bytes` together.
    """
    widths = _widths(registers)
    if not widths:
        return {"": int(outcomes.counts.sum())}
    key_bytes = sum(widths) + len(widths) - 1
    num_keys = len(outcomes.rows)
    if num_keys * key_bytes > max_bytes:
        raise ResultTooLarge(
            f"{num_keys} different outcomes of {key_bytes} characters each are more than"
            f" the {max_bytes} bytes that a result may have: measure fewer bits, or run fewer shots"
        )
    keys = _spell_few if num_keys <= _FEW else _spell_many
    return dict(zip(keys(outcomes, widths), outcomes.counts.tolist(), strict=True))


def _widths(registers: Sequence[Register]) -> list[int]:
    """How many bits each group of a key has, in order of declaration."""
    for register in registers:
        if not register.scalar:
            return [register.width for register in registers]
    return [len(registers)] if registers else []


def _spell_few(outcomes: Outcomes, widths: Sequence[int]) -> list[str]:
    num_rows, width = outcomes.rows.shape
    packed = outcomes.rows.tobytes()
    pattern = f"0{sum(widths)}b"
    if width == 1:
        keys = [format(value, pattern) for value in packed]
    else:
        keys = [
            format(int.from_bytes(packed[start : start + width], "little"), pattern)
            for start in range(0, num_rows * width, width)
        ]
    if len(widths) <= 1:
        return keys
    return [_parted(bits, widths) for bits in keys]


def _parted(bits: str, widths: Sequence[int]) -> str:
    groups = []
    end = len(bits)
    for width in widths:
        groups.append(bits[end - width : end])
        end -= width
    groups.reverse()
    return " ".join(groups)


def _spell_many(outcomes: Outcomes, widths: Sequence[int]) -> list[str]:
    num_bits = sum(widths)
    bits = numpy.unpackbits(outcomes.rows, axis=1, count=num_bits, bitorder="little")
    bits |= ord("0")
    length = num_bits + len(widths) - 1
    letters = numpy.full((len(bits), length), ord(" "), dtype=numpy.uint8)
    first_bit = 0
    end = length
    for width in widths:
        last_bit = first_bit + width
        letters[:, end - width : end] = bits[:, first_bit:last_bit][:, ::-1]
        first_bit = last_bit
        end -= width + 1
    text = letters.tobytes().decode("ascii")
    return [text[start : start + length] for start in range(0, len(text), length)]
