"""The values that a `for` statement runs through, known before the run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from qcexec_engine.elaboration.expressions import declared_type, evaluated, whole_number
from qcexec_engine.elaboration.picks import bit_pick, range_of
from qcexec_engine.elaboration.state import State
from qcexec_engine.elaboration.symbols import Variable
from qcexec_engine.elaboration.values import Value, converted, whole
from qcexec_engine.errors import SemanticFault, UnsupportedFeature
from qcexec_engine.language.syntax import For, Range, Set
from qcexec_engine.program import Store


class Domain(NamedTuple):
    """The values of a loop.

    Attributes:
        length: how many there are.
        values: one by one, for they may be more than memory holds.
    """

    length: int
    values: Iterable[Value]


def loop_domain(state: State, statement: For) -> Domain:
    """What the variable of a `for` statement becomes, round by round, in its own type.

    Raises:
        UnsupportedFeature: only the run knows it.
        SemanticFault: the values do not fit the variable's type.
    """
    node = statement.domain
    if isinstance(node, Range):
        numbers = range_of(state, node, None, whole_number)
        # len() refuses more than a machine's word.
        length = max(0, -((numbers.start - numbers.stop) // numbers.step))
        values: Iterable[Value] = map(whole, numbers)
    elif isinstance(node, Set):
        listed = [evaluated(state, value) for value in node.values]
        length, values = len(listed), listed
    else:
        variable, positions = bit_pick(state, node, whole_number)
        listed = [variable.read_bits((position,)) for position in positions]
        length, values = len(listed), listed
    if statement.type is None:
        return Domain(length, values)
    kind, width = declared_type(state, statement.type)
    return Domain(length, (_typed(state, value, kind, width, statement.at) for value in values))


def loop_variable(state: State, statement: For, value: Value, level: int) -> Variable:
    """The variable of a loop in one of its rounds; a value of the run is stored for it."""
    kind, width, content = value
    if isinstance(content, (int, float)):
        return Variable(statement.variable, kind, width, content, level, constant=False)
    variable = Variable(statement.variable, kind, width, 0, level, constant=False)
    variable.bits = state.reserve_bits(variable.num_bits or 1, statement.at)
    variable.unknown = -1
    state.spend()
    state.operations.append(Store(variable.bits, content))
    return variable


def _typed(state: State, value: Value, kind: str, width: int | None, at: int) -> Value:
    try:
        return converted(value, kind, width)
    except (SemanticFault, UnsupportedFeature) as error:
        raise state.placed(error, at) from None
