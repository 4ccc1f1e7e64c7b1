"""The one entry point: OpenQASM text in, counts and a report out.

A circuit goes through five rooms: its text is read (`language`), made a program (`elaboration`),
looked over (`analysis`), given to the method that costs least (`routing`), and simulated
(`methods`). What an `Engine` made of a text it keeps, as far as its limits allow: the program and,
where the method can, the final state, so that the same circuit with another seed is only sampled.
So are the buffers of state vectors, for the next ones of their size.

The simulators are imported on first use, so that whoever needs only the types does not pay for
them. `preload` brings that cost forward, into the process from which children are forked.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from qcexec_engine.errors import EngineError
from qcexec_engine.limits import Limits
from qcexec_engine.report import Completed, DoesNotFit, Needs, Report

if TYPE_CHECKING:
    from qcexec_engine.analysis.circuit import Circuit
    from qcexec_engine.methods.method import Prepared
    from qcexec_engine.routing import Choice

_SEED_BITS = 63
_SPARE_SHARE = 4
"""Of what may be kept a quarter, or what the cache leaves, are the buffers of state vectors."""
_WARM_UP = "OPENQASM 3.0; qubit q; bit b; U(0, 0, 0) q; b = measure q;"


class Engine:
    """Runs circuits within limits, one after the other, in one thread."""

    def __init__(
        self,
        limits: Limits,
        *,
        slowness: float = 1.0,
        forced_method: str | None = None,
        spare_threads: memoryview | None = None,
    ) -> None:
        """Makes an engine with an empty cache.

        Args:
            limits: what each run may use.
            slowness: how much slower this machine is than the reference (`calibration.probe`); for
                the estimates in reports alone.
            forced_method: the name of the method that is to run every circuit that it can; to
                compare methods.
            spare_threads: four bytes of memory, aligned to four, that say at any moment how many
                further threads a run may take; others may write them.

        Raises:
            ValueError: there is no method of that name, or the bytes are not four.
        """
        from qcexec_engine import counts, routing
        from qcexec_engine.analysis.circuit import analyse
        from qcexec_engine.cache import Cache
        from qcexec_engine.elaboration import read
        from qcexec_kernel import SpareMemory, SpareThreads

        self._threads = None if spare_threads is None else SpareThreads(spare_threads)
        self._memory = SpareMemory()
        self._limits = replace(limits, spare_threads=self._threads, spare_memory=self._memory)
        self._slowness = slowness
        self._forced_method = forced_method
        if forced_method is not None:
            routing.named(forced_method)
        self._cache = Cache(limits.cache_bytes - limits.cache_bytes // _SPARE_SHARE)
        # Here, for an import costs each run that meets it, also one that has been imported before.
        self._read, self._analyse = read, analyse
        self._choose, self._spell = routing.choose, counts.spell

    def run(self, text: str, shots: int, seed: int | None = None) -> Completed | DoesNotFit:
        """Runs an OpenQASM circuit.

        Args:
            text: the circuit, in OpenQASM 3 or 2.
            shots: how often it is run, at least 1.
            seed: makes the counts repeatable, not negative; None draws a fresh one.

        Returns:
            The counts with a report, or `DoesNotFit` where the limits' memory is too small for it.

        Raises:
            EngineError: one of its subclasses for what is wrong with the circuit, itself for a
                failure of the engine.
        """
        try:
            return self._run(text, shots, secrets.randbits(_SEED_BITS) if seed is None else seed)
        except EngineError:
            raise
        except MemoryError:
            self._release()
            # The estimate was too low; how much would have done, nobody knows.
            return DoesNotFit(Needs(2 * self._limits.memory_bytes, 0.0, "unknown"))
        except Exception as error:
            raise EngineError(f"the engine failed: {type(error).__name__}: {error}") from error
        finally:
            self._memory.keep_at_most(max(0, self._limits.cache_bytes - self._cache.kept_bytes))

    def _run(self, text: str, shots: int, seed: int) -> Completed | DoesNotFit:
        started = time.perf_counter()
        circuit, cached = self._circuit(text)
        parsed = time.perf_counter()
        choice = self._choose(circuit, shots, self._limits, forced=self._forced_method)
        if isinstance(choice, Needs):
            return DoesNotFit(choice)
        built = time.perf_counter()
        if self._threads is not None:
            self._threads.most_threads = 1
        prepared, state_cached = self._prepared(text, circuit, choice)
        outcomes = prepared.sample(shots, seed)
        keyed = self._spell(outcomes, circuit.program.registers, self._limits.max_result_bytes)
        ended = time.perf_counter()
        report = Report(
            method=choice.method.name,
            reason=choice.reason,
            seed=seed,
            num_qubits=circuit.written_qubits,
            simulated_qubits=circuit.num_qubits,
            depth=circuit.depth,
            operations=circuit.num_operations,
            shots=shots,
            threads=1 if self._threads is None else self._threads.most_threads,
            cached="state" if state_cached else "program" if cached else "no",
            memory_bytes=choice.cost.memory_bytes,
            predicted_ms=_milliseconds(choice.cost.seconds * self._slowness),
            parse_ms=_milliseconds(parsed - started),
            build_ms=_milliseconds(built - started),
            exec_ms=_milliseconds(ended - built),
            notes="; ".join(circuit.program.notes),
        )
        return Completed(keyed, report)

    def _circuit(self, text: str) -> tuple[Circuit, bool]:
        """The circuit of a text, and whether it was kept from an earlier run."""
        circuit = self._cache.circuit(text)
        if circuit is not None:
            return circuit, True
        circuit = self._analyse(self._read(text, self._limits))
        self._cache.keep_circuit(text, circuit)
        return circuit, False

    def _prepared(self, text: str, circuit: Circuit, choice: Choice) -> tuple[Prepared, bool]:
        """What the method prepares for a circuit, and whether it was kept from an earlier run."""
        name = choice.method.name
        prepared = self._cache.prepared(text, name)
        if prepared is not None:
            return prepared, True
        kept_bytes = self._cache.kept_bytes + self._memory.kept_bytes
        if choice.cost.memory_bytes + kept_bytes > self._limits.memory_bytes:
            self._release()
        prepared = choice.method.prepare(circuit, self._limits)
        self._cache.keep_prepared(text, name, prepared)
        return prepared, False

    def _release(self) -> None:
        """Gives back what was kept; states in the cache leave their buffers first."""
        self._cache.release()
        self._memory.keep_at_most(0)


def run(text: str, shots: int, seed: int | None, limits: Limits) -> Completed | DoesNotFit:
    """Runs one circuit with an engine of its own; as `Engine.run`."""
    return Engine(limits).run(text, shots, seed)


def preload() -> None:
    """Imports all that a run needs, without starting a thread.

    Called once in the process from which children are forked. For the whole process it sets how
    memory is handed back.
    """
    from qcexec_engine import allocation, routing
    from qcexec_engine.analysis.circuit import analyse
    from qcexec_engine.elaboration import read

    allocation.return_freed_memory()
    limits = Limits(memory_bytes=0)
    analyse(read(_WARM_UP, limits))
    routing.preload()


def _milliseconds(seconds: float) -> float:
    # To tenths of a microsecond, in a tenth of the time that round() takes.
    return int(seconds * 1e7) / 1e4
