"""Which PostgreSQL is chosen."""

from pathlib import Path

import pytest

from qcexec_standalone.binaries import Binaries, choose, embedded_binaries, major_of
from qcexec_standalone.errors import DataFolderMismatch, PostgresNotFound

_OLD = Binaries(Path("/old"), 14)
_FIRST = Binaries(Path("/first"), 15)
_SECOND = Binaries(Path("/second"), 18)


def test_without_data_the_first_that_is_new_enough_is_taken() -> None:
    assert choose([_OLD, _FIRST, _SECOND], None) == _FIRST


def test_data_is_served_by_the_version_that_made_it() -> None:
    assert choose([_FIRST, _SECOND], 18) == _SECOND


def test_data_of_a_version_that_is_not_here_is_refused_with_what_is_here() -> None:
    with pytest.raises(DataFolderMismatch, match="of PostgreSQL 17, but only 15, 18"):
        choose([_FIRST, _SECOND], 17)


@pytest.mark.parametrize("found", [[], [_OLD]])
def test_only_too_old_ones_are_as_good_as_none(found: list[Binaries]) -> None:
    with pytest.raises(PostgresNotFound):
        choose(found, None)


def test_versions_are_read_with_and_without_a_distributors_words() -> None:
    assert major_of("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)") == 15
    assert major_of("postgres (PostgreSQL) 18beta1") == 18
    assert major_of("something else") is None


def test_the_embedded_package_holds_a_server_where_it_is_looked_for() -> None:
    found = embedded_binaries()

    assert found is not None
    assert found.initdb.exists()
    assert all(part.is_dir() for part in found.parts)
