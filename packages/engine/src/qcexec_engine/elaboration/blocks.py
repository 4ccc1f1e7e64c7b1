"""Blocks of statements: in a scope of their own, and those that the run decides on."""

from __future__ import annotations

from qcexec_engine.elaboration.plain_calls import call_plainly
from qcexec_engine.elaboration.state import LoopFrame, State
from qcexec_engine.elaboration.symbols import Variable
from qcexec_engine.language import syntax
from qcexec_engine.program import Block


def execute(state: State, block: syntax.Block) -> str | None:
    """Elaborates the statements of a block, up to one that always jumps; gives the jump's kind."""
    handlers = state.handlers
    for statement in block:
        if type(statement) is str:
            call_plainly(state, statement)
            continue
        jump = handlers[type(statement)](state, statement)
        if jump is not None:
            return jump
    return None


def execute_in_scope(
    state: State, block: syntax.Block, variable: Variable | None = None
) -> str | None:
    """Elaborates a block in a scope of its own, in which a loop's variable may stand."""
    state.enter_scope()
    if variable is not None:
        state.declare(variable.name, variable, 0)
    jump = execute(state, block)
    state.leave_scope()
    return jump


def block_of_run(
    state: State,
    block: syntax.Block,
    frame: LoopFrame | None = None,
    variable: Variable | None = None,
) -> Block:
    """The operations of a block that the run may or may not come to.

    Args:
        state: where the block stands.
        block: its statements.
        frame: the loop that it is the body of, if it is one.
        variable: the loop's variable.
    """
    outer = state.operations
    state.operations = []
    state.level += 1
    if frame is not None:
        state.loops.append(frame)
    execute_in_scope(state, block, variable)
    if frame is not None:
        state.loops.pop()
    state.level -= 1
    inner = tuple(state.operations)
    state.operations = outer
    return inner
