"""The one entry point: OpenQASM text in, counts and a report out.

The simulators are imported on first use, so that whoever needs only the types does not pay for
them. `preload` brings that cost forward, into the process from which children are forked.
"""

from __future__ import annotations

import time

from qcexec_engine.errors import EngineError
from qcexec_engine.limits import Limits
from qcexec_engine.report import Completed, DoesNotFit, Needs, Report


def run(text: str, shots: int, seed: int | None, limits: Limits) -> Completed | DoesNotFit:
    """Runs an OpenQASM 3 circuit.

    Args:
        text: the circuit.
        shots: how often it is run, at least 1.
        seed: makes the counts repeatable; None draws a fresh one.
        limits: what the run may use.

    Returns:
        The counts with a report, or `DoesNotFit` where the limits' memory is too small for it.

    Raises:
        EngineError: one of its subclasses for what is wrong with the circuit, itself for a failure
            of the engine.
    """
    try:
        return _run(text, shots, seed, limits)
    except EngineError:
        raise
    except MemoryError:
        # The estimate was too low; how much would have done, nobody knows.
        return DoesNotFit(Needs(2 * limits.memory_bytes))
    except Exception as error:
        raise EngineError(f"the engine failed: {type(error).__name__}: {error}") from error


def preload() -> None:
    """Imports all that a run needs and warms the parser, without starting a thread.

    Called once in the process from which children are forked. It simulates nothing: that would
    start threads, which no child inherits. For the whole process it sets how memory is handed back.
    """
    from qcexec_engine import allocation, parsing, simulation

    allocation.return_freed_memory()
    parsing.warm()
    simulation.simulator()


def _run(text: str, shots: int, seed: int | None, limits: Limits) -> Completed | DoesNotFit:
    from qcexec_engine import counts, lowering, method, parsing, simulation

    started = time.perf_counter()
    circuit = parsing.parse(text, limits)
    parsed = time.perf_counter()
    plan = method.choose(lowering.lower(circuit, limits), shots, limits)
    if plan.memory_bytes > limits.memory_bytes:
        return DoesNotFit(Needs(plan.memory_bytes))
    built = time.perf_counter()
    values = simulation.simulate(plan, shots, seed, limits)
    keyed = counts.spell(values, counts.Layout.of(circuit))
    ended = time.perf_counter()
    report = Report(
        method=plan.method,
        num_qubits=circuit.num_qubits,
        depth=circuit.depth(),
        shots=shots,
        memory_bytes=plan.memory_bytes,
        parse_ms=(parsed - started) * 1e3,
        build_ms=(built - started) * 1e3,
        exec_ms=(ended - built) * 1e3,
    )
    return Completed(keyed, report)
