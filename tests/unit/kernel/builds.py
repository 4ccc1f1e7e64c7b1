"""Libraries of the kernel that tests compile with the system's gcc, and the suites run on them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[3]
SOURCES: Final = ROOT / "packages" / "kernel" / "c"
SUITE: Final = ROOT / "tests" / "unit" / "kernel"
_SECONDS: Final = 900
_FLAGS: Final = ("-std=gnu11", "-D_GNU_SOURCE", "-fPIC", "-shared", "-fno-math-errno")


def compiled(folder: Path, sources: Path, flags: Sequence[str]) -> Path:
    """A library of the sources in the folder."""
    file = folder / "kernel.so"
    subprocess.run(
        [
            *("gcc", *_FLAGS, "-fcx-limited-range", *flags, "-o", str(file)),
            *(str(source) for source in sorted(sources.glob("*.c"))),
            *("-lm", "-lpthread"),
        ],
        check=True,
        capture_output=True,
    )
    return file


def run_suite(
    library: Path, arguments: Sequence[str], environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs pytest on the kernel's own tests, with the library in place of the variants."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=ROOT,
        env=os.environ | {"KERNEL_LIBRARY": str(library)} | (environment or {}),
        check=False,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
    )
