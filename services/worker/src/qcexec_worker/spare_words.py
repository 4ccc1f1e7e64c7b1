"""Words of memory that the worker writes and its children read: how many further threads each slot
may take at the moment.

A run reads its word after each chunk of a state vector, so a CPU is given and taken back without
a message. The memory is a file without a name. Once the worker has mapped it, it is sealed:
nobody else can map it for writing, nor make a mapping writable that is there.
"""

from __future__ import annotations

import fcntl
import mmap
import os
from typing import Final, Self

from qcexec_worker.errors import CpusNotLent

WORD_BYTES: Final = 4

_LINE_BYTES: Final = 64
"""A cache line for each word: to write one holds up no reader of another."""
_WORDS_A_LINE: Final = _LINE_BYTES // WORD_BYTES
_SEAL_FUTURE_WRITE: Final = 0x10
"""F_SEAL_FUTURE_WRITE of linux/fcntl.h, which the standard library does not know yet."""


class SpareWords:
    """One word a slot, zero at first; `descriptor` is for whoever is to read them.

    Raises:
        CpusNotLent: the system has no such memory, or does not seal it.
    """

    def __init__(self, slots: int) -> None:
        num_bytes = -(-slots * _LINE_BYTES // mmap.PAGESIZE) * mmap.PAGESIZE
        try:
            self.descriptor: Final = os.memfd_create("spare threads", os.MFD_ALLOW_SEALING)
        except OSError as error:
            raise CpusNotLent(f"there is no shared memory: {error}") from error
        try:
            os.ftruncate(self.descriptor, num_bytes)
            self._memory: Final = mmap.mmap(self.descriptor, num_bytes)
            seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | _SEAL_FUTURE_WRITE
            fcntl.fcntl(self.descriptor, fcntl.F_ADD_SEALS, seals | fcntl.F_SEAL_SEAL)
        except OSError as error:
            os.close(self.descriptor)
            raise CpusNotLent(f"shared memory cannot be sealed: {error}") from error
        self._words: Final = memoryview(self._memory).cast("i")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, slot: int, number: int) -> None:
        """Says how many further threads a slot may take from now on."""
        self._words[slot * _WORDS_A_LINE] = number

    def close(self) -> None:
        """Gives it back; what others have mapped stays as it is."""
        self._words.release()
        self._memory.close()
        os.close(self.descriptor)


def read_only(descriptor: int) -> memoryview:
    """Maps the words of all slots for a process that reads them. Raises OSError."""
    return memoryview(mmap.mmap(descriptor, 0, prot=mmap.PROT_READ))


def word_of(words: memoryview, slot: int) -> memoryview:
    """The word of one slot, four bytes."""
    begin = slot * _LINE_BYTES
    return words[begin : begin + WORD_BYTES]
