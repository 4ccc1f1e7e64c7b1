"""What an expression of PromQL names: its selectors, and the labels that it groups or joins by."""

import re
from dataclasses import dataclass

_STRING = r'"(?:[^"\\]|\\.)*"'
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_SELECTOR = re.compile(rf"([a-zA-Z_:][\w:]*)\s*(?:\{{((?:[^\"}}]|{_STRING})*)\}})?(?!\s*\(|[\w:])")
_MATCHER = re.compile(rf"(\w+)\s*(=~|!~|!=|=)\s*({_STRING})")
_RANGE = re.compile(r"\[[^\]]*\]")
_WORDS = frozenset({"and", "or", "unless", "bool", "offset", "by", "on", "without", "ignoring"})


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label."""

    label: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Selector:
    """A metric, or a record, with the conditions on its labels."""

    name: str
    matchers: tuple[Matcher, ...]


def selectors(expression: str) -> tuple[Selector, ...]:
    """All selectors of an expression, from left to right."""
    rest = _RANGE.sub("", _GROUPING.sub("", expression))
    return tuple(
        Selector(found[1], _matchers(found[2] or ""))
        for found in _SELECTOR.finditer(rest)
        if found[1] not in _WORDS
    )


def grouped_by(expression: str) -> frozenset[str]:
    """The labels in `by`, `on` and their like."""
    lists = (found[1].split(",") for found in _GROUPING.finditer(expression))
    return frozenset(label.strip() for labels in lists for label in labels if label.strip())


def _matchers(text: str) -> tuple[Matcher, ...]:
    return tuple(Matcher(found[1], found[2], found[3][1:-1]) for found in _MATCHER.finditer(text))
