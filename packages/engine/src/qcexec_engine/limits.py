"""How much one run may use.

A running simulation hears nobody, so the process that runs the engine is ended from outside when
its time is up. What is here is known before a simulation begins, and cheap to hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from qcexec_kernel import SpareMemory, SpareThreads

Precision: TypeAlias = Literal["auto", "double", "single"]
"""Of state vectors: how many bits a real number has, or that the engine is to decide."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one run.

    Attributes:
        memory_bytes: what a simulation may take; a need for more is `DoesNotFit`, not an error.
        task_seconds: how long a run may take. A circuit whose estimate at the reference speed is
            over four times that is refused before it runs.
        max_qubits: the most qubits of a state vector; other methods may have more.
        max_bits: the most qubits, and the most classical bits.
        max_operations: the most operations, once loops and gate definitions are written out.
        max_nesting: the deepest nesting of parentheses, blocks and gate calls.
        max_text_bytes: the longest text.
        max_result_bytes: the most bytes that the keys of the counts may take together.
        precision: of state vectors by the kernel: "double", "single", or "auto" for double where it
            fits and does not take long.
        single_precision_after_seconds: how long "auto" lets double precision take, by estimate at
            the reference speed.
        cache_bytes: what may be kept from one run for the next in the same process; 0 keeps
            nothing.
        spare_threads: how many further threads a run may take at the moment; None for none, ever.
            They change how long it takes, and nothing else.
        spare_memory: where the kernel's state vectors lie, kept from one run for the next as far as
            `cache_bytes` allows; None has each take memory of its own. An engine brings its own.
    """

    memory_bytes: int
    task_seconds: float = 300.0
    max_qubits: int = 30
    max_bits: int = 10_000
    max_operations: int = 1_000_000
    max_nesting: int = 128
    max_text_bytes: int = 16 << 20
    max_result_bytes: int = 24 << 20
    precision: Precision = "auto"
    single_precision_after_seconds: float = 10.0
    cache_bytes: int = 0
    spare_threads: SpareThreads | None = None
    spare_memory: SpareMemory | None = None
