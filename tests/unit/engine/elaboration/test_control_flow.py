"""Branches, loops and jumps: what is decided beforehand, and what the run decides."""

import pytest

from qcexec_engine.program import Gate, Measure
from support.elaborated import distribution, elaborated, refused

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\nbit[3] c;\nbit r;\n'
TAIL = "\nr = measure q[2];\n"


@pytest.mark.parametrize(
    ("statements", "flips"),
    [
        ("for int i in [0:2] { x q[2]; }", 3),
        ("for int i in [0:2:5] { x q[2]; }", 3),
        ("for int i in [3:-1:0] { x q[2]; }", 4),
        ("for int i in [5:-2:0] { x q[2]; }", 3),
        ("for int i in [1:0] { x q[2]; }", 0),
        ("for int i in {4, 9} { x q[2]; }", 2),
        ("for int i in {4} x q[2];", 1),
        ("for int i in [0:4] { if (i == 2) { break; } x q[2]; }", 2),
        ("for int i in [0:4] { if (i == 2) { continue; } x q[2]; }", 4),
        ("for int i in [0:2] { for int j in [0:i] { x q[2]; } }", 6),
        ("for int i in [0:2] { for int j in [0:9] { if (j == i) break; x q[2]; } }", 3),
        ('for bit b in "0110" { x q[2]; }', None),
        ("int n = 0; while (n < 5) { x q[2]; n += 2; }", 3),
        ("int n = 0; while (true) { if (n > 3) break; n += 1; x q[2]; }", 4),
        ("int n = 0; while (n < 6) { n += 1; if (n % 2 == 1) continue; x q[2]; }", 3),
        ("if (false) { x q[2]; } else { x q[2]; x q[2]; }", 2),
        ("bit b; if (b) x q[2];", 0),
        ('bit[2] b = "10"; if (b == 2) x q[2];', 1),
        ("switch (3) { case 1, 3 { x q[2]; } case 2 { } default { x q[2]; x q[2]; } }", 1),
        ("switch (4) { case 1, 3 { x q[2]; } default { x q[2]; x q[2]; } }", 2),
        ("switch (4) { case 1, 3 { x q[2]; } }", 0),
        ("int n = 1; { int n = 3; n += 1; } if (n == 1) x q[2];", 1),
        ("int n = 1; { n += 3; } if (n == 4) x q[2];", 1),
        ("box { x q[2]; }", 1),
        ("x q[2]; r = measure q[2]; end; x q[2];", 1),
    ],
)
def test_what_is_known_is_decided_beforehand(statements: str, flips: int | None) -> None:
    text = HEAD + statements + TAIL
    if flips is None:
        assert refused(text).code in ("semantic_error", "unsupported_feature")
        return
    operations = elaborated(text).operations
    assert {type(operation) for operation in operations} <= {Gate, Measure}
    assert sum(type(operation) is Gate for operation in operations) == flips


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        # A branch on a measured one, and on a measured zero.
        ("x q[0]; c[0] = measure q[0]; if (c[0]) { x q[2]; }", "1001"),
        (
            "c[0] = measure q[0]; if (c[0]) { x q[2]; } else { x q[1]; c[1] = measure q[1]; }",
            "0010",
        ),
        ("x q[1]; c = measure q; if (c == 2) x q[2];", "1010"),
        ("x q[1]; c = measure q; if (c[1:2] == 1) x q[2];", "1010"),
        ("x q[1]; c = measure q; if (c[{2, 1}] == 2) x q[2];", "1010"),
        ("x q[1]; c = measure q; if (c >= 2 && c[1] == 1 && !(c[0] || c == 7)) x q[2];", "1010"),
        ("x q[1]; c = measure q; if (c != 2) x q[2];", "0010"),
        ('x q[1]; c = measure q; if (c == "010") x q[2];', "1010"),
        ("x q[0]; x q[1]; c = measure q; if (c[0] ^ c[1]) x q[2];", "0011"),
        # Variables that the run decides on.
        (
            "x q[0]; c[0] = measure q[0]; int n = 5; if (c[0]) { n = 7; } if (n == 7) x q[2];",
            "1001",
        ),
        ("c[0] = measure q[0]; int n = 5; if (c[0]) { n = 7; } if (n == 5) x q[2];", "1000"),
        ("x q[0]; c[0] = measure q[0]; int n = 5; n -= c[0]; n -= 5; if (n < 0) x q[2];", "1001"),
        ("x q[0]; c[0] = measure q[0]; uint[2] n = 3; n += c[0]; if (n == 0) x q[2];", "1001"),
        ("x q[0]; bool b = measure q[0]; if (b) x q[2];", "1000"),
        ("x q[0]; c[0] = measure q[0]; c[0] = 0; if (c[0]) x q[2];", "0000"),
        ("x q[0]; c[0] = measure q[0]; c = c << 1; if (c == 2) x q[2];", "1010"),
        ("x q[0]; c[0] = measure q[0]; c[2:-1:1] = c[0:1]; if (c == 5) x q[2];", "1101"),
        ('x q[0]; c[0] = measure q[0]; c |= "110";', "0111"),
        ('c = "101"; r = measure q[2];', "0101"),
        ("let d = c[1:2]; x q[0]; d[1] = measure q[0];", "0100"),
        (
            "x q[0]; c = measure q; int n; for bit b in c { if (b) n += 2; } if (n == 2) x q[2];",
            "1001",
        ),
        ("let d = c[2:-1:1] ++ c[0]; x q[0]; d[0] = measure q[0]; if (c[2]) x q[2];", "1100"),
        (
            'c = "001"; let d = c[1] ++ c[0]; if (d == 2) x q[2]; d = "01"; if (c == 2) x q[2];',
            "0010",
        ),
        # Loops of the run.
        (
            "x q[0]; c[0] = measure q[0]; while (c[0]) { x q[0]; c[0] = measure q[0]; x q[2]; }",
            "1000",
        ),
        ("x q[0]; while (!c[0]) { c[0] = measure q[0]; x q[2]; }", "1001"),
        (
            (
                "int n = 0; while (true) { n += 1; x q[0]; c[0] = measure q[0]; if (c[0]) break; }"
                " if (n == 1) x q[2];"
            ),
            "1001",
        ),
        (
            (
                "int n = 0; while (n < 3) { n += 1; c[0] = measure q[0]; if (c[0]) { continue; }"
                " x q[2]; }"
            ),
            "1000",
        ),
        (
            (
                "for int i in [0:4] { if (i == 3) { x q[0]; } c[0] = measure q[0];"
                " if (c[0]) { break; } x q[2]; }"
            ),
            "1001",
        ),
        (
            (
                "for int i in [0:3] { x q[0]; c[0] = measure q[0]; if (c[0]) { continue; }"
                " x q[2]; x q[1]; } c[1] = measure q[1];"
            ),
            "0000",
        ),
        (
            (
                "for int i in [0:5] { x q[0]; c[0] = measure q[0]; if (c[0]) { continue; } x q[2];"
                " c[0] = measure q[2]; if (!c[0]) { break; } }"
            ),
            "0000",
        ),
        (
            (
                "int n = 0; for int i in [0:3] { x q[0]; c[0] = measure q[0]; if (c[0]) continue;"
                " n += i; } if (n == 4) x q[2];"
            ),
            "1000",
        ),
        (
            (
                "for int i in [0:2] { for int j in [0:2] { x q[0]; c[0] = measure q[0];"
                " if (c[0]) { break; } x q[1]; } x q[2]; } c[1] = measure q[1];"
            ),
            "1001",
        ),
        ("x q[0]; c[0] = measure q[0]; if (c[0]) { end; } x q[2];", "0001"),
        (
            "x q[1]; c = measure q; switch (c) { case 0 {} case 2, 3 {x q[2];} default {x q;} }",
            "1010",
        ),
        (
            "x q[1]; c = measure q; switch (c) { case 0 {x q;} case 1 {} default {x q[2];} }",
            "1010",
        ),
        (
            "x q[0]; c[0] = measure q[0]; if (c[0]) { int k = 2; k += 1; if (k == 3) x q[2]; }",
            "1001",
        ),
    ],
)
def test_the_run_decides_on_what_it_measures(statements: str, expected: str) -> None:
    assert distribution(HEAD + statements + TAIL) == {expected: 1.0}
