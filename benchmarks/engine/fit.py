"""How well every method's estimates hold, and whether routing chooses the quickest.

    python -m benchmarks.engine.fit --circuits FOLDER

Runs the benchmark's circuits by each method that can, and compares what the method said it would
take with the processor time that it took, the least of a few runs, in one thread.
"""

import argparse
import os
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

from benchmarks.engine.plan import circuits, full

from qcexec_engine import routing
from qcexec_engine.analysis.circuit import Circuit, analyse
from qcexec_engine.elaboration import elaborate
from qcexec_engine.errors import EngineError
from qcexec_engine.language.parser import parse
from qcexec_engine.limits import Limits
from qcexec_engine.methods.method import Method

LIMITS = Limits(memory_bytes=1 << 30)
RUNS = 3


class Figure(NamedTuple):
    """One circuit by one method: seconds as estimated, and as they were."""

    circuit: str
    method: str
    estimated: float
    actual: float
    chosen: bool

    @property
    def ratio(self) -> float:
        """Above one where the estimate was too high."""
        return self.estimated / self.actual


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine.fit", description=__doc__)
    folder = os.environ.get("QCEXEC_TEST_CIRCUITS")
    parser.add_argument("--circuits", type=Path, default=folder)
    parser.add_argument("--only", default="", help="circuits whose names contain this")
    parser.add_argument(
        "--longest", type=float, default=2.0, help="estimates above so many seconds are not run"
    )
    options = parser.parse_args(arguments)
    routing.preload()
    figures: list[Figure] = []
    for each in circuits(full(), options.circuits):
        if options.only not in each.name:
            continue
        try:
            circuit = analyse(elaborate(parse(each.text, LIMITS), LIMITS))
            figures += measured(each.name, circuit, each.shots, options.longest)
        except EngineError as error:
            print(f"left out: {each.name}: {error}", file=sys.stderr)
    print_figures(figures)
    return 0


def measured(name: str, circuit: Circuit, shots: int, longest: float) -> list[Figure]:
    choice = routing.choose(circuit, shots, LIMITS)
    found = []
    for method, cost in routing.costs(circuit, shots, LIMITS):
        if cost is None or cost.seconds > longest or cost.memory_bytes > LIMITS.memory_bytes:
            continue
        if method.missing() is None:
            actual = min(run_seconds(method, circuit, shots) for _ in range(RUNS))
            chosen = isinstance(choice, routing.Choice) and choice.method is method
            found.append(Figure(name, method.name, cost.seconds, actual, chosen))
    return found


def run_seconds(method: Method, circuit: Circuit, shots: int) -> float:
    began = time.process_time()
    method.prepare(circuit, LIMITS).sample(shots, 1)
    return time.process_time() - began


def print_figures(figures: Sequence[Figure]) -> None:
    by_method: dict[str, list[Figure]] = defaultdict(list)
    by_circuit: dict[str, list[Figure]] = defaultdict(list)
    for figure in figures:
        by_method[figure.method].append(figure)
        by_circuit[figure.circuit].append(figure)
        if figure.chosen:
            by_method["as chosen"].append(figure)
    print(f"{'estimated / actual':24}{'runs':>6}{'p5':>8}{'median':>8}{'p95':>8}  in [.5, 2]")
    for name, of_method in by_method.items():
        print(f"{name:24}{summary([figure.ratio for figure in of_method])}")
    print("\nestimates that are out of [.5, 2], of methods as chosen:")
    for figure in by_method["as chosen"]:
        if not 0.5 <= figure.ratio <= 2:
            print(f"  {figure.circuit:30}{figure.method:24}{told(figure)}")
    print("\nchosen where another took less than half as long:")
    for of_circuit in by_circuit.values():
        best = min(of_circuit, key=lambda figure: figure.actual)
        for figure in of_circuit:
            if figure.chosen and figure.actual > 2 * best.actual:
                print(f"  {figure.circuit:30}{figure.method:24}{told(figure)}")
                print(f"  {'':30}{best.method:24}{told(best)}")


def summary(ratios: Sequence[float]) -> str:
    ordered = sorted(ratios)
    low, high = (ordered[round(share * (len(ordered) - 1))] for share in (0.05, 0.95))
    within = sum(0.5 <= ratio <= 2 for ratio in ordered) / len(ordered)
    median = statistics.median(ordered)
    return f"{len(ordered):6}{low:8.2f}{median:8.2f}{high:8.2f}{within:10.0%}"


def told(figure: Figure) -> str:
    return f"{1e3 * figure.estimated:10.3f} ms estimated {1e3 * figure.actual:10.3f} ms taken"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
