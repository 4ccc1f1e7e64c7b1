"""A stack under load, with a Prometheus that has watched it from before its first task."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import httpx2

from monitoring.feeds import kubelet_metrics, operator_metrics
from monitoring.prometheus import Prometheus, Target, prometheus_of
from qcexec_standalone.ports import LOOPBACK, free_port
from support.circuits import BELL, state_vector_circuit
from support.databases import Database
from support.services import Services
from support.waiting import wait_until_blocking

GHZ_30 = (
    'OPENQASM 3.0; include "stdgates.inc"; qubit[30] q; bit[30] c; h q[0]; '
    + " ".join(f"cx q[{qubit}], q[{qubit + 1}];" for qubit in range(29))
    + " c = measure q;"
)
BROKEN = 'OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; h q[0]'
CIRCUITS = (
    *(BELL, GHZ_30, state_vector_circuit(qubits=6, layers=4)),
    *(BELL, state_vector_circuit(qubits=14, layers=6), BELL, BELL, BROKEN),
)
"""In turn: both methods, several sizes, and one in eight at fault."""

_ALONE = 4


@dataclass(frozen=True, slots=True)
class Lab:
    """What there is to ask, and what was seen before any worker was there."""

    prometheus: Prometheus
    database: Database
    api: httpx2.Client
    tasks: int
    """Submissions that were accepted."""
    waited_for_a_worker: int
    """Those of them that came before there was one."""
    ready_before: float | None
    """How many Prometheus said were ready then."""


@contextmanager
def lab(database: Database, *, tasks: int = 160) -> Iterator[Lab]:
    """Half of the tasks wait before the worker comes, the others come while it works.

    A few more come one by one, each when nothing else is to do.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="qcexec-lab-")))
        services = Services(folder)
        stack.callback(services.close)
        ports = {name: free_port() for name in ("api", "api-metrics", "worker", "operator", "node")}
        stack.enter_context(operator_metrics(ports["operator"]))
        stack.enter_context(kubelet_metrics(ports["node"]))
        common = {"QCEXEC_DATABASE_URL": database.app_dsn}
        services.start(
            "qcexec_api",
            common
            | {
                "QCEXEC_PORT": str(ports["api"]),
                "QCEXEC_METRICS_PORT": str(ports["api-metrics"]),
            },
        )
        api = stack.enter_context(
            httpx2.Client(base_url=f"http://{LOOPBACK}:{ports['api']}", timeout=60, trust_env=False)
        )
        wait_until_blocking(lambda: _answers(api), 60, what="the API is ready")
        targets = (
            Target("api-1", ports["api-metrics"]),
            Target("worker-1", ports["worker"]),
            Target("operator-1", ports["operator"]),
            Target("node-1", ports["node"], released=False),
        )
        prometheus = stack.enter_context(prometheus_of(targets, folder))
        half = tasks // 2
        _submit(api, list(islice(cycle(CIRCUITS), half)))
        wait_until_blocking(
            lambda: prometheus.figure('qcexec_queue_tasks{state="ready"}') == half,
            60,
            what="Prometheus knows what waits",
        )
        ready_before = prometheus.figure("sum(qcexec_queue_tasks)")
        services.start(
            "qcexec_worker",
            common
            | {
                "QCEXEC_METRICS_PORT": str(ports["worker"]),
                "QCEXEC_HEALTH_FILE": str(folder / "health"),
                "QCEXEC_SLOTS": "1",
            },
        )
        wait_until_blocking(lambda: not prometheus.unscraped(), 60, what="all targets are scraped")
        _submit(api, list(islice(cycle(CIRCUITS), half)))
        _ask_wrongly(api)
        _wait_for_the_end(prometheus, 2 * half)
        for number in range(1, _ALONE + 1):
            _submit(api, [BELL])
            _wait_for_the_end(prometheus, 2 * half + number)
        yield Lab(prometheus, database, api, 2 * half + _ALONE, half, ready_before)


def _answers(api: httpx2.Client) -> bool:
    try:
        return api.get("/readyz").status_code == 200
    except httpx2.TransportError:
        return False


def _submit(api: httpx2.Client, circuits: Sequence[str]) -> None:
    for text in circuits:
        answer = api.post("/tasks", json={"qc": text, "shots": 16})
        assert answer.status_code == 202, answer.text
        assert api.get(f"/tasks/{answer.json()['task_id']}").status_code == 200


def _ask_wrongly(api: httpx2.Client) -> None:
    for _ in range(3):
        assert api.post("/tasks", json={"qc": BELL, "shots": 0}).status_code == 422
        assert api.get("/tasks/00000000-0000-7000-8000-000000000000").status_code == 404
        assert api.get("/nowhere").status_code == 404


def _wait_for_the_end(prometheus: Prometheus, tasks: int) -> None:
    """Until Prometheus has seen every task end, the queue empty, and recorded what it records."""
    wait_until_blocking(
        lambda: prometheus.figure("sum(qcexec_tasks_finished_total)") == tasks,
        120,
        what="all tasks have ended",
    )
    wait_until_blocking(
        lambda: prometheus.figure("sum(qcexec_queue_tasks)") == 0, 60, what="the queue is empty"
    )
    wait_until_blocking(
        lambda: prometheus.query("release:qcexec_http_errors:ratio_rate5m"),
        60,
        what="rules are evaluated",
    )
