"""Objects of one kind, as watches and lists tell of them.

A watch tells of a change at once and may miss one while it reconnects; a list tells all, a little
later than it was made. So the later version of an object wins, an object that was deleted never
comes back, and one that a list does not have is gone unless it was first seen after the list had
begun.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar

_REMEMBERED_SECONDS = 600.0
"""No list is older than that when it is read."""


class Versioned(Protocol):
    """An object of the cluster."""

    @property
    def uid(self) -> str:
        """metadata.uid."""

    @property
    def version(self) -> int:
        """metadata.resourceVersion: the greater one is the later one."""


Object = TypeVar("Object", bound=Versioned)


class Sightings(Generic[Object]):
    """What exists, as far as it is known."""

    def __init__(self) -> None:
        self._objects: dict[str, Object] = {}
        self._seen_at: dict[str, float] = {}
        self._buried: dict[str, float] = {}

    @property
    def objects(self) -> list[Object]:
        """All that exist."""
        return list(self._objects.values())

    def get(self, uid: str) -> Object | None:
        """The object as it was last seen; None where there is none."""
        return self._objects.get(uid)

    def seen(self, item: Object) -> bool:
        """An object exists, as this; whether that is news."""
        known = self._objects.get(item.uid)
        if item.uid in self._buried or (known is not None and known.version > item.version):
            return False
        self._objects[item.uid] = item
        self._seen_at[item.uid] = time.monotonic()
        return known is None or known.version != item.version

    def gone(self, uid: str) -> Object | None:
        """An object was deleted; gives it as it was last seen."""
        now = time.monotonic()
        self._buried = {
            each: at for each, at in self._buried.items() if now - at < _REMEMBERED_SECONDS
        }
        self._buried[uid] = now
        self._seen_at.pop(uid, None)
        return self._objects.pop(uid, None)

    def missing(self, listed: Iterable[Object], begun: float) -> list[str]:
        """Uids of objects that a list, begun at that moment (monotonic seconds), does not have."""
        uids = {each.uid for each in listed}
        return [each for each in self._objects if each not in uids and self._seen_at[each] < begun]
