"""What a gate comes to: base gates on numbered places, and a global phase.

An expansion stands for a gate whatever qubits it is called on; modifiers turn one expansion into
another. The phase shows only under control, where it becomes a phase gate on the controls.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from qcexec_engine.gates import inverse
from qcexec_engine.program import Gate, Unitary

Step: TypeAlias = Gate | Unitary


class Expansion(NamedTuple):
    """A gate on places 0 to num_places - 1, written out.

    Attributes:
        num_places: how many qubits it is called on.
        steps: what is done on them, in order.
        phase: the angle of its global phase.
    """

    num_places: int
    steps: tuple[Step, ...]
    phase: float = 0.0


def controlled(expansion: Expansion, controls: int, negative: bool) -> Expansion:
    """The gate under so many more controls, which become its first places.

    Args:
        expansion: the gate.
        controls: how many, at least 1.
        negative: whether it acts where all of them are zero, rather than one.
    """
    new = tuple(range(controls))
    steps: list[Step] = []
    for step in expansion.steps:
        places = new + tuple([place + controls for place in step.qubits])
        steps.append(step._replace(qubits=places, controls=step.controls + controls))
    if expansion.phase:
        steps.append(Gate("p", (expansion.phase,), new, controls - 1))
    if negative and steps:
        flips = [Gate("x", (), (place,)) for place in new]
        steps = [*flips, *steps, *flips]
    return Expansion(expansion.num_places + controls, tuple(steps))


def inverted(expansion: Expansion) -> Expansion:
    """What undoes the gate."""
    steps = tuple([inverse(step) for step in reversed(expansion.steps)])
    return Expansion(expansion.num_places, steps, -expansion.phase)


def on_qubits(steps: Iterable[Step], qubits: tuple[int, ...]) -> list[Step]:
    """The steps on the qubits that a call gives for the places."""
    make = tuple.__new__
    made: list[Step] = []
    for step in steps:
        if type(step) is Gate:
            name, angles, places, controls = step
            made.append(make(Gate, (name, angles, tuple([qubits[p] for p in places]), controls)))
        else:
            made.append(step._replace(qubits=tuple([qubits[place] for place in step.qubits])))
    return made
