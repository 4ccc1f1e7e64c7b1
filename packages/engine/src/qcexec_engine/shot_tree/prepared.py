"""A circuit prepared for sampling by a shot tree, whatever its states are."""

from __future__ import annotations

from typing import Any, Final

from qcexec_engine.analysis.circuit import Circuit
from qcexec_engine.limits import Limits
from qcexec_engine.outcomes import Outcomes
from qcexec_engine.sampling import random_numbers
from qcexec_engine.shot_tree.instructions import instructions
from qcexec_engine.shot_tree.tree import ShotTree, Simulator


class PreparedTree:
    """A `qcexec_engine.methods.method.Prepared`."""

    def __init__(
        self,
        circuit: Circuit,
        simulator: Simulator[Any],
        state_bytes: int,
        num_states: int,
        limits: Limits,
    ) -> None:
        """Simulates what lies before the first measurement.

        Args:
            circuit: what is run.
            simulator: of the circuit's qubits.
            state_bytes: what one of its states takes.
            num_states: how many of them may exist at a time.
            limits: of the run.

        Raises:
            CircuitTooLarge: as `sample`.
            SemanticFault: as `sample`.
            MemoryError: as `sample`.
        """
        program = circuit.program
        self._tree = ShotTree(
            instructions(program),
            simulator,
            program.initial_memory,
            num_states,
            limits.max_operations,
        )
        self._state_bytes = state_bytes
        self._program_bytes = _PROGRAM_BYTES + sum(circuit.gate_counts.values()) * _GATE_BYTES
        self._num_bits = program.num_bits
        self._has_variables = program.memory_bits > program.num_bits

    @property
    def kept_bytes(self) -> int | None:
        """The state that stays between two samplings, and the program."""
        return self._program_bytes + self._tree.kept_states * self._state_bytes

    def sample(self, shots: int, seed: int) -> Outcomes:
        """So many shots, counted.

        Raises:
            CircuitTooLarge: a loop never ends, or runs more operations than allowed.
            SemanticFault: the program divides by zero, or shifts by a negative number.
            MemoryError: the process could not get the memory.
        """
        values = self._tree.sample(shots, random_numbers(seed))
        if self._has_variables:
            values = _registers_alone(values, self._num_bits)
        return Outcomes.of_values(values, self._num_bits)


def max_states(state_bytes: int, limits: Limits, sampling_bytes: int = 0) -> int:
    """How many states a tree may hold; an eighth of the memory is left to outcomes and the like."""
    room = limits.memory_bytes - limits.memory_bytes // 8 - sampling_bytes
    return max(1, room // state_bytes)


def outcome_bytes(num_bits: int, shots: int) -> int:
    """What the outcomes take at most, if all are different."""
    return shots * (_OUTCOME_BYTES + num_bits // 2)


_PROGRAM_BYTES: Final = 1 << 16
_GATE_BYTES: Final = 512
"""What a gate takes, planned or not."""
_OUTCOME_BYTES: Final = 256


def _registers_alone(values: dict[int, int], num_bits: int) -> dict[int, int]:
    """The variables behind the registers are not shown."""
    mask = (1 << num_bits) - 1
    merged: dict[int, int] = {}
    for value, count in values.items():
        merged[value & mask] = merged.get(value & mask, 0) + count
    return merged
