"""Whom PostgreSQL runs as when its starter is root, and what that user can enter."""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from qcexec_standalone.errors import StandaloneError


@dataclass(frozen=True, slots=True)
class ServerUser:
    """Whom the server runs as when its starter is root."""

    name: str
    uid: int
    gid: int


def find_server_user() -> ServerUser | None:
    """None unless this is root: then `postgres` where that user exists, else `nobody`."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServerUser(name, entry.pw_uid, entry.pw_gid)
    raise StandaloneError("running as root, and there is no user postgres or nobody to run as")


def first_barrier(path: Path, user: ServerUser) -> Path | None:
    """The first folder on the way to `path`, itself included, that `user` cannot enter."""
    for folder in [*reversed(path.parents), path]:
        status = folder.stat()
        if status.st_uid == user.uid:
            needed = stat.S_IXUSR
        elif status.st_gid == user.gid:
            needed = stat.S_IXGRP
        else:
            needed = stat.S_IXOTH
        if not status.st_mode & needed:
            return folder
    return None
