"""`python -m benchmarks.metrics`: what counting costs, in microseconds of one thread.

Each step is what a request, a commit, a task or an exchange makes a service count, called in a
loop, with the series that are looked up once already there; the figure is the best of several
rounds, so that others on the machine count for little. The yardstick is the log line that a service
writes about each request and each task, in the same loop. A benchmark is no test: its exit code
says whether it ran, not what it found.
"""

import argparse
import io
import logging
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from prometheus_client import CollectorRegistry, generate_latest

from qcexec_api.metrics import ApiMetrics
from qcexec_queue.events import BatchEnqueued, Exchanged
from qcexec_queue.states import Lane, Outcome, Priority
from qcexec_queue.tasks import Lease, StoredResult
from qcexec_telemetry import log_event
from qcexec_telemetry.lines import JsonLines
from qcexec_worker.events import ResultsStored, RunBegun, RunEnded
from qcexec_worker.jobs import Counts
from qcexec_worker.metrics import WorkerMetrics

_TASKS_AN_EXCHANGE = 10


def main(arguments: Sequence[str]) -> int:
    """Measure and print; gives 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.metrics", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="of which the best counts")
    parser.add_argument("--calls", type=int, default=20_000, help="in each round")
    options = parser.parse_args(arguments)

    def measure(step: Callable[[], object]) -> float:
        return min(_round(step, options.calls) for _ in range(options.rounds))

    api, worker = ApiMetrics("0"), WorkerMetrics("default", "0")
    request = measure(lambda: api.answered("POST", "/tasks", 202, 0.004, None))
    commit = measure(lambda: api.count_in_queue(BatchEnqueued(_TASKS_AN_EXCHANGE, 0.003)))
    run = measure(_run(worker))
    exchange = measure(_exchange(worker))
    line = measure(_line())
    a_submission = request + commit / _TASKS_AN_EXCHANGE
    a_task = run + exchange / _TASKS_AN_EXCHANGE
    lines = [
        f"{'a request':34}{request:8.2f} us",
        f"{f'a commit of {_TASKS_AN_EXCHANGE} submissions':34}{commit:8.2f} us",
        f"{'a run, begun and ended':34}{run:8.2f} us",
        f"{f'an exchange of {_TASKS_AN_EXCHANGE} tasks':34}{exchange:8.2f} us",
        f"{'a log line':34}{line:8.2f} us",
        f"{'a submission in all':34}{a_submission:8.2f} us {a_submission / line:.2f}x a log line",
        f"{'a task in all':34}{a_task:8.2f} us {a_task / line:.2f}x a log line",
        f"{'a scrape of the API':34}{_scrape(api.registry) * 1e3:8.2f} ms",
        f"{'a scrape of the worker':34}{_scrape(worker.registry) * 1e3:8.2f} ms",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _line() -> Callable[[], object]:
    logger = logging.getLogger("benchmark")
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(JsonLines("api"))
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    return lambda: log_event(
        logger,
        "request",
        method="POST",
        route="/tasks",
        status=202,
        duration_ms=4.123,
        task_id=UUID(int=1),
        shots=1024,
        bytes=150,
    )


def _run(worker: WorkerMetrics) -> Callable[[], object]:
    now = datetime.now(UTC)
    worker.clock.heard(now, time.monotonic())
    task_id = UUID(int=int(now.timestamp() * 1000) << 80)
    lease = Lease(task_id, 1, 0, 0, Priority.NORMAL, Lane.FRESH, 0.001, b"", None)
    counts = Counts(b"{}", {"method": "stabilizer", "num_qubits": 2})

    def step() -> None:
        worker.count(RunBegun(lease))
        worker.count(RunEnded(lease, 0.0012, counts))

    return step


def _exchange(worker: WorkerMetrics) -> Callable[[], object]:
    results = [StoredResult(Outcome.COMPLETED, None, b"")] * _TASKS_AN_EXCHANGE

    def step() -> None:
        worker.count_in_queue(
            Exchanged(_TASKS_AN_EXCHANGE, _TASKS_AN_EXCHANGE, 0.002, sweep=False, claiming=True)
        )
        worker.count(ResultsStored(results))

    return step


def _round(step: Callable[[], object], calls: int) -> float:
    begun = time.perf_counter()
    for _ in range(calls):
        step()
    return (time.perf_counter() - begun) / calls * 1e6


def _scrape(registry: CollectorRegistry) -> float:
    return min(_round(lambda: generate_latest(registry), 10) for _ in range(5)) / 1e6


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
