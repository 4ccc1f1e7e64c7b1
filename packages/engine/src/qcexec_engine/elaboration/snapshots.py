"""What a loop that is written out on trust may change, so that it can be taken back."""

from __future__ import annotations

from typing import NamedTuple

from qcexec_engine.elaboration.state import State
from qcexec_engine.elaboration.symbols import Variable
from qcexec_engine.elaboration.values import Number
from qcexec_engine.program import Operation


class Snapshot(NamedTuple):
    """A state before a loop; what the loop has spent stays spent."""

    block: list[Operation]
    num_operations: int
    num_scopes: int
    num_loops: int
    level: int
    measures: bool
    variables: tuple[tuple[Variable, Number, int, tuple[int, ...] | None], ...]

    @classmethod
    def of(cls, state: State) -> Snapshot:
        """The state as it is."""
        variables = tuple(
            (symbol, symbol.value, symbol.unknown, symbol.bits)
            for symbols in state.scopes
            for symbol in symbols.values()
            if isinstance(symbol, Variable) and not symbol.constant
        )
        return cls(
            state.operations,
            len(state.operations),
            len(state.scopes),
            len(state.loops),
            state.level,
            state.measures,
            variables,
        )

    def restore(self, state: State) -> None:
        """Puts the state back to what it was."""
        state.operations = self.block
        del state.operations[self.num_operations :]
        del state.scopes[self.num_scopes :]
        del state.loops[self.num_loops :]
        state.level = self.level
        state.measures = self.measures
        state.forget_places()
        for variable, value, unknown, bits in self.variables:
            variable.value = value
            variable.unknown = unknown
            variable.bits = bits
