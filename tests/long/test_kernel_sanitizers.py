"""The kernel's own suite under AddressSanitizer and UBSan, in registers of each width."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from unit.kernel.builds import SOURCES, SUITE, compiled, run_suite

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="the sanitizers need gcc")

SANITIZERS = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined")


@pytest.mark.parametrize("vector_bytes", [16, 32, 64])
def test_the_kernel_reads_or_writes_where_it_must_not(vector_bytes: int, tmp_path: Path) -> None:
    library = compiled(tmp_path, SOURCES, [*SANITIZERS, f"-DVECTOR_BYTES={vector_bytes}"])
    runtime = subprocess.run(
        ["gcc", "-print-file-name=libasan.so"], check=True, capture_output=True, text=True
    )
    # Python itself keeps what it allocated until it ends.
    environment = {"LD_PRELOAD": runtime.stdout.strip(), "ASAN_OPTIONS": "detect_leaks=0"}
    done = run_suite(library, ["-x", str(SUITE)], environment)
    assert done.returncode == 0, done.stdout + done.stderr
