"""Texts that Hypothesis makes: OpenQASM 3 that is valid, and measures something."""

from __future__ import annotations

from typing import Final, NamedTuple

from hypothesis import strategies
from hypothesis.strategies import DrawFn, SearchStrategy

from support.oracle.scenes import Scene, scenes

_HEAD: Final = """OPENQASM 3.1;
include "stdgates.inc";
gate mine(t) a, b { rx(t) a; ctrl @ gphase(t) b; cx a, b; }"""
_CLIFFORD: Final = {
    **dict.fromkeys(["x", "y", "z", "h", "s", "sdg", "sx", "id"], (0, 1)),
    **dict.fromkeys(["cx", "cy", "cz", "swap", "CX"], (0, 2)),
    **dict.fromkeys(["rx", "ry", "rz", "p"], (1, 1)),
}
"""How many angles and qubits each gate takes that is a Clifford gate at quarter turns."""

_ALL: Final = {
    **_CLIFFORD,
    **dict.fromkeys(["t", "tdg"], (0, 1)),
    **dict.fromkeys(["phase", "u1"], (1, 1)),
    "u2": (2, 1),
    **dict.fromkeys(["u3", "U"], (3, 1)),
    "ch": (0, 2),
    **dict.fromkeys(["cp", "crx", "cry", "crz", "cphase", "mine"], (1, 2)),
    "cu": (4, 2),
    **dict.fromkeys(["ccx", "cswap"], (0, 3)),
    "gphase": (1, 0),
}
_QUARTERS: Final = ("0", "pi/2", "pi", "-pi/2", "3*pi/2", "tau", "1/2*pi", "-2*pi/4")
_ANGLES: Final = (*_QUARTERS, "0.3", "-pi/4", "2**0.5", "1.7e0", "tau/3", "-(1 + 2) * 0.25")
_WHOLE_POWERS: Final = ("2", "-1", "3", "0", "-2")
_POWERS: Final = (*_WHOLE_POWERS, "0.5", "-0.5", "1/3.0", "1.25")


class Language(NamedTuple):
    """What a text may use.

    Attributes:
        gates: how many angles and qubits each takes.
        angles: their expressions.
        powers: exponents of pow; none where gates are called plainly.
        dynamic: measurements anywhere, resets, branches, loops.
        initial_values: registers of bits that are declared with a value.
    """

    gates: dict[str, tuple[int, int]]
    angles: tuple[str, ...]
    powers: tuple[str, ...]
    dynamic: bool
    initial_values: bool = True


STATIC: Final = Language(_ALL, _ANGLES, _POWERS, dynamic=False)
CLIFFORD: Final = Language(_CLIFFORD, _QUARTERS, (), dynamic=False)
DYNAMIC: Final = Language(_ALL, _ANGLES, _POWERS, dynamic=True)
DYNAMIC_CLIFFORD: Final = Language(_CLIFFORD, _QUARTERS, (), dynamic=True)


@strategies.composite
def texts(draw: DrawFn, language: Language, max_qubits: int = 5) -> str:
    """A text in a part of the language; its last statements measure."""
    scene = draw(scenes(max_qubits, language.initial_values))
    plain = _gate_call(scene, language)
    if language.dynamic:
        simple = plain | _measurement(scene) | _reset(scene) | _assignment(scene)
        statement = plain | plain | simple | _block(scene, simple)
    else:
        statement = plain
    body = draw(strategies.lists(statement, min_size=4, max_size=14))
    ends = draw(strategies.lists(_measurement(scene), min_size=1, max_size=4))
    last = f"{draw(strategies.sampled_from(scene.bits))} = measure {draw(_qubit(scene))};"
    return "\n".join([_HEAD, scene.text, *body, *ends, last, ""])


@strategies.composite
def _gate_call(draw: DrawFn, scene: Scene, language: Language) -> str:
    modifiers, controls = draw(_modifiers(language, len(scene.qubits)))
    left = len(scene.qubits) - controls
    fitting = [name for name, (_, qubits) in language.gates.items() if qubits <= left]
    name = draw(strategies.sampled_from(fitting))
    num_angles, num_qubits = language.gates[name]
    angles = ", ".join(draw(strategies.sampled_from(language.angles)) for _ in range(num_angles))
    called = f"{modifiers}{name}({angles})" if num_angles else f"{modifiers}{name}"
    return f"{called} {', '.join(draw(_operands(scene, num_qubits + controls)))};"


@strategies.composite
def _modifiers(draw: DrawFn, language: Language, num_qubits: int) -> tuple[str, int]:
    """Modifiers as they are written, and how many controls they add."""
    if not language.powers or draw(strategies.integers(0, 3)):
        return "", 0
    written, controls = "", 0
    for kind in draw(strategies.lists(strategies.sampled_from(_MODIFIERS), max_size=3)):
        if kind == "pow":
            written += f"pow({draw(strategies.sampled_from(language.powers))}) @ "
        elif kind == "inv":
            written += "inv @ "
        elif controls + 1 < num_qubits:
            count = draw(strategies.integers(1, min(2, num_qubits - controls - 1)))
            written += f"{kind}({count}) @ " if count > 1 else f"{kind} @ "
            controls += count
    return written, controls


@strategies.composite
def _operands(draw: DrawFn, scene: Scene, count: int) -> list[str]:
    """Different qubits; one or two of them, at times, registers to broadcast over."""
    order = draw(strategies.permutations(range(len(scene.qubits))))[:count]
    names = [draw(strategies.sampled_from(scene.qubits[qubit])) for qubit in order]
    fitting = [
        name
        for name, members in scene.qubit_registers
        if not set(members) & set(order[1:]) and members
    ]
    if count and fitting and draw(strategies.integers(0, 4)) == 0:
        names[0] = draw(strategies.sampled_from(fitting))
    return names


@strategies.composite
def _measurement(draw: DrawFn, scene: Scene) -> str:
    same = [
        (bits, qubits)
        for bits, width in scene.bit_registers
        for qubits, members in scene.qubit_registers
        if len(members) == width
    ]
    bits, qubits = draw(strategies.sampled_from(scene.bits)), draw(_qubit(scene))
    whole: bool = draw(strategies.booleans())
    if same and whole:
        bits, qubits = draw(strategies.sampled_from(same))
    if draw(strategies.booleans()):
        return f"{bits} = measure {qubits};"
    return f"measure {qubits} -> {bits};"


@strategies.composite
def _reset(draw: DrawFn, scene: Scene) -> str:
    registers = [name for name, _ in scene.qubit_registers]
    if registers and draw(strategies.integers(0, 3)) == 0:
        return f"reset {draw(strategies.sampled_from(registers))};"
    return f"reset {draw(_qubit(scene))};"


@strategies.composite
def _assignment(draw: DrawFn, scene: Scene) -> str:
    target = draw(strategies.sampled_from(scene.bits))
    value = draw(strategies.sampled_from([*scene.bits, "0", "1", "true"]))
    return f"{target} = {draw(strategies.sampled_from(['', '!']))}{value};"


@strategies.composite
def _block(draw: DrawFn, scene: Scene, simple: SearchStrategy[str]) -> str:
    """A branch, a loop or a switch over simple statements."""
    then, otherwise = (" ".join(draw(strategies.lists(simple, max_size=2))) for _ in range(2))
    kind = draw(strategies.sampled_from(["if", "if", "else", "for", "while", "switch"]))
    condition = draw(_condition(scene))
    if kind == "if":
        return f"if ({condition}) {{ {then} }}"
    if kind == "else":
        return f"if ({condition}) {{ {then} }} else {{ {otherwise} }}"
    if kind == "for":
        jump = draw(strategies.sampled_from(["break", "continue"]))
        return f"for int i in [0:1] {{ {then} if ({condition}) {{ {jump}; }} {otherwise} }}"
    if kind == "while":
        return f"while ({condition}) {{ {then} if (!({condition})) {{ continue; }} break; }}"
    if not scene.bit_registers:
        return f"if (!({condition})) {{ {otherwise} }}"
    name, width = draw(strategies.sampled_from(scene.bit_registers))
    return (
        f"switch (uint[{width}]({name})) {{ case 0 {{ {then} }} case 1, 2 {{ {otherwise} }}"
        " default { } }"
    )


@strategies.composite
def _condition(draw: DrawFn, scene: Scene) -> str:
    bit = draw(strategies.sampled_from(scene.bits))
    if not scene.bit_registers or draw(strategies.booleans()):
        other = draw(strategies.sampled_from(scene.bits))
        return draw(
            strategies.sampled_from(
                [bit, f"!{bit}", f"{bit} == 1", f"{bit} && {other}", f"{bit} || !{other}"]
            )
        )
    name, width = draw(strategies.sampled_from(scene.bit_registers))
    value = draw(strategies.integers(0, 2**width - 1))
    operator = draw(strategies.sampled_from(["==", "!=", "<", "<=", ">", ">="]))
    return draw(
        strategies.sampled_from(
            [
                f"{name} {operator} {value}",
                f"{value} {operator} {name}",
                f"{name}[0:{width - 1}] {operator} {value}",
                f"int[{width}]({name}) {operator} 0",
                f"({name} ^ {name}) == 0 && {bit}",
            ]
        )
    )


@strategies.composite
def _qubit(draw: DrawFn, scene: Scene) -> str:
    return draw(strategies.sampled_from(draw(strategies.sampled_from(scene.qubits))))


_MODIFIERS: Final = ("ctrl", "negctrl", "inv", "pow")
