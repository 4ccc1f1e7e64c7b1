"""The worker writes words of memory that others read alone."""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Iterator

import numpy
import pytest

from qcexec_worker.spare_words import SpareWords, read_only, word_of

SLOTS = 100


@pytest.fixture
def words() -> Iterator[SpareWords]:
    with SpareWords(SLOTS) as made:
        yield made


def read(memory: memoryview, slot: int) -> int:
    return int.from_bytes(word_of(memory, slot), "little")


def test_a_reader_does_not_see_what_is_written(words: SpareWords) -> None:
    memory = read_only(words.descriptor)
    words.write(0, 3)
    words.write(SLOTS - 1, 7)
    assert (read(memory, 0), read(memory, 1), read(memory, SLOTS - 1)) == (3, 0, 7)
    words.write(0, 0)
    assert read(memory, 0) == 0


def test_the_worker_s_words_can_be_mapped_for_writing(words: SpareWords) -> None:
    with pytest.raises(PermissionError):
        mmap.mmap(words.descriptor, 0)


def test_a_reader_can_make_its_memory_writable(words: SpareWords) -> None:
    memory = read_only(words.descriptor)
    address = numpy.frombuffer(memory, dtype=numpy.uint8).__array_interface__["data"][0]
    libc = ctypes.CDLL(None, use_errno=True)
    writable = mmap.PROT_READ | mmap.PROT_WRITE
    assert libc.mprotect(ctypes.c_void_p(address), mmap.PAGESIZE, writable) == -1


def test_two_slots_share_a_cache_line(words: SpareWords) -> None:
    memory = read_only(words.descriptor)
    places = [
        numpy.frombuffer(word_of(memory, slot), dtype=numpy.int32).__array_interface__["data"][0]
        for slot in range(SLOTS)
    ]
    assert len({place // 64 for place in places}) == SLOTS
