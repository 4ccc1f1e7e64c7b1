"""The kernel's own suite under AddressSanitizer and UBSan, in registers of each width, and what has
threads under ThreadSanitizer."""

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
    # Python itself keeps what it allocated until it ends.
    environment = {"LD_PRELOAD": runtime("libasan.so"), "ASAN_OPTIONS": "detect_leaks=0"}
    # It ends the process where there is no memory for a thread.
    spared = ["-k", "not no_memory_for_further_threads"]
    done = run_suite(library, ["-x", *spared, str(SUITE)], environment)
    assert done.returncode == 0, done.stdout + done.stderr


def test_two_threads_use_the_same_memory_at_once(tmp_path: Path) -> None:
    # The sanitizer keeps much of its own on each thread's stack.
    flags = ["-O1", "-g", "-fsanitize=thread", f"-DTHREAD_STACK_BYTES={2 << 20}"]
    library = compiled(tmp_path, SOURCES, flags)
    environment = {"LD_PRELOAD": runtime("libtsan.so"), "TSAN_OPTIONS": "halt_on_error=1"}
    # It maps memory of its own, so that none is measured.
    suite = [str(SUITE / "test_threads.py"), "-k", "not memory"]
    done = run_suite(library, ["-x", "-s", *suite], environment)
    assert done.returncode == 0, done.stdout + done.stderr


def runtime(name: str) -> str:
    """Where a sanitizer's library lies."""
    found = subprocess.run(
        ["gcc", f"-print-file-name={name}"], check=True, capture_output=True, text=True
    )
    return found.stdout.strip()
