"""All findings of a check: in words, for a machine, and as an exit code."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from qcexec_admin.findings import Finding, Status

ALL_WELL = 0
SOMETHING_WRONG = 1

_SIGNS = {Status.GOOD: "ok", Status.NOTE: "note", Status.WRONG: "WRONG"}
_INDENT = " " * 7


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found."""

    findings: Sequence[Finding]

    @property
    def wrong(self) -> int:
        """How many findings say that something is wrong."""
        return sum(each.status is Status.WRONG for each in self.findings)

    @property
    def exit_code(self) -> int:
        """ALL_WELL or SOMETHING_WRONG; notes do not matter."""
        return SOMETHING_WRONG if self.wrong else ALL_WELL

    def words(self) -> str:
        """For people: a line a finding, its details below it, and the verdict last."""
        lines = []
        for each in self.findings:
            lines.append(f"{_SIGNS[each.status]:<5}  {each.words}")
            lines += [f"{_INDENT}- {detail}" for detail in each.details]
        lines += ["", self._verdict()]
        return "\n".join(lines) + "\n"

    def document(self) -> str:
        """For machines: one object, in one line."""
        findings = [
            {
                "check": each.check,
                "status": each.status.value,
                "words": each.words,
                "details": each.details,
            }
            for each in self.findings
        ]
        return json.dumps({"well": not self.wrong, "findings": findings}) + "\n"

    def _verdict(self) -> str:
        if not self.wrong:
            return "All is well."
        return f"{self.wrong} of {len(self.findings)} looks found something wrong."
