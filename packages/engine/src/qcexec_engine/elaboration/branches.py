"""if and switch: decided here where the condition is known, by the run where it is not."""

from __future__ import annotations

from qcexec_engine.elaboration.blocks import block_of_run, execute_in_scope
from qcexec_engine.elaboration.expressions import condition, evaluated
from qcexec_engine.elaboration.state import STATEMENT, State
from qcexec_engine.elaboration.targets import assigned_names
from qcexec_engine.elaboration.values import Number, Value, calculated
from qcexec_engine.errors import CircuitTooLarge, SemanticFault, UnsupportedFeature
from qcexec_engine.language import syntax
from qcexec_engine.program import Block, Branch


def branch(state: State, statement: syntax.If) -> str | None:
    """An if statement."""
    state.work(STATEMENT)
    try:
        value = condition(state, statement.condition)
    except (SemanticFault, UnsupportedFeature) as error:
        raise state.placed(error, statement.at) from None
    then, otherwise = statement.then, statement.otherwise
    if value.is_known:
        return execute_in_scope(state, then if value.content else otherwise)
    state.forget(assigned_names(state, then) | assigned_names(state, otherwise), statement.at)
    blocks = block_of_run(state, then), block_of_run(state, otherwise)
    if any(blocks):
        state.spend()
        state.operations.append(Branch(value.expression, *blocks))
    return None


def switch(state: State, statement: syntax.Switch) -> str | None:
    """A switch statement: the case with the value runs, and no other."""
    state.work(STATEMENT * (1 + len(statement.cases)))
    target = evaluated(state, statement.target)
    if target.kind in ("float", "angle"):
        raise state.fault(f"a switch is on a whole number, not on a {target.kind}", statement.at)
    if len(statement.cases) > state.limits.max_nesting:
        message = f"a switch has more than {state.limits.max_nesting} cases"
        raise CircuitTooLarge(message, *state.source.place(statement.at))
    default: syntax.Block = ()
    num_defaults = 0
    cases: list[tuple[Value, syntax.Block]] = []
    seen: set[Number] = set()
    for case in statement.cases:
        if case.values:
            cases.append((_matches(state, target, case, seen), case.body))
            continue
        default = case.body
        num_defaults += 1
        if num_defaults > 1:
            raise state.fault("a switch has one default", case.at)
    if target.is_known:
        body = next((body for match, body in cases if match.content), default)
        return execute_in_scope(state, body)
    for body in (*[body for _, body in cases], default):
        state.forget(assigned_names(state, body), statement.at)
    blocks = [block_of_run(state, body) for _, body in cases]
    rest: Block = block_of_run(state, default)
    for (match, _), block in zip(reversed(cases), reversed(blocks), strict=True):
        rest = (Branch(match.expression, block, rest),)
    state.spend(len(cases))
    state.operations += rest
    return None


def box(state: State, statement: syntax.Box) -> str | None:
    """A box, or a bare block."""
    return execute_in_scope(state, statement.body)


def _matches(state: State, target: Value, case: syntax.Case, seen: set[Number]) -> Value:
    """Whether the target is one of the case's values."""
    match = Value("bool", None, False)
    for node in case.values:
        value = evaluated(state, node)
        content = value.content
        if not isinstance(content, int):
            raise state.unsupported("the value of a case is a whole number known here", case.at)
        if content in seen:
            raise state.fault(f"the case {content} stands twice in the switch", case.at)
        seen.add(content)
        match = calculated("||", match, calculated("==", target, value))
    return match
