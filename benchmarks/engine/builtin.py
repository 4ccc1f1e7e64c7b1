"""Circuits that the benchmark makes itself, as OpenQASM 3 texts; random ones from fixed seeds."""

import math
import random
from collections.abc import Sequence

_HEADER = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'


def ghz(qubits: int) -> str:
    """A chain of entanglement: 00...0 and 11...1, each half of the time. Two qubits: Bell."""
    gates = ["h q[0];", *(f"cx q[{each}], q[{each + 1}];" for each in range(qubits - 1))]
    return _measured(qubits, gates)


def fourier(qubits: int) -> str:
    """The quantum Fourier transform of a product state in which no qubit is known beforehand."""
    gates = [f"ry({0.3 + 0.1 * each:.4f}) q[{each}];" for each in range(qubits)]
    for target in reversed(range(qubits)):
        gates.append(f"h q[{target}];")
        gates += [
            f"cp({math.pi / 2 ** (target - control)!r}) q[{control}], q[{target}];"
            for control in reversed(range(target))
        ]
    gates += [f"swap q[{each}], q[{qubits - 1 - each}];" for each in range(qubits // 2)]
    return _measured(qubits, gates)


def scattered(qubits: int, layers: int) -> str:
    """Layers of a random rotation on each qubit and cx between random pairs."""
    draw = random.Random(1)
    gates: list[str] = []
    for _ in range(layers):
        gates += [
            f"{draw.choice(('rx', 'ry', 'rz'))}({_angle(draw)}) q[{each}];"
            for each in range(qubits)
        ]
        order = draw.sample(range(qubits), qubits)
        gates += [
            f"cx q[{one}], q[{other}];" for one, other in zip(order[::2], order[1::2], strict=False)
        ]
    return _measured(qubits, gates)


def volume(qubits: int) -> str:
    """The shape of quantum volume: as many layers as qubits, of blocks on random pairs."""
    draw = random.Random(2)
    gates: list[str] = []
    for _ in range(qubits):
        order = draw.sample(range(qubits), qubits)
        for pair in zip(order[::2], order[1::2], strict=False):
            gates += _block(draw, pair)
    return _measured(qubits, gates)


def teleportation() -> str:
    """A state moved by measurements and corrections."""
    return (
        f"{_HEADER}qubit[3] q;\nbit a;\nbit b;\nbit[1] c;\n"
        "ry(1.0471975511965976) q[0];\nh q[1];\ncx q[1], q[2];\ncx q[0], q[1];\nh q[0];\n"
        "a = measure q[0];\nb = measure q[1];\n"
        "if (b == true) { x q[2]; }\nif (a == true) { z q[2]; }\nc[0] = measure q[2];\n"
    )


def repetition_code(data: int, rounds: int) -> str:
    """An encoded qubit whose syndrome is measured in rounds, with an error that is corrected."""
    checks = data - 1
    lines = [
        f"{_HEADER}qubit[{data}] d;\nqubit[{checks}] a;\nbit[{checks}] syndrome;\nbit[{data}] c;",
        "ry(0.8) d[0];",
        *(f"cx d[0], d[{each}];" for each in range(1, data)),
        "rx(0.3) d[0];",
    ]
    for _ in range(rounds):
        for check in range(checks):
            lines += [f"cx d[{check}], a[{check}];", f"cx d[{check + 1}], a[{check}];"]
            lines += [f"syndrome[{check}] = measure a[{check}];", f"reset a[{check}];"]
        lines.append("if (syndrome == 1) { x d[0]; }")
    return "\n".join([*lines, "c = measure d;", ""])


def _measured(qubits: int, gates: Sequence[str]) -> str:
    declared = f"{_HEADER}qubit[{qubits}] q;\nbit[{qubits}] c;"
    return "\n".join([declared, *gates, "c = measure q;", ""])


def _block(draw: random.Random, pair: tuple[int, int]) -> list[str]:
    one, other = pair
    gates: list[str] = []
    for turn in range(4):
        gates += [f"U({_angle(draw)}, {_angle(draw)}, {_angle(draw)}) q[{each}];" for each in pair]
        if turn < 3:
            gates.append(f"cx q[{one}], q[{other}];")
    return gates


def _angle(draw: random.Random) -> str:
    return f"{draw.uniform(-math.pi, math.pi):.6f}"
