"""The examples in docstrings are true."""

import doctest
import importlib
import pkgutil

import pytest

_PACKAGES = [
    "qcexec_admin",
    "qcexec_api",
    "qcexec_configuration",
    "qcexec_engine",
    "qcexec_operator",
    "qcexec_queue",
    "qcexec_standalone",
    "qcexec_telemetry",
    "qcexec_worker",
]


def _modules() -> list[str]:
    return [
        module.name
        for package in _PACKAGES
        for module in pkgutil.walk_packages(
            importlib.import_module(package).__path__, f"{package}."
        )
        if not module.name.endswith("__main__")
    ]


def _folders(package: str) -> list[str]:
    return list(importlib.import_module(package).__path__)


@pytest.mark.parametrize("name", _modules())
def test_the_examples_of_a_module_hold(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
