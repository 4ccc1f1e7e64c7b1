"""Memory outside of Python's: pages of their own, huge ones where there are any.

New pages are filled with zeros by the system when they are first touched, which takes as long as
some passes over them. So buffers are kept and used again, and all states that run in turn have
one workspace.
"""

from __future__ import annotations

from typing import Final

from qcexec_kernel.errors import OutOfMemory
from qcexec_kernel.library import Functions


class Memory:
    """So many bytes at `address` until they are closed, zero at first.

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


class SpareMemory:
    """Buffers that nothing uses at present, for what asks next; of one thread.

    A buffer is given again to what asks for exactly its size: states of the same qubits do. The
    workspace is one, as large as the largest that a run needed, and free between two runs.
    """

    def __init__(self) -> None:
        self._buffers: list[Memory] = []
        self._workspace: Memory | None = None

    @property
    def kept_bytes(self) -> int:
        """What is kept takes, the workspace included."""
        workspace = 0 if self._workspace is None else self._workspace.num_bytes
        return workspace + sum(buffer.num_bytes for buffer in self._buffers)

    def take(self, functions: Functions, num_bytes: int) -> Memory:
        """A buffer of the size, which may hold anything.

        Raises:
            OutOfMemory: there is not so much memory, also with nothing else kept.
        """
        for place in reversed(range(len(self._buffers))):
            if self._buffers[place].num_bytes == num_bytes:
                return self._buffers.pop(place)
        return self._allocated(functions, num_bytes)

    def give_back(self, buffer: Memory) -> None:
        """Keeps a buffer that was taken, unless it is closed."""
        if buffer.address is not None:
            self._buffers.append(buffer)

    def workspace(self, functions: Functions, num_bytes: int) -> Memory:
        """Room for one run, which may hold anything: so many bytes at least.

        Raises:
            OutOfMemory: as `take`.
        """
        workspace = self._workspace
        if workspace is None or workspace.num_bytes < num_bytes:
            self._close_workspace()
            workspace = self._allocated(functions, num_bytes)
            self._workspace = workspace
        return workspace

    def keep_at_most(self, num_bytes: int) -> None:
        """Closes what was not used for longest, until no more than so many bytes are kept."""
        excess = self.kept_bytes - num_bytes
        while excess > 0 and self._buffers:
            oldest = self._buffers.pop(0)
            excess -= oldest.num_bytes
            oldest.close()
        if excess > 0:
            self._close_workspace()

    def _allocated(self, functions: Functions, num_bytes: int) -> Memory:
        try:
            return Memory(functions, num_bytes)
        except OutOfMemory:
            if self.kept_bytes == 0:
                raise
        self.keep_at_most(0)
        return Memory(functions, num_bytes)

    def _close_workspace(self) -> None:
        if self._workspace is not None:
            self._workspace.close()
            self._workspace = None
