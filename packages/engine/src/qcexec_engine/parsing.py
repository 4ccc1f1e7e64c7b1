"""From OpenQASM 3 text to a circuit, by Qiskit's importer."""

from __future__ import annotations

import contextlib
import io
import warnings

from qiskit import qasm3
from qiskit.circuit import QuantumCircuit

from qcexec_engine import faults, source
from qcexec_engine.limits import Limits

_WARM_UP = """OPENQASM 3.0;
include "stdgates.inc";
gate turn(theta, phi) a, b { rx(theta / 2) a; ctrl @ u3(theta, -phi, 2 * pi) a, b; inv @ s b; }
qubit[3] q;
qubit extra;
bit[3] c;
bit flag;
let pair = q[0:1];
h q[0];
U(0.5, pi / 4, -1.5e-3) q[1];
turn(pi, 0.25) q[0], q[1];
pow(2) @ negctrl @ x q[0], extra;
flag = measure extra;
if (flag) { x q[0]; } else { z q[0]; }
if (flag == true) z q[1];
if (c == 3) { reset q[1]; }
for int i in [0:1] { cx q[0], q[1]; }
for uint i in {1, 3} { rz(i * pi) q[0]; }
while (c == 7) { x q; c = measure q; }
barrier q;
c[0] = measure q[0];
measure q[1] -> c[1];
c = measure q;
"""


def parse(text: str, limits: Limits) -> QuantumCircuit:
    """The circuit that a text describes.

    Raises:
        EngineError: what is wrong with the text, with its line and column where they are known.
    """
    source.check(text, limits)
    # The lexer reports on standard error what it also raises, and the raised form has the place.
    # Qiskit warns of what the importer does, which no user can change.
    with contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings(action="ignore"):
        try:
            return qasm3.loads(text)
        except Exception as error:
            raise faults.explain(error, text) from error


def warm() -> None:
    """Parses most of the grammar once: the parser learns as it reads, and keeps what it learnt."""
    qasm3.loads(_WARM_UP)
