"""The rules file, and promtool's unit tests of it, as they are on disk."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
RULES_FILE = ROOT / "charts/qcexec/files/monitoring/rules.yaml"
UNIT_TEST_FILES = tuple(sorted((Path(__file__).parent / "rules").glob("*.yaml")))


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: `alert` or `record` is empty."""

    alert: str
    record: str
    expression: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    for_: str

    @property
    def name(self) -> str:
        """That of the alert, or of what is recorded."""
        return self.alert or self.record


@functools.cache
def rules() -> tuple[Rule, ...]:
    """All rules of the file, in their order."""
    document = yaml.safe_load(RULES_FILE.read_text(encoding="utf-8"))
    return tuple(
        Rule(
            alert=each.get("alert", ""),
            record=each.get("record", ""),
            expression=each["expr"],
            labels=each.get("labels", {}),
            annotations=each.get("annotations", {}),
            for_=each.get("for", "0m"),
        )
        for group in document["groups"]
        for each in group["rules"]
    )


def unit_tests() -> list[dict[str, Any]]:
    """All promtool tests, in the form that promtool reads."""
    return [
        test
        for file in UNIT_TEST_FILES
        for test in yaml.safe_load(file.read_text(encoding="utf-8"))["tests"]
    ]
