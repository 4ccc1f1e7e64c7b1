"""A text run by every method that takes it, beside the oracle.

Beside `imported`, the one module here that knows the engine.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from qcexec_engine import METHODS, CircuitTooLarge, Completed, Engine, Limits, UnsupportedFeature
from support.oracle.comparison import disagreement
from support.oracle.distribution import Distribution, exact_distribution

# A method that would take many times as long as the one that is chosen is passed over.
LIMITS: Final = Limits(memory_bytes=1 << 28, max_qubits=24, task_seconds=5.0)
SHOTS: Final = 1000


def judge(text: str, methods: Iterable[str] = METHODS, shots: int = SHOTS, seed: int = 1) -> None:
    """Runs a text by the method that is chosen and by others; each has to agree with the oracle.

    Args:
        text: what is run.
        methods: those tried beside the chosen one; one that does not take the text is passed over.
        shots: for each.
        seed: for each.

    Raises:
        AssertionError: a method disagrees, or none takes the text.
        EngineError: the text is refused.
    """
    judge_against(exact_distribution(text), text, methods, shots, seed)


def judge_against(
    exact: Distribution,
    text: str,
    methods: Iterable[str] = METHODS,
    shots: int = SHOTS,
    seed: int = 1,
) -> None:
    """As `judge`, with a distribution that is known."""
    outcome = Engine(LIMITS).run(text, shots, seed)
    assert isinstance(outcome, Completed), outcome
    outcomes = [outcome]
    for method in sorted(set(methods) - {outcome.report.method}):
        try:
            other = Engine(LIMITS, forced_method=method).run(text, shots, seed)
        except (UnsupportedFeature, CircuitTooLarge):
            continue
        if isinstance(other, Completed):
            outcomes.append(other)
    for one in outcomes:
        assert sum(one.counts.values()) == shots, one.report.method
        found = disagreement(one.counts, exact)
        assert found is None, f"{one.report.method}: {found}"
