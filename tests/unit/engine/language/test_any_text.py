"""Whatever the text is: a tree or a typed error, the same however it is spaced."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openqasm3 import parser as reference

from qcexec_engine.errors import EngineError
from qcexec_engine.language.parser import parse
from qcexec_engine.limits import Limits

Read = Callable[[str], tuple[Any, ...]]

# One of every form, with its tokens apart.
FORMS = """
x q [ 0 ] ;
cx q [ 0 ] , q [ 1 : 2 ] ;
rx ( - pi / 2 ** 2 ) q ;
U ( 1 , 2.5e-3 , .5 ) $0 ;
ctrl ( 2 ) @ inv @ pow ( 1 / 2 ) @ negctrl @ x q , r ;
gphase ( pi ) ;
measure q [ 0 ] -> c [ 0 ] ;
c = measure q ;
reset q ;
barrier q , r ;
delay [ 100 ns ] q ;
let a = q [ { 0 , 1 } ] ++ r [ - 1 ] ;
int [ 8 ] n = 0x1F ;
bit [ 4 ] c = "0101" ;
const float f = ( 1 + 2 ) * 3 % 4 << 1 ;
complex [ float [ 32 ] ] z ;
qubit [ 3 ] q ;
qreg q [ 2 ] ;
creg c [ 2 ] ;
if ( c == 1 && ! a || ~ b ) x q ; else { y q ; }
for uint i in [ 0 : 2 : 8 ] { x q [ i ] ; }
for int i in { 1 , 2 } x q ;
while ( i < 3 ) { i += 1 ; break ; continue ; }
switch ( i ) { case 1 , 2 { x q ; } default { } }
box [ 1 us ] { x q ; }
gate g ( a , b ) q , r { U ( a , b , 0 ) q ; }
n = int [ 8 ] ( c ) + sin ( 2 ) - popcount ( c ) ;
n <<= durationof ( { x q ; } ) ;
f ( x ) ;
end ;
include "stdgates.inc" ;
def f ( int a ) -> bit { return measure q ; }
extern g ( int ) -> int ;
array [ int , 3 ] a = { 1 , 2 , 3 } ;
input float p ;
output bit o ;
cal { play x ; }
""".strip().splitlines()
# What is not supported is only looked through, and so is what durationof measures.
COMPARED = [form for form in FORMS[:31] if "durationof" not in form]
COMPARED_TOKENS = sorted({token for form in COMPARED for token in form.split()})
# What the other parser refuses by its meaning, which is not the grammar's to say.
MEANING = re.compile("global|size must be positive")
# We take empty statements, and loops without the type of their variable, as older texts have them.
TAKEN_BY_US = re.compile(r"(^|[;{})] |else );|^for \w+ in")
TOKENS = sorted({token for form in FORMS for token in form.split()})
ODD_TOKENS = [
    "@a",
    "pragma",
    "é",
    "²",
    '"',
    "'",
    "/*",
    "//",
    "\n",
    "\0",
    "1_",
    "OPENQASM",
    "2.0",
    "opaque",
]

spaces = st.sampled_from(
    [" ", "\n", "\t \r\n", " // a ; remark }\n", " /* an * other */", "\n/**//***/"]
)
soups = st.lists(st.one_of(st.sampled_from(TOKENS), st.sampled_from(ODD_TOKENS)), max_size=25)


def ending(text: str, limits: Limits) -> object:
    try:
        return parse(text, limits).text
    except EngineError as error:
        return error


@given(soups.map(" ".join))
def test_a_soup_of_tokens_is_a_tree_or_a_typed_error_with_its_place(
    limits: Limits, text: str
) -> None:
    end = ending(text, limits)
    if isinstance(end, EngineError):
        assert end.code != "internal_error"
        assert end.line is not None
        assert end.column is not None
        lines = text.split("\n")
        assert 1 <= end.line <= len(lines)
        assert 1 <= end.column <= len(lines[end.line - 1]) + 1


@given(st.text(max_size=30))
def test_any_characters_are_a_tree_or_a_typed_error(limits: Limits, text: str) -> None:
    for begin in ("", "OPENQASM 2.0;", "v = ", "x q"):
        end = ending(begin + text, limits)
        assert not isinstance(end, EngineError) or end.code != "internal_error"


@given(st.lists(st.sampled_from(FORMS), min_size=1, max_size=5), st.data())
def test_white_space_and_comments_change_no_tree(
    read: Read, forms: list[str], data: st.DataObject
) -> None:
    text = "{ while (true) {" + " ".join(forms) + "} }"
    tokens = text.split(" ")
    spaced = tokens[0]
    for token in tokens[1:]:
        # "100 ns" is one token, in which no comment may stand.
        spaced += (" " if token in ("ns", "us") else data.draw(spaces)) + token
    assert read(spaced) == read(text)
    assert read(text.replace(" [ ", "[").replace(" ] ", "] ").replace(" ;", ";")) == read(text)


@given(st.sampled_from(COMPARED), st.data())
def test_a_form_with_one_token_changed_is_refused_where_the_specifications_parser_refuses_it(
    limits: Limits, form: str, data: st.DataObject
) -> None:
    tokens = form.split()
    at = data.draw(st.integers(0, len(tokens) - 1))
    replaced = data.draw(st.integers(0, 1))
    tokens[at : at + replaced] = data.draw(st.lists(st.sampled_from(COMPARED_TOKENS), max_size=1))
    text = " ".join(tokens)
    end = ending(text, limits)
    code = end.code if isinstance(end, EngineError) else None
    try:
        reference.parse(text)
        refusal = None
    except reference.QASM3ParsingError as error:
        refusal = str(error)
    if refusal is None:
        assert code != "syntax_error", (text, str(end))
    else:
        assert code or MEANING.search(refusal) or TAKEN_BY_US.search(text), (text, refusal)


@pytest.mark.parametrize("form", FORMS)
def test_the_specifications_parser_takes_every_form_that_these_tests_use(form: str) -> None:
    reference.parse(form)
