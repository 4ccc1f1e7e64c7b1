"""One system in a process of its own: `python -m benchmarks.engine.driver SYSTEM`.

It reads a request a line, as JSON with `text`, `shots`, `seed`, `fresh` and `alone`, and prints an
answer a line: `seconds` for one run, with a `report` where there is one, or `failed` with the
reason. A fresh run is of a text that was never seen before, which a comment at its end sees to;
one alone is handed over without others behind it. What is short is run many times, for the median.
"""

import json
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from benchmarks.engine.builtin import ghz
from benchmarks.engine.systems import SYSTEMS, Report, System

_LEAST_SECONDS = 0.02
_MOST_RUNS = 100


def main(system: System) -> int:
    """Serve until standard input ends. What a first run costs, such as imports, counts for none."""
    _answer(system, {"text": ghz(2), "shots": 1, "seed": 0, "fresh": True, "alone": True})
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = _answer(system, request)
        except Exception as error:  # noqa: BLE001 - whatever a system stumbles over is its answer
            answer = {"failed": f"{type(error).__name__}: {error}"[:200]}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    return 0


def _answer(system: System, request: dict[str, Any]) -> dict[str, Any]:
    text, shots, seed = request["text"], request["shots"], request["seed"]
    system.load(text)
    if not request["fresh"]:
        system.run([text], shots, seed)
    # A driver that answered for the same text before keeps it: each request has marks of its own.
    mark = f"{shots}.{'alone' if request['alone'] else 'together'}.{seed}"
    seconds: list[float] = []
    report: Report | None = None
    number = 0
    while not seconds or (sum(seconds) < _LEAST_SECONDS and number < _MOST_RUNS):
        texts = [
            _unseen(text, f"{mark}.{number + each}") if request["fresh"] else text
            for each in range(1 if request["alone"] else _batch(system, seconds))
        ]
        began = time.perf_counter()
        report = system.run(texts, shots, seed + 1 + number)
        seconds += [(time.perf_counter() - began) / len(texts)] * len(texts)
        number += len(texts)
    return {"seconds": median(seconds), "report": report}


def _batch(system: System, seconds: list[float]) -> int:
    """How many texts to hand over at once: 20 ms of work, as a worker claims it."""
    if not system.batches or not seconds:
        return 1
    return max(1, min(_MOST_RUNS, round(_LEAST_SECONDS / seconds[-1])))


def _unseen(text: str, mark: str) -> str:
    return f"{text}\n// {mark}\n"


if __name__ == "__main__":
    make: Callable[[], System] = SYSTEMS[sys.argv[1]]
    sys.exit(main(make()))
