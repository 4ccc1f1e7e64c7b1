"""for and while, break, continue and end.

A loop whose rounds are known is written out, on trust that its jumps are decided here, too. A jump
inside a branch of the run shows that they are not; then the loop is taken back, and written for
the run: a while as a `Loop`, a for as the row of its rounds inside loops of one round each, which
a `Break` leaves.
"""

from __future__ import annotations

from qcexec_engine.classical import Bits, Constant
from qcexec_engine.elaboration.blocks import block_of_run, execute, execute_in_scope
from qcexec_engine.elaboration.domains import Domain, loop_domain, loop_variable
from qcexec_engine.elaboration.expressions import condition
from qcexec_engine.elaboration.snapshots import Snapshot
from qcexec_engine.elaboration.state import STATEMENT, LoopFrame, State
from qcexec_engine.elaboration.targets import assigned_names, jumps, measured_names, names_in
from qcexec_engine.elaboration.values import Value
from qcexec_engine.errors import SemanticFault, UnsupportedFeature
from qcexec_engine.language import syntax
from qcexec_engine.program import Branch, Break, Continue, End, Loop, Operation, Store


def while_loop(state: State, statement: syntax.While) -> str | None:
    """A while statement: written out as long as its condition is known."""
    body = statement.body
    if measured_names(body).isdisjoint(names_in(statement.condition)):
        frame = LoopFrame(state.level, None, None)
        before = Snapshot.of(state) if jumps(body) else None
        try:
            ended, jump = _while_known(state, statement, frame)
        except _JumpOfRun as jump_of_run:
            if before is None or jump_of_run.frame is not frame:
                raise
            before.restore(state)
        else:
            if ended:
                return jump
    state.forget(assigned_names(state, body), statement.at)
    value = _condition(state, statement)
    if value.is_known and not value.content:
        return None
    frame = LoopFrame(state.level + 1, (Break(),), (Continue(),))
    block = block_of_run(state, body, frame)
    state.spend()
    state.operations.append(Loop(value.expression, block))
    return None


def for_loop(state: State, statement: syntax.For) -> str | None:
    """A for statement, whose rounds are always written out."""
    domain = loop_domain(state, statement)
    kinds = jumps(statement.body)
    if not kinds:
        # All rounds take place, so that too many are known to be before the first.
        state.work(domain.length * STATEMENT)
        state.work_left += domain.length * STATEMENT
    frame = LoopFrame(state.level, None, None)
    before = Snapshot.of(state) if kinds else None
    try:
        return _for_known(state, statement, domain, frame)
    except _JumpOfRun as jump_of_run:
        if before is None or jump_of_run.frame is not frame:
            raise
        before.restore(state)
    _for_of_run(state, statement, loop_domain(state, statement), kinds)
    return None


def jump(state: State, statement: syntax.Jump) -> str | None:
    """break, continue or end."""
    kind = statement.kind
    if kind == "end":
        if state.level:
            state.spend()
            state.operations.append(End())
        return kind
    frame = state.loops[-1]
    of_run = frame.on_break if kind == "break" else frame.on_continue
    if of_run is None and frame.level != state.level:
        raise _JumpOfRun(frame)
    if of_run is not None:
        state.spend(len(of_run))
        state.operations += of_run
    return kind


class _JumpOfRun(Exception):
    """The run decides on a jump out of a loop that was to be written out."""

    def __init__(self, frame: LoopFrame) -> None:
        super().__init__()
        self.frame = frame


def _while_known(
    state: State, statement: syntax.While, frame: LoopFrame
) -> tuple[bool, str | None]:
    """Writes out rounds as long as the condition is known.

    Gives whether the loop ended so, and the jump that it ended with if that goes on outwards.
    """
    while True:
        value = _condition(state, statement)
        if not value.is_known:
            return False, None
        if not value.content:
            return True, None
        state.work(STATEMENT)
        state.loops.append(frame)
        state.enter_scope()
        jump = execute(state, statement.body)
        state.leave_scope()
        state.loops.pop()
        if jump == "break":
            return True, None
        if jump == "end":
            return True, jump


def _for_known(state: State, statement: syntax.For, domain: Domain, frame: LoopFrame) -> str | None:
    state.loops.append(frame)
    ended_by = None
    for value in domain.values:
        state.work(STATEMENT)
        variable = loop_variable(state, statement, value, state.level)
        ended_by = execute_in_scope(state, statement.body, variable)
        if ended_by == "break" or ended_by == "end":
            break
    state.loops.pop()
    return "end" if ended_by == "end" else None


def _for_of_run(state: State, statement: syntax.For, domain: Domain, kinds: frozenset[str]) -> None:
    """Writes rounds that the run may leave.

    `continue` leaves a loop around its round, `break` a loop around all rounds; where both occur,
    `break` leaves the round, too, and a flag tells the outer loop.
    """
    state.forget(assigned_names(state, statement.body), statement.at)
    on_break: tuple[Operation, ...] = (Break(),)
    flag: tuple[int, ...] = ()
    if len(kinds) == 2:
        flag = state.reserve_bits(1, statement.at)
        state.operations.append(Store(flag, Constant(0)))
        on_break = (Store(flag, Constant(1)), Break())
    frame = LoopFrame(state.level + 1, on_break, (Break(),))
    rounds: list[Operation] = []
    for value in domain.values:
        state.work(STATEMENT)
        variable = loop_variable(state, statement, value, state.level + 1)
        block = block_of_run(state, statement.body, frame, variable)
        if "continue" not in kinds:
            rounds += block
            continue
        rounds.append(Loop(Constant(1), (*block, Break())))
        if flag:
            rounds.append(Branch(Bits(flag), (Break(),), ()))
    if "break" in kinds:
        state.operations.append(Loop(Constant(1), (*rounds, Break())))
    else:
        state.operations += rounds


def _condition(state: State, statement: syntax.While) -> Value:
    try:
        return condition(state, statement.condition)
    except (SemanticFault, UnsupportedFeature) as error:
        raise state.placed(error, statement.at) from None
