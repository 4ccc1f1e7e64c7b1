"""What a slot knows of the jobs it gave to one child: pure, fed with frames and deaths.

The child works its jobs off in order and says before each that it begins it. So a death falls
to the one job that had begun, and whatever else a child may send is out of turn: a batch
believes nothing that a child could not truthfully say at that moment, for what it hears may
come from a circuit that took the child over.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import fields as fields_of
from typing import Any, Final, TypeGuard

from qcexec_engine import Report
from qcexec_worker.channel import Frame
from qcexec_worker.errors import ProtocolViolation
from qcexec_worker.jobs import (
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
_REPORT_NAMES: Final = frozenset(field.name for field in fields_of(Report))
_REPORT_TEXT_LIMIT: Final = 100


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
        if self._begun is not None or self._leaves or key is None or frame.fields.get("key") != key:
            raise ProtocolViolation("a child began a job out of turn")
        del self._waiting[key]
        self._begun = key
        return Begun(key)

    def _finish(self, frame: Frame) -> SlotEvent:
        key = self._begun
        if key is None or frame.fields.get("key") != key:
            raise ProtocolViolation("a child finished a job that it had not begun")
        outcome = _outcome(frame)
        self._begun = None
        self._leaves = frame.fields.get("leaves") is True
        return Finished(key, outcome)

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
            report = fields.get("report")
            if not _COUNTS.fullmatch(frame.body) or not _is_report(report):
                raise ProtocolViolation("a child sent counts or a report that are none")
            return Counts(frame.body, report)
        case "refused":
            return _refused(fields)
        case "does_not_fit":
            needed = fields.get("memory_bytes")
            if not _is_number(needed):
                raise ProtocolViolation("a child asked for a memory size that is none")
            return DoesNotFit(needed)
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


def _is_report(value: object) -> TypeGuard[dict[str, object]]:
    """A report goes into log lines: known names and plain, finite, short values alone."""
    return (
        isinstance(value, dict)
        and value.keys() <= _REPORT_NAMES
        and all(
            (isinstance(entry, str) and len(entry) <= _REPORT_TEXT_LIMIT)
            or (isinstance(entry, int | float) and math.isfinite(entry))
            or entry is None
            for entry in value.values()
        )
    )


def _is_number(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63
