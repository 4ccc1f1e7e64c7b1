"""Which variant of the library is taken."""

from __future__ import annotations

import platform
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import qcexec_kernel
from qcexec_kernel import Kernel, KernelError, NoKernel
from qcexec_kernel.library import available
from unit.kernel.builds import SOURCES


def test_there_is_no_variant_for_this_machine() -> None:
    assert available()
    assert all(variant.startswith(platform.machine()) for variant in available())


def test_another_variant_than_the_best_is_taken() -> None:
    assert Kernel().variant == available()[0]


@pytest.mark.parametrize("variant", available())
def test_a_variant_cannot_be_named(variant: str) -> None:
    assert Kernel(variant).variant == variant


@pytest.mark.parametrize("variant", ["", "x86_64_v9", "../evil"])
def test_an_unknown_variant_is_taken(variant: str) -> None:
    with pytest.raises(NoKernel):
        Kernel(variant)


def test_libraries_are_those_of_other_sources() -> None:
    """As after a change to the C sources: any make command of development compiles them again."""
    build = runpy.run_path(str(SOURCES.parent / "backend" / "kernel_compiler.py"))
    sources = sorted(SOURCES.glob("*.[ch]")) + sorted(SOURCES.glob("*.inc"))
    mark = build["_mark"](sources)
    folder = SOURCES.parent / build["BINARIES"]
    assert all((folder / f"{variant}-{mark}.so").exists() for variant in available())


def test_a_package_without_libraries_fails_in_another_way(tmp_path: Path) -> None:
    """As it is on a platform that the kernel has no variant for."""
    assert _raised(_copied(tmp_path)).startswith("no_kernel: there is no kernel for this")


def test_a_library_of_another_platform_fails_in_another_way(tmp_path: Path) -> None:
    package = _copied(tmp_path)
    for variant in available():
        file = package / "binaries" / f"{variant}-0123456789abcdef.so"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"of another platform")
    assert _raised(package).startswith(f"no_kernel: {available()[0]}-0123456789abcdef.so")


def test_codes_of_errors_are_not_their_own() -> None:
    classes: list[type[KernelError]] = [KernelError, *KernelError.__subclasses__()]
    assert len({error.code for error in classes}) == len(classes)


def _copied(folder: Path) -> Path:
    source = Path(qcexec_kernel.__file__).parent
    ignored = shutil.ignore_patterns("binaries", "__pycache__")
    return Path(shutil.copytree(source, folder / "qcexec_kernel", ignore=ignored))


def _raised(package: Path) -> str:
    """The code and the message that making a kernel raises, with this package for ours."""
    program = f"""
import sys
sys.path.insert(0, {str(package.parent)!r})
from qcexec_kernel import Kernel, KernelError
try:
    Kernel()
except KernelError as error:
    print(f"{{error.code}}: {{error}}")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    return done.stdout
