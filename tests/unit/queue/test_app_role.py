"""Which role is granted the rights of a service: the user of the services' URL."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcexec_queue.migrate import app_role

OWNER = "postgresql://owner:secret@db:5432/qcexec"
NAMES = st.text(min_size=1, max_size=20).filter(lambda name: name != "owner" and "\0" not in name)
# Lone surrogates have no UTF-8, and so no place in a URL.
NAMES = NAMES.filter(lambda name: not any("\ud800" <= letter <= "\udfff" for letter in name))


@given(NAMES)
def test_it_is_the_user_of_the_services_url_unquoted(name: str) -> None:
    assert app_role(OWNER, f"postgresql://{quote(name, safe='')}:x@db/qcexec") == name


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://app@db/qcexec?user=ignored",
        "postgresql://db/qcexec?user=app",
        "postgresql:///qcexec?host=/run/postgresql&user=app",
    ],
)
def test_it_may_stand_among_the_parameters_as_the_driver_allows(url: str) -> None:
    assert app_role(OWNER, url) == "app"


@pytest.mark.parametrize(
    "url", [OWNER, "postgresql://owner@elsewhere/other", "postgresql://%6Fwner@db/qcexec"]
)
def test_the_owner_is_granted_nothing(url: str) -> None:
    assert app_role(OWNER, url) is None


def test_a_url_without_a_user_names_no_role() -> None:
    assert app_role(OWNER, "postgresql://db/qcexec") is None
