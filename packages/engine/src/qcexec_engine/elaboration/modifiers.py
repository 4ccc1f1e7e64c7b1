"""Modifiers of gate calls: ctrl, negctrl, inv and pow, in any nesting."""

from __future__ import annotations

import math
from typing import Final

from qcexec_engine.elaboration.expansions import Expansion, controlled, inverted
from qcexec_engine.elaboration.expressions import evaluated, whole_number
from qcexec_engine.elaboration.expressions import number as plain_number
from qcexec_engine.elaboration.powers import power
from qcexec_engine.elaboration.state import State
from qcexec_engine.elaboration.values import real_number
from qcexec_engine.errors import InvalidAngle, UnsupportedFeature
from qcexec_engine.language.syntax import Expression, Modifier


def modified(
    state: State, expansion: Expansion, modifiers: tuple[Modifier, ...], num_operands: int, at: int
) -> Expansion:
    """The gate under its modifiers, of which the last one is the innermost.

    Raises:
        SemanticFault: the call gives another number of qubits, or an argument is out of range.
        InvalidAngle: a power makes an angle infinite.
        UnsupportedFeature: a power that no gate has, or that only the run knows.
        CircuitTooLarge: it is more than the budget has left.
    """
    arguments = [_argument(state, modifier) for modifier in modifiers]
    controls = sum(
        int(argument)
        for modifier, argument in zip(modifiers, arguments, strict=True)
        if modifier.name in _CONTROLS
    )
    check_operands(state, expansion.num_places + controls, num_operands, at)
    for modifier, argument in zip(reversed(modifiers), reversed(arguments), strict=True):
        if modifier.name in _CONTROLS:
            # A step on very many qubits counts for several.
            state.work(len(expansion.steps) * (1 + (expansion.num_places + controls) // 8))
            expansion = controlled(expansion, int(argument), modifier.name == "negctrl")
        elif modifier.name == "inv":
            state.work(len(expansion.steps))
            expansion = inverted(expansion)
        else:
            try:
                expansion = power(expansion, argument, state.work)
            except UnsupportedFeature as error:
                raise state.placed(error, modifier.at) from None
            _check_angles(state, expansion, modifier)
    return expansion


def check_operands(state: State, needed: int, given: int, at: int) -> None:
    """Refuses a call that gives another number of qubits than the gate acts on."""
    if needed != given:
        noun = "qubit" if needed == 1 else "qubits"
        raise state.fault(f"the gate acts on {needed} {noun}, not on {given}", at)


_LARGEST_EXPONENT: Final = 1000
"""Bits of an exponent that still meets an angle."""

_CONTROLS: Final = frozenset(("ctrl", "negctrl"))


def _argument(state: State, modifier: Modifier) -> float:
    """How many controls, or which power; 1 for what takes no argument."""
    node = modifier.argument
    if node is None:
        if modifier.name == "pow":
            raise state.fault("'pow' needs an exponent: 'pow(2) @ x'", modifier.at)
        return 1
    if modifier.name in _CONTROLS:
        controls = whole_number(state, node, "the number of controls")
        if not 1 <= controls <= state.limits.max_bits:
            raise state.fault("a value is out of range: there is at least 1 control", modifier.at)
        return controls
    if modifier.name == "inv":
        raise state.fault("'inv' takes no argument", modifier.at)
    return _exponent(state, node, modifier.at)


def _exponent(state: State, node: Expression, at: int) -> float:
    """A power; `pow(1/2)` is `pow(0)`, for the quotient of whole numbers is whole here, too."""
    try:
        number = plain_number(node, state.numbers, real=False)
        if number is None:
            value = evaluated(state, node)
            content = value.content
            if type(content) is int and content.bit_length() <= _LARGEST_EXPONENT:
                return content
            number = real_number(value)
    except OverflowError:
        number = math.inf
    except (InvalidAngle, UnsupportedFeature) as error:
        raise state.placed(error, at) from None
    if type(number) is int and number.bit_length() > _LARGEST_EXPONENT:
        number = math.inf
    if number - number != 0.0:
        raise InvalidAngle("a power is infinite or not a number", *state.source.place(at))
    return int(number) if type(number) is int or float(number).is_integer() else number


def _check_angles(state: State, expansion: Expansion, modifier: Modifier) -> None:
    for step in expansion.steps:
        angles = getattr(step, "angles", ())
        if any(angle - angle != 0.0 for angle in angles):
            raise InvalidAngle("a power makes an angle infinite", *state.source.place(modifier.at))
