"""The engine's tests run as a worker's children do: with everything imported beforehand."""

import pytest

from qcexec_engine import preload


@pytest.fixture(scope="session", autouse=True)
def preloaded_engine() -> None:
    preload()
