"""Circuits for services in containers: one that is done at once, and some that take their time."""

import random

BELL = (
    'OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; bit[2] c; '
    "h q[0]; cx q[0], q[1]; c = measure q;"
)


def state_vector_circuit(qubits: int, layers: int, number: int = 1) -> str:
    """A circuit that no method but a state vector runs: rotations and entanglement everywhere.

    It takes 16 bytes times 2 to the power of `qubits`, or half of that if it is not deep, and twice
    as long for twice the `layers`, each of which is eight that are the same.
    Another `number` is another circuit: a worker that ran one keeps its state for a while, and
    the same one again takes no time.
    """
    angles = random.Random(number)
    lines = ["OPENQASM 3.0;", 'include "stdgates.inc";', f"qubit[{qubits}] q;", f"bit[{qubits}] c;"]
    for _ in range(layers):
        lines.append("for int i in [1:8] {")
        lines += [f"ry({angles.uniform(0.1, 3):.4f}) q[{qubit}];" for qubit in range(qubits)]
        lines += [f"cx q[{qubit}], q[{qubit + 1}];" for qubit in range(qubits - 1)]
        lines.append("}")
    return "\n".join([*lines, "c = measure q;\n"])


SECONDS = state_vector_circuit(qubits=21, layers=20)
"""Runs for several seconds on any machine, the first time in a worker."""
