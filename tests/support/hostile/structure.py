"""Nesting, calls and loops that grow beyond all bounds."""

from support.hostile.case import (
    COMPLETED,
    HEAD,
    LARGE,
    REFUSED,
    SEMANTIC,
    SYNTAX,
    TAIL,
    Hostile,
    body,
    made,
)

DEEP = 10_000
UNSUPPORTED = frozenset({"unsupported_feature"})
DONE_OR_LARGE = COMPLETED | LARGE


def _doubling(levels: int, base: str) -> str:
    gates = "".join(f"gate g{i + 1} a {{ g{i} a; g{i} a; }}\n" for i in range(levels))
    return f"gate g0 a {{ {base} }}\n{gates}g{levels} q[0];"


def _chain(levels: int) -> str:
    gates = "".join(f"gate g{i + 1} a {{ g{i} a; }}\n" for i in range(levels))
    return f"gate g0 a {{ x a; }}\n{gates}g{levels} q[0];"


STRUCTURE = (
    made("parentheses", lambda: "rx(" + "(" * DEEP + "1" + ")" * DEEP + ") q[0];", LARGE),
    made("open parentheses", lambda: "rx(" + "(" * DEEP, LARGE | SYNTAX),
    made("braces", lambda: "{" * DEEP + "}" * DEEP, LARGE | SYNTAX),
    made("open braces", lambda: "if (c == 1) {" * DEEP, LARGE | SYNTAX),
    made("brackets", lambda: "x q" + "[" * DEEP + "0" + "]" * DEEP + ";", LARGE | SYNTAX),
    made("declared brackets", lambda: "bit[" * DEEP, LARGE | SYNTAX),
    made("minus signs", lambda: "rx(" + "-" * DEEP + "1) q[0];", LARGE | COMPLETED),
    made("exclamation marks", lambda: "if (" + "!" * DEEP + "c[0]) x q[0];", LARGE | COMPLETED),
    made("powers", lambda: "rx(" + "1**" * DEEP + "1) q[0];", LARGE),
    made("sums", lambda: "rx(0" + "+0" * (10 * DEEP) + ") q[0];", LARGE | COMPLETED),
    made("nested ifs", lambda: "if (c[0]) { " * DEEP + "x q[0];" + "}" * DEEP, LARGE),
    made("nested ifs without braces", lambda: "if (c[0]) " * DEEP + "x q[0];", LARGE),
    made(
        "a chain of else", lambda: "if (c[0]) x q[0]; else " * DEEP + "x q[1];", LARGE | COMPLETED
    ),
    made("a long run of ifs", lambda: "if (c[0]) x q[0];\n" * DEEP, DONE_OR_LARGE, "00"),
    made("nested boxes", lambda: "box {" * DEEP + "}" * DEEP, LARGE | SYNTAX),
    made("nested calls", lambda: "rx(" + "sin(" * DEEP + "1" + ")" * DEEP + ") q[0];", LARGE),
    made("nested casts", lambda: "rx(" + "float(" * DEEP + "1" + ")" * DEEP + ") q[0];", LARGE),
    made("modifiers", lambda: "inv @ " * 100_000 + "x q[0];", LARGE | COMPLETED),
    made("powers of powers", lambda: "pow(2) @ " * DEEP + "x q[0];", LARGE | COMPLETED | SEMANTIC),
    made("controls of controls", lambda: "ctrl @ " * DEEP + "x q[0];", REFUSED),
    body("more controls than qubits", "ctrl(100) @ x q[0], q[1];", REFUSED),
    body("a billion controls", "ctrl(1000000000) @ x q[0], q[1];", REFUSED),
    body("no controls", "ctrl(0) @ x q[0];", REFUSED | COMPLETED),
    body("a negative number of controls", "ctrl(-1) @ x q[0];", REFUSED),
    body("half a control", "ctrl(0.5) @ x q[0], q[1];", REFUSED),
    body("a power of a million", "pow(1e6) @ x q[0];", COMPLETED | LARGE, "00"),
    body("a power of 10^300", "pow(1e300) @ x q[0];", REFUSED | COMPLETED),
    body("a power of 10^-300", "pow(1e-300) @ x q[0];", COMPLETED | REFUSED),
    body(
        "a power of 10^18 of a gate of one's own",
        "gate g a { h a; t a; } pow(1000000000000000000) @ g q[0];",
        COMPLETED | LARGE,
    ),
    body("a power without end", "pow(1/0.0) @ x q[0];", REFUSED),
    body("gates that double sixty times", _doubling(60, "x a;"), LARGE),
    body("empty gates that double sixty times", _doubling(60, ""), DONE_OR_LARGE, "00"),
    body("identities that double sixty times", _doubling(60, "id a;"), DONE_OR_LARGE, "00"),
    body(
        "controlled gates that double",
        _doubling(60, "x a;").replace("g60 q[0]", "ctrl @ g60 q[0], q[1]"),
        LARGE,
    ),
    body("a chain of gates", _chain(5000), LARGE | COMPLETED),
    body("a gate that calls itself", "gate g a { g a; } g q[0];", SEMANTIC),
    body("gates that call one another", "gate f a { g a; } gate g a { f a; } f q[0];", SEMANTIC),
    made(
        "a gate of ten thousand parameters",
        lambda: (
            f"gate g({','.join(f'p{i}' for i in range(DEEP))}) a {{ x a; }}"
            f" g({','.join('1' * DEEP)}) q[0];"
        ),
        DONE_OR_LARGE,
        "01",
    ),
    made(
        "a gate of ten thousand qubits",
        lambda: f"gate g {','.join(f'a{i}' for i in range(DEEP))} {{ x a0; }}",
        DONE_OR_LARGE,
        "00",
    ),
    body("a billion rounds", "for int i in [0:1000000000] { x q[0]; }", LARGE),
    body("a billion empty rounds", "for int i in [0:1000000000] { }", DONE_OR_LARGE),
    body("rounds beyond all integers", f"for int i in [0:{2**63}] {{ }}", REFUSED | COMPLETED),
    body("rounds backwards without end", "for int i in [0:-1:-1000000000000] { x q[0]; }", LARGE),
    body("a step of zero", "for int i in [0:0:5] { x q[0]; }", SEMANTIC),
    body("loops in loops", "for int i in [0:1] { " * 60 + "}" * 60, DONE_OR_LARGE),
    body("a loop that never ends", "while (true) { x q[0]; }", REFUSED),
    body("a loop that never ends and does nothing", "while (true) { }", REFUSED),
    body(
        "a loop that waits for a bit that nobody writes",
        "x q[0]; c = measure q; while (c == 1) { x q[1]; }",
        REFUSED,
    ),
    body(
        "a loop that measures and never ends",
        "x q[0]; c = measure q; while (c[0]) { c[0] = measure q[0]; }",
        REFUSED | frozenset({"time_limit"}),
    ),
    body(
        "continue without end", "while (c == 0) { continue; }", REFUSED | frozenset({"time_limit"})
    ),
    body("a jump out of nothing", "break;", REFUSED),
    made(
        "a switch of a hundred thousand cases",
        lambda: "switch (3) {" + "".join(f"case {i} {{ x q[0]; }}" for i in range(100_000)) + "}",
        DONE_OR_LARGE,
    ),
    body(
        "the same case twice",
        "switch (1) { case 1 { x q[0]; } case 1 { x q[1]; } }",
        REFUSED | COMPLETED,
    ),
    made(
        "a set of a million",
        lambda: "for int i in {" + "1," * 1_000_000 + "1} { }",
        DONE_OR_LARGE | SYNTAX,
    ),
    made("an index of a million", lambda: "x q[{" + "0," * 1_000_000 + "0}];", REFUSED),
    made(
        "a chain of aliases",
        lambda: (
            "let a0 = q;"
            + "".join(f"let a{i + 1} = a{i}[0:1];" for i in range(DEEP))
            + f"x a{DEEP}[0];"
        ),
        DONE_OR_LARGE,
        "01",
    ),
    made(
        "a concatenation that doubles",
        lambda: "let a0 = q;" + "".join(f"let a{i + 1} = a{i} ++ a{i};" for i in range(60)),
        REFUSED,
    ),
    body("a subroutine", "def f(qubit a) { x a; } f(q[0]);", UNSUPPORTED),
    body(
        "a subroutine that calls itself",
        "def f(int a) -> int { return f(a); } x q[f(1)];",
        UNSUPPORTED,
    ),
    body("an external function", "extern f(int) -> int; x q[f(1)];", UNSUPPORTED),
    body("an input", "input float a; rx(a) q[0];", UNSUPPORTED),
    body("an array", "array[int[8], 1000000000] a;", REFUSED),
    body("a calibration", "cal { while (true) { } }", UNSUPPORTED | SYNTAX),
    body("a defcal", "defcal x $0 { {{{ } } } }", REFUSED),
    made(
        "a hundred thousand operands",
        lambda: "barrier " + "q[0]," * 100_000 + "q[0];",
        DONE_OR_LARGE,
    ),
    made(
        "ten thousand gates after the measurement", lambda: TAIL + "x q[0];" * DEEP, COMPLETED, "00"
    ),
    Hostile(
        "a program cut off at every place",
        lambda: (HEAD + "qubit[2] q; bit[2] c; h q[0]; if (c[0]")[:70],
        SYNTAX,
    ),
)
