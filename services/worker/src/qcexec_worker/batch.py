"""What a slot knows of the jobs it gave to one child: pure, fed with frames and deaths.

The child works its jobs off in order and says before each that it begins it. So a death falls
to the one job that had begun, and whatever else a child may send is out of turn: a batch
believes nothing that a child could not truthfully say at that moment, for what it hears may
come from a circuit that took the child over.
"""

import math
import re
from collections.abc import Sequence
from typing import Any, Final, TypeGuard

from qcexec_engine import METHODS
from qcexec_worker.channel import Frame
from qcexec_worker.errors import ProtocolViolation
from qcexec_worker.jobs import (
    REPORT_NAMES,
    REPORT_TEXT_LIMIT,
    Begun,
    ChildOutcome,
    Counts,
    DeathReason,
    Died,
    DoesNotFit,
    Finished,
    Job,
    NotBegun,
    Refused,
    SlotEvent,
)

_COUNTS: Final = re.compile(rb'\{(?:"[01 ]*":\d++(?:,"[01 ]*":\d++)*+)?\}')
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_MESSAGE_LIMIT: Final = 4000


class Batch:
    """The jobs of one child, in the order in which they were sent; keys must be unique."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._waiting = {job.key: job for job in jobs}
        if len(self._waiting) != len(jobs):
            raise ValueError("two jobs of a batch have the same key")
        self._begun: int | None = None
        self._leaves = False

    @property
    def begun(self) -> int | None:
        """The key of the job that the child runs, if it runs one."""
        return self._begun

    @property
    def leaves(self) -> bool:
        """Whether the child said that it leaves; `waiting` is then for another one."""
        return self._leaves

    @property
    def waiting(self) -> list[Job]:
        """The jobs that were not begun, in order."""
        return list(self._waiting.values())

    @property
    def num_waiting(self) -> int:
        """How many jobs were not begun."""
        return len(self._waiting)

    @property
    def done(self) -> bool:
        """Whether every job has ended."""
        return self._begun is None and not self._waiting

    def receive(self, frame: Frame) -> list[SlotEvent]:
        """Take what the child said; raises ProtocolViolation when it is out of turn."""
        match frame.kind:
            case "begun":
                return [self._begin(frame)]
            case "finished":
                return [self._finish(frame)]
            case "skipped":
                return self._skip(frame)
        raise ProtocolViolation(f"a child with a batch sent the frame {frame.kind!r}")

    def end(self, reason: DeathReason, detail: str) -> list[SlotEvent]:
        """The child is dead: end the job that had begun and hand back the others."""
        events: list[SlotEvent] = []
        if self._begun is not None:
            events.append(Died(self._begun, reason, detail))
            self._begun = None
        return events + self.hand_back()

    def hand_back(self) -> list[SlotEvent]:
        """End the jobs that were not begun."""
        events: list[SlotEvent] = [NotBegun(key) for key in self._waiting]
        self._waiting.clear()
        return events

    def _begin(self, frame: Frame) -> SlotEvent:
        key = next(iter(self._waiting), None)
        if self._begun is not None or self._leaves or key is None or frame.key != key:
            raise ProtocolViolation("a child began a job out of turn")
        del self._waiting[key]
        self._begun = key
        return Begun(key)

    def _finish(self, frame: Frame) -> SlotEvent:
        key = self._begun
        if key is None or frame.key != key:
            raise ProtocolViolation("a child finished a job that it had not begun")
        outcome = _outcome(frame)
        self._begun = None
        self._leaves = frame.fields.get("leaves") is True
        return Finished(key, outcome, frame.nanoseconds / 1e9)

    def _skip(self, frame: Frame) -> list[SlotEvent]:
        keys = frame.fields.get("keys")
        # A recall may find nothing to skip, and its answer may fall into the next batch.
        if keys == []:
            return []
        if self._begun is not None or keys != list(self._waiting):
            raise ProtocolViolation("a child skipped other jobs than those that waited")
        return self.hand_back()


def _outcome(frame: Frame) -> ChildOutcome:
    fields = frame.fields
    match fields.get("outcome"):
        case "counts":
            # The counts are passed on unparsed, so they must be nothing but counts.
            values = fields.get("report")
            if not _COUNTS.fullmatch(frame.body) or not _is_report(values):
                raise ProtocolViolation("a child sent counts or a report that are none")
            named = zip(REPORT_NAMES, values, strict=True)
            return Counts(frame.body, {name: value for name, value in named if value is not None})
        case "refused":
            return _refused(fields)
        case "does_not_fit":
            needed, seconds = fields.get("memory_bytes"), fields.get("seconds")
            if not _is_number(needed) or not _is_duration(seconds):
                raise ProtocolViolation("a child said that it needs what nobody can need")
            method = fields.get("method")
            known = isinstance(method, str) and method in METHODS
            return DoesNotFit(needed, seconds, method if known else None)
    raise ProtocolViolation("a child sent an outcome of no known kind")


def _refused(fields: dict[str, Any]) -> Refused:
    code, message = fields.get("code"), fields.get("message")
    line, column = fields.get("line"), fields.get("column")
    if (
        not isinstance(code, str)
        or not _CODE.fullmatch(code)
        or not isinstance(message, str)
        or len(message) > _MESSAGE_LIMIT
        or not (line is None or _is_number(line))
        or not (column is None or _is_number(column))
    ):
        raise ProtocolViolation("a child sent a refusal with fields that are none")
    return Refused(code, message.encode(errors="replace").decode(), line, column)


def _is_report(values: object) -> TypeGuard[list[object]]:
    """A report goes into log lines: plain, finite, short values alone, of the types of JSON."""
    if not isinstance(values, list) or len(values) != len(REPORT_NAMES):
        return False
    for value in values:
        kind = type(value)
        if kind is str:
            if len(value) > REPORT_TEXT_LIMIT:
                return False
        elif kind is float:
            if not math.isfinite(value):
                return False
        elif kind is not int and kind is not bool and value is not None:
            return False
    return True


def _is_number(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _is_duration(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
