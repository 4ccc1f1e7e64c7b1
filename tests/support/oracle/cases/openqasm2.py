"""What OpenQASM 2 says otherwise, or in other words."""

from typing import Final

from support.oracle.cases.case import Case


def _old(name: str, body: str, key: str) -> Case:
    """A circuit behind OpenQASM 2's head whose counts have one key."""
    text = f'OPENQASM 2.0;\ninclude "qelib1.inc";\n{body}'
    return Case(f"OpenQASM 2: {name}", text, {key: 1.0})


OPENQASM2: Final = (
    _old(
        "a register measured into a register", "qreg q[2]; creg c[2]; x q[1]; measure q -> c;", "10"
    ),
    _old(
        "registers in order",
        "qreg q[2]; creg a[1]; creg b[2]; x q[0]; measure q[0] -> a[0]; measure q[1] -> b[0];",
        "00 1",
    ),
    _old(
        "quotients are real",
        "qreg q[1]; creg c[1]; rx(1/2*pi) q[0]; rx(pi/2) q[0]; measure q -> c;",
        "1",
    ),
    _old("^ is a power", "qreg q[1]; creg c[1]; rx(2^2*pi/4) q[0]; measure q -> c;", "1"),
    _old(
        "U and CX are built in",
        "qreg q[2]; creg c[2]; U(pi, 0, pi) q[0]; CX q[0], q[1]; measure q -> c;",
        "11",
    ),
    _old(
        "CX turns no phase",
        "qreg q[2]; creg c[2]; h q[0]; CX q[0], q[1]; CX q[0], q[1]; h q[0]; measure q -> c;",
        "00",
    ),
    _old(
        "if on a register",
        "qreg q[2]; creg c[2]; x q[0]; measure q -> c; if (c == 1) x q[1]; measure q -> c;",
        "11",
    ),
    _old(
        "if of a measurement",
        "qreg q[2]; creg a[1]; creg b[1]; x q[0]; measure q[0] -> a[0];"
        " if (a == 1) measure q[0] -> b[0];",
        "1 1",
    ),
    _old(
        "a gate of its own",
        "gate g(t) a, b { rx(t) a; CX a, b; } qreg q[2]; creg c[2]; g(pi) q[0], q[1];"
        " measure q -> c;",
        "11",
    ),
    _old(
        "names that are words of OpenQASM 3",
        "qreg input[1]; creg end[1]; x input[0]; measure input -> end;",
        "1",
    ),
    _old("sin and ln", "qreg q[1]; creg c[1]; rx(sin(pi/2)*pi + ln(1)) q[0]; measure q -> c;", "1"),
    _old("broadcast", "qreg a[2]; qreg b[2]; creg c[2]; x a; cx a, b; measure b -> c;", "11"),
    _old(
        "cu3 and cu1",
        "qreg q[2]; creg c[2]; x q[0]; cu3(pi/2, 0, pi) q[0], q[1]; cu1(pi) q[0], q[1];"
        " h q[1]; measure q -> c;",
        "11",
    ),
    _old(
        "rzz",
        "qreg q[2]; creg c[2]; h q[0]; x q[1]; rzz(pi/2) q[0], q[1]; s q[0]; h q[0];"
        " measure q -> c;",
        "10",
    ),
    _old(
        "reset and barrier",
        "qreg q[1]; creg c[1]; x q[0]; barrier q; reset q; measure q -> c;",
        "0",
    ),
)
