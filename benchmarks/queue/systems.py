"""What is compared, and how each system's driver is started.

Python peers run in an environment of their own, made from a hashed lock; Node peers from package-
lock.json, on the machine's own Node where that is new enough, else on the one that comes as a
package; river is built from go.mod. What was made is kept below `folder` and made anew when its
lock or driver changes. A system whose runtime is not there is left out, and said to be.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

OURS = "qcexec"
_HERE = Path(__file__).parent
_ROOT = _HERE.parent.parent
_LEAST_NODE = 22


@dataclass(frozen=True, slots=True)
class System:
    """A queue and the command that its driver is started with."""

    name: str
    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Absent:
    """A system that cannot run here, and why."""

    name: str
    reason: str


def prepare(
    folder: Path, wanted: Sequence[str], say: Callable[[str], None]
) -> tuple[list[System], list[Absent]]:
    """Make ready what of `wanted` can run on this machine, ours first."""
    systems: list[System] = []
    absent: list[Absent] = []
    for names, make in _MAKERS:
        chosen = [name for name in names if name in wanted]
        if not chosen:
            continue
        try:
            systems += make(folder, chosen, say)
        except _Unavailable as error:
            absent += [Absent(name, str(error)) for name in chosen]
    return systems, absent


class _Unavailable(Exception):
    """A runtime is missing, or could not be made ready."""


def _ours(_: Path, names: Sequence[str], __: Callable[[str], None]) -> Iterator[System]:
    for name in names:
        yield _python_system(name, Path(sys.executable))


def _python(folder: Path, names: Sequence[str], say: Callable[[str], None]) -> Iterator[System]:
    lock = _HERE / "requirements.txt"
    place = folder / "python"
    interpreter = place / "bin" / "python"
    with _Kept(place, [lock]) as kept:
        if not kept.fresh:
            say("installing pgqueuer and procrastinate")
            venv.create(place, clear=True, with_pip=True)
            install = [str(interpreter), "-m", "pip", "install", "-q", "--require-hashes"]
            _run([*install, "-r", str(lock)])
    for name in names:
        yield _python_system(name, interpreter)


def _node(folder: Path, names: Sequence[str], say: Callable[[str], None]) -> Iterator[System]:
    npm = shutil.which("npm")
    if npm is None:
        raise _Unavailable("npm is not installed")
    place = folder / "node"
    sources = sorted((_HERE / "node").iterdir())
    with _Kept(place, sources) as kept:
        if not kept.fresh:
            say("installing graphile-worker and pg-boss")
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
            for source in sources:
                shutil.copy(source, place)
            _run([npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], place)
    node = _newest_node(place)
    for name in names:
        environment = {"NODE_ENV": "production"}
        yield System(name, [str(node), f"{name}.mjs"], place, environment)


def _go(folder: Path, names: Sequence[str], say: Callable[[str], None]) -> Iterator[System]:
    go = shutil.which("go")
    if go is None:
        raise _Unavailable("Go is not installed")
    place = folder / "go"
    with _Kept(place, sorted((_HERE / "river").iterdir())) as kept:
        if not kept.fresh:
            say("building the driver of river")
            place.mkdir(parents=True, exist_ok=True)
            build = [go, "build", "-o", str(place / "river"), "."]
            _run(build, _HERE / "river", {"GOTOOLCHAIN": "local"})
    for name in names:
        yield System(name, [str(place / "river")], place)


_Make = Callable[[Path, Sequence[str], Callable[[str], None]], Iterator[System]]
_MAKERS: Sequence[tuple[Sequence[str], _Make]] = (
    ([OURS], _ours),
    (["graphile", "pgboss"], _node),
    (["river"], _go),
    (["pgqueuer", "procrastinate"], _python),
)
EVERYTHING = [name for names, _ in _MAKERS for name in names]


def _python_system(name: str, interpreter: Path) -> System:
    command = [str(interpreter), "-m", f"benchmarks.queue.drivers.{name}"]
    return System(name, command, _ROOT, {"PYTHONDONTWRITEBYTECODE": "1"})


def _newest_node(place: Path) -> Path:
    candidates = [place / "node_modules" / ".bin" / "node"]
    installed = shutil.which("node")
    if installed is not None:
        candidates.insert(0, Path(installed))
    for candidate in candidates:
        if candidate.exists() and _node_major(candidate) >= _LEAST_NODE:
            return candidate
    raise _Unavailable(f"Node {_LEAST_NODE} or newer is not here, nor comes as a package for it")


def _node_major(node: Path) -> int:
    said = subprocess.run([str(node), "--version"], capture_output=True, text=True, check=False)
    match = re.match(r"v(\d+)\.", said.stdout)
    return int(match.group(1)) if match else 0


def _run(
    command: Sequence[str], folder: Path = _ROOT, more: Mapping[str, str] | None = None
) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **(more or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise _Unavailable(f"{Path(command[0]).name}: {lines[-1] if lines else done.returncode}")


class _Kept:
    """A folder that is good for as long as the files that it was made from stay the same."""

    def __init__(self, place: Path, sources: Sequence[Path]) -> None:
        self._stamp = place / "made-from"
        digest = hashlib.sha256(sys.version.encode())
        for source in sources:
            digest.update(source.read_bytes())
        self._digest = digest.hexdigest()
        self.fresh = self._stamp.exists() and self._stamp.read_text() == self._digest

    def __enter__(self) -> "_Kept":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._stamp.write_text(self._digest)
