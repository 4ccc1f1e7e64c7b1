"""Branches, loops, scopes."""

from typing import Final

from support.oracle.cases.case import always, drawn

_ONE: Final = "qubit[2] q; bit a; x q[0]; a = measure q[0]; bit c;"
"""A measured bit that is 1, and a bit for the verdict."""

BRANCHES: Final = (
    always("if", f"{_ONE} if (a) {{ x q[1]; }} c = measure q[1];", "11"),
    always("if without braces", f"{_ONE} if (a) x q[1]; c = measure q[1];", "11"),
    always("else", f"{_ONE} if (!a) {{ z q[1]; }} else {{ x q[1]; }} c = measure q[1];", "11"),
    always(
        "else if",
        f"{_ONE} if (a == 0) {{ }} else if (a == 1) {{ x q[1]; }} else {{ }} c = measure q[1];",
        "11",
    ),
    always(
        "else belongs to the nearest if",
        f"{_ONE} if (a) if (!a) x q[1]; else x q[1]; c = measure q[1];",
        "11",
    ),
    always(
        "a condition is read before the branch",
        f"{_ONE} if (a) {{ reset q[0]; a = measure q[0]; x q[1]; }} c = measure q[1];",
        "10",
    ),
    always(
        "if of what is known", f"{_ONE} const int n = 3; if (n > 2) x q[1]; c = measure q[1];", "11"
    ),
    always(
        "a measurement in a branch",
        f"{_ONE} if (a) {{ x q[1]; c = measure q[1]; }} else {{ c = measure q[0]; }}",
        "11",
    ),
    always("a bit set in a branch", f"{_ONE} if (a) {{ c = 1; }} else {{ c = 0; }}", "11"),
    always(
        "a number set in a branch",
        f"{_ONE} int[8] n = 1; if (a) {{ n += 4; }} if (n == 5) {{ c = true; }}",
        "11",
    ),
    drawn(
        "a coin decides",
        "qubit[2] q; bit[2] c; h q[0]; c[0] = measure q[0]; if (c[0]) { x q[1]; }"
        " c[1] = measure q[1];",
        k00=0.5,
        k11=0.5,
    ),
    drawn(
        "a coin decides for a coin",
        "qubit[2] q; bit[2] c; h q[0]; c[0] = measure q[0]; if (!c[0]) { h q[1]; }"
        " c[1] = measure q[1];",
        k00=0.25,
        k10=0.25,
        k01=0.5,
    ),
    drawn(
        "an alias of a register in a condition",
        "qubit[3] q; bit[3] c; let top = c[1:2]; h q[1]; c = measure q; if (top == 1) {"
        " x q[2]; } c[2] = measure q[2];",
        k000=0.5,
        k110=0.5,
    ),
    always(
        "teleportation",
        "qubit[3] q; bit[2] m; bit c; ry(1.0) q[0]; h q[1]; cx q[1], q[2];"
        " cx q[0], q[1]; h q[0]; m[0] = measure q[0]; m[1] = measure q[1];"
        ' if (m[1]) x q[2]; if (m[0]) z q[2]; ry(-1.0) q[2]; c = measure q[2]; m = "00";',
        "0 00",
    ),
    always(
        "the bit of a register that is tested",
        'qubit[2] q; bit[3] b = "100"; bit c; if (b[2]) x q[0]; c = measure q[0];',
        "1 100",
    ),
    always(
        "two registers in one condition",
        "qubit[3] q; bit[2] a; bit[2] b; x q[0]; a[1] = measure q[0];"
        " b[1] = measure q[0]; if (a == b && a == 2) { x q[1]; } a[0] = measure q[1];",
        "10 11",
    ),
)

SWITCHES: Final = (
    *(
        always(
            f"switch on {number}",
            f"int n = {number}; qubit[2] q; bit[2] c; switch (n) {{ case 0 {{ x q[0]; }}"
            " case 1, 3 { x q[1]; } default { x q; } } c = measure q;",
            key,
        )
        for number, key in ((0, "01"), (1, "10"), (2, "11"), (3, "10"))
    ),
    always(
        "switch on what was measured",
        "qubit[3] q; bit[2] m; bit c; x q[1]; m = measure q[0:1]; switch (int[2](m)) {"
        " case 1 { } case -2 { x q[2]; } default { } } c = measure q[2];",
        "1 10",
    ),
    always(
        "switch on what was measured, unsigned",
        "qubit[3] q; bit[2] m; bit c; x q[1]; m = measure q[0:1]; switch (uint[2](m)) {"
        " case 0, 1 { } case 2 { x q[2]; } default { } } c = measure q[2];",
        "1 10",
    ),
    always(
        "no case runs into the next",
        "qubit[3] q; bit m; bit c; x q[0]; m = measure q[0]; switch (int(m)) { case 1 {"
        " x q[2]; } case 2 { x q[2]; } default { x q[2]; } } c = measure q[2];",
        "11",
    ),
    always(
        "a switch without a match",
        "qubit q; bit c; int n = 9; switch (n) { case 0 { x q; } } c = measure q;",
        "0",
    ),
    always(
        "constants in a case",
        "const int A = 4; qubit q; bit c; int n = 5; switch (n) { case A { }"
        " case A + 1 { x q; } } c = measure q;",
        "1",
    ),
    always(
        "a switch in a loop with break",
        "qubit q; bit c; for int i in [0:5] { switch (i) { case 3 { break; } default {"
        " x q; } } } c = measure q;",
        "1",
    ),
)

LOOPS: Final = (
    always(
        "a range has both ends",
        "qubit[4] q; bit[4] c; for int i in [1:2] { x q[i]; } c = measure q;",
        "0110",
    ),
    always(
        "a range with a step",
        "qubit[5] q; bit[5] c; for uint i in [0:2:4] { x q[i]; } c = measure q;",
        "10101",
    ),
    always(
        "a range with a negative step",
        "qubit[4] q; bit[4] c; for int i in [3:-2:0] { x q[i]; } c = measure q;",
        "1010",
    ),
    always(
        "a range that is empty", "qubit q; bit c; for int i in [3:1] { x q; } c = measure q;", "0"
    ),
    always(
        "a range that is empty downwards",
        "qubit q; bit c; for int i in [1:-1:3] { x q; } c = measure q;",
        "0",
    ),
    always(
        "a range of negative numbers",
        "qubit[4] q; bit[4] c; for int i in [-2:-1] { x q[i]; } c = measure q;",
        "1100",
    ),
    always(
        "a range of expressions",
        "const int n = 4; qubit[n] q; bit[n] c; for int i in [n/2:n-1] { x q[i]; } c = measure q;",
        "1100",
    ),
    always("a set", "qubit[4] q; bit[4] c; for int i in {0, 3} { x q[i]; } c = measure q;", "1001"),
    always(
        "a set of real numbers",
        "qubit q; bit c; for float t in {0.25, 0.75} { rx(t * pi) q; } c = measure q;",
        "1",
    ),
    always(
        "a set of angles",
        "qubit q; bit c; for angle t in {pi/4, 3*pi/4} { rx(t) q; } c = measure q;",
        "1",
    ),
    always(
        "a loop without braces",
        "qubit[3] q; bit[3] c; for int i in [0:2] x q[i]; c = measure q;",
        "111",
    ),
    always(
        "a loop over bits",
        'bit[3] b = "110"; qubit[3] q; bit[3] c; int i = 0; for bit v in b { if (v) {'
        " x q[0]; } } c = measure q;",
        "000 110",
    ),
    always(
        "loops in loops",
        "qubit[4] q; bit[4] c; for int i in [0:1] { for int j in [0:1] { if (i != j) {"
        " x q[2*i + j]; } } } c = measure q;",
        "0110",
    ),
    always(
        "a quotient with a loop's variable is whole",
        "qubit[3] q; bit[3] c; for int i in [0:5] { x q[i / 2]; if (i % 2 == 0) {"
        " x q[i/2]; } } c = measure q;",
        "111",
    ),
    always(
        "an angle with a loop's variable",
        "qubit q; bit c; for int i in [1:2] { rx(pi / i) q; } rx(pi/2) q; c = measure q;",
        "0",
    ),
    always(
        "an assignment to the variable changes nothing",
        "qubit[3] q; bit[3] c; for int i in [0:2] { x q[i]; i = 7; } c = measure q;",
        "111",
    ),
    always(
        "break",
        "qubit[4] q; bit[4] c; for int i in [0:3] { if (i == 2) { break; } x q[i]; }"
        " c = measure q;",
        "0011",
    ),
    always(
        "continue",
        "qubit[4] q; bit[4] c; for int i in [0:3] { if (i == 2) { continue; } x q[i]; }"
        " c = measure q;",
        "1011",
    ),
    always(
        "break leaves one loop",
        "qubit[4] q; bit[4] c; for int i in [0:1] { for int j in [0:1] { x q[2*i + j];"
        " break; } } c = measure q;",
        "0101",
    ),
    always(
        "break on what was measured",
        "qubit[3] q; bit[3] c; x q[1]; for int i in [0:2] { c[i] = measure q[i];"
        " if (c[i]) { break; } x q[2]; } c[2] = measure q[2];",
        "110",
    ),
    always(
        "continue on what was measured",
        "qubit[4] q; bit[4] c; x q[1]; for int i in [0:2] { c[i] = measure q[i];"
        " if (c[i]) { continue; } x q[3]; } c[3] = measure q[3];",
        "0010",
    ),
    always(
        "while on a number",
        "qubit q; bit c; int i = 0; while (i < 3) { x q; i += 1; } c = measure q;",
        "1",
    ),
    always(
        "while that is false at once", "qubit q; bit c; while (false) { x q; } c = measure q;", "0"
    ),
    always(
        "while with break",
        "qubit q; bit c; int i = 0; while (true) { x q; i += 1; if (i == 5) { break; } }"
        " c = measure q;",
        "1",
    ),
    always(
        "while with continue",
        "qubit q; bit c; int i = 0; while (i < 10) { i += 1; if (i == 2) { continue; }"
        " if (i == 4) { break; } x q; } c = measure q;",
        "0",
    ),
    drawn(
        "while on a coin",
        "qubit q; bit c; bit[2] n; h q; c = measure q; while (c) { n[0] = ~n[0]; h q;"
        " c = measure q; }",
        **{"k00 0": 2 / 3, "k01 0": 1 / 3},
    ),
    drawn(
        "while on a coin with a limit",
        "qubit q; bit c; int i = 0; while (i < 2) { h q; c = measure q; if (c) { break;"
        " } i += 1; }",
        k0=0.25,
        k1=0.75,
    ),
    drawn(
        "a for loop of coins",
        "qubit q; bit c; uint[8] n = 0; for int i in [0:1] { h q; c = measure q;"
        " if (c) { n += 1; } } c = n == 1;",
        k0=0.5,
        k1=0.5,
    ),
    always(
        "repeat until success ends",
        "qubit[2] q; bit m; bit c; m = 1; while (m) { reset q[0]; h q[0];"
        " m = measure q[0]; } c = measure q[0];",
        "00",
    ),
    always("end", "qubit q; bit c; x q; c = measure q; end; x q; c = measure q;", "1"),
    drawn(
        "end in a branch",
        "qubit q; bit[2] c; h q; c[0] = measure q; if (c[0]) { end; } x q; c[1] = measure q;",
        k01=0.5,
        k10=0.5,
    ),
)

SCOPES: Final = (
    always(
        "a block's variable shadows",
        "int n = 1; qubit q; bit c; if (true) { int n = 2; n = 3; } if (n == 1) { x q; }"
        " c = measure q;",
        "1",
    ),
    always(
        "a block's alias shadows",
        "qubit[2] q; let a = q[0]; bit[2] c; if (true) { let a = q[1]; x a; } c = measure q;",
        "10",
    ),
    always(
        "the outer variable is changed before it is hidden",
        "int n = 1; qubit q; bit c; { n *= 4; int n = 5; n *= 2; } n *= 2; if (n == 8) {"
        " x q; } c = measure q;",
        "1",
    ),
    always(
        "a loop's variable shadows",
        "int i = 7; qubit q; bit c; for int i in [0:2] { } if (i == 7) { x q; } c = measure q;",
        "1",
    ),
    always(
        "a variable of a branch lives in it",
        "qubit q; bit a; bit c; x q; a = measure q; if (a) { int n = 1; if (n == 1) { c = 1; } }",
        "11",
    ),
    always(
        "the specification's example of scopes",
        "uint sum = 0; int ii = 0; for uint ii in [1:4] { sum += ii; if (sum > 10) {"
        " float ii = 10.0; sum += uint(ii * 2.0); } else { sum += ii; } } qubit q; bit c;"
        " if (sum == 36 && ii == 0) { x q; } c = measure q;",
        "1",
    ),
    always(
        "bits of a block do not show",
        "qubit q; bit c; x q; if (true) { bit d; d = measure q; if (d) { x q; } } c = measure q;",
        "0",
    ),
    always("a box", "qubit q; bit c; box { x q; } c = measure q;", "1"),
)

CONTROL_FLOW: Final = (*BRANCHES, *SWITCHES, *LOOPS, *SCOPES)
