"""`python -m benchmarks.api`: submissions per second of the real API beside a bare FastAPI route.

Both run as processes with the same HTTP server settings on one PostgreSQL, each in a database of
its own with our schema; the same load goes to one and the other in turn. A benchmark is no test:
its exit code says whether it ran, not what it found.
"""

import argparse
import asyncio
import json
import os
import shutil
import sys
import urllib.request
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.databases import SERVER_SETTINGS, Databases
from benchmarks.processes import DriverFailed, running

from qcexec_queue.migrate import migrate
from qcexec_standalone.errors import StandaloneError
from qcexec_standalone.ports import free_port
from qcexec_standalone.postgres import PostgresServer

EXPECTED = 0.9
"""What our rate should be at least, as a share of the bare route's."""

_ROOT = Path(__file__).parent.parent.parent
_START_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Load:
    """What one repetition sends."""

    connections: int
    requests: int
    repetitions: int


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of one load: requests per second, and milliseconds to the answer."""

    rate: float
    p50: float
    p99: float


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark; 0 when it ran, 1 when it could not."""
    options = _parser().parse_args(arguments)
    load = Load(
        connections=options.connections,
        requests=4_000 if options.quick else 30_000,
        repetitions=1 if options.quick else options.repetitions,
    )
    folder: Path = options.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / "postgres-api"
    shutil.rmtree(place, ignore_errors=True)
    try:
        with PostgresServer(place, settings=SERVER_SETTINGS) as server:
            databases = Databases(lambda name: server.dsn("postgres", name))
            ours, bare = asyncio.run(_measure(databases, load, folder))
    except (StandaloneError, DriverFailed) as error:
        sys.stderr.write(f"cannot run: {error}\n")
        return 1
    finally:
        shutil.rmtree(place, ignore_errors=True)
    sys.stdout.write(_table(ours, bare) + "\n")
    file = folder / f"api-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    document = {"load": asdict(load), "ours": _plain(ours), "bare": _plain(bare)}
    file.write_text(json.dumps(document, indent=1) + "\n")
    return 0


async def _measure(
    databases: Databases, load: Load, folder: Path
) -> tuple[list[Answered], list[Answered]]:
    ours: list[Answered] = []
    bare: list[Answered] = []
    async with (
        _served_by_us(databases, folder) as our_port,
        _served_bare(databases, folder) as bare_port,
    ):
        warm_up = Load(load.connections, load.connections * 20, 1)
        for port in (our_port, bare_port):
            await _send(port, warm_up)
        for repetition in range(load.repetitions):
            turns = [(our_port, ours), (bare_port, bare)]
            for port, answers in turns if repetition % 2 == 0 else reversed(turns):
                answers.append(await _send(port, load))
                name = "qcexec" if answers is ours else "bare"
                sys.stderr.write(f"{name:8}{answers[-1].rate:8,.0f}/s\n")
    return ours, bare


@asynccontextmanager
async def _served_by_us(databases: Databases, folder: Path) -> AsyncIterator[int]:
    url = await databases.create_template("api")
    await migrate(url)
    port = free_port()
    environment = {
        "QCEXEC_DATABASE_URL": url,
        "QCEXEC_HOST": "127.0.0.1",
        "QCEXEC_PORT": str(port),
        "QCEXEC_LOG_FILE": "",
        "QCEXEC_METRICS_PORT": str(free_port()),
    }
    command = [sys.executable, "-m", "qcexec_api"]
    async with _server(command, folder, environment, port, folder / "api.log"):
        yield port


@asynccontextmanager
async def _served_bare(databases: Databases, folder: Path) -> AsyncIterator[int]:
    url = await databases.create_template("bare")
    await migrate(url)
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.api.bare", str(port)]
    environment = {"BENCHMARK_DATABASE_URL": url}
    async with _server(command, _ROOT, environment, port, folder / "bare.log"):
        yield port


@asynccontextmanager
async def _server(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], port: int, log_file: Path
) -> AsyncIterator[None]:
    with log_file.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, env={**os.environ, **environment}, stdout=log, stderr=log
        )
        try:
            await _until_live(process, port)
            yield
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def _until_live(process: Process, port: int) -> None:
    deadline = asyncio.get_running_loop().time() + _START_SECONDS
    while not await asyncio.to_thread(_is_live, port):
        if process.returncode is not None or asyncio.get_running_loop().time() > deadline:
            raise DriverFailed(f"the server on port {port} did not start")
        await asyncio.sleep(0.1)


def _is_live(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
            return True
    except OSError:
        return False


async def _send(port: int, load: Load) -> Answered:
    command = [sys.executable, "-m", "benchmarks.api.load", str(port)]
    command += [str(load.connections), str(load.requests)]
    async with running(command, folder=_ROOT, environment={}) as driver:
        return Answered(**await driver.line(300))


def _table(ours: Sequence[Answered], bare: Sequence[Answered]) -> str:
    lines = [f"{'':12}{'submissions/s':>14}{'p50 ms':>10}{'p99 ms':>10}"]
    for name, answers in (("qcexec", ours), ("bare FastAPI", bare)):
        rate, p50, p99 = (median(column) for column in zip(*map(_row, answers), strict=True))
        lines.append(f"{name:12}{rate:14,.0f}{p50:10.2f}{p99:10.2f}")
    ratio = median(each.rate for each in ours) / median(each.rate for each in bare)
    verdict = "" if ratio >= EXPECTED else "   MISSED"
    lines.append(f"\nqcexec / bare: {ratio:.2f}x, expected >= {EXPECTED}x{verdict}")
    return "\n".join(lines)


def _row(answered: Answered) -> tuple[float, float, float]:
    return answered.rate, answered.p50, answered.p99


def _plain(answers: Sequence[Answered]) -> list[dict[str, float]]:
    return [asdict(answered) for answered in answers]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.api", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke run of a few seconds")
    parser.add_argument("--repetitions", type=int, default=5, help="of the full run (default: 5)")
    parser.add_argument("--connections", type=int, default=32, help="kept open (default: 32)")
    parser.add_argument(
        "--folder", type=Path, default=Path(".data/bench"), help="for what is made and found"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
