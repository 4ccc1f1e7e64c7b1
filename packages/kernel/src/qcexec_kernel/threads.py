"""CPUs that a run may take beside its own for as long as nobody else needs them."""

from __future__ import annotations

from typing import Final

import numpy

_WORD: Final = numpy.dtype(numpy.int32)


class SpareThreads:
    """A word of memory that says how many further threads may work at the moment.

    Whoever lends CPUs writes it at any time, from another process, too; a run looks at it after
    each chunk. It must stay where it is for as long as this is used.

    Args:
        word: four bytes, aligned to four.

    Raises:
        ValueError: it is something else.
    """

    def __init__(self, word: memoryview) -> None:
        self._word: Final = numpy.frombuffer(word, dtype=_WORD)
        if self._word.shape != (1,) or not self._word.flags.aligned:
            raise ValueError("spare threads are told by four bytes, aligned to four")
        self.address: Final[int] = self._word.__array_interface__["data"][0]
        self.most_threads = 1
        """The most threads that worked at a time in any run since this was last set to 1."""

    @property
    def number(self) -> int:
        """How many there are at the moment."""
        return int(self._word[0])

    def took(self, most_threads: int) -> None:
        """Tells that so many threads worked at a time."""
        self.most_threads = max(self.most_threads, most_threads)
