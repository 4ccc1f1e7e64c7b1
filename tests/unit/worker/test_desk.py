"""Leases stay named until the write that ends them is answered."""

from uuid import UUID, uuid4

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from qcexec_queue.leases import held
from qcexec_queue.settlement import Cause, RetryPolicy, settle
from qcexec_queue.states import Lane, Outcome, Priority
from qcexec_queue.tasks import Lease, StoredResult
from qcexec_worker.desk import Desk, Outgoing

RESULT = StoredResult(Outcome.COMPLETED, None, b"{}")
WORKER = uuid4()


def lease(epoch: int, lane: Lane = Lane.FRESH) -> Lease:
    return Lease(UUID(int=epoch), epoch, 0, 0, Priority.NORMAL, lane, 0.1, b"", None)


class DeskMachine(RuleBasedStateMachine):
    """A worker that claims, ends and writes in any order; some writes are never answered."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk()
        self.running: list[Lease] = []
        self.ended: set[int] = set()
        self.unanswered: Outgoing | None = None
        self.named: set[int] = set()
        self.last = 0

    @rule(number=st.integers(1, 5), lane=st.sampled_from(Lane))
    def claim(self, number: int, lane: Lane) -> None:
        taken = [lease(self.last + 1 + offset, lane) for offset in range(number)]
        self.last += number
        self.desk.take(taken)
        self.running += taken
        self.named |= {each.epoch for each in taken}

    @precondition(lambda self: self.running)
    @rule(data=st.data(), completed=st.booleans())
    def end(self, data: st.DataObject, completed: bool) -> None:
        ended = data.draw(st.sampled_from(self.running))
        self.running.remove(ended)
        self.ended.add(ended.epoch)
        self.desk.changed.clear()
        if completed:
            self.desk.complete(ended, RESULT)
        else:
            mine = held(ended, WORKER, 1)
            self.desk.put_back(settle(mine, Cause.NOT_BEGUN, RetryPolicy()))
        assert self.desk.changed.is_set()

    @precondition(lambda self: self.unanswered is None)
    @rule()
    def write(self) -> None:
        self.unanswered = self.desk.hand_over()
        assert not self.desk.has_outgoing

    @precondition(lambda self: self.unanswered is not None)
    @rule()
    def hear(self) -> None:
        assert self.unanswered is not None
        self.desk.answered(self.unanswered)
        self.named -= self.unanswered.epochs
        self.ended -= self.unanswered.epochs
        self.unanswered = None

    @invariant()
    def all_that_is_not_answered_is_named_once(self) -> None:
        assert sorted(self.desk.epochs) == sorted(self.named)
        assert {each.epoch for each in self.desk.leases} == self.named

    @invariant()
    def what_ended_is_on_its_way(self) -> None:
        waiting = self.unanswered.epochs if self.unanswered else frozenset()
        assert self.desk.has_outgoing == bool(self.ended - waiting)

    @invariant()
    def a_suspect_that_is_not_about_to_end_is_known(self) -> None:
        suspects = {each.epoch for each in self.desk.leases if each.suspect}
        writing = self.unanswered if self.unanswered is not None else Outgoing([], [])
        assert self.desk.has_suspect_beside(writing) == bool(suspects - writing.epochs)


TestDesk = DeskMachine.TestCase
