"""The families of circuits, as operations of the kernel."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from math import pi
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

import numpy


class Gate(NamedTuple):
    """An operation: name, angles, controls and targets, how many of them are controls."""

    name: str
    angles: tuple[float, ...]
    qubits: tuple[int, ...]
    controls: int = 0


Gates: TypeAlias = Sequence[Gate]


def volume(num_qubits: int) -> Gates:
    """Quantum volume: any unitary on each pair of a random pairing, as u and cx gates.

    As many layers as qubits, twelve at most from 24 qubits on. Each unitary takes three cx.
    """
    generator = numpy.random.default_rng(3)
    made: list[Gate] = []
    for _ in range(min(num_qubits, 12) if num_qubits >= 24 else num_qubits):
        order = generator.permutation(num_qubits).tolist()
        for first, second in zip(order[::2], order[1::2], strict=False):
            for which in range(4):
                angles = generator.uniform(0, 2 * pi, (2, 3)).tolist()
                made += [
                    Gate("u", tuple(angles[0]), (first,)),
                    Gate("u", tuple(angles[1]), (second,)),
                ]
                if which < 3:
                    pair = (first, second) if which != 1 else (second, first)
                    made.append(Gate("x", (), pair, 1))
    return made


def brickwork(num_qubits: int) -> Gates:
    """Twenty layers of rz, rx on all qubits and cz between neighbours, in turn."""
    generator = random.Random(5)
    made: list[Gate] = []
    for layer in range(20):
        for qubit in range(num_qubits):
            made.append(Gate("rz", (generator.uniform(0, 2 * pi),), (qubit,)))
            made.append(Gate("rx", (generator.uniform(0, 2 * pi),), (qubit,)))
        pairs = range(layer % 2, num_qubits - 1, 2)
        made += [Gate("z", (), (qubit, qubit + 1), 1) for qubit in pairs]
    made += [Gate("rx", (generator.uniform(0, 2 * pi),), (qubit,)) for qubit in range(num_qubits)]
    return made


def fourier(num_qubits: int) -> Gates:
    """The quantum Fourier transform of a product state that is no basis state.

    Of a basis state it is a product of single qubits, and simulators that see that do nothing.
    """
    generator = random.Random(2)
    made = [Gate("ry", (generator.uniform(0.2, 1.3),), (qubit,)) for qubit in range(num_qubits)]
    for qubit in reversed(range(num_qubits)):
        made.append(Gate("h", (), (qubit,)))
        made += [Gate("p", (pi / 2 ** (qubit - low),), (low, qubit), 1) for low in range(qubit)]
    made += [Gate("swap", (), (low, num_qubits - 1 - low)) for low in range(num_qubits // 2)]
    # Something that turns all phases into probabilities.
    made += [Gate("h", (), (qubit,)) for qubit in range(num_qubits)]
    return made


def optimisation(num_qubits: int) -> Gates:
    """QAOA of depth three for a random graph of three edges a node.

    Raises:
        ValueError: there are fewer than four nodes, or an odd number: no such graph exists.
    """
    if num_qubits < 4 or num_qubits % 2:
        raise ValueError(f"no graph of {num_qubits} nodes has three edges at each")
    generator = random.Random(1)
    edges = _regular_graph(num_qubits, generator)
    made = [Gate("h", (), (qubit,)) for qubit in range(num_qubits)]
    for _ in range(3):
        cost, mix = generator.uniform(0.2, 1.2), generator.uniform(0.2, 1.2)
        made += [Gate("rzz", (cost,), edge) for edge in edges]
        made += [Gate("rx", (2 * mix,), (qubit,)) for qubit in range(num_qubits)]
    return made


def ising(num_qubits: int) -> Gates:
    """Ten steps of a chain of spins in a field."""
    made: list[Gate] = []
    for _ in range(10):
        for offset in (0, 1):
            pairs = range(offset, num_qubits - 1, 2)
            made += [Gate("rzz", (0.3,), (qubit, qubit + 1)) for qubit in pairs]
        made += [Gate("rx", (0.4,), (qubit,)) for qubit in range(num_qubits)]
    return made


FAMILIES: Final[Mapping[str, Callable[[int], Gates]]] = MappingProxyType(
    {
        "volume": volume,
        "brickwork": brickwork,
        "fourier": fourier,
        "optimisation": optimisation,
        "ising": ising,
    }
)


def _regular_graph(num_nodes: int, generator: random.Random) -> list[tuple[int, int]]:
    while True:
        ends = [node for node in range(num_nodes) for _ in range(3)]
        generator.shuffle(ends)
        pairs = zip(ends[::2], ends[1::2], strict=True)
        edges = {(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]}
        if len(edges) == len(ends) // 2:
            return sorted(edges)
