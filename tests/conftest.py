"""Fixtures of every suite: a real PostgreSQL, fresh databases on it, real services.

postgres         a server for the whole run; tests share it and leave it running
databases        makes further databases on it
database         a fresh, migrated database of this test
empty_database   a fresh database of this test without a schema
own_postgres     a server of this test alone, to be stopped and restarted
services         starts services as processes and shows their logs when the test fails
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from qcexec_standalone.postgres import PostgresServer
from support.databases import TEST_SERVER_SETTINGS, Database, Databases
from support.memory import memory
from support.services import Services

# How long an example takes is no property of the code: the machine may be busy.
hypothesis_settings.register_profile("patient", hypothesis_settings.default, deadline=None)
hypothesis_settings.load_profile("patient")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with _server() as server:
        yield server


@pytest.fixture(scope="session")
def databases(postgres: PostgresServer) -> Databases:
    return Databases(postgres)


@pytest.fixture
def database(databases: Databases) -> Iterator[Database]:
    made = databases.create()
    yield made
    databases.drop(made)


@pytest.fixture
def empty_database(databases: Databases) -> Iterator[Database]:
    made = databases.create(migrated=False)
    yield made
    databases.drop(made)


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    with _server() as server:
        yield server


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    started = Services(tmp_path)
    yield started
    started.close()


@contextmanager
def _server() -> Iterator[PostgresServer]:
    # Not pytest's folder: its path is too long for a socket, and only its user may enter it.
    folder = Path(tempfile.mkdtemp(prefix="qcexec-", dir=memory()))
    try:
        with PostgresServer(folder, durable=False, settings=TEST_SERVER_SETTINGS) as server:
            yield server
    finally:
        shutil.rmtree(folder)
