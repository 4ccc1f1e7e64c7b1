"""Registers, shots and results that no memory holds."""

from support.hostile.case import COMPLETED, HEAD, LARGE, REFUSED, Hostile

TOO_LARGE = LARGE | frozenset({"does_not_fit", "memory_limit"})


def _declared(declarations: str, statements: str = "") -> str:
    return HEAD + declarations + "qubit lone; bit shown;" + statements + "shown = measure lone;"


SIZES = (
    Hostile("a billion qubits", lambda: _declared("qubit[1000000000] q;"), REFUSED),
    Hostile("a billion bits", lambda: _declared("bit[1000000000] c;"), REFUSED),
    Hostile("a billion qubits of old", lambda: _declared("qreg q[1000000000];"), REFUSED),
    Hostile("10^30 qubits", lambda: _declared(f"qubit[{10**30}] q;"), REFUSED),
    Hostile("a register of 200 digits", lambda: _declared(f"bit[{'1' * 200}] c;"), REFUSED),
    Hostile(
        "twenty thousand declarations",
        lambda: _declared("".join(f"qubit r{i};\n" for i in range(20_000))),
        REFUSED,
    ),
    Hostile(
        "nine thousand declarations",
        lambda: _declared("".join(f"qubit r{i};\n" for i in range(9000))),
        COMPLETED,
        counts=("0",),
    ),
    Hostile(
        "a hundred thousand registers",
        lambda: _declared("".join(f"bit[1] r{i};\n" for i in range(100_000))),
        REFUSED,
    ),
    Hostile(
        "a hundred thousand variables",
        lambda: _declared("".join(f"int r{i} = {i};\n" for i in range(100_000))),
        COMPLETED | LARGE,
    ),
    Hostile(
        "thirty dense qubits",
        lambda: (
            HEAD
            + "qubit[30] q; bit[30] c; "
            + "ry(0.3) q; rzz2 q;".replace("rzz2 q;", "")
            + "".join(f"cx q[{i}], q[{i + 1}]; t q[{i}]; h q[{i}];" for i in range(29)) * 30
            + "c = measure q;"
        ),
        TOO_LARGE,
    ),
    Hostile(
        "fifty dense qubits",
        lambda: (
            HEAD
            + "qubit[50] q; bit[50] c; "
            + "".join(
                f"ry(0.3) q[{i}]; ry(0.4) q[{i + 1}]; cx q[{i}], q[{i + 1}]; t q[{i + 1}];"
                for i in range(49)
            )
            * 40
            + "c = measure q;"
        ),
        TOO_LARGE,
    ),
    Hostile(
        "ten thousand measured qubits",
        lambda: HEAD + "qubit[10000] q; bit[10000] c; x q; c = measure q;",
        COMPLETED,
        counts=("1" * 10_000,),
    ),
    Hostile(
        "ten thousand random bits, a hundred thousand times",
        lambda: HEAD + "qubit[10000] q; bit[10000] c; h q; c = measure q;",
        TOO_LARGE | frozenset({"result_too_large"}),
        shots=100_000,
    ),
    Hostile(
        "sixty random bits, a hundred thousand times",
        lambda: HEAD + "qubit[60] q; bit[60] c; h q; c = measure q;",
        COMPLETED,
        shots=100_000,
    ),
    Hostile(
        "a broadcast over all qubits, ten thousand times",
        lambda: HEAD + "qubit[10000] q; bit c; " + "x q;" * 10_000 + "c = measure q[0];",
        LARGE,
    ),
    Hostile(
        "seven hundred kilobytes of gates",
        lambda: (
            HEAD
            + "qubit[3] q; bit[3] c; "
            + "h q[0]; cx q[0], q[1]; rz(pi/4) q[2]; h q[0];" * 17_000
            + "c = measure q;"
        ),
        COMPLETED,
    ),
    Hostile(
        "every branch taken at random, twenty times",
        lambda: (
            HEAD
            + "qubit[2] q; bit[2] c; "
            + "h q; c = measure q; if (c == 1) { x q[0]; }" * 20
            + "c = measure q;"
        ),
        COMPLETED,
        shots=2000,
    ),
)
