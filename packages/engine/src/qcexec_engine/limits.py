"""How much one run may use.

Time is no limit here: the process that runs the engine is ended from outside, since a simulator in
native code hears nobody. What is here is known before a simulation begins, and cheap to hold.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one run.

    Attributes:
        memory_bytes: what a simulation may take; a need for more is `DoesNotFit`, not an error.
        max_qubits: the most qubits of a state vector; Clifford circuits may have more.
        max_bits: the most qubits, and the most classical bits.
        max_declarations: the most registers and scalars; the importer's time grows as their square.
        max_operations: the most operations, once loops and gate definitions are written out.
        max_defined_operations: the most operations that all calls of the circuit's own gates may
            stand for; the importer copies them all, at about 25 KB and 0.2 ms for each.
        max_nesting: the deepest nesting of brackets, braces and parentheses.
    """

    memory_bytes: int
    max_qubits: int = 30
    max_bits: int = 10_000
    max_declarations: int = 2_000
    max_operations: int = 1_000_000
    max_defined_operations: int = 50_000
    max_nesting: int = 64
