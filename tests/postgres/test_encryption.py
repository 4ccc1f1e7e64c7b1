"""The URLs that the chart writes for a database elsewhere: encrypted, and to the right server.

A password that a URL leaves out comes from PGPASSWORD.
"""

import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from qcexec_queue.connections import Role, connect
from qcexec_queue.errors import DatabaseUnavailable
from qcexec_standalone.errors import ServerDidNotStart
from qcexec_standalone.postgres import PostgresServer
from qcexec_standalone.server_user import find_server_user
from support.databases import TEST_SERVER_SETTINGS
from support.memory import memory

PASSWORD = "a password/with: everything@in%it"

ENCRYPTED = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"


@pytest.fixture
def authority() -> Iterator[Path]:
    """A folder with the certificates `server.crt`, for 127.0.0.1 alone, and `other.crt`."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificates, and is not there")
    folder = Path(tempfile.mkdtemp(prefix="qcexec-tls-"))
    folder.chmod(0o755)
    try:
        for name in ("server", "other"):
            _make_certificate(folder, name)
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture
async def port(authority: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """The port of a server with that certificate, which asks qcexec_app for PASSWORD."""
    folder = Path(tempfile.mkdtemp(prefix="qcexec-", dir=memory()))
    settings = {
        **TEST_SERVER_SETTINGS,
        "ssl": "on",
        "ssl_cert_file": str(authority / "server.crt"),
        "ssl_key_file": str(authority / "server.key"),
    }
    try:
        with PostgresServer(
            folder, durable=False, settings=settings, host_auth="scram-sha-256"
        ) as server:
            superuser = await asyncpg.connect(server.admin_dsn())
            await superuser.execute(f"create role qcexec_app login password '{PASSWORD}'")
            await superuser.close()
            monkeypatch.setenv("PGPASSWORD", PASSWORD)
            assert server.port is not None
            yield server.port
    except ServerDidNotStart as error:
        # The binaries that come as a Python package have none.
        if "SSL is not supported" not in str(error):
            raise
        pytest.skip("this PostgreSQL was built without SSL")
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
async def test_a_server_with_the_right_certificate_is_reached(
    port: int, authority: Path, mode: str
) -> None:
    url = f"postgresql://qcexec_app@127.0.0.1:{port}/postgres?sslmode={mode}"
    if mode != "require":
        url += f"&sslrootcert={authority}/server.crt"
    connection = await connect(url, role=Role.SERVICE, application="test")
    assert await connection.fetchval(ENCRYPTED) is True
    await connection.close()


@pytest.mark.parametrize("mode", ["verify-ca", "verify-full"])
async def test_a_server_with_another_certificate_is_refused(
    port: int, authority: Path, mode: str
) -> None:
    url = f"postgresql://qcexec_app@127.0.0.1:{port}/postgres?sslmode={mode}"
    with pytest.raises(DatabaseUnavailable, match="certificate"):
        await connect(
            f"{url}&sslrootcert={authority}/other.crt", role=Role.SERVICE, application="test"
        )


async def test_a_server_under_another_name_is_refused(port: int, authority: Path) -> None:
    url = f"postgresql://qcexec_app@localhost:{port}/postgres?sslmode=verify-full"
    with pytest.raises(DatabaseUnavailable, match="localhost"):
        await connect(
            f"{url}&sslrootcert={authority}/server.crt", role=Role.SERVICE, application="test"
        )


def _make_certificate(folder: Path, name: str) -> None:
    key = folder / f"{name}.key"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-keyout", str(key), "-out", str(folder / f"{name}.crt"), "-subj", f"/CN={name}"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )
    key.chmod(0o600)
    user = find_server_user()
    if user is not None:
        shutil.chown(key, user.uid, user.gid)
