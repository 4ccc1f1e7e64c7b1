"""Clifford circuits as stim reads them: as text, which is far quicker than gate by gate."""

from __future__ import annotations

from collections.abc import Iterable

from qcexec_engine.clifford import spelled
from qcexec_engine.errors import EngineError
from qcexec_engine.program import Gate, Operation


def gates_as_text(gates: Iterable[Operation]) -> str:
    """Gates in stim's language, up to a global phase.

    Raises:
        EngineError: one of them is no Clifford gate, or no gate at all.
    """
    lines: list[str] = []
    for gate in gates:
        if type(gate) is not Gate:
            raise EngineError(f"stim was given a {type(gate).__name__} as a gate")
        name, angles, qubits, controls = gate
        spelling = spelled(name, angles, controls)
        if spelling is None:
            raise EngineError(f"stim was given the gate {name}, which is no Clifford gate")
        for spelled_name, places in spelling:
            if len(places) == 1:
                lines.append(f"{spelled_name} {qubits[places[0]]}")
            else:
                lines.append(f"{spelled_name} {qubits[places[0]]} {qubits[places[1]]}")
    lines.append("")
    return "\n".join(lines)
