"""What classical expressions are worth, before a run and in it."""

from typing import Final

from support.oracle.cases.case import always, holds

MEASURED: Final = "qubit[4] r; bit[4] m; x r[1]; x r[3]; m = measure r;"
"""Ten in a register, which only the run knows."""

KNOWN: Final = (
    holds("division of whole numbers truncates", "7 / 2 == 3"),
    holds("division of a negative number truncates towards zero", "-7 / 2 == -3"),
    holds("division of real numbers", "7.0 / 2 == 3.5"),
    holds("division by a real number", "7 / 2.0 == 3.5"),
    holds("the remainder has the dividend's sign", "7 % 3 == 1 && -7 % 3 == -1 && 7 % -3 == 1"),
    holds("a power is taken from the right", "2 ** 3 ** 2 == 512"),
    holds("a power binds above a minus", "-2 ** 2 == -4"),
    holds("a power of a minus", "2 ** -1 == 0.5"),
    holds("a minus of a minus", "- -3 == 3"),
    holds("subtraction from the left", "8 - 3 - 2 == 3"),
    holds("division from the left", "64 / 8 / 2 == 4"),
    holds("product and remainder from the left", "2 * 7 % 4 == 2"),
    holds("sums above shifts", "1 << 2 + 1 == 8"),
    holds("and above exclusive or above or", "(1 | 2 ^ 3 & 2) == 1"),
    holds("comparisons above and", "1 < 2 && 2 > 1 || false && false"),
    holds("not above and", "!false && true"),
    holds("comparisons above equality", "1 < 2 == true"),
    holds("hexadecimal", "0x1F == 31 && 0Xff == 255"),
    holds("binary and octal", "0b1010 == 10 && 0B11 == 3 && 0o17 == 15"),
    holds("underscores", "1_000 == 1000 && 0b1_0 == 2"),
    holds("exponents", "1e3 == 1000.0 && 2.0E-1 == 0.2 && 1e+1 == 10.0"),
    holds("numbers without digits on one side", ".5 + 1. == 1.5"),
    holds("constants", "pi == π && tau == 2 * pi && τ == tau && euler == ℇ"),
    holds("functions", "mod(7, 3) == 1 && floor(2.5) == 2.0 && ceiling(2.5) == 3.0"),
    holds(
        "functions of real numbers",
        "sqrt(4) == 2.0 && cos(0) == 1.0 && exp(0) == 1.0 && log(1) == 0.0",
    ),
    holds("inverse functions", "arccos(1) == 0.0 && arcsin(0) == 0.0 && arctan(0) == 0.0"),
    holds("popcount", "popcount(b) == 3", "uint[6] b = 37;"),
    holds("rotation of a number", "rotl(b, 3) == 44 && rotr(b, 1) == 50", "uint[6] b = 37;"),
    holds("rotation of bits", 'rotl(a, 2) == "00111110"', 'bit[8] a = "10001111";', "10001111"),
    holds(
        "a shift drops what leaves a register",
        '(a << 1) == "00011110"',
        'bit[8] a = "10001111";',
        "10001111",
    ),
    holds("a shift to the right", '(a >> 3) == "00010001"', 'bit[8] a = "10001111";', "10001111"),
    holds(
        "operators on registers",
        '(a | b) == "11111111" && (a & b) == "00000000" && (a ^ b) == "11111111"',
        'bit[8] a = "10001111"; bit[8] b = "01110000";',
        "01110000 10001111",
    ),
    holds("not of a register", '~a == "0101"', 'bit[4] a = "1010";', "1010"),
    holds("not of an unsigned number", "~a == 10", "uint[4] a = 5;"),
    holds("not of a signed number", "~a == -6", "int[4] a = 5;"),
    holds("unsigned numbers wrap", "a == 0", "uint[4] a = 15; a += 1;"),
    holds("unsigned numbers wrap below", "a - b == 14", "uint[4] a = 3; uint[4] b = 5;"),
    holds("signed numbers wrap", "b == -2", "int[4] a = 7; int[4] b = a + a;"),
    holds("the wider type wins", "a + b == 270", "uint[8] a = 255; uint[16] b = 15;"),
    holds("the wider signed type wins", "a + b == -1", "uint[4] a = 15; int[16] b = -16;"),
    holds("a literal beside a narrow number is wide", "a + 1 == 16", "uint[4] a = 15;"),
    holds("a shift of a negative number keeps its sign", "a >> 1 == -2", "int[8] a = -4;"),
    holds(
        "every operator of assignment",
        "a == 9",
        "int[32] a = 5; a += 3; a -= 1; a *= 6; a /= 4; a %= 6; a **= 3; a <<= 2;"
        " a >>= 1; a |= 7; a &= 11; a ^= 10;",
    ),
    holds("a cast to int drops the fraction", "int[8](2.9) == 2 && int[8](-2.9) == -2"),
    holds(
        "a cast of bits to int reads two's complement",
        "int[4](b) == -6",
        'bit[4] b = "1010";',
        "1010",
    ),
    holds("a cast of bits to uint", "uint[4](b) == 10", 'bit[4] b = "1010";', "1010"),
    holds("a cast of int to bits", 'bit[4](a) == "1111"', "int[4] a = -1;"),
    holds("a cast between int and uint keeps the bits", "uint[8](a) == 253", "int[8] a = -3;"),
    holds("a cast to bool", "bool(3) && !bool(0) && bool(b)", 'bit[2] b = "10";', "10"),
    holds("a cast to float", "float(7) / 2 == 3.5"),
    holds("bits of a number", "i[0] && !i[-1]", "int[32] i = 15;"),
    holds("a slice of a number is bits", 'i[3:6] == "0001"', "int[32] i = 15;"),
    holds("an assignment to bits of a number", "i == 0xAF", 'int[32] i = 15; i[4:7] = "1010";'),
    holds(
        "bits of a register as a number", "b[1:2] == 3 && b[0] == 0", 'bit[4] b = "0110";', "0110"
    ),
    holds("a constant of a constant", "B == 7", "const uint A = 3; const int B = 2 * A + 1;"),
    holds("a number without a value is 0", "a == 0 && !b", "int[8] a; bool b;"),
    holds(
        "two angles add up",
        'bit[4](a + b) == "1000"',
        "angle[4] a = 7 * (pi / 8); angle[4] b = pi / 8;",
    ),
    holds(
        "an angle less than nothing",
        'bit[4](b - a) == "1010"',
        "angle[4] a = 7 * (pi / 8); angle[4] b = pi / 8;",
    ),
    holds(
        "an angle divided by a number",
        'bit[4](a / two) == "0011"',
        "angle[4] a = 7 * (pi / 8); uint[4] two = 2;",
    ),
    holds(
        "an angle times a number",
        'bit[4](two * c) == "0100"',
        "angle[4] c = 5 * (pi / 4); uint[4] two = 2;",
    ),
    holds(
        "an angle divided by an angle",
        "c / b == 10",
        "angle[4] c = 5 * (pi / 4); angle[4] b = pi / 8;",
    ),
    holds("a minus before an angle", 'bit[4](-a) == "1110"', "angle[4] a = pi / 4;"),
    holds("an angle shifted to the left", 'bit[4](a << 2) == "0100"', "angle[4] a = 9 * (pi / 8);"),
    holds(
        "an angle shifted to the right", 'bit[4](a >> 2) == "0010"', "angle[4] a = 9 * (pi / 8);"
    ),
    holds("an angle takes the nearest value", 'bit[4](a) == "0011"', "angle[4] a = 1.1;"),
    holds(
        "a tie goes to the even value",
        'bit[8](a) == "01000000"',
        "angle[8] a = tau * (127. / 512.);",
    ),
    holds("an angle is more than a turn", 'bit[4](a) == "0100"', "angle[4] a = 5 * pi / 2;"),
    holds("an angle equals a number", "d == pi", "angle[32] d = pi;"),
    holds(
        "an angle that becomes wider",
        'bit[6](b) == "010100"',
        "angle[4] a = 5 * pi / 8; angle[6] b = a;",
    ),
    always(
        "an angle of a width turns a gate",
        "angle[8] a = pi; qubit q; bit c; rx(a) q; c = measure q;",
        "1",
    ),
    always(
        "a quotient of whole numbers in a gate is whole",
        "qubit q; bit c; rx(1/2*pi) q; rx(pi) q; c = measure q;",
        "1",
    ),
    always(
        "a real quotient in a gate",
        "qubit q; bit c; rx(1.0/2*pi) q; rx(pi/2) q; c = measure q;",
        "1",
    ),
)
"""Expressions that are known before the run."""

IN_THE_RUN: Final = (
    holds(
        "a register compared with a number",
        "m == 10 && m != 11 && m > 9 && m >= 10 && m < 11 && m <= 10",
        MEASURED,
        "1010",
    ),
    holds("a number compared with a register", "10 == m && 9 < m", MEASURED, "1010"),
    holds("a register compared with bits", 'm == "1010"', MEASURED, "1010"),
    holds("a slice compared", "m[1:3] == 5", MEASURED, "1010"),
    holds("a slice that goes down", "m[3:-1:1] == 5 && m[2:-1:1] == 2", MEASURED, "1010"),
    holds("a set of bits compared", "m[{3, 0, 1}] == 5", MEASURED, "1010"),
    holds("a bit by itself", "m[1] && !m[0] && m[-1]", MEASURED, "1010"),
    holds("a bit compared with a truth value", "m[1] == true && m[0] == false", MEASURED, "1010"),
    holds("a register by itself", "m", MEASURED, "1010"),
    holds(
        "a register that is zero", "!n && !bool(n)", "bit[2] n; qubit[2] r; n = measure r;", "00"
    ),
    holds(
        "operators on a measured register",
        '(m & "0010") == 2 && (m | "0001") == 11 && (m ^ "1111") == 5',
        MEASURED,
        "1010",
    ),
    holds("shifts of a measured register", "(m << 1) == 4 && (m >> 1) == 5", MEASURED, "1010"),
    holds("not of a measured register", "~m == 5", MEASURED, "1010"),
    holds("a measured register as int", "int[4](m) == -6 && int[4](m) < 0", MEASURED, "1010"),
    holds("a measured register as uint", "uint[4](m) + 1 == 11", MEASURED, "1010"),
    holds(
        "a measured number wraps", "a == 4", MEASURED + "uint[4] a = uint[4](m); a += a;", "1010"
    ),
    holds(
        "a measured number less than nothing",
        "a == 13",
        MEASURED + "uint[4] a = m; uint[4] b = 13; a = a - b + a - 10; a = a + 6 + 10;",
        "1010",
    ),
    holds(
        "quotient and remainder in the run",
        "a / 3 == 3 && a % 3 == 1",
        MEASURED + "uint[4] a = m;",
        "1010",
    ),
    holds(
        "negative quotient in the run",
        "a / 4 == -1 && a % 4 == -2",
        MEASURED + "int[4] a = int[4](m);",
        "1010",
    ),
    holds("a power in the run", "a ** 2 == 100", MEASURED + "uint[16] a = uint[4](m);", "1010"),
    holds("a product in the run", "a * 7 - 1 == 69", MEASURED + "uint[8] a = uint[4](m);", "1010"),
    holds(
        "a sum of bits",
        "a == 2",
        MEASURED + "int[8] a = 0; for bit b in m { if (b) { a += 1; } }",
        "1010",
    ),
    holds("a copy of bits", "c2 == 10", MEASURED + "bit[4] c2 = m;", "1010 1010"),
    holds(
        "a part of a register assigned",
        "n == 10",
        MEASURED + 'bit[4] n = "0110"; n[2:3] = m[2:3];',
        "1010 1010",
    ),
    holds("an alias of measured bits", "a == 5", MEASURED + "let a = m[1:3];", "1010"),
    holds(
        "an alias sees what is measured later",
        "a == 2",
        "bit[3] n; let a = n[1:2]; qubit r; x r; n[2] = measure r;",
        "100",
    ),
    holds(
        "a truth value that is measured", "b && !(b && m[0])", MEASURED + "bool b = m[1];", "1010"
    ),
    holds("measured logic", "(m[0] || m[1]) && (m[3] && !m[2])", MEASURED, "1010"),
)
"""Expressions of what was measured."""
