"""What a token is, where it stands, and that no text takes longer than its length."""

import contextlib
import sys
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcexec_engine.errors import EngineError
from qcexec_engine.language import parser
from qcexec_engine.language.lexer import END, KEYWORDS, LOOK_AHEAD, is_name, tokenize
from qcexec_engine.language.parser import parse
from qcexec_engine.language.source import Source
from qcexec_engine.limits import Limits


def tokens_of(text: str) -> list[str]:
    return [token for token in tokenize(text) if token != END]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("cx q[0], r[1 ];", ["cx", "q", "[0]", ",", "r", "[", "1", "]", ";"]),
        ("a**=b**c*d", ["a", "**=", "b", "**", "c", "*", "d"]),
        ("a<<=b<<c<=d<e", ["a", "<<=", "b", "<<", "c", "<=", "d", "<", "e"]),
        ("a++b->c&&d||e|f", ["a", "++", "b", "->", "c", "&&", "d", "||", "e", "|", "f"]),
        ("-1.5e-3-.5+2.", ["-", "1.5e-3", "-", ".5", "+", "2."]),
        ("10 ns 1.5us 2nsx", ["10 ns", "1.5us", "2", "nsx"]),
        ("0x1Fg 0b12 0o78", ["0x1F", "g", "0b1", "2", "0o7", "8"]),
        ("$0 $ 12", ["$0", "$", "12"]),
        ("\"a'b\" 'c\"d'", ['"a\'b"', "'c\"d'"]),
        ("a//b\rc//d\n/*e*//**/f", ["a", "c", "f"]),
        ("a/b / /c", ["a", "/", "b", "/", "/", "c"]),
        ("pragma a; b\nc pragmas", ["pragma a; b", "c", "pragmas"]),
        ("@a b; c\n@ d", ["@a b; c", "@", "d"]),
        ("a §\x00b", ["a", "§", "\x00", "b"]),
        ('"a\nb /* c', ['"a', "b", "/* c"]),
        ("é١ ½ x²", ["é١", "½", "x²"]),
    ],
)
def test_a_text_is_cut_into_tokens(text: str, tokens: list[str]) -> None:
    assert tokens_of(text) == tokens


@given(st.text())
def test_tokens_and_what_is_skipped_make_up_the_text(text: str) -> None:
    source = Source(text)
    rest = text
    for token in tokens_of(text):
        skipped, found, rest = rest.partition(token)
        assert found
        assert not skipped.strip(" \t\r\n") or skipped.lstrip(" \t\r\n").startswith("/")
    assert tokenize(text)[-LOOK_AHEAD:] == [END] * LOOK_AHEAD
    assert source.place(10**9) == source.place_of_character(len(text))


def test_names_have_the_letters_that_the_specification_lists() -> None:
    letters = {"Lu", "Ll", "Lt", "Lm", "Lo", "Nl"}
    for code in (*range(0x80, 0x3000), *range(0x3000, sys.maxunicode, 23)):
        character = chr(code)
        assert is_name("a" + character) == is_name(character)
        assert is_name(character) == (unicodedata.category(character) in letters), hex(code)
    assert is_name("_")
    assert is_name("aZ_9é")
    assert not is_name("9a")
    assert not is_name("٣")


def test_places_count_lines_of_all_systems_and_columns_in_characters() -> None:
    source = Source("a\r\nb\rc\n é d\n\n/*\n*/ e")
    places = {token: source.place(at) for at, token in enumerate(tokenize(source.text))}
    assert places == {
        "a": (1, 1), "b": (2, 1), "c": (3, 1), "é": (4, 2), "d": (4, 4), "e": (7, 4), END: (7, 5),
    }  # fmt: skip
    assert source.end(3) == (4, 3)
    assert source.line_up_to(4) == "é d"


@given(st.lists(st.sampled_from(["q", "[3]", "1.5", "->", "é", '"a b"', "$0"]), min_size=1))
def test_every_token_is_placed_where_it_was_written(tokens: list[str]) -> None:
    lines = [f"{' ' * number}{token} // {token}" for number, token in enumerate(tokens)]
    source = Source("\n".join(lines))
    for number in range(len(tokens)):
        assert source.place(number) == (number + 1, number + 1)


LENGTH = 250_000
HOSTILE = [
    "/*", "/**", "*/", "//", "/", "/*/", " ", "\n", "\r", "\t ", '"', "'", "\"'", '"\t', '"a', "0",
    "0x", "1_", "1e", "1.", ".", "1 ", "1 n", "9" * 1000 + " ", "_", "a", "a ", "é", "é²",
    "§", "@", "@a", "@a ", "#pragma", "pragma ", "pragma\n", "$", "$1",
    "[", "[0", "[0]", "]", "(", "((", "{", "}",
    "-", "~", "!", "**", "1**", "1+", "a.", "a[", "x q,", "x q[0],", "if(a)", "if(a){", "else ",
    "inv@", "inv @ ", "x q;", ";", "\\", "?", "++", "<<=", "µs", "1µ", "def{", "cal{", "array[",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("begin", ["", "é; ", "x q; v = "])
def test_a_long_hostile_text_ends_in_a_typed_error_or_a_tree_before_long(
    begin: str, piece: str, limits: Limits
) -> None:
    text = begin + piece * (LENGTH // len(piece))
    started = time.monotonic()
    with contextlib.suppress(EngineError):
        parse(text, limits)
    with contextlib.suppress(EngineError):
        parse(text, limits, plainly=True)
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("piece", ["/*", '"', "'", "1_", " ", "//\n", "/**/", "a", "[0", "\\",
    "a b,", "a b, ", "a b c", "a(1 ", "a(1) ", "a(pi ", "a b[0] ", "a b[0],", "a = measure b",
])  # fmt: skip
def test_megabytes_of_one_thing_are_cut_in_one_pass(piece: str) -> None:
    started = time.monotonic()
    tokenize(piece * (2_000_000 // len(piece)))
    if piece.isascii():
        tokenize(piece * (2_000_000 // len(piece)), plainly=True)
    assert time.monotonic() - started < 10


def test_no_keyword_is_taken_for_a_gate_that_is_called() -> None:
    assert list(KEYWORDS) == sorted(parser._KEYWORDS | parser._KEYWORDS_2)
    for keyword in set(KEYWORDS) - {"pragma"}:
        assert tokenize(f"{keyword} q;", plainly=True)[0] != f"{keyword} q;"
    for name in ("x", "cx", "endgate", "i", "o"):
        assert tokenize(f"{name} q;", plainly=True)[0] == f"{name} q;"
