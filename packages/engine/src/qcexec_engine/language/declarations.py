"""Declarations: qubits, bits and variables, gates, and aliases."""

from __future__ import annotations

from qcexec_engine.language.blocks import block
from qcexec_engine.language.calls import evaluation
from qcexec_engine.language.cursor import Cursor
from qcexec_engine.language.expressions import (
    TYPES,
    classical_type,
    designator,
)
from qcexec_engine.language.syntax import (
    Alias,
    Declaration,
    GateDefinition,
    QubitDeclaration,
    Statement,
    Type,
    Unsupported,
)
from qcexec_engine.language.unsupported import unsupported
from qcexec_engine.language.values import concatenation, value


def qubits(cursor: Cursor) -> QubitDeclaration:
    """`qubit[2] q;`."""
    at = cursor.at
    cursor.at = at + 1
    size = designator(cursor)
    name = cursor.name()
    _end(cursor, "qubit", name)
    return QubitDeclaration(name, size, at)


def quantum_register(cursor: Cursor) -> QubitDeclaration:
    """`qreg q[2];`."""
    at = cursor.at
    cursor.at = at + 1
    name = cursor.name()
    size = designator(cursor)
    cursor.end_statement()
    return QubitDeclaration(name, size, at)


def classical_register(cursor: Cursor) -> Declaration:
    """`creg c[2];`."""
    at = cursor.at
    cursor.at = at + 1
    name = cursor.name()
    size = designator(cursor)
    cursor.end_statement()
    return Declaration(Type("bit", size, at), name, None, False, at)


def variable(cursor: Cursor) -> Statement:
    """`bit[2] c;`, `int n = 3;`, or an expression that begins with a cast."""
    at = cursor.at
    declared = classical_type(cursor)
    if cursor.tokens[cursor.at] == "(":
        cursor.at = at
        return evaluation(cursor)
    name = cursor.name()
    if cursor.skip("="):
        initial = value(cursor)
        cursor.end_statement()
        return Declaration(declared, name, initial, False, at)
    _end(cursor, cursor.tokens[at], name)
    return Declaration(declared, name, None, False, at)


def constant(cursor: Cursor) -> Declaration | Unsupported:
    """`const float x = 0.5;`."""
    at = cursor.at
    cursor.at = at + 1
    kind = cursor.tokens[cursor.at]
    if kind == "array":
        return unsupported(cursor)
    if kind not in TYPES:
        raise cursor.fault("'const' is followed by a type: 'const float x = 0.5;'")
    declared = classical_type(cursor)
    name = cursor.name()
    cursor.expect("=")
    initial = value(cursor)
    cursor.end_statement()
    return Declaration(declared, name, initial, True, at)


def gate(cursor: Cursor) -> GateDefinition:
    """`gate name(parameters) qubits { body }`."""
    at = cursor.at
    name, parameters, operands = _signature(cursor)
    return GateDefinition(name, parameters, operands, block(cursor), at)


def opaque(cursor: Cursor) -> GateDefinition:
    """OpenQASM 2's `opaque name(parameters) qubits;`."""
    at = cursor.at
    name, parameters, operands = _signature(cursor)
    cursor.end_statement()
    return GateDefinition(name, parameters, operands, None, at)


def alias(cursor: Cursor) -> Alias:
    """`let name = value;`."""
    at = cursor.at
    cursor.at = at + 1
    name = cursor.name()
    cursor.expect("=")
    named = concatenation(cursor)
    cursor.end_statement()
    return Alias(name, named, at)


def _signature(cursor: Cursor) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    cursor.at += 1
    name = cursor.name()
    parameters: tuple[str, ...] = ()
    if cursor.skip("("):
        if cursor.tokens[cursor.at] != ")":
            parameters = _names(cursor, ")")
        cursor.expect(")")
    return name, parameters, _names(cursor, "{")


def _names(cursor: Cursor, end: str) -> tuple[str, ...]:
    names = [cursor.name()]
    while cursor.skip(","):
        if cursor.tokens[cursor.at] == end:
            break
        names.append(cursor.name())
    return tuple(names)


def _end(cursor: Cursor, kind: str, name: str) -> None:
    # As C and OpenQASM 2 have it, and as people write it.
    if cursor.tokens[cursor.at][:1] == "[":
        raise cursor.fault(f"the size stands before the name: '{kind}[2] {name};'")
    cursor.end_statement()
