"""Folders whose files live in memory, where the machine has such a place with room."""

import os
import shutil
from pathlib import Path

_ROOM_BYTES = 4 * 1024**3


def memory() -> Path | None:
    """Where to make a folder for a server's data; None: where temporary folders usually are.

    A database is some hundreds of files. On a disk, making one for each test takes longer than
    most of the tests.
    """
    place = Path("/dev/shm")
    if not place.is_dir() or not os.access(place, os.W_OK):
        return None
    return place if shutil.disk_usage(place).free >= _ROOM_BYTES else None
