"""The fields that all lines of one request or one task have in common.

They live in a context variable, so that each asyncio task sees its own and a
task inherits those of the one that started it. The mapping is replaced and
never changed: what a child binds is invisible to its parent.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

_bound: ContextVar[Mapping[str, object]] = ContextVar(
    "qcexec_log_fields", default=MappingProxyType({})
)


@contextmanager
def bind(**fields: object) -> Iterator[None]:
    """Add `fields` to every line logged inside the block; inner blocks win over outer ones."""
    token = _bound.set({**_bound.get(), **fields})
    try:
        yield
    finally:
        _bound.reset(token)


def bound_fields() -> Mapping[str, object]:
    """The fields bound where this is called."""
    return _bound.get()
