"""What the tests of the language share: a text's tree without the places in it."""

from collections.abc import Callable
from typing import Any

import pytest

from qcexec_engine.language.parser import parse
from qcexec_engine.limits import Limits

Read = Callable[[str], tuple[Any, ...]]


@pytest.fixture(scope="session", autouse=True)
def preloaded_engine() -> None:
    """The language needs no simulator."""


@pytest.fixture(scope="session")
def limits() -> Limits:
    return Limits(memory_bytes=1 << 26)


@pytest.fixture(scope="session")
def read(limits: Limits) -> Read:
    """The statements of a text, with every `at` as 0."""

    def statements(text: str) -> tuple[Any, ...]:
        return tuple(_without_places(node) for node in parse(text, limits).text.statements)

    return statements


def _without_places(node: Any) -> Any:
    if isinstance(node, tuple):
        parts = [_without_places(part) for part in node]
        if hasattr(node, "_fields"):
            make: Any = type(node)
            return make(*parts[:-1], 0)
        return tuple(parts)
    return node
