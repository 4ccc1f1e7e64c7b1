"""Reasons in words, for the status and for Events."""

from __future__ import annotations

from collections.abc import Sequence

from qcexec_operator.demand import Demand
from qcexec_operator.observed import Doubt


def pods(number: int) -> str:
    """So many pods."""
    return "1 pod" if number == 1 else f"{number} pods"


def held(current: int, doubts: Sequence[Doubt]) -> str:
    """Why nothing is changed."""
    return f"Held at {pods(current)}. " + " ".join(each.message for each in doubts)


def paused(current: int) -> str:
    """That it is paused."""
    return f"Paused at {pods(current)}."


def raised(
    current: int, replicas: int, depth: int, oldest_seconds: float | None, needed: Demand
) -> str:
    """Why there are more."""
    if not depth:
        return f"Scaled up from {current} to {pods(replicas)}: so many are kept."
    return (
        f"Scaled up from {current} to {pods(replicas)}: {_waiting(depth)}, the oldest for "
        f"{oldest_seconds or 0.0:.0f} s, with about {needed.work_seconds:.3g} CPU-seconds of work."
    )


def lowered(current: int, replicas: int) -> str:
    """What went."""
    return (
        f"Scaled down from {current} to {pods(replicas)}: {current - replicas} had no tasks left "
        "and claimed no more."
    )


def called_back(workers: int, depth: int) -> str:
    """Why somebody claims again."""
    who = "one worker" if workers == 1 else f"{workers} workers"
    return f"Called {who} back that had been asked to drain: {_waiting(depth)}."


def rolling_out(current: int, desired: int) -> str:
    """Why it waits."""
    return f"{pods(desired)} would do, but {current} stay while a rollout runs."


def draining(current: int, desired: int, victims: int) -> str:
    """How far it is."""
    return f"{pods(desired)} would do instead of {current}; {victims} are draining."


def kept(current: int, needed: Demand) -> str:
    """That all is well."""
    if not needed.work_seconds:
        return f"{pods(current)} will do: nothing waits."
    return f"{pods(current)} will do: about {needed.work_seconds:.3g} CPU-seconds of work wait."


def not_done(reason: str, error: Exception) -> str:
    """What was to be done, and why it was not, or not to its end."""
    return f"Not done: {error}. It was to be: {reason}"


def _waiting(depth: int) -> str:
    return "1 task waits" if depth == 1 else f"{depth} tasks wait"
