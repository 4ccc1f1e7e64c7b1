"""The tests of the elaboration run no circuit by a method."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def preloaded_engine() -> None:
    """The elaboration needs no simulator."""
