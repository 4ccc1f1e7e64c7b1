"""What the engine makes of a circuit, and how it would run it, as text for a person.

Nothing is run: the circuit is read, looked over and given to a method, as `Engine.run` does it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from qcexec_engine import routing
from qcexec_engine.analysis.circuit import Circuit, analyse
from qcexec_engine.elaboration import read
from qcexec_engine.errors import CircuitTooLarge, EngineError, UnsupportedFeature
from qcexec_engine.limits import Limits
from qcexec_engine.methods.branching import SHOT_TREE
from qcexec_engine.methods.method import Cost, Method
from qcexec_engine.methods.statevector import STATEVECTOR
from qcexec_engine.program import Block, Branch, Gate, Loop, Program, Register, Unitary
from qcexec_engine.report import Needs


def explain(text: str, shots: int, limits: Limits) -> tuple[str, bool]:
    """The explanation of a text, and whether the circuit would run within the limits.

    Raises:
        EngineError: the text is no circuit that the engine takes.
    """
    return explain_program(read(text, limits), shots, limits)


def explain_program(program: Program, shots: int, limits: Limits) -> tuple[str, bool]:
    """The explanation of a program, and whether it would run within the limits."""
    circuit = analyse(program)
    lines = [
        ("quantum registers", _registers(program.qubit_registers)),
        ("classical registers", _registers(program.registers)),
        ("qubits", f"{program.num_qubits}, {circuit.num_qubits} of them to simulate"),
        ("depth", f"{circuit.depth:,}"),
        ("operations", f"{circuit.num_operations:,}"),
        *_listed("to simulate", _counts(circuit)),
    ]
    chosen, name = _chosen(circuit, shots, limits)
    lines += chosen
    if name == STATEVECTOR.name:
        lines += _listed("plan", STATEVECTOR.describe(circuit, limits).splitlines())
    elif name == SHOT_TREE.name:
        lines += _listed("plans", SHOT_TREE.describe(circuit, limits).splitlines())
    others = [
        _other(method, cost)
        for method, cost in routing.costs(circuit, shots, limits)
        if method.name != name
    ]
    lines += _listed("other methods", others)
    lines += _listed("notes", program.notes)
    width = max(len(label) for label, _ in lines) + 2
    rendered = "\n".join(f"{label:{width}}{value}".rstrip() for label, value in lines)
    return rendered, name is not None


def fault(error: EngineError, text: str) -> str:
    """An error in words, with the line that it is in and a mark below its column."""
    if error.line is None:
        return f"{error.code}: {error}"
    # Lines end where the parser counts them, and not at every character that Unicode has for it.
    lines = re.split("\r\n|\r|\n", text)
    shown = [f"{error.code}: {error}"]
    if 0 < error.line <= len(lines):
        line = lines[error.line - 1]
        start = 0
        if error.column is not None and len(line) > _WIDEST_LINE:
            start = max(0, error.column - 1 - _WIDEST_LINE // 2)
        # One column for each character, also where a terminal would jump or jumble.
        part = "".join(
            character if character.isprintable() else " "
            for character in line[start : start + _WIDEST_LINE]
        )
        shown.append(f"    {part}")
        if error.column is not None:
            shown.append(f"    {' ' * (error.column - 1 - start)}^")
    return "\n".join(shown)


_WIDEST_LINE = 100
_LINE = tuple[str, str]


def _chosen(circuit: Circuit, shots: int, limits: Limits) -> tuple[list[_LINE], str | None]:
    """What is chosen, and its name; None where the circuit would not run here."""
    try:
        choice = routing.choose(circuit, shots, limits)
    except (CircuitTooLarge, UnsupportedFeature) as error:
        return [("method", f"none: {error}")], None
    if isinstance(choice, Needs):
        needs = (
            f"none fits: {choice.method} would need {routing.in_bytes(choice.memory_bytes)},"
            f" there are {routing.in_bytes(limits.memory_bytes)}"
        )
        return [("method", needs)], None
    return [
        ("method", f"{choice.method.name}: {choice.reason}"),
        ("memory", f"{routing.in_bytes(choice.cost.memory_bytes)} at most"),
        ("time", f"about {_seconds(choice.cost.seconds)} at the reference speed, {shots:,} shots"),
    ], choice.method.name


def _other(method: Method, cost: Cost | None) -> str:
    if cost is None:
        return f"{method.name}: not for this circuit"
    missing = method.missing()
    but = "" if missing is None else f", but {missing}"
    return f"{method.name}: {_seconds(cost.seconds)}, {routing.in_bytes(cost.memory_bytes)}{but}"


def _listed(label: str, values: Iterable[str]) -> list[_LINE]:
    return [(label if place == 0 else "", value) for place, value in enumerate(values)]


def _registers(registers: Sequence[Register]) -> str:
    return (
        ", ".join(
            register.name if register.scalar else f"{register.name}[{register.width}]"
            for register in registers
        )
        or "none"
    )


def _counts(circuit: Circuit) -> list[str]:
    """How many operations of each kind are simulated, the most frequent ones first."""
    counts: Counter[str] = Counter()
    _count(circuit.program.operations, counts)
    return [f"{count:,} {name}" for name, count in counts.most_common()]


def _count(block: Block, counts: Counter[str]) -> None:
    for operation in block:
        if isinstance(operation, Gate):
            counts[_gate_name(operation.name, operation.controls)] += 1
        elif isinstance(operation, Unitary):
            counts[_gate_name("unitary", operation.controls)] += 1
        else:
            counts[type(operation).__name__.lower()] += 1
        if isinstance(operation, Branch):
            _count(operation.then, counts)
            _count(operation.otherwise, counts)
        elif isinstance(operation, Loop):
            _count(operation.body, counts)


def _gate_name(name: str, controls: int) -> str:
    """As OpenQASM has it, up to two controls: ccx."""
    return "c" * controls + name if controls <= 2 else f"{name} with {controls} controls"


def _seconds(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:,.1f} s"
    return f"{seconds * 1e3:.3g} ms"
