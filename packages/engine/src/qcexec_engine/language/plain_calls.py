"""Gate calls that stay text: `cx q[0], q[1];` or `rz(0.25) q[2];`, one token each.

Most of a circuit are calls on qubits by name and number with angles in figures, and the same come
again and again, or at least their halves: what is called, and what it is called on. So they are not
read before somebody asks, and who asks keeps what each half came to.

A token's place is its number, and such a token is several: in a text that was read so, places are
of no use. Whoever finds a fault in it reads it again without plain calls.
"""

from __future__ import annotations

import functools
from typing import Final, NamedTuple

from qcexec_engine.errors import SyntaxFault
from qcexec_engine.language.cursor import Cursor
from qcexec_engine.language.expressions import arguments
from qcexec_engine.language.lexer import KEYWORDS, tokenize
from qcexec_engine.language.source import Source
from qcexec_engine.language.syntax import Element, Expression, GateCall, Name, PlainCall


class Operands(NamedTuple):
    """The operands of a call, and the same without their places, as keys."""

    nodes: tuple[Name | Element, ...]
    keys: tuple[tuple[object, ...], ...]


def halves(call: PlainCall) -> tuple[str, str]:
    """What is called, up to the end of its angles, and what it is called on: `rz(0.25`, `q[2];`."""
    called, bracket, operands = call.partition(") ")
    if not bracket:
        called, _, operands = call.partition(" ")
    return called, operands


def gate_call(call: PlainCall, version: int, max_nesting: int) -> GateCall:
    """The same call as a node: for gate definitions, and to check what nothing may come to.

    Raises:
        EngineError: it is no call.
    """
    read = _short_gate_call if len(call) <= _SHORT else _gate_call
    return read(call, version, max_nesting)


def operands_of(text: str) -> Operands:
    """The qubits and registers that a call names, from its second half."""
    return _short_operands(text) if len(text) <= _SHORT else _operands(text)


def arguments_of(figures: str, version: int, max_nesting: int) -> tuple[Expression, ...]:
    """The angles of a call, from what stands in its brackets."""
    read = _short_arguments if len(figures) <= _SHORT else _arguments
    return read(figures, version, max_nesting)


_SHORT: Final = 64
"""In characters: what is longer hardly comes again, and would take more memory to keep."""


def _gate_call(call: PlainCall, version: int, max_nesting: int) -> GateCall:
    written, operands = halves(call)
    name, bracket, figures = written.partition("(")
    angles = arguments_of(figures, version, max_nesting) if bracket else ()
    if name in KEYWORDS:
        raise SyntaxFault(f"'{name}' is a word of the language and cannot be a gate")
    nodes, _ = operands_of(operands)
    for node in nodes:
        if node.name in KEYWORDS:
            raise SyntaxFault(f"'{node.name}' is a word of the language and cannot be a qubit")
    return GateCall(name, angles, nodes, (), 0)


def _arguments(figures: str, version: int, max_nesting: int) -> tuple[Expression, ...]:
    text = f"{figures})"
    cursor = Cursor(tokenize(text), frozenset(), version, {}, Source(text), max_nesting)
    return arguments(cursor)


def _operands(text: str) -> Operands:
    nodes: list[Name | Element] = []
    for operand in text[:-1].split(","):
        name, bracket, position = operand.strip(" ").partition("[")
        nodes.append(Element(name, int(position[:-1]), 0) if bracket else Name(name, 0))
    return Operands(tuple(nodes), tuple([node[:-1] for node in nodes]))


_short_gate_call = functools.lru_cache(maxsize=1024)(_gate_call)
_short_arguments = functools.lru_cache(maxsize=1024)(_arguments)
_short_operands = functools.lru_cache(maxsize=4096)(_operands)
