"""What a task will probably cost, before anybody has read its circuit.

A rough proxy that costs nothing to make: the queue hands out work by expected
CPU-seconds, and a worker that has judged a task replaces the figure.
"""

_SECONDS_PER_TASK = 0.2e-3
_SECONDS_PER_BYTE = 0.4e-6
_SECONDS_PER_SHOT = 0.1e-6


def expected_cost(payload_bytes: int, shots: int) -> float:
    """Expected CPU-seconds: 0.2 ms + 0.4 us x payload bytes + 0.1 us x shots.

    About what a small circuit takes in a worker's child, its way there and
    back included; estimated, not fitted. The width of the circuit, on which a simulation's time
    depends exponentially, is not known here.
    """
    return _SECONDS_PER_TASK + _SECONDS_PER_BYTE * payload_bytes + _SECONDS_PER_SHOT * shots
