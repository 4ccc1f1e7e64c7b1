"""What a generated text declares: qubits and bits, and all the ways to name them."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import strategies
from hypothesis.strategies import DrawFn


class Scene(NamedTuple):
    """The declarations of a text.

    Attributes:
        text: as they are written.
        qubits: the names of each qubit, by its number.
        qubit_registers: registers and aliases, by name, with the qubits that they hold.
        bits: the names of single bits.
        bit_registers: registers by name, with their widths.
    """

    text: str
    qubits: tuple[tuple[str, ...], ...]
    qubit_registers: tuple[tuple[str, tuple[int, ...]], ...]
    bits: tuple[str, ...]
    bit_registers: tuple[tuple[str, int], ...]


@strategies.composite
def scenes(draw: DrawFn, max_qubits: int, initial_values: bool) -> Scene:
    """Qubits in up to three registers, with aliases, and bits in up to three, some with values."""
    statements: list[str] = []
    registers: dict[str, tuple[int, ...]] = {}
    names: list[list[str]] = []
    for register in ("q", "r", "more")[: draw(strategies.integers(1, 3))]:
        width = draw(strategies.none() | strategies.integers(1, 3))
        if len(names) + (width or 1) > max_qubits:
            break
        first = len(names)
        if width is None:
            statements.append(f"qubit {register};")
            names.append([register])
            continue
        statements.append(f"qubit[{width}] {register};")
        names += [
            [f"{register}[{place}]", f"{register}[{place - width}]"] for place in range(width)
        ]
        registers[register] = tuple(range(first, first + width))
    for alias in ("v", "w")[: draw(strategies.integers(0, 2)) if registers else 0]:
        value, members = draw(_alias(registers))
        statements.append(f"let {alias} = {value};")
        registers[alias] = members
        for place, qubit in enumerate(members):
            names[qubit].append(f"{alias}[{place}]")
    bits, bit_registers = _declare_bits(draw, statements, initial_values)
    return Scene(
        "\n".join(statements),
        tuple(tuple(spellings) for spellings in names),
        tuple(registers.items()),
        bits,
        bit_registers,
    )


@strategies.composite
def _alias(draw: DrawFn, registers: dict[str, tuple[int, ...]]) -> tuple[str, tuple[int, ...]]:
    """A slice of a register, or two registers joined."""
    name, members = draw(strategies.sampled_from(sorted(registers.items())))
    size = len(members)
    form = draw(strategies.sampled_from(["up", "down", "set", "joined"]))
    if form == "joined":
        others = [(n, m) for n, m in sorted(registers.items()) if not set(m) & set(members)]
        if others:
            other, more = draw(strategies.sampled_from(others))
            return f"{name} ++ {other}", members + more
    first = draw(strategies.integers(0, size - 1))
    if form == "set":
        places = draw(strategies.permutations(range(size)))[: first + 1]
        written = ", ".join(map(str, places))
        return f"{name}[{{{written}}}]", tuple(members[place] for place in places)
    if form == "down":
        return f"{name}[-1:-1:{first}]", tuple(reversed(members[first:]))
    return f"{name}[{first}:{size - 1}]", members[first:]


def _declare_bits(
    draw: DrawFn, statements: list[str], initial_values: bool
) -> tuple[tuple[str, ...], tuple[tuple[str, int], ...]]:
    bits: list[str] = []
    registers: list[tuple[str, int]] = []
    for register in ("c", "d", "e")[: draw(strategies.integers(1, 3))]:
        width = draw(strategies.none() | strategies.integers(1, 3))
        if width is None:
            statements.append(f"bit {register};")
            bits.append(register)
            continue
        values = strategies.integers(0, 2**width - 1)
        initial = draw(strategies.none() | values) if initial_values else None
        value = "" if initial is None else f' = "{initial:0{width}b}"'
        statements.append(f"bit[{width}] {register}{value};")
        bits += [f"{register}[{place}]" for place in range(width)]
        registers.append((register, width))
    return tuple(bits), tuple(registers)
