"""What an engine keeps of the circuits that it ran, for when their texts come again.

The key is the text itself, so nothing that differs is ever taken for the same. Kept are the circuit
as it was analysed and, where a method allows it, what it prepared, such as a final state: the same
text with another seed is then only sampled. The texts that were not used for longest go first.

Texts that come once are the rule, so the number of texts is bounded, too: a dictionary that grows
for ever would cost every run more than it spares any.
"""

from __future__ import annotations

import sys
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from qcexec_engine.analysis.circuit import Circuit
from qcexec_engine.methods.method import Prepared
from qcexec_engine.program import Block, Branch, Gate, Loop, Measure, Reset, Store, Unitary

_MOST_TEXTS: Final = 1024
_CIRCUIT_BYTES: Final = 4096
"""A circuit without operations: the program, its registers, and what analysis found."""
_OPERATION_BYTES: Final = 256
"""A gate with its tuples of qubits and angles, or less."""
_CONDITION_BYTES: Final = 1024
"""An operation with an expression."""
_FIXED_IN_SIZE: Final = frozenset((Gate, Measure, Reset))


class Cache:
    """Circuits by their texts, within so many bytes; an estimate, not a measurement."""

    def __init__(self, capacity_bytes: int, most_texts: int = _MOST_TEXTS) -> None:
        self._capacity_bytes = capacity_bytes
        self._most_texts = most_texts
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._kept_bytes = 0

    @property
    def kept_bytes(self) -> int:
        """What is kept takes about so many bytes."""
        return self._kept_bytes

    def circuit(self, text: str) -> Circuit | None:
        """The circuit of a text, where it is kept; it counts as used now."""
        entry = self._entries.get(text)
        if entry is None:
            return None
        self._entries.move_to_end(text)
        return entry.circuit

    def prepared(self, text: str, method: str) -> Prepared | None:
        """What a method prepared for a text, where it is kept."""
        entry = self._entries.get(text)
        return None if entry is None else entry.prepared.get(method)

    def keep_circuit(self, text: str, circuit: Circuit) -> None:
        """Keeps the circuit of a text, where it has room."""
        if text in self._entries:
            return
        size = sys.getsizeof(text) + _CIRCUIT_BYTES + _block_bytes(circuit.program.operations)
        if size <= self._capacity_bytes:
            self._entries[text] = _Entry(circuit, size)
            self._kept_bytes += size
            self._evict()

    def keep_prepared(self, text: str, method: str, prepared: Prepared) -> None:
        """Keeps what a method prepared, where it may be kept, its circuit is, and it has room."""
        entry = self._entries.get(text)
        size = prepared.kept_bytes
        if entry is None or size is None or method in entry.prepared:
            return
        if entry.size + size <= self._capacity_bytes:
            self._entries.move_to_end(text)
            entry.prepared[method] = prepared
            entry.size += size
            self._kept_bytes += size
            self._evict()

    def release(self) -> None:
        """Forgets everything, for a run that needs the memory."""
        self._entries.clear()
        self._kept_bytes = 0

    def _evict(self) -> None:
        while self._kept_bytes > self._capacity_bytes or len(self._entries) > self._most_texts:
            _, entry = self._entries.popitem(last=False)
            self._kept_bytes -= entry.size


@dataclass(slots=True)
class _Entry:
    circuit: Circuit
    size: int
    prepared: dict[str, Prepared] = field(default_factory=dict)


def _block_bytes(block: Block) -> int:
    total = len(block) * _OPERATION_BYTES
    if _FIXED_IN_SIZE.issuperset(map(type, block)):
        return total
    for operation in block:
        if isinstance(operation, Unitary):
            total += operation.matrix.nbytes
        elif isinstance(operation, Branch):
            total += _CONDITION_BYTES
            total += _block_bytes(operation.then) + _block_bytes(operation.otherwise)
        elif isinstance(operation, Loop):
            total += _CONDITION_BYTES + _block_bytes(operation.body)
        elif isinstance(operation, Store):
            total += _CONDITION_BYTES
    return total
