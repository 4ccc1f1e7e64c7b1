"""What is run: circuits in suites, how often, and how long one may take."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.engine import builtin

BUILT_IN = "built-in"
SUITES = (BUILT_IN, "qasmbench", "mqt")

_SHOTS = 1024
_MANY_SHOTS = 20_000


@dataclass(frozen=True, slots=True)
class Circuit:
    """A text to be run so many times."""

    suite: str
    name: str
    text: str
    shots: int = _SHOTS


@dataclass(frozen=True, slots=True)
class Plan:
    """The sizes of one run of the benchmark.

    Attributes:
        repetitions: how often each system runs each circuit, in turn with the others.
        patience: seconds that one run may take before it is given up.
        once_over: what takes more seconds than this is not repeated.
        share: one in so many of the public circuits is run.
    """

    repetitions: int
    patience: float
    once_over: float
    share: int


def quick() -> Plan:
    """Under three minutes on two cores."""
    return Plan(repetitions=3, patience=25.0, once_over=0.5, share=4)


def full() -> Plan:
    """All circuits, and medians of more runs."""
    return Plan(repetitions=7, patience=120.0, once_over=20.0, share=1)


def circuits(plan: Plan, folder: Path | None) -> Iterator[Circuit]:
    """The built-in circuits, then those of the suites below `folder`, smaller suites first."""
    yield from _built_in()
    if folder is not None:
        for suite in SUITES[1:]:
            files = sorted((folder / suite).glob("*.qasm"))
            for file in files[:: plan.share]:
                yield Circuit(suite, file.stem, file.read_text())


def missing(folder: Path | None) -> Sequence[str]:
    """The suites of public circuits that are not there."""
    if folder is None:
        return SUITES[1:]
    return [suite for suite in SUITES[1:] if not any((folder / suite).glob("*.qasm"))]


def _built_in() -> Iterator[Circuit]:
    texts = {
        "bell": builtin.ghz(2),
        "ghz-5": builtin.ghz(5),
        "ghz-20": builtin.ghz(20),
        "qft-10": builtin.fourier(10),
        "qft-16": builtin.fourier(16),
        "random-8x50": builtin.scattered(8, 50),
        "volume-12": builtin.volume(12),
        "ghz-100": builtin.ghz(100),
        "ghz-1000": builtin.ghz(1000),
    }
    for name, text in texts.items():
        yield Circuit(BUILT_IN, name, text)
    dynamic = {
        "teleportation": builtin.teleportation(),
        "repetition-9x5": builtin.repetition_code(5, 5),
    }
    for name, text in dynamic.items():
        for shots in (_SHOTS, _MANY_SHOTS):
            yield Circuit(BUILT_IN, name, text, shots)
