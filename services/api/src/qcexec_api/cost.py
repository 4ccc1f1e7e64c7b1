"""What a task will probably cost, before anybody has read its circuit.

A rough proxy that costs nothing to make: the queue hands out work by expected
CPU-seconds, and a worker that has judged a task replaces the figure.
"""

_SECONDS_PER_TASK = 1e-3
_SECONDS_PER_BYTE = 25e-6
_SECONDS_PER_SHOT = 0.7e-6


def expected_cost(payload_bytes: int, shots: int) -> float:
    """Expected CPU-seconds: 1 ms + 25 us x payload bytes + 0.7 us x shots.

    Reading OpenQASM by `qiskit.qasm3.loads` took 22 to 25 us a byte and a
    small circuit's shot in Aer 0.7 us, both measured. The width of the circuit,
    on which a simulation's time depends exponentially, is not known here.
    """
    return _SECONDS_PER_TASK + _SECONDS_PER_BYTE * payload_bytes + _SECONDS_PER_SHOT * shots
