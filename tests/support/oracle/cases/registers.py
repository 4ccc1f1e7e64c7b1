"""Where bits and qubits stand: keys, indices, aliases, broadcasts."""

from typing import Final

from support.oracle.cases.case import HEAD, Case, always, drawn

REGISTERS: Final = (
    always("bit 0 is rightmost", "qubit[2] q; bit[2] c; x q[0]; c = measure q;", "01"),
    always(
        "the last declared register is leftmost",
        "bit[2] c; bit[3] d; qubit[2] q; x q; c[0] = measure q[0]; d[2] = measure q[1];",
        "100 01",
    ),
    always(
        "scalar bits alone are joined",
        "bit a; bit b; bit d; qubit q; x q; a = measure q;",
        "001",
    ),
    always(
        "scalar bits beside a register are registers of one",
        "bit a; bit[2] c; bit b; qubit q; x q; a = measure q; c[1] = measure q;",
        "0 10 1",
    ),
    always(
        "a register of one is a register",
        "bit[1] a; bit[1] b; qubit q; x q; a[0] = measure q;",
        "0 1",
    ),
    always(
        "the last measurement of a bit counts",
        "bit c; qubit q; x q; c = measure q; x q; c = measure q;",
        "0",
    ),
    always("bits that are never written are 0", "bit[3] c; qubit q; x q; c[1] = measure q;", "010"),
    always(
        "bits have what they are declared with",
        'bit[3] c = "110"; bit d = 1; qubit q; c[0] = measure q;',
        "1 110",
    ),
    always("old declarations", "qreg q[2]; creg c[2]; x q[1]; measure q -> c;", "10"),
    always("a declaration that measures", "qubit[2] q; x q[1]; bit[2] c = measure q;", "10"),
    always(
        "a measurement that nobody reads collapses",
        "qubit[2] q; bit c; x q[0]; measure q[0]; c = measure q[0];",
        "1",
    ),
    drawn(
        "a measurement that nobody reads takes the phase away",
        "qubit q; bit c; h q; measure q; h q; c = measure q;",
        k0=0.5,
        k1=0.5,
    ),
    always("physical qubits", "bit[2] c; c[0] = measure $0; x $7; c[1] = measure $7;", "10"),
    always(
        "negative indices count from the end",
        "qubit[3] q; bit[3] c; x q[-1]; c = measure q;",
        "100",
    ),
    always(
        "negative indices of bits", "qubit[3] q; bit[3] c; x q[0]; c[-3] = measure q[0];", "001"
    ),
    always("ranges have both ends", "qubit[4] q; bit[4] c; x q[1:2]; c = measure q;", "0110"),
    always("ranges with a step", "qubit[5] q; bit[5] c; x q[0:2:4]; c = measure q;", "10101"),
    always(
        "ranges with a step that misses the end",
        "qubit[5] q; bit[5] c; x q[0:3:4]; c = measure q;",
        "01001",
    ),
    always("ranges that go down", "qubit[3] q; bit[3] c; x q[0]; c = measure q[2:-1:0];", "100"),
    always("ranges with negative ends", "qubit[4] q; bit[4] c; x q[-2:-1]; c = measure q;", "1100"),
    always("ranges without a start", "qubit[4] q; bit[4] c; x q[:1]; c = measure q;", "0011"),
    always("ranges without a stop", "qubit[4] q; bit[4] c; x q[2:]; c = measure q;", "1100"),
    always("ranges of everything", "qubit[2] q; bit[2] c; x q[:]; c = measure q;", "11"),
    always("sets of indices", "qubit[4] q; bit[4] c; x q[{0, 3}]; c = measure q;", "1001"),
    always("sets keep their order", "qubit[3] q; bit[2] c; x q[2]; c = measure q[{2, 0}];", "01"),
    always(
        "an index that is computed",
        "const int n = 3; qubit[n] q; bit[n] c; x q[n - 1]; c = measure q;",
        "100",
    ),
    always(
        "an alias of a slice",
        "qubit[5] q; bit[5] c; let a = q[1:4]; x a[0]; c = measure q;",
        "00010",
    ),
    always(
        "an alias of a slice of an alias",
        "qubit[6] q; bit[6] c; let a = q[1:5]; let b = a[1:2:3]; x b[1]; c = measure q;",
        "010000",
    ),
    always(
        "an alias that joins",
        "qubit[2] a; qubit[3] b; bit[5] c; let ab = a ++ b; x ab[2]; x ab[-1]; c = measure ab;",
        "10100",
    ),
    always(
        "an alias that joins slices of aliases",
        "qubit[10] two; qubit[2] one; bit[12] c; let all = one ++ two;"
        " let last = two[-3:-1]; let both = all[0:1] ++ last; x both[1]; x both[2];"
        " c = measure all;",
        "001000000010",
    ),
    always(
        "an alias of one qubit", "qubit[3] q; bit[3] c; let a = q[1]; x a; c = measure q;", "010"
    ),
    always(
        "an alias of bits", "bit[3] c; qubit q; let top = c[1:2]; x q; top[1] = measure q;", "100"
    ),
    always(
        "an alias that joins bits",
        "bit[2] a; bit[2] b; qubit[4] q; x q[0]; x q[2]; let ba = b ++ a; ba = measure q;",
        "01 01",
    ),
    always("a gate on a register", "qubit[3] q; bit[3] c; x q; c = measure q;", "111"),
    always(
        "a gate on two registers",
        "qubit[2] a; qubit[2] b; bit[2] c; x a[1]; cx a, b; c = measure b;",
        "10",
    ),
    always(
        "a qubit beside a register",
        "qubit a; qubit[2] b; bit[2] c; x a; cx a, b; c = measure b;",
        "11",
    ),
    always(
        "a register beside a qubit", "qubit[2] a; qubit b; bit c; x a; cx a, b; c = measure b;", "0"
    ),
    always(
        "a register of one beside a register of one",
        "qubit[1] a; qubit[1] b; bit[1] c; x a; cx a, b; c = measure b;",
        "1",
    ),
    always(
        "three operands, one of them a register",
        "qubit[2] a; qubit[3] b; bit[3] c; x a; ccx a[0], a[1], b; c = measure b;",
        "111",
    ),
    always("a reset of a register", "qubit[2] q; bit[2] c; x q; reset q; c = measure q;", "00"),
    always("a reset of a slice", "qubit[3] q; bit[3] c; x q; reset q[0:1]; c = measure q;", "100"),
    drawn(
        "a reset leaves the partner mixed",
        "qubit[2] q; bit[2] c; h q[0]; cx q[0], q[1]; reset q[0]; h q[1]; c = measure q;",
        k00=0.5,
        k10=0.5,
    ),
    always(
        "barrier and delay do nothing",
        "qubit[2] q; bit[2] c; x q[0]; barrier q; barrier; delay[100ns] q[0]; c = measure q;",
        "01",
    ),
    always(
        "an annotation does nothing", "qubit q; bit c;\n@reversible now\nx q; c = measure q;", "1"
    ),
    always("a qubit with a Greek name", "qubit φ; bit δ; x φ; δ = measure φ;", "1"),
    always("an unused qubit", "qubit[3] q; qubit r; bit c; x r; c = measure r;", "1"),
    Case(
        "version and include are not needed for U",
        "qubit q; bit c; U(pi, 0, pi) q; c = measure q;",
        {"1": 1.0},
    ),
    Case(
        "version 3 without a minor number",
        HEAD.replace("3.1", "3") + "qubit q; bit c; x q; c = measure q;",
        {"1": 1.0},
    ),
    always("comments", "/* x\n y */ qubit q; // z\nbit c; x /* */ q; c = measure q;", "1"),
)
"""In the order of the specification's chapters."""
