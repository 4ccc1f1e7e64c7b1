"""From measured bits to the keys of the counts.

A simulator gives each outcome as one integer, whose bit i is the circuit's classical bit i. A key
shows the bits by the register that declares them: bit 0 rightmost, one space between registers,
the last declared leftmost, as Qiskit prints them. Qiskit itself joins scalar bits that stand alone,
and drops or misplaces those that stand beside registers; here each of those is a register of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qiskit.circuit import Clbit, QuantumCircuit


@dataclass(frozen=True, slots=True)
class Layout:
    """How many bits each group of a key has, in order of declaration.

    Each classical bit is in one group: aliases, which name bits a second time, make none.
    """

    widths: tuple[int, ...]

    @classmethod
    def of(cls, circuit: QuantumCircuit) -> Layout:
        """The layout of a circuit's classical bits, which count in order of their declaration."""
        homes = [_home(circuit, bit) for bit in circuit.clbits]
        if not any(homes):
            return cls((len(homes),))
        widths: list[int] = []
        last = None
        for home in homes:
            if home is not None and home == last:
                widths[-1] += 1
            else:
                widths.append(1)
            last = home
        return cls(tuple(widths))


def spell(values: Mapping[int, int], layout: Layout) -> dict[str, int]:
    """The counts by key, of counts by integer, whose bit i is the circuit's classical bit i."""
    return {_key(value, layout.widths): count for value, count in values.items()}


def _key(value: int, widths: tuple[int, ...]) -> str:
    bits = format(value, f"0{sum(widths)}b")
    groups = []
    end = len(bits)
    for width in widths:
        groups.append(bits[end - width : end])
        end -= width
    return " ".join(reversed(groups))


def _home(circuit: QuantumCircuit, bit: Clbit) -> str | None:
    """The name of the register that declares a bit; None for a scalar bit.

    The first that holds it: aliases, and the registers that the importer makes of the slices in
    conditions, come later, and never hold a scalar bit.
    """
    registers = circuit.find_bit(bit).registers
    return str(registers[0][0].name) if registers else None
