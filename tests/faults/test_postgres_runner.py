"""The PostgreSQL runner: what it starts ends with it, and starts again whatever happened."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from qcexec_standalone.binaries import Binaries, embedded_binaries
from qcexec_standalone.errors import (
    DataFolderInUse,
    DataFolderMismatch,
    FolderUnreachable,
    ServerDidNotStart,
)
from qcexec_standalone.postgres import PostgresServer
from support.waiting import wait_until_blocking

# Starts a server in the folder given, says so with its process id, and waits for ever.
_STARTER = """
import sys, signal
from pathlib import Path
from qcexec_standalone.postgres import PostgresServer
server = PostgresServer(Path(sys.argv[1]), durable=False)
server.start()
print(server.pid, flush=True)
signal.pause()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="qcexec-") as name:
        yield Path(name)


@pytest.fixture
def starter(folder: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", _STARTER, str(folder)], stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def _server_of(starter: subprocess.Popen[str]) -> psutil.Process:
    assert starter.stdout is not None
    return psutil.Process(int(starter.stdout.readline()))


async def test_committed_rows_survive_a_restart_on_the_same_port(
    own_postgres: PostgresServer,
) -> None:
    port = own_postgres.port
    connection = await asyncpg.connect(own_postgres.admin_dsn())
    await connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
    await connection.close()

    own_postgres.restart(immediate=True)

    assert own_postgres.port == port
    connection = await asyncpg.connect(own_postgres.dsn("postgres", "postgres"))
    assert await connection.fetchval("SELECT n FROM kept") == 1
    await connection.close()


def test_no_server_process_outlives_a_starter_that_was_killed(
    starter: subprocess.Popen[str],
) -> None:
    server = _server_of(starter)
    processes = [server, *server.children(recursive=True)]
    assert len(processes) > 3

    starter.kill()
    starter.wait()

    wait_until_blocking(
        lambda: not any(_lives(process) for process in processes), what="all server processes end"
    )


def test_a_folder_whose_server_was_killed_with_its_starter_starts_again(
    folder: Path, starter: subprocess.Popen[str]
) -> None:
    server = _server_of(starter)
    os.kill(server.pid, signal.SIGKILL)
    starter.kill()
    starter.wait()
    assert (folder / "data" / "postmaster.pid").exists()

    with PostgresServer(folder, durable=False):
        pass


def test_a_stale_pid_file_that_names_a_living_stranger_does_not_stop_the_start(
    folder: Path,
) -> None:
    with PostgresServer(folder, durable=False):
        pass
    (folder / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n{folder / 'data'}\n")

    with PostgresServer(folder, durable=False):
        pass


def test_a_folder_in_use_is_refused_and_its_server_left_alone(
    folder: Path, starter: subprocess.Popen[str]
) -> None:
    server = _server_of(starter)

    with pytest.raises(DataFolderInUse, match="another process uses"):
        PostgresServer(folder).start()

    assert _lives(server)


def test_a_data_folder_of_another_major_version_is_refused_by_name(folder: Path) -> None:
    with PostgresServer(folder, durable=False):
        pass
    (folder / "data" / "PG_VERSION").write_text("9\n")

    with pytest.raises(DataFolderMismatch, match="of PostgreSQL 9, but only"):
        PostgresServer(folder).start()


def test_a_half_made_data_folder_is_not_taken_for_a_whole_one(folder: Path) -> None:
    half_made = folder / "data-killed"
    half_made.mkdir()
    (half_made / "PG_VERSION").write_text("15\n")

    with PostgresServer(folder, durable=False):
        pass


def test_a_server_that_cannot_start_says_why_and_leaves_the_folder_free(folder: Path) -> None:
    server = PostgresServer(folder, durable=False, settings={"shared_buffers": "nonsense"})
    with pytest.raises(ServerDidNotStart, match="shared_buffers"):
        server.start()

    with PostgresServer(folder, durable=False):
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")
def test_as_root_a_folder_that_the_server_cannot_enter_is_named(folder: Path) -> None:
    with pytest.raises(FolderUnreachable, match=f"cannot enter {folder}"):
        PostgresServer(folder / "below").start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")
def test_as_root_the_server_runs_as_somebody_else(own_postgres: PostgresServer) -> None:
    assert 0 not in psutil.Process(own_postgres.pid).uids()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")
async def test_as_root_embedded_binaries_that_the_server_cannot_reach_work_as_well(
    folder: Path,
) -> None:
    with tempfile.TemporaryDirectory() as closed:
        found = embedded_binaries()
        assert found is not None
        parts = tuple(Path(closed) / part.name for part in found.parts)
        for part, copy in zip(found.parts, parts, strict=True):
            shutil.copytree(part, copy, symlinks=True)
        unreachable = Binaries(parts[0] / "pginstall" / "bin", found.major, parts)

        with PostgresServer(folder, binaries=unreachable, durable=False) as server:
            connection = await asyncpg.connect(server.admin_dsn())
            assert connection.get_server_version().major == found.major
            await connection.close()


async def test_with_passwords_asked_for_the_superuser_gets_in_over_the_socket_alone(
    folder: Path,
) -> None:
    with PostgresServer(folder, durable=False, host_auth="scram-sha-256") as server:
        connection = await asyncpg.connect(server.admin_dsn())
        await connection.execute("CREATE ROLE reader LOGIN PASSWORD 'a secret'")
        await connection.close()

        connection = await asyncpg.connect(server.dsn("reader", "postgres", "a secret"))
        await connection.close()
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(server.dsn("postgres", "postgres", "postgres"))


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
