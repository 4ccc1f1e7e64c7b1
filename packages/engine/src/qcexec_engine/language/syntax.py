"""The syntax of a text as a tree: OpenQASM 3, and OpenQASM 2 in the same nodes.

`at` is the number of the token at which a node begins: tokens are numbered, and their lines and
columns worked out when an error needs them, for most texts have none. Nodes are named tuples,
cheap to make. The parser builds no node for what changes nothing: annotations and empty statements.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

Inner: TypeAlias = Any
"""An `Expression`, inside of a node; with a range or a set where an index may be one.

Type checkers compare tuples item by item: a union of tuples that hold that union takes minutes.
"""

InnerBlock: TypeAlias = tuple[Any, ...]
"""A `Block`, inside of a node."""


class Literal(NamedTuple):
    """A number or truth value, as Python has it."""

    value: int | float | bool
    at: int


class BitString(NamedTuple):
    """A bit string: `digits` as written, the highest bit first, without quotes or underscores."""

    digits: str
    at: int


class Duration(NamedTuple):
    """A duration, whose length changes no count."""

    at: int


class Name(NamedTuple):
    """An identifier, a built-in constant, or a physical qubit (`$0`)."""

    name: str
    at: int


class Operator(NamedTuple):
    """A unary operator: - ~ or !."""

    op: str
    operand: Inner
    at: int


class Binary(NamedTuple):
    """A binary operator; `at` is the operator's token."""

    op: str
    left: Inner
    right: Inner
    at: int


class Call(NamedTuple):
    """A function called by name."""

    name: str
    arguments: tuple[Inner, ...]
    at: int


class Type(NamedTuple):
    """A classical type: bit, int, uint, float, angle, bool, complex, duration or stretch."""

    name: str
    width: Inner | None
    at: int


class Cast(NamedTuple):
    """A value read as another type: `int[8](x)`."""

    type: Type
    value: Inner
    at: int


class Range(NamedTuple):
    """`start:step:stop`, with the ends included; None where a part is left out."""

    start: Inner | None
    step: Inner | None
    stop: Inner | None
    at: int


class Set(NamedTuple):
    """`{a, b, c}`, in an index or after `in`."""

    values: tuple[Inner, ...]
    at: int


class Element(NamedTuple):
    """`name[3]`: a name with one number in brackets, which most operands are.

    It stands for every `Index` of this form, so that those need one node instead of three.
    """

    name: str
    position: int
    at: int


class Index(NamedTuple):
    """`base[index]` of any other form than an `Element`.

    More than one index in the brackets is an array's, and not supported.
    """

    base: Inner
    indices: tuple[Inner, ...]
    at: int


class Concatenation(NamedTuple):
    """`a ++ b ++ c`, of registers, in an alias."""

    parts: tuple[Inner, ...]
    at: int


class Measurement(NamedTuple):
    """`measure operand` where a value stands: to the right of `=`."""

    operand: Inner
    at: int


Expression: TypeAlias = (
    Literal
    | BitString
    | Duration
    | Name
    | Operator
    | Binary
    | Call
    | Cast
    | Element
    | Index
    | Concatenation
    | Measurement
)


class Include(NamedTuple):
    """`include "file";`."""

    file: str
    at: int


class QubitDeclaration(NamedTuple):
    """`qubit[size] name;` or `qreg name[size];`; a size of None is a single qubit."""

    name: str
    size: Inner | None
    at: int


class Declaration(NamedTuple):
    """A classical variable: `int[8] n = 3;`, `const float x = 2;`, `bit[4] c;`, `creg c[4];`."""

    type: Type
    name: str
    value: Inner | None
    constant: bool
    at: int


class GateDefinition(NamedTuple):
    """`gate name(parameters) qubits { body }`; a body of None is OpenQASM 2's `opaque`."""

    name: str
    parameters: tuple[str, ...]
    qubits: tuple[str, ...]
    body: InnerBlock | None
    at: int


class Modifier(NamedTuple):
    """`name` is ctrl, negctrl, inv or pow; the argument is None where there is none."""

    name: str
    argument: Inner | None
    at: int


class GateCall(NamedTuple):
    """`modifiers @ name(arguments) operands;`, with gphase among the names.

    The most frequent node by far: `modifiers` is the same empty tuple where there are none.
    """

    name: str
    arguments: tuple[Inner, ...]
    operands: tuple[Inner, ...]
    modifiers: tuple[Modifier, ...]
    at: int


PlainCall: TypeAlias = str
"""A gate call on qubits by name or number, with angles in figures: still text, `cx q[0], q[1];`.

There are some only in a text that was read for them (`parser.parse`).
"""


class MeasureStatement(NamedTuple):
    """`target = measure source;`, `measure source -> target;`, or without a target."""

    source: Inner
    target: Inner | None
    at: int


class Reset(NamedTuple):
    """`reset operand;`."""

    operand: Inner
    at: int


class Barrier(NamedTuple):
    """`barrier operands;`, or `delay[d] operands;`, which differs in nothing that counts show."""

    operands: tuple[Inner, ...]
    at: int


class Alias(NamedTuple):
    """`let name = value;`."""

    name: str
    value: Inner
    at: int


class Assignment(NamedTuple):
    """`target op value;`, with op one of = += -= *= /= %= **= &= |= ^= <<= >>=."""

    target: Inner
    op: str
    value: Inner
    at: int


class If(NamedTuple):
    """`if (condition) then else otherwise`."""

    condition: Inner
    then: InnerBlock
    otherwise: InnerBlock
    at: int


class For(NamedTuple):
    """`for type variable in domain body`; the domain may be a range, a set or a register's name."""

    type: Type | None
    variable: str
    domain: Inner
    body: InnerBlock
    at: int


class While(NamedTuple):
    """`while (condition) body`."""

    condition: Inner
    body: InnerBlock
    at: int


class Case(NamedTuple):
    """`case values body` of a switch; no values is its default."""

    values: tuple[Inner, ...]
    body: InnerBlock
    at: int


class Switch(NamedTuple):
    """`switch (target) { cases }`; no case runs into the next."""

    target: Inner
    cases: tuple[Case, ...]
    at: int


class Box(NamedTuple):
    """`box[duration] body`, or a bare block: a scope of its own."""

    body: InnerBlock
    at: int


class Jump(NamedTuple):
    """`break;`, `continue;` or `end;`."""

    kind: str
    at: int


class Pragma(NamedTuple):
    """`pragma text` or `#pragma text`, up to the end of the line."""

    text: str
    at: int


class Evaluation(NamedTuple):
    """An expression as a statement, whose value nobody takes."""

    value: Inner
    at: int


class Unsupported(NamedTuple):
    """A statement that the language has and the engine does not run.

    `what` names it in words, for the message: "a subroutine (def)", "an input parameter".
    """

    what: str
    at: int


Statement: TypeAlias = (
    Include
    | QubitDeclaration
    | Declaration
    | GateDefinition
    | GateCall
    | PlainCall
    | MeasureStatement
    | Reset
    | Barrier
    | Alias
    | Assignment
    | If
    | For
    | While
    | Switch
    | Box
    | Jump
    | Pragma
    | Evaluation
    | Unsupported
)
Block: TypeAlias = tuple[Statement, ...]


class Text(NamedTuple):
    """A whole text: the version that it names (3 where it names none) and its statements."""

    version: int
    statements: InnerBlock
