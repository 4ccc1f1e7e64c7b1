"""The kernel's wheel, built from a copy of its sources with nothing compiled before."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from unit.kernel.builds import SOURCES

MACHINES = ("x86_64", "aarch64")
VARIANTS = {
    "x86_64": {"x86_64_v2", "x86_64_v3", "x86_64_v4"},
    "aarch64": {"aarch64"},
    "riscv64": set(),
}

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in MACHINES,
    reason="the kernel's compiler is installed on Linux alone, on x86-64 and AArch64",
)


def copied(folder: Path) -> Path:
    """The sources alone, in a folder of their own."""
    ignored = shutil.ignore_patterns("binaries", "__pycache__")
    return Path(shutil.copytree(SOURCES.parent, folder / "kernel", ignore=ignored))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiler's, empty at first."""
    return tmp_path_factory.mktemp("zig")


def built(sources: Path, wheels: Path, machine: str, cache: Path) -> Path:
    """The wheel for the machine."""
    wheels.mkdir()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"),
            *("--no-cache-dir", "--config-settings", f"machine={machine}"),
            *("--wheel-dir", str(wheels), str(sources)),
        ],
        env=os.environ | {"ZIG_GLOBAL_CACHE_DIR": str(cache)},
        check=False,
        capture_output=True,
        text=True,
    )
    # Another machine's wheel is built all the same; pip alone then finds that it is of no use here.
    made = list(wheels.glob("*.whl"))
    assert made, done.stdout + done.stderr
    return made[0]


def libraries(wheel: Path) -> set[str]:
    """The variants that the wheel holds."""
    with ZipFile(wheel) as content:
        return {
            Path(name).name.partition("-")[0] for name in content.namelist() if name.endswith(".so")
        }


@pytest.mark.parametrize("machine", MACHINES)
def test_a_wheel_lacks_a_variant_or_claims_another_platform(
    machine: str, tmp_path: Path, cache: Path
) -> None:
    wheel = built(copied(tmp_path), tmp_path / "wheels", machine, cache)
    assert libraries(wheel) == VARIANTS[machine]
    tag = f"py3-none-manylinux_2_28_{machine}"
    assert wheel.name.endswith(f"-{tag}.whl")
    with ZipFile(wheel) as content:
        (described,) = [name for name in content.namelist() if name.endswith("/WHEEL")]
        assert f"Tag: {tag}\n" in content.read(described).decode()


def test_a_wheel_holds_the_libraries_of_another_machine(tmp_path: Path, cache: Path) -> None:
    sources = copied(tmp_path)
    beside = sources / "src" / "qcexec_kernel" / "binaries" / "aarch64-0123456789abcdef.so"
    beside.parent.mkdir()
    beside.write_bytes(b"")
    assert libraries(built(sources, tmp_path / "wheels", "x86_64", cache)) == VARIANTS["x86_64"]


def test_the_same_sources_give_another_wheel(tmp_path: Path, cache: Path) -> None:
    wheels = []
    for place, known in (("here", cache), ("elsewhere", tmp_path / "zig")):
        (tmp_path / place).mkdir()
        sources = copied(tmp_path / place)
        wheels.append(built(sources, tmp_path / place / "wheels", "x86_64", known))
    first, second = wheels
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


def test_a_machine_without_a_kernel_gets_no_package(tmp_path: Path, cache: Path) -> None:
    wheel = built(copied(tmp_path), tmp_path / "wheels", "riscv64", cache)
    assert wheel.name.endswith("-py3-none-any.whl")
    assert libraries(wheel) == VARIANTS["riscv64"]
