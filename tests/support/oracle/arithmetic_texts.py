"""Texts that Hypothesis makes of classical arithmetic, known before the run or measured in it."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies
from hypothesis.strategies import DrawFn, SearchStrategy

_HEAD: Final = """OPENQASM 3.1;
include "stdgates.inc";
qubit[4] q;
bit[4] m;
bit[8] out;
bit verdict;
"""
_MEASURED: Final = """uint[4] a = uint[4](m);
int[4] b = int[4](m);
uint[8] w = uint[4](m[0:3]);
int[8] v = int[4](m);
bool k = m[1];
"""


@strategies.composite
def arithmetic_texts(draw: DrawFn) -> str:
    """A text that computes with variables and shows the result in its counts.

    The variables hold what was measured, random or not, or numbers that the text gives.
    """
    kind = draw(strategies.sampled_from(["random", "measured", "known"]))
    if kind == "random":
        start = "h q[1:2]; m = measure q;\n" + _MEASURED
    elif kind == "measured":
        places = draw(strategies.sets(strategies.integers(0, 3)))
        flips = "".join(f"x q[{place}]; " for place in sorted(places))
        start = f"{flips}m = measure q;\n" + _MEASURED
    else:
        start = _known(draw)
    value, condition = draw(_numbers), draw(_truths)
    updates = "".join(draw(strategies.lists(_updates, max_size=3)))
    return (
        f"{_HEAD}{start}{updates}uint[8] r = uint[8]({value});\nout = bit[8](r);\n"
        f"if ({condition}) {{ x q[0]; }}\nverdict = measure q[0];\n"
    )


def _known(draw: DrawFn) -> str:
    numbers = [
        ("uint[4] a", 0, 15),
        ("int[4] b", -8, 7),
        ("uint[8] w", 0, 255),
        ("int[8] v", -128, 127),
    ]
    lines = [
        f"{declared} = {draw(strategies.integers(least, most))};\n"
        for declared, least, most in numbers
    ]
    pattern = draw(strategies.integers(0, 15))
    return "".join([*lines, f'bool k = true;\nm = "{pattern:04b}";\n'])


_LEAVES: Final = strategies.sampled_from(
    ["a", "b", "w", "v", "uint[4](m)", "int[4](m)", "uint[2](m[1:2])", "3", "7", "100", "1"]
)


def _grown(inner: SearchStrategy[str]) -> SearchStrategy[str]:
    """One operator more; divisors are numbers other than zero, distances small."""
    pairs = strategies.tuples(inner, inner)
    operators = strategies.sampled_from(["+", "-", "*", "&", "|", "^"])
    return (
        strategies.builds("({0[0]} {1} {0[1]})".format, pairs, operators)
        | strategies.builds(
            "({0} {1} {2})".format,
            inner,
            strategies.sampled_from(["/", "%"]),
            strategies.sampled_from(["3", "-2", "5"]),
        )
        | strategies.builds(
            "({0} {1} {2})".format,
            inner,
            strategies.sampled_from(["<<", ">>"]),
            strategies.integers(0, 5),
        )
        | strategies.builds("({0} ** {1})".format, _LEAVES, strategies.integers(0, 3))
        | strategies.builds("(-{0})".format, inner)
        | strategies.builds("(~{0})".format, strategies.sampled_from(["a", "b", "w", "v"]))
    )


_numbers: Final = strategies.recursive(_LEAVES, _grown, max_leaves=5)
_comparisons: Final = strategies.builds(
    "({0} {1} {2})".format,
    _numbers,
    strategies.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
    _numbers,
)
_truths: Final = strategies.recursive(
    _comparisons | strategies.sampled_from(["k", "m[0]", "m == 5", '(m ^ "0110") != "0101"']),
    lambda inner: (
        strategies.builds("({0} && {1})".format, inner, inner)
        | strategies.builds("({0} || {1})".format, inner, inner)
        | strategies.builds("(!{0})".format, inner)
    ),
    max_leaves=3,
)
_updates: Final = strategies.builds(
    "{0} {1}= {2};\n".format,
    strategies.sampled_from(["a", "b", "w", "v"]),
    strategies.sampled_from(["", "+", "-", "*", "&", "|", "^"]),
    _numbers,
) | strategies.builds(
    "if ({0}) {{ {1} += {2}; }}\n".format, _truths, strategies.sampled_from(["a", "v"]), _numbers
)
