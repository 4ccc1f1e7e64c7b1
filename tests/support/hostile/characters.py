"""Characters and encodings that readers stumble over."""

from support.hostile.case import COMPLETED, HEAD, REFUSED, SYNTAX, Hostile, body, made

INVALID = frozenset({"invalid_text"})
MEGABYTE = 1_000_000

CHARACTERS = (
    body("NUL", "x q[0];\x00", INVALID),
    body("NUL in a comment", "// \x00\nx q[0];", INVALID),
    body("a lone high surrogate", "x q[0]; // \ud800", INVALID),
    body("a lone low surrogate in a name", "qubit a\udfff;", INVALID),
    Hostile(
        "a byte order mark at the start",
        lambda: "\ufeff" + HEAD + "qubit q; bit b; x q; b = measure q;",
        COMPLETED,
        counts=("1",),
    ),
    body("a byte order mark in the middle", "x \ufeffq[0];", SYNTAX),
    body("a zero-width joiner in a name", "qubit a\u200db;", SYNTAX),
    body("a zero-width space between tokens", "x\u200bq[0];", SYNTAX),
    body("a right-to-left override", "x q[0]; \u202e ;]1[q x", SYNTAX),
    body("a keyword in full-width letters", "\uff51\uff55\uff42\uff49\uff54 r;", REFUSED),
    body("a keyword with a Cyrillic letter", "m\u0435asure q[0];", REFUSED),
    body("a superscript for a number", "rx(²) q[0];", SYNTAX),
    body("Arabic digits", "rx(٣) q[0];", SYNTAX),
    body("full-width digits", "x q[\uff11];", SYNTAX),
    body("a Roman numeral", "x q[Ⅷ];", REFUSED),
    body("a combining mark first", "qubit \u0301a;", SYNTAX),
    body("an emoji", "qubit 🐈;", SYNTAX),
    body("a Greek name", "qubit θ; x θ; x q[0];", COMPLETED, "01"),
    body("Greek pi", "rx(π) q[0];", COMPLETED, "01"),
    body("form feeds and tabs for white space", "x\f\tq\f[0]\t;", COMPLETED | SYNTAX),
    body("no-break spaces for white space", "x\u00a0q[0];", SYNTAX | COMPLETED),
    body("carriage returns alone", "x q[0];\rx q[1];\r", COMPLETED, "11"),
    body("a comment that a carriage return does not end", "// x\rx q[0];\n", COMPLETED),
    body("Windows line ends", "x q[0];\r\nx q[1];\r\n", COMPLETED, "11"),
    body("line separators", "x q[0];\u2028x q[1];\u2029\u0085", SYNTAX | COMPLETED),
    body("control characters", "x q[0];\x01\x1b[31m", SYNTAX),
    body(
        "escaped characters in an include",
        'include "std\\u0067ates.inc";',
        frozenset({"include_refused", "syntax_error"}),
    ),
    body("bytes of UTF-16 in the text", "x\u0100 q[0];", REFUSED),
    body("UTF-7", "+AHg- q[0];", SYNTAX),
    body("an unterminated comment", "x q[0]; /* ", SYNTAX),
    body("an unterminated string", 'include "stdgates.inc', SYNTAX),
    body("a nested comment", "/* /* x q[0]; */ x q[1]; */", SYNTAX),
    body("a backslash", "x q[0]\\;", SYNTAX),
    made("a megabyte of blanks", lambda: " " * MEGABYTE + "x q[0];", COMPLETED, "01"),
    made("a megabyte of line ends", lambda: "\n" * MEGABYTE + "x q[0];", COMPLETED, "01"),
    made("a megabyte of comment", lambda: "/*" + "*" * MEGABYTE + "*/ x q[0];", COMPLETED, "01"),
    made("half a million openings of a comment", lambda: "/*" * (MEGABYTE // 2), SYNTAX),
    made("half a million slashes in single comments", lambda: "//" * (MEGABYTE // 2), COMPLETED),
    made("a megabyte of one name", lambda: "qubit " + "a" * MEGABYTE + ";", COMPLETED | REFUSED),
    made("a megabyte of digits", lambda: "rx(" + "1" * MEGABYTE + ") q[0];", REFUSED),
    made(
        "a megabyte of underscored digits",
        lambda: "rx(" + "1_" * (MEGABYTE // 2) + ") q[0];",
        REFUSED,
    ),
    made(
        "a megabyte of fraction", lambda: "rx(0." + "1" * MEGABYTE + ") q[0];", COMPLETED | REFUSED
    ),
    made("a megabyte of exponent", lambda: "rx(1e" + "1" * MEGABYTE + ") q[0];", REFUSED),
    made(
        "a megabyte of bit string", lambda: 'bit[1] z = "' + "01" * (MEGABYTE // 2) + '";', REFUSED
    ),
    made(
        "a megabyte of string",
        lambda: 'include "' + "a" * MEGABYTE + '";',
        frozenset({"include_refused", "syntax_error"}),
    ),
    made("a megabyte of unknown characters", lambda: "§" * MEGABYTE, SYNTAX),
    made(
        "a megabyte of pragma", lambda: "#pragma " + "a" * MEGABYTE + "\nx q[0];", COMPLETED, "01"
    ),
    made("a megabyte of annotation", lambda: "@" + "a" * MEGABYTE + "\nx q[0];", COMPLETED, "01"),
    made("a megabyte of semicolons", lambda: ";" * MEGABYTE, COMPLETED | SYNTAX),
    made("half a million quotes", lambda: 'include "' * (MEGABYTE // 10), SYNTAX),
    Hostile("nothing", lambda: "", SYNTAX),
    Hostile("blanks alone", lambda: " \n\t ", SYNTAX),
)
