"""From a circuit as written to operations that the simulator knows.

The simulator takes an operation by its name alone, so that a user's own gate called `h` would run
as a Hadamard. What runs is therefore decided by class: operations of Qiskit's own classes with a
name that the simulator knows pass; everything else is replaced by its definition, all the way down.
(Qiskit's transpiler goes by name, too, and starts threads, which no forked child survives.)

Boxes and loops over a known range are written out, so that a circuit without other control flow can
be sampled from one run. What changes no outcome is dropped: barriers, delays, global phases, and
qubits that nothing touches, each of which would double a state vector.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy
from qiskit.circuit import (
    BoxOp,
    CircuitInstruction,
    ControlFlowOp,
    ControlledGate,
    ForLoopOp,
    Gate,
    IfElseOp,
    Instruction,
    ParameterExpression,
    QuantumCircuit,
    Qubit,
)

from qcexec_engine.errors import (
    CircuitTooLarge,
    NoMeasurement,
    NonFiniteParameter,
    UnboundParameter,
    UnsupportedFeature,
)
from qcexec_engine.limits import Limits

_DROPPED = frozenset({"barrier", "delay"})
_JUMPS = frozenset({"break_loop", "continue_loop"})
_KNOWN_NAMES = """
    ccx ccz cp crx cry crz cswap csx cu cu1 cu3 cx cy cz ecr h id mcp mcphase mcx measure p r reset
    rx rxx ry ryy rz rzx rzz s sdg swap sx sxdg t tdg u u1 u2 u3 unitary x y z
"""
_KNOWN = frozenset(_KNOWN_NAMES.split())
# The classes of what a circuit defines itself: there a name says nothing.
_NAMELESS = (Gate, ControlledGate, Instruction)


@dataclass(frozen=True, slots=True)
class Program:
    """A circuit in the simulator's own operations.

    Attributes:
        circuit: the operations, on the qubits that they touch, with all classical bits.
        names: the names of all operations, those inside control flow too.
    """

    circuit: QuantumCircuit
    names: frozenset[str]


def lower(circuit: QuantumCircuit, limits: Limits) -> Program:
    """The same circuit in operations that the simulator knows.

    Raises:
        NoMeasurement: nothing is measured.
        NonFiniteParameter: an angle is infinite or no number.
        UnboundParameter: an angle has no value.
        UnsupportedFeature: an operation has no definition.
        CircuitTooLarge: there are more operations than `limits.max_operations`.
    """
    budget = _Budget(limits.max_operations)
    instructions = list(_expand(circuit.data, circuit.qubits, budget))
    if "measure" not in budget.names:
        raise NoMeasurement(_missing_measurement(circuit))
    touched = {qubit for instruction in instructions for qubit in instruction.qubits}
    lowered = QuantumCircuit.from_instructions(
        instructions,
        qubits=[qubit for qubit in circuit.qubits if qubit in touched],
        clbits=circuit.clbits,
    )
    lowered.add_register(*circuit.cregs)
    if lowered.parameters:
        raise UnboundParameter(f"the parameter '{lowered.parameters[0].name}' has no value")
    return Program(lowered, frozenset(budget.names))


class _Budget:
    """Counts the operations of one lowering and collects their names."""

    def __init__(self, operations: int) -> None:
        self._operations = operations
        self.spent = 0
        self.names: set[str] = set()

    def spend(self, name: str, operations: int = 1) -> None:
        self.names.add(name)
        self.spent += operations
        if self.spent > self._operations:
            raise CircuitTooLarge(
                f"the circuit has more than {self._operations} operations"
                " once its loops and gate definitions are written out"
            )


def _expand(
    data: Iterable[CircuitInstruction], qubits: Sequence[Qubit], budget: _Budget
) -> Iterator[CircuitInstruction]:
    # A stack of its own: definitions may call one another deeper than Python does.
    stack = [(iter(data), dict(zip(qubits, qubits, strict=True)))]
    while stack:
        remaining, places = stack[-1]
        instruction = next(remaining, None)
        if instruction is None:
            stack.pop()
            continue
        name = instruction.name
        if name in _DROPPED:
            continue
        here = tuple(places[qubit] for qubit in instruction.qubits)
        if _is_known(instruction):
            _check_angles(instruction)
            budget.spend(name)
            yield instruction.replace(qubits=here)
            continue
        operation = instruction.operation
        inner = _written_out(operation, budget)
        if inner is not None:
            data, inner_qubits = inner
            stack.append((iter(data), dict(zip(inner_qubits, here, strict=True))))
        else:
            yield instruction.replace(
                operation=_with_lowered_blocks(operation, budget), qubits=here
            )


def _is_known(instruction: CircuitInstruction) -> bool:
    if instruction.name in _KNOWN:
        # By the first test alone where that will do: the second makes an object of the operation.
        return instruction.is_standard_gate() or _has_own_class(instruction.operation)
    return _is_jump(instruction)


def _has_own_class(operation: Instruction) -> bool:
    return operation.base_class not in _NAMELESS


def _is_jump(instruction: CircuitInstruction) -> bool:
    return instruction.name in _JUMPS and _has_own_class(instruction.operation)


def _check_angles(instruction: CircuitInstruction) -> None:
    for angle in instruction.params:
        if isinstance(angle, ParameterExpression):
            continue
        if not (math.isfinite(angle) if isinstance(angle, float) else _is_finite(angle)):
            raise NonFiniteParameter(f"a parameter of the gate '{instruction.name}' is not finite")


def _is_finite(parameter: object) -> bool:
    """Whether an integer fits a floating-point number, or a matrix holds such numbers alone."""
    try:
        return bool(numpy.isfinite(numpy.asarray(parameter, dtype=complex)).all())
    except OverflowError:
        return False


def _written_out(
    operation: Instruction, budget: _Budget
) -> tuple[Iterable[CircuitInstruction], Sequence[Qubit]] | None:
    """What stands for an operation, on which qubits; None for control flow that has to stay."""
    if isinstance(operation, BoxOp):
        (body,) = operation.blocks
        return body.data, body.qubits
    if isinstance(operation, ForLoopOp):
        _, _, body = operation.params
        return None if _jumps(body) else (_unrolled(operation, budget), body.qubits)
    if isinstance(operation, ControlFlowOp):
        return None
    if operation.definition is None:
        raise UnsupportedFeature(f"the operation '{operation.name}' has no definition to run")
    return operation.definition.data, operation.definition.qubits


def _unrolled(loop: ForLoopOp, budget: _Budget) -> Iterator[CircuitInstruction]:
    values, parameter, body = loop.params
    # Lowered before it is bound: binding writes a value into gate definitions inside nested blocks
    # that all rounds share, and the first round's would stay.
    lowered = _lowered_block(body, budget)
    bound = parameter is not None and parameter in lowered.parameters
    for value in values:
        budget.spend(loop.name)
        yield from (lowered.assign_parameters({parameter: value}) if bound else lowered).data


def _with_lowered_blocks(operation: ControlFlowOp, budget: _Budget) -> ControlFlowOp:
    before = budget.spent
    blocks = [_lowered_block(block, budget) for block in operation.blocks]
    budget.spend(operation.name)
    if not isinstance(operation, ForLoopOp):
        return operation.replace_blocks(blocks)
    (body,) = blocks
    values, parameter, _ = operation.params
    budget.spend(operation.name, (budget.spent - before) * len(values))
    return ForLoopOp(values, parameter if parameter in body.parameters else None, body)


def _lowered_block(block: QuantumCircuit, budget: _Budget) -> QuantumCircuit:
    lowered = block.copy_empty_like()
    lowered.global_phase = 0
    for instruction in _expand(block.data, block.qubits, budget):
        lowered.append(instruction)
    return lowered


def _jumps(body: QuantumCircuit) -> bool:
    """Whether a loop's body leaves it, or one of its rounds, early."""
    return any(
        _is_jump(instruction)
        or (
            isinstance(operation := instruction.operation, IfElseOp | BoxOp)
            and any(_jumps(block) for block in operation.blocks)
        )
        for instruction in body.data
    )


def _missing_measurement(circuit: QuantumCircuit) -> str:
    lines = []
    spare = {register.size: register.name for register in reversed(circuit.cregs)}
    for register in circuit.qregs:
        name = spare.pop(register.size, None)
        target = name or f"bit[{register.size}] {register.name}_bits"
        lines.append(f"{target} = measure {register.name};")
    example = " ".join(lines) if lines else "bit b = measure q;"
    return f"the circuit measures nothing, so there is nothing to count: add `{example}` at the end"
