"""The renderings that general rules are held against: each values file, and names of any length."""

import pytest

from chart.rendering import LONGEST_RELEASE, Rendering, render, values_files

_RENDERINGS = [
    *((name, "qcexec") for name in values_files()),
    ("default", "another"),
    ("default", LONGEST_RELEASE),
    ("everything_on", LONGEST_RELEASE),
]


@pytest.fixture(params=_RENDERINGS, ids=lambda chosen: "-".join(chosen))
def rendering(request: pytest.FixtureRequest) -> Rendering:
    name, release = request.param
    return render(name, release=release)
