"""Where an elaboration stands: scopes, gates, the block being written, and the budget.

The modules beside this one are functions that take a `State` and a piece of the tree, as the
parser's take a cursor. The state offers what all of them need.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from qcexec_engine.classical import Constant
from qcexec_engine.elaboration.functions import CONSTANTS
from qcexec_engine.elaboration.symbols import BitPick, Qubits, Symbol, Variable
from qcexec_engine.errors import CircuitTooLarge, EngineError, SemanticFault, UnsupportedFeature
from qcexec_engine.language.source import Source
from qcexec_engine.limits import Limits
from qcexec_engine.program import Block, Gate, Operation, Register, Store, Unitary

if TYPE_CHECKING:
    from qcexec_engine.elaboration.gate_definitions import Defined
    from qcexec_engine.elaboration.standard_gates import Library

Handler: TypeAlias = Callable[["State", object], "str | None"]
"""Carries out a statement; gives "break", "continue" or "end" where what follows is not reached."""

STATEMENT = 4
"""What a round of a loop or a classical statement takes, in operations."""

Called: TypeAlias = tuple[int, str | None, tuple[float, ...], int, tuple[Gate | Unitary, ...]]
"""What a gate comes to with its angles: on how many qubits it is called, then its name, angles and
controls where it is one gate of the engine, or None for the name and its steps at the end.
"""

FIRST_VARIABLE_BIT = 1 << 32
"""Variables' bits have numbers from here on until it is known how many bits the registers have."""

FIRST_PHYSICAL_QUBIT = 1 << 32
"""$n is this plus n until it is known how many qubits are declared, and which $n are named."""


class Simple(NamedTuple):
    """A gate of the standard libraries that is one gate of the engine."""

    base: str
    num_angles: int
    num_qubits: int
    controls: int


class LoopFrame(NamedTuple):
    """A loop that encloses the statement at hand.

    Attributes:
        level: that of its body.
        on_break: what the run does at a `break`; None for a loop that is written out.
        on_continue: what the run does at a `continue`.
    """

    level: int
    on_break: Block | None
    on_continue: Block | None


class State:
    """One elaboration, from its first statement to its last."""

    def __init__(
        self,
        version: int,
        source: Source,
        limits: Limits,
        library: Library,
        handlers: Mapping[type, Handler],
    ) -> None:
        self.version = version
        self.source = source
        self.limits = limits
        self.handlers = handlers
        self.operations: list[Operation] = []
        self.scopes: list[dict[str, Symbol]] = [{}]
        self.library = library
        self.own_gates: dict[str, Defined] = {}
        # Of the library, without what the text defines anew.
        self.simple_gates: Mapping[str, Simple] = library.simple
        # Operands without their place, such as ("q", 3), to a qubit or a register's qubits.
        self.places: dict[tuple[object, ...], int | tuple[int, ...]] = {}
        # Plain calls, whole and by halves.
        self.plain_gates: dict[str, Gate] = {}
        self.called: dict[str, Called] = {}
        self.operands: dict[str, tuple[int, ...]] = {}
        self.numbers: dict[str, float] = dict(CONSTANTS)
        self.num_qubits = 0
        self.physical_qubits: set[int] = set()
        self.qubit_registers: list[Register] = []
        self.registers: list[Register] = []
        self.num_bits = 0
        self.num_variable_bits = 0
        self.initial_memory = 0
        self.measures = False
        self.level = 0
        self.loops: list[LoopFrame] = []
        self.operations_left = limits.max_operations
        self.work_left = limits.max_operations
        self.notes: list[str] = []
        self.assigned: dict[int, frozenset[str]] = {}

    def fault(self, message: str, at: int) -> SemanticFault:
        """A semantic error at a token."""
        return SemanticFault(message, *self.source.place(at))

    def unsupported(self, message: str, at: int) -> UnsupportedFeature:
        """A refusal at a token."""
        return UnsupportedFeature(message, *self.source.place(at))

    def placed(self, error: EngineError, at: int) -> EngineError:
        """The same error at a token, where it does not know its place yet."""
        if error.line is not None:
            return error
        return type(error)(error.message, *self.source.place(at))

    def spend(self, operations: int = 1) -> None:
        """Counts operations of the circuit.

        Raises:
            CircuitTooLarge: they are more than the limits allow.
        """
        self.operations_left -= operations
        if self.operations_left < 0:
            raise self._too_many_operations()

    def work(self, operations: int) -> None:
        """Counts what is done without adding to the circuit: gate definitions that are written
        out, once for all their calls, rounds of loops, and classical statements.

        Raises:
            CircuitTooLarge: they are more than the limits allow.
        """
        self.work_left -= operations
        if self.work_left < 0:
            raise self._too_many_operations()

    def look_up(self, name: str) -> Symbol | None:
        """What a name stands for in the innermost scope that has it."""
        scopes = self.scopes
        if len(scopes) == 1:
            return scopes[0].get(name)
        for scope in reversed(scopes):
            symbol = scope.get(name)
            if symbol is not None:
                return symbol
        return None

    def found(self, name: str, at: int) -> Symbol:
        """What a name stands for.

        Raises:
            SemanticFault: nothing.
        """
        symbol = self.look_up(name)
        if symbol is None:
            raise self.fault(f"'{name}' is not defined", at)
        return symbol

    def declare(self, name: str, symbol: Symbol, at: int) -> None:
        """Gives a name its meaning in the scope at hand."""
        scopes = self.scopes
        scope = scopes[-1]
        if name in scope or name in CONSTANTS or (len(scopes) == 1 and self.is_gate(name)):
            raise self.fault(f"'{name}' is already defined", at)
        scope[name] = symbol
        if len(scopes) > 1 and any(name in outer for outer in scopes[:-1]):
            # What was resolved so far stands for the name that is now hidden.
            self.forget_places()
            self.numbers.pop(name, None)

    def is_gate(self, name: str) -> bool:
        """Whether a gate of that name is known."""
        return name in self.own_gates or name in self.library.gates

    def enter_scope(self) -> None:
        """Opens a scope."""
        self.scopes.append({})

    def leave_scope(self) -> None:
        """Closes the innermost scope."""
        for symbol in self.scopes.pop().values():
            if type(symbol) is Qubits:
                self.forget_places()
                return

    def forget_places(self) -> None:
        """Looks all operands up again, after a name got another meaning."""
        self.places.clear()
        self.operands.clear()
        self.plain_gates.clear()

    def forget_gates(self) -> None:
        """Looks all gates up again, after one was defined."""
        self.called.clear()
        self.plain_gates.clear()

    def reserve_bits(self, width: int, at: int) -> tuple[int, ...]:
        """Bits of memory for a variable."""
        self.check_size(self.num_variable_bits + width, "bits of variables", at)
        first = FIRST_VARIABLE_BIT + self.num_variable_bits
        self.num_variable_bits += width
        return tuple(range(first, first + width))

    def check_size(self, size: int, what: str, at: int) -> None:
        """Refuses more qubits or bits than the limits allow."""
        if size > self.limits.max_bits:
            raise CircuitTooLarge(
                f"at most {self.limits.max_bits} {what} are allowed", *self.source.place(at)
            )

    def put_into_memory(self, variable: Variable, at: int) -> tuple[int, ...]:
        """The memory's bits of a variable, which from now on mirror its value.

        Raises:
            UnsupportedFeature: it has a fraction, or is an angle.
        """
        if variable.bits is None:
            width = variable.num_bits
            if width is None:
                raise self.unsupported(
                    f"'{variable.name}' would depend on a measurement, which is supported for"
                    f" bits and whole numbers, not for a {variable.kind}",
                    at,
                )
            variable.bits = self.reserve_bits(width, at)
            value = int(variable.value) & (1 << width) - 1
            self.spend()
            self.operations.append(Store(variable.bits, Constant(value)))
        return variable.bits

    def forget(self, names: frozenset[str], at: int) -> None:
        """Leaves the values of variables to the run, before a block that may assign to them."""
        for name in names:
            symbol = self.look_up(name)
            variable = symbol.variable if isinstance(symbol, BitPick) else symbol
            if (
                isinstance(variable, Variable)
                and not variable.constant
                and variable.num_bits is not None
            ):
                self.put_into_memory(variable, at)
                for part in (variable, *variable.parts):
                    part.unknown = -1

    def _too_many_operations(self) -> CircuitTooLarge:
        return CircuitTooLarge(
            f"the circuit has more than {self.limits.max_operations} operations"
            " once its loops and gate definitions are written out"
        )
