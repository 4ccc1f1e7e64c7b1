"""From seconds to a table of medians and ratios. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from statistics import median

from benchmarks.kernel.setting import Seconds


@dataclass(frozen=True, slots=True)
class Row:
    """One circuit.

    Attributes:
        family, num_qubits: which one.
        seconds: all runs of each system.
        passes: of the double plan, over the whole state.
        multiply_adds: that it takes.
        memory_share: seconds that its passes take at least, of the seconds that it took.
    """

    family: str
    num_qubits: int
    seconds: Mapping[str, Sequence[Seconds]]
    passes: float
    multiply_adds: float
    memory_share: float

    def total(self, system: str) -> float:
        """The median of planning and running."""
        return median(each.planning + each.running for each in self.seconds[system])


def as_table(rows: Sequence[Row], systems: Sequence[str], base: str) -> str:
    """Medians in ms, ratios to the base, and what the plans are like."""
    head = ["circuit", *[f"{name} ms" for name in systems]]
    ratios = [name for name in systems if name != base and base in systems]
    head += [f"{base} / {name}" for name in ratios]
    head += ["planning ms", "passes", "memory %", "multiply-adds a ns"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in rows:
        cells = [f"{row.family} {row.num_qubits}"]
        cells += [f"{1e3 * row.total(name):.2f}" for name in systems]
        cells += [f"{row.total(base) / row.total(name):.1f}" for name in ratios]
        cells += _plan_cells(row)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def as_means(rows: Sequence[Row], systems: Sequence[str], base: str) -> str:
    """The geometric means of the ratios, by number of qubits."""
    lines = []
    for num_qubits in sorted({row.num_qubits for row in rows}):
        chosen = [row for row in rows if row.num_qubits == num_qubits]
        for name in systems:
            if name == base or base not in systems:
                continue
            logarithms = [log(row.total(base) / row.total(name)) for row in chosen]
            mean = exp(sum(logarithms) / len(logarithms))
            lines.append(f"{num_qubits} qubits: {base} / {name} = {mean:.1f}")
    return "\n".join(lines)


def _plan_cells(row: Row) -> list[str]:
    if "double" not in row.seconds:
        return ["", "", "", ""]
    planning = median(each.planning for each in row.seconds["double"])
    running = median(each.running for each in row.seconds["double"])
    rate = row.multiply_adds / running / 1e9
    return [
        f"{1e3 * planning:.2f}",
        f"{row.passes:.1f}",
        f"{100 * row.memory_share:.0f}",
        f"{rate:.1f}",
    ]
