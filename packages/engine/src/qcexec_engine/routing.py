"""Which method runs a circuit: of those that can, the one that takes the least time.

Every method says what it would take, at a reference speed that ships with the engine, so the
choice follows from program, shots and limits alone: the same circuit with the same seed runs the
same way on every machine that has the same simulators.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from typing import Final, NamedTuple

from qcexec_engine.aer import simulation as aer_simulation
from qcexec_engine.analysis.circuit import Circuit
from qcexec_engine.dense import kernel_run
from qcexec_engine.errors import CircuitTooLarge, UnsupportedFeature
from qcexec_engine.limits import Limits
from qcexec_engine.methods.aer import AER_STABILIZER, AER_STATEVECTOR
from qcexec_engine.methods.branching import SHOT_TREE
from qcexec_engine.methods.matrix_product_state import MATRIX_PRODUCT_STATE
from qcexec_engine.methods.method import Cost, Method
from qcexec_engine.methods.stabilizer import STABILIZER
from qcexec_engine.methods.statevector import STATEVECTOR
from qcexec_engine.methods.tableau import TABLEAU
from qcexec_engine.report import Needs

METHODS: Final[tuple[Method, ...]] = (
    STATEVECTOR,
    SHOT_TREE,
    STABILIZER,
    TABLEAU,
    MATRIX_PRODUCT_STATE,
    AER_STATEVECTOR,
    AER_STABILIZER,
)
"""All methods, those that begin quickest first. Of two that take as long, the first is chosen."""

PATIENCE: Final = 4
"""How many times a task's time an estimate may be: it is no fact, and the deadline judges the rest.
"""

_LIBRARIES: Final = ("stim",)
_CLEARLY_LESS: Final = 0.9
"""Bounds of memory are not closer than that: of two that need as much, the first one is named."""
_GOOD_ENOUGH_SECONDS: Final = 150e-6
"""To ask all methods takes some 20 microseconds: who runs a circuit in less than this may have it.
"""


class Choice(NamedTuple):
    """The method that runs a circuit, what it takes, and why it was chosen, in a few words."""

    method: Method
    cost: Cost
    reason: str


def choose(
    circuit: Circuit,
    shots: int,
    limits: Limits,
    *,
    forced: str | None = None,
    methods: Sequence[Method] = METHODS,
) -> Choice | Needs:
    """The method that runs a circuit, or what the circuit would need to run at all.

    Methods that would take longer than the limits allow are out. The quickest of the others that
    fit into memory is chosen; where none fits, the answer is what the smallest of them needs.

    Args:
        forced: the name of a method that is to run it whatever the others cost.

    Raises:
        CircuitTooLarge: every method would take too long, or too many qubits.
        UnsupportedFeature: no method, or not the one that is asked for, runs such circuits.
        ValueError: there is no method of the name that is asked for.
    """
    if forced is not None:
        methods = [named(forced, methods)]
    better: list[str] = []
    while True:
        best = _best(methods, circuit, shots, limits)
        if best is None:
            raise _no_method(circuit, limits, forced, better)
        method, cost = best
        # Few methods are missing, and to look is dearer than to compare: only the best is asked.
        missing = method.missing()
        if missing is None:
            break
        better.append(f"{method.name} would suit it better, but {missing}")
        methods = [other for other in methods if other is not method]
    longest = PATIENCE * limits.task_seconds
    if _least_seconds(cost) > longest:
        raise CircuitTooLarge(
            f"the circuit would take about {_least_seconds(cost):,.0f} seconds and"
            f" {in_bytes(cost.memory_bytes)} by the method {method.name}, and a task may take"
            f" {limits.task_seconds:,.0f} seconds, its estimate at most {longest:,.0f};"
            f" there are {in_bytes(limits.memory_bytes)}"
        )
    if cost.memory_bytes > limits.memory_bytes:
        return Needs(cost.memory_bytes, cost.seconds, method.name)
    return Choice(method, cost, "; ".join([cost.reason, *better]) if better else cost.reason)


def costs(circuit: Circuit, shots: int, limits: Limits) -> list[tuple[Method, Cost | None]]:
    """What every method would take, None where it cannot run the circuit."""
    return [(method, method.cost(circuit, shots, limits)) for method in METHODS]


def preload() -> None:
    """Imports every simulator that is installed here, without starting a thread."""
    for library in _LIBRARIES:
        if importlib.util.find_spec(library) is not None:
            importlib.import_module(library)
    kernel_run.missing()
    if aer_simulation.missing() is None:
        aer_simulation.preload()


def named(name: str, methods: Sequence[Method] = METHODS) -> Method:
    """The method of a name.

    Raises:
        ValueError: there is none.
    """
    for method in methods:
        if method.name == name:
            return method
    known = ", ".join(method.name for method in methods)
    raise ValueError(f"there is no method {name!r}, only {known}")


def in_bytes(num_bytes: int) -> str:
    """A size in words; whoever reads it wants its magnitude."""
    for unit, exponent in (("GiB", 30), ("MiB", 20)):
        if num_bytes >= 1 << exponent:
            return f"{num_bytes / (1 << exponent):,.1f} {unit}"
    return f"{num_bytes / 1024:,.1f} KiB"


def _best(
    methods: Sequence[Method], circuit: Circuit, shots: int, limits: Limits
) -> tuple[Method, Cost] | None:
    """The quickest that is allowed and fits; else the smallest that is allowed; else the quickest.

    So a circuit that fits nowhere here, and would run elsewhere in time, is told from one that
    would run too long wherever it is.
    """
    longest = PATIENCE * limits.task_seconds
    memory_bytes = limits.memory_bytes
    best = None
    best_rank = (3, 0.0)
    for method in methods:
        if best_rank <= (0, method.floor_seconds(circuit)):
            continue
        cost = method.cost(circuit, shots, limits)
        if cost is None:
            continue
        if _least_seconds(cost) > longest:
            rank = (2, cost.seconds)
        elif cost.memory_bytes > memory_bytes:
            if best_rank[0] == 1 and cost.memory_bytes > _CLEARLY_LESS * best_rank[1]:
                continue
            rank = (1, cost.memory_bytes)
        elif cost.seconds < _GOOD_ENOUGH_SECONDS:
            return method, cost
        else:
            rank = (0, cost.seconds)
        if rank < best_rank:
            best, best_rank = (method, cost), rank
    return best


def _least_seconds(cost: Cost) -> float:
    return cost.seconds if cost.least_seconds is None else cost.least_seconds


def _no_method(
    circuit: Circuit, limits: Limits, forced: str | None, missing: Sequence[str]
) -> CircuitTooLarge | UnsupportedFeature:
    because = f" ({'; '.join(missing)})" if missing else ""
    if circuit.num_qubits > limits.max_qubits:
        return CircuitTooLarge(
            f"the circuit needs a state vector of {circuit.num_qubits} qubits, and at most"
            f" {limits.max_qubits} are allowed; only circuits of Clifford gates or of little"
            f" entanglement may have more{because}"
        )
    if forced is not None:
        return UnsupportedFeature(f"the method {forced} cannot run this circuit{because}")
    return UnsupportedFeature(f"no simulation method can run this circuit{because}")
