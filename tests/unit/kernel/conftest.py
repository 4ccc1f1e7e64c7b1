"""The kernel in each variant that this processor can run.

KERNEL_LIBRARY names one library to test in place of them: the sanitizers' and the mutants' suites
compile their own.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from qcexec_kernel import Kernel
from qcexec_kernel.library import available

_COMPILED = os.environ.get("KERNEL_LIBRARY")

if _COMPILED:
    # Whether a test fails is asked there, not by which smallest example.
    settings.register_profile(
        "unshrunk", settings.default, phases=[Phase.generate], derandomize=True, database=None
    )
    settings.load_profile("unshrunk")


@pytest.fixture(scope="session", params=[_COMPILED] if _COMPILED else available())
def kernel(request: pytest.FixtureRequest) -> Kernel:
    return Kernel(file=Path(_COMPILED)) if _COMPILED else Kernel(request.param)
