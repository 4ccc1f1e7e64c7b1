"""A state vector: one buffer, kept and used again, and what can be done with it.

Runs leave qubits renamed, exchanged in their zeros and ones, and the amplitudes without a common
factor: measuring takes that into account, and only a run that goes on from the state as it is puts
the qubits in order.
"""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final, Self, TypeVar

import numpy
from numpy.typing import NDArray

from qcexec_kernel.errors import BrokenPlan, OutOfMemory
from qcexec_kernel.library import (
    REAL_BYTES,
    SMALLEST_STATE_QUBITS,
    Control,
    Functions,
    Precision,
    check,
)
from qcexec_kernel.memory import Memory
from qcexec_kernel.plan import Plan

_Kind = TypeVar("_Kind", bound=numpy.generic)

_BLOCK_QUBITS: Final = 9
_SMALL_BYTES: Final = 4 << 10
# Amplitudes are brought back to length one before they leave the range of single precision.
_SMALLEST_SCALE: Final = 1e-10


class State:
    """The amplitudes of `num_qubits` qubits; |0...0> at first.

    Another thread may set `control.stop` to 1: what is being done, and all that is begun while it
    is set, raises Stopped. The state is worth nothing then, until it is cleared.

    Raises:
        OutOfMemory: there is no memory for them.
    """

    def __init__(
        self, functions: Functions, num_qubits: int, precision: Precision = "double"
    ) -> None:
        self.num_qubits: Final = num_qubits
        self.precision: Final = precision
        self.control: Final = Control(0, 1)
        self._functions = functions
        self._qubits = max(num_qubits, SMALLEST_STATE_QUBITS)
        self._buffer = Memory(functions, state_bytes(functions, num_qubits, precision))
        self._workspace: Memory | None = None
        self._settled()
        self.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def state_qubits(self) -> int:
        """How many qubits the amplitudes are those of."""
        return self._qubits

    @property
    def address(self) -> int | None:
        """Where the amplitudes lie; None when they are given back."""
        return self._buffer.address

    @property
    def num_bytes(self) -> int:
        """What the state holds at present: amplitudes, and room for the plans that it ran."""
        workspace = 0 if self._workspace is None else self._workspace.num_bytes
        return self._buffer.num_bytes + workspace

    def close(self) -> None:
        """Gives the memory back. The state is not to be used any more."""
        self._buffer.close()
        if self._workspace is not None:
            self._workspace.close()

    def clear(self) -> None:
        """Puts all qubits into |0>."""
        self._do(self._functions.clear, "clearing a state")
        self._settled()

    def run(self, plan: Plan, threads: int = 1) -> None:
        """Does what the plan says.

        `control.num_threads` is looked at before each stage.

        Raises:
            BrokenPlan: the plan is broken, or one for other states.
            Stopped: the run was told to end.
            OutOfMemory: there is no memory for the tables and the threads' chunks.
        """
        if plan.state_qubits != self._qubits or plan.precision != self.precision:
            raise BrokenPlan("a plan for other states")
        if plan.begins_in_zero:
            self._scale = 1.0
        else:
            self._settle()
        workspace = self._room(plan.workspace_bytes(threads))
        self.control.num_threads = threads
        result = self._functions.run(
            *(self._qubits, plan.words, len(plan.words) // 8),
            *(plan.numbers, len(plan.numbers) // 8),
            *(self._buffer.address, workspace.address, workspace.num_bytes, self.control),
        )
        check(result, "running a plan")
        self._positions = plan.positions
        self._flips = plan.flips
        self._scale *= plan.scale
        if self._scale < _SMALLEST_SCALE:
            self._do(self._functions.scale, "scaling a state", self._scale)
            self._scale = 1.0

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
        stored = outcome ^ (self._flips >> place & 1)
        factor = 1 / math.sqrt(weight)
        self._do(self._functions.project, "collapsing a state", place, stored, factor)
        self._scale = 1.0
        return weight / total

    def flip(self, qubit: int) -> None:
        """Exchanges a qubit's zero and one; it costs nothing."""
        self._flips ^= 1 << self._positions[qubit]

    def copy_from(self, other: State) -> None:
        """Takes another state's amplitudes over.

        Raises:
            BrokenPlan: it has other qubits or another precision.
        """
        if other._qubits != self._qubits or other.precision != self.precision:
            raise BrokenPlan("a copy of another kind of state")
        self._buffer.copy_from(other._buffer, self.control)
        self._positions = other._positions
        self._flips = other._flips
        self._scale = other._scale

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
        block_qubits = min(self._qubits, _BLOCK_QUBITS)
        sums = numpy.empty(1 << (self._qubits - block_qubits))
        self._do(self._functions.block_sums, "sampling a state", block_qubits, _address(sums))
        points = uniforms * sums.cumsum()[-1]
        indices = numpy.empty(len(points), dtype=numpy.int64)
        self._do(
            *(self._functions.pick, "sampling a state", block_qubits, _address(sums)),
            *(len(points), _address(points), _address(indices)),
        )
        indices ^= self._flips
        # Bits that move as far as each other move together: all of them, where none was renamed.
        moved: defaultdict[int, int] = defaultdict(int)
        for bit, qubit in enumerate(qubits):
            moved[bit - self._positions[qubit]] |= 1 << self._positions[qubit]
        outcomes = numpy.zeros(len(points), dtype=numpy.int64)
        for distance, mask in moved.items():
            bits = indices & mask
            outcomes |= bits << distance if distance >= 0 else bits >> -distance
        return outcomes.view(numpy.uint64)

    def amplitudes(self) -> NDArray[numpy.complex128]:
        """All amplitudes, normalised, up to a phase of them all."""
        self._settle()
        total, _ = self._weights(0)
        read = _empty(1 << self._qubits, numpy.complex128)
        self._do(self._functions.read, "reading a state", 1 / math.sqrt(total), _address(read))
        return read[: 1 << self.num_qubits]

    def _weights(self, qubit: int) -> tuple[float, float]:
        place = self._positions[qubit]
        sums = array("d", (0, 0))
        self._do(self._functions.weights, "weighing a qubit", place, sums.buffer_info()[0])
        total, one = sums
        return total, total - one if self._flips >> place & 1 else one

    def _settle(self) -> None:
        if self._flips or self._positions != self._in_order:
            positions = array("q", self._positions).tobytes()
            self._do(self._functions.settle, "putting qubits in order", positions, self._flips)
            self._positions = self._in_order
            self._flips = 0

    def _do(self, function: Any, what: str, *arguments: Any) -> None:
        """Calls a function of the library on the amplitudes. Raises Stopped."""
        check(function(self._qubits, self._buffer.address, *arguments, self.control), what)

    def _settled(self) -> None:
        self._in_order = list(range(self._qubits))
        self._positions = self._in_order
        self._flips = 0
        self._scale = 1.0

    def _room(self, num_bytes: int) -> Memory:
        if self._workspace is None or self._workspace.num_bytes < num_bytes:
            if self._workspace is not None:
                self._workspace.close()
                self._workspace = None
            self._workspace = Memory(self._functions, num_bytes)
        return self._workspace


def state_bytes(functions: Functions, num_qubits: int, precision: Precision) -> int:
    """What the amplitudes take."""
    qubits = max(num_qubits, SMALLEST_STATE_QUBITS)
    return int(functions.state_bytes(qubits, REAL_BYTES[precision]))


def sampling_bytes(num_qubits: int, num_outcomes: int) -> int:
    """What `State.sample` takes beside the state at most, the numbers that it is given aside."""
    # The blocks' sums and their running sums; points, indices, outcomes, and what comes between.
    blocks = 1 << max(num_qubits - _BLOCK_QUBITS, 0)
    return 16 * blocks + 40 * num_outcomes + _SMALL_BYTES


def _empty(size: int, kind: type[_Kind]) -> NDArray[_Kind]:
    try:
        return numpy.empty(size, dtype=kind)
    except MemoryError as error:
        raise OutOfMemory(f"no memory for {size} numbers") from error


def _address(numbers: NDArray[numpy.generic]) -> int:
    address: int = numbers.__array_interface__["data"][0]
    return address
