"""Memory outside of Python's: pages of their own, huge ones where there are any."""

from __future__ import annotations

from typing import Final

from qcexec_kernel.errors import OutOfMemory
from qcexec_kernel.library import Control, Functions, check


class Memory:
    """So many bytes, zero at first, at `address` until they are given back.

    Raises:
        OutOfMemory: there are not so many.
    """

    def __init__(self, functions: Functions, num_bytes: int) -> None:
        self._functions = functions
        self.num_bytes: Final = num_bytes
        self.address: int | None = functions.allocate(num_bytes)
        if self.address is None:
            raise OutOfMemory(f"no {num_bytes} bytes for a state vector")

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Gives the memory back."""
        if self.address is not None:
            self._functions.release(self.address, self.num_bytes)
            self.address = None

    def copy_from(self, other: Memory, control: Control) -> None:
        """Takes over what other memory of the same size holds. Raises Stopped."""
        if self.address is not None and other.address is not None:
            num_bytes = min(self.num_bytes, other.num_bytes)
            copied = self._functions.copy(self.address, other.address, num_bytes, control)
            check(copied, "copying a state")
