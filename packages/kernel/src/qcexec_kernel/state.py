"""A state vector: one buffer, and what can be done with it.

Runs leave qubits renamed, exchanged in their zeros and ones, and the amplitudes without a common
factor: measuring takes that into account, and only a run that goes on from the state as it is puts
the qubits in order.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from ctypes import byref, c_double, c_int64, c_void_p
from typing import Any, Final, Self, TypeVar

import numpy
from numpy.typing import NDArray

from qcexec_kernel.direct import Gates
from qcexec_kernel.errors import BrokenPlan, OutOfMemory
from qcexec_kernel.library import (
    REAL_BYTES,
    SMALLEST_STATE_QUBITS,
    Control,
    Functions,
    Precision,
    check,
)
from qcexec_kernel.memory import Memory, SpareMemory
from qcexec_kernel.plan import Plan
from qcexec_kernel.sampling import BLOCK_QUBITS, gathered
from qcexec_kernel.threads import SpareThreads

_Kind = TypeVar("_Kind", bound=numpy.generic)

# Amplitudes are brought back to length one before they leave the range of single precision.
_SMALLEST_SCALE: Final = 1e-10
_NUMBERS: Final = tuple(map(c_int64, range(64)))
"""What a bit's place and value are for the library."""
_IN_ORDER: Final = array("q", range(64))


class State:
    """The amplitudes of `num_qubits` qubits; |0...0> at first.

    Their buffer, and the room that a run needs beside it, come from spare memory: from that which
    is given, and back to it, so that states share it; else from some of the state's own.

    Runs take threads where `spare_threads` says that there are some, as far as that pays.

    Another thread may set `control.stop` to 1: what is being done, and all that is begun while it
    is set, raises Stopped. The state is worth nothing then, until it is cleared. States of one
    thread may have one control.

    Raises:
        OutOfMemory: there is no memory for them.
    """

    def __init__(
        self,
        functions: Functions,
        num_qubits: int,
        precision: Precision = "double",
        memory: SpareMemory | None = None,
        spare_threads: SpareThreads | None = None,
        control: Control | None = None,
    ) -> None:
        self.num_qubits: Final = num_qubits
        self.precision: Final = precision
        self.control: Final = Control() if control is None else control
        if spare_threads is not None:
            self.control.spare_threads = spare_threads.address
        self._spare_threads = spare_threads
        self._functions = functions
        self._qubits = max(num_qubits, SMALLEST_STATE_QUBITS)
        self._in_order = _IN_ORDER[: self._qubits]
        # As the library takes them, for calls that are quick: `Unchecked` says why.
        self._size = c_int64(self._qubits)
        self._told = byref(self.control)
        # The library has the addresses of these: they are written over, never replaced.
        self._positions = self._in_order[:]
        self._frame = c_void_p(self._positions.buffer_info()[0])
        self._flips = c_int64(0)
        self._sums = array("d", (0, 0))
        self._summed = c_void_p(self._sums.buffer_info()[0])
        self._memory = SpareMemory() if memory is None else memory
        self._has_own_memory = memory is None
        # The qubit that was weighed last, with its weights, as long as they hold.
        self._weighed: tuple[int, tuple[float, float]] | None = None
        self._buffer: Memory | None = None
        num_bytes = state_bytes(functions, num_qubits, precision)
        self._bytes = c_int64(num_bytes)
        self._buffer = self._memory.take(functions, num_bytes)
        self._place = c_void_p(self._buffer.address)
        # A run that begins in zero clears what it needs to.
        self._is_to_be_cleared = True
        self._scale = 1.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    @property
    def state_qubits(self) -> int:
        """How many qubits the amplitudes are those of."""
        return self._qubits

    @property
    def address(self) -> int | None:
        """Where the amplitudes lie; None when they are given back."""
        return None if self._buffer is None else self._buffer.address

    @property
    def num_bytes(self) -> int:
        """What the state holds at present: amplitudes, and room for the plans that it ran."""
        own_bytes = self._memory.kept_bytes if self._has_own_memory else 0
        return own_bytes + (0 if self._buffer is None else self._buffer.num_bytes)

    def close(self) -> None:
        """Gives the memory back. The state is not to be used any more."""
        if self._buffer is not None:
            self._memory.give_back(self._buffer)
            self._buffer = None
            self._is_to_be_cleared = True
        if self._has_own_memory:
            self._memory.keep_at_most(0)

    def clear(self) -> None:
        """Puts all qubits into |0>."""
        self._opened()
        self._is_to_be_cleared = False
        self._do(self._functions.clear, "clearing a state")
        self._settled()

    def run(self, plan: Plan, threads: int = 1) -> None:
        """Does what the plan says.

        Args:
            plan: one for such states.
            threads: how many share the work, spare ones aside; fewer where there is no memory for
                more than one.

        Raises:
            BrokenPlan: the plan is broken, or one for other states.
            Stopped: the run was told to end.
            OutOfMemory: there is no memory for the tables and a thread's chunk.
        """
        if plan.state_qubits != self._qubits or plan.precision != self.precision:
            raise BrokenPlan("a plan for other states")
        if plan.begins_in_zero:
            self._scale = 1.0
        else:
            self._settle()
        self._weighed = None
        workspace = self._memory.workspace(self._functions, plan.workspace_bytes())
        self.control.num_threads = threads
        result = self._functions.run(
            *(self._qubits, plan.words, len(plan.words) // 8),
            *(plan.numbers, len(plan.numbers) // 8),
            *(self._opened(), workspace.address, workspace.num_bytes, self._told),
        )
        check(result, "running a plan")
        self._is_to_be_cleared = False
        if self._spare_threads is not None:
            self._spare_threads.took(self.control.most_threads)
        self._positions[:] = array("q", plan.positions)
        self._flips.value = plan.flips
        self._scale *= plan.scale
        if self._scale < _SMALLEST_SCALE:
            self._do(self._functions.scale, "scaling a state", self._scale)
            self._scale = 1.0

    def apply(self, gates: Gates) -> None:
        """Does operations one after the other, without a plan.

        Raises:
            UnknownOperation: an operation, or a qubit, is unknown; or they are for other states.
            Stopped: the control says so.
        """
        if self._is_to_be_cleared:
            self.clear()
        self._weighed = None
        apply, circuit = self._functions.unchecked.apply, byref(gates.circuit)
        self._do(apply, "applying gates", circuit, self._frame, byref(self._flips))

    def probability(self, qubit: int) -> float:
        """How likely the qubit is one."""
        total, one = self._weights(qubit)
        return one / total

    def collapse(self, qubit: int, outcome: int) -> float:
        """Leaves what agrees with the outcome of a measurement. Gives how likely that was.

        Raises:
            ValueError: the outcome is impossible.
        """
        total, one = self._weights(qubit)
        place = self._positions[qubit]
        weight = one if outcome else total - one
        if weight <= 0:
            raise ValueError(f"qubit {qubit} cannot be {outcome}")
        stored = outcome ^ (self._flips.value >> place & 1)
        project, factor = self._functions.unchecked.project, c_double(1 / math.sqrt(weight))
        self._do(project, "collapsing a state", _NUMBERS[place], _NUMBERS[stored], factor)
        self._scale = 1.0
        self._weighed = None
        return weight / total

    def split(self, qubit: int, outcome: int, other: State) -> None:
        """Leaves what agrees with an outcome here, and in another state what agrees with the other.

        Raises:
            BrokenPlan: the other state has other qubits or another precision.
            ValueError: one of the outcomes is impossible.
        """
        if other._qubits != self._qubits or other.precision != self.precision:
            raise BrokenPlan("a split into another kind of state")
        total, one = self._weights(qubit)
        place = self._positions[qubit]
        stored = outcome ^ (self._flips.value >> place & 1)
        weight, other_weight = (one, total - one) if outcome else (total - one, one)
        if weight <= 0 or other_weight <= 0:
            raise ValueError(f"qubit {qubit} has one outcome alone")
        self._do(
            *(self._functions.unchecked.split, "splitting a state"),
            *(other._opened(), _NUMBERS[place], _NUMBERS[stored]),
            *(c_double(1 / math.sqrt(weight)), c_double(1 / math.sqrt(other_weight))),
        )
        self._scale = other._scale = 1.0
        self._weighed = other._weighed = None
        other._is_to_be_cleared = False
        other._positions[:] = self._positions
        other._flips.value = self._flips.value

    def flip(self, qubit: int) -> None:
        """Exchanges a qubit's zero and one; it costs nothing."""
        if self._is_to_be_cleared:
            self.clear()
        self._flips.value ^= 1 << self._positions[qubit]
        self._weighed = None

    def copy_from(self, other: State) -> None:
        """Takes another state's amplitudes over.

        Raises:
            BrokenPlan: it has other qubits or another precision.
        """
        if other._qubits != self._qubits or other.precision != self.precision:
            raise BrokenPlan("a copy of another kind of state")
        if other._is_to_be_cleared:
            other.clear()
        result = self._functions.unchecked.copy(
            *(self._opened(), other._opened(), self._bytes, self._told)
        )
        check(result, "copying a state")
        self._is_to_be_cleared = False
        self._positions[:] = other._positions
        self._flips.value = other._flips.value
        self._scale = other._scale
        self._weighed = other._weighed

    def probabilities(self, qubits: Sequence[int]) -> NDArray[numpy.float64]:
        """How likely each outcome of some qubits is; bit j of its index is the j-th one's."""
        sums = _empty(1 << len(qubits), numpy.float64)
        bits = array("q", [self._positions[qubit] for qubit in qubits]).tobytes()
        self._do(
            *(self._functions.marginal, "summing probabilities"),
            *(len(qubits), bits, self._flips, _address(sums)),
        )
        sums /= sums.sum()
        return sums

    def weights(self, qubits: Sequence[int]) -> list[float]:
        """The same for few qubits, sooner, and up to a common factor."""
        sums = array("d", bytes(8 << len(qubits)))
        bits = array("q", [self._positions[qubit] for qubit in qubits])
        self._do(
            *(self._functions.unchecked.marginal, "summing probabilities"),
            *(_NUMBERS[len(qubits)], c_void_p(bits.buffer_info()[0]), self._flips),
            c_void_p(sums.buffer_info()[0]),
        )
        return sums.tolist()

    def sample(
        self, qubits: Sequence[int], uniforms: NDArray[numpy.float64]
    ) -> NDArray[numpy.uint64]:
        """Outcomes of some qubits, one for each of the numbers, which ascend in [0, 1).

        Bit j of an outcome is the j-th qubit's.
        """
        try:
            return self._sample(qubits, uniforms)
        except MemoryError as error:
            raise OutOfMemory("sampling a state: there is not enough memory") from error

    def _sample(
        self, qubits: Sequence[int], uniforms: NDArray[numpy.float64]
    ) -> NDArray[numpy.uint64]:
        block_qubits = min(self._qubits, BLOCK_QUBITS)
        sums = numpy.empty(1 << (self._qubits - block_qubits))
        self._do(self._functions.block_sums, "sampling a state", block_qubits, _address(sums))
        points = uniforms * sums.cumsum()[-1]
        indices = numpy.empty(len(points), dtype=numpy.int64)
        self._do(
            *(self._functions.pick, "sampling a state", block_qubits, _address(sums)),
            *(len(points), _address(points), _address(indices)),
        )
        indices ^= self._flips.value
        return gathered(indices, [self._positions[qubit] for qubit in qubits])

    def amplitudes(self) -> NDArray[numpy.complex128]:
        """All amplitudes, normalised, up to a phase of them all."""
        self._settle()
        total, _ = self._weights(0)
        read = _empty(1 << self._qubits, numpy.complex128)
        self._do(self._functions.read, "reading a state", 1 / math.sqrt(total), _address(read))
        return read[: 1 << self.num_qubits]

    def _weights(self, qubit: int) -> tuple[float, float]:
        """The sum of all squares, and of those where the qubit is one."""
        if self._weighed is not None and self._weighed[0] == qubit:
            return self._weighed[1]
        place = self._positions[qubit]
        weigh = self._functions.unchecked.weights
        self._do(weigh, "weighing a qubit", _NUMBERS[place], self._summed)
        total, one = self._sums
        weights = (total, total - one if self._flips.value >> place & 1 else one)
        self._weighed = (qubit, weights)
        return weights

    def _settle(self) -> None:
        if self._is_to_be_cleared:
            self.clear()
        if self._flips.value or self._positions != self._in_order:
            positions = self._positions.tobytes()
            self._do(self._functions.settle, "putting qubits in order", positions, self._flips)
            self._positions[:] = self._in_order
            self._flips.value = 0

    def _do(self, function: Any, what: str, *arguments: Any) -> None:
        """Calls a function of the library on the amplitudes. Raises Stopped."""
        # So it is with a state that is closed, too, which cannot be.
        if self._is_to_be_cleared:
            self.clear()
        result = function(self._size, self._place, *arguments, self._told)
        if result:
            check(result, what)

    def _opened(self) -> c_void_p:
        """Where the amplitudes lie. Raises ValueError."""
        if self._buffer is None:
            raise ValueError("the state is closed")
        return self._place

    def _settled(self) -> None:
        self._positions[:] = self._in_order
        self._flips.value = 0
        self._scale = 1.0
        self._weighed = None


def state_bytes(functions: Functions, num_qubits: int, precision: Precision) -> int:
    """What the amplitudes take."""
    qubits = max(num_qubits, SMALLEST_STATE_QUBITS)
    return int(functions.state_bytes(qubits, REAL_BYTES[precision]))


def _empty(size: int, kind: type[_Kind]) -> NDArray[_Kind]:
    try:
        return numpy.empty(size, dtype=kind)
    except MemoryError as error:
        raise OutOfMemory(f"no memory for {size} numbers") from error


def _address(numbers: NDArray[numpy.generic]) -> int:
    address: int = numbers.__array_interface__["data"][0]
    return address
