"""Compiles the C sources, once for each kind of processor that the platform may have.

The compiler is zig's clang, from PyPI: nothing of the system is needed, and any platform can be
compiled for on any other. A library's name carries a hash of everything that it is made from, so
that what is there already is not made again.

    python backend/kernel_compiler.py

compiles for this machine; `--machine aarch64` for another one.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType
from typing import Final

VARIANTS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "x86_64": {"x86_64_v2": "x86_64_v2", "x86_64_v3": "x86_64_v3", "x86_64_v4": "x86_64_v4"},
        "aarch64": {"aarch64": "generic"},
    }
)
"""For each machine, the variants and the processors, as zig names them, that they are made for."""

GLIBC: Final = "2.28"
"""The oldest C library with which the binaries run."""

FLAGS: Final = (
    "-std=gnu11",
    "-D_GNU_SOURCE",
    "-O3",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-fPIC",
    "-shared",
    "-s",
    "-fvisibility=hidden",
    "-fno-math-errno",
    "-fcx-limited-range",
    "-ffp-contract=fast",
    "-fno-sanitize=undefined",
)
"""Never -ffast-math: it may let the whole process take small numbers for zero."""

LIBRARIES: Final = ("-lm", "-lpthread")

BINARIES: Final = Path("src/qcexec_kernel/binaries")
"""Where the libraries lie, below the package's root."""


def has_variants(machine: str) -> bool:
    """Whether anything is compiled for the machine."""
    return machine in VARIANTS and sys.platform == "linux"


def platform_tag(machine: str) -> str:
    """The wheel's tag for a machine."""
    return f"manylinux_{GLIBC.replace('.', '_')}_{machine}"


def compile_variants(root: Path, machine: str) -> tuple[Path, ...]:
    """Makes the libraries that are missing, removes those of other sources, and gives them all.

    Raises:
        RuntimeError: there are no variants for the machine, or the compiler found faults.
    """
    if not has_variants(machine):
        raise RuntimeError(f"the kernel has no variant for {machine} on {sys.platform}")
    sources = sorted((root / "c").glob("*.[ch]")) + sorted((root / "c").glob("*.inc"))
    mark = _mark(sources)
    folder = root / BINARIES
    folder.mkdir(exist_ok=True)
    files = {
        folder / f"{variant}-{mark}.so": processor
        for variant, processor in VARIANTS[machine].items()
    }
    missing = [(file, processor) for file, processor in files.items() if not file.exists()]
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for made in [pool.submit(_compile, sources, machine, *each) for each in missing]:
            made.result()
    for variant in VARIANTS[machine]:
        for file in folder.glob(f"{variant}-*.so"):
            if file not in files:
                file.unlink()
    return tuple(files)


def _mark(sources: Sequence[Path]) -> str:
    content = hashlib.sha256(Path(__file__).read_bytes())
    for source in sources:
        content.update(source.name.encode() + b"\0" + source.read_bytes())
    return content.hexdigest()[:16]


def _compile(sources: Sequence[Path], machine: str, file: Path, processor: str) -> None:
    partial = file.with_suffix(f".{os.getpid()}.partial")
    command = [
        *(sys.executable, "-m", "ziglang", "cc"),
        *("-target", f"{machine}-linux-gnu.{GLIBC}", f"-mcpu={processor}"),
        *FLAGS,
        *("-o", str(partial)),
        *(str(source) for source in sources if source.suffix == ".c"),
        *LIBRARIES,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        partial.unlink(missing_ok=True)
        raise RuntimeError(f"compiling {file.name} failed:\n{done.stderr}")
    partial.replace(file)


def _main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="Compiles the kernel's library.")
    parser.add_argument("--machine", choices=sorted(VARIANTS), default=platform.machine())
    options = parser.parse_args(arguments)
    for file in compile_variants(Path(__file__).resolve().parent.parent, options.machine):
        sys.stdout.write(f"{file}\n")
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
