"""A real Prometheus, which scrapes what a test has started and answers its queries."""

import math
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import yaml

from monitoring.rules import RULES_FILE
from qcexec_standalone.ports import LOOPBACK, free_port
from support.waiting import wait_until_blocking

NAMESPACE, RELEASE = "quantum", "lab"
SCRAPE_SECONDS = 1
EXECUTABLE = shutil.which("prometheus")


@dataclass(frozen=True, slots=True)
class Target:
    """Something that serves `/metrics`; `released` if it is a component of the release."""

    pod: str
    port: int
    released: bool = True


@dataclass(frozen=True, slots=True)
class Sample:
    """One series of an answer, at one moment."""

    labels: Mapping[str, str]
    value: float


class Prometheus:
    """The HTTP API of a running server."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = httpx2.Client(base_url=f"{url}/api/v1", timeout=30, trust_env=False)

    def query(self, expression: str) -> list[Sample]:
        """What an expression gives now; no series whose value is not a number."""
        data = self._get("/query", query=expression)["data"]
        assert data["resultType"] == "vector", data
        samples = [Sample(each["metric"], float(each["value"][1])) for each in data["result"]]
        return [each for each in samples if not math.isnan(each.value)]

    def figure(self, expression: str) -> float | None:
        """The value of an expression with one series at most."""
        samples = self.query(expression)
        assert len(samples) < 2, samples
        return samples[0].value if samples else None

    def rules(self) -> list[dict[str, Any]]:
        """All rules, with their health and the state of alerts."""
        groups = self._get("/rules")["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]

    def unscraped(self) -> list[str]:
        """Targets that the last scrape did not reach, with the reason."""
        return [
            f"{each['scrapeUrl']}: {each['lastError'] or each['health']}"
            for each in self._get("/targets")["data"]["activeTargets"]
            if each["health"] != "up"
        ]

    def answers(self) -> bool:
        """Whether the server is there."""
        try:
            return self._client.get(f"{self.url}/-/ready").status_code == 200
        except httpx2.TransportError:
            return False

    def close(self) -> None:
        """Ends the client."""
        self._client.close()

    def _get(self, path: str, **parameters: str) -> dict[str, Any]:
        answer = self._client.get(path, params=parameters)
        document: dict[str, Any] = answer.json()
        assert document["status"] == "success", (parameters, document)
        return document


@contextmanager
def prometheus_of(targets: Sequence[Target], folder: Path) -> Iterator[Prometheus]:
    """A Prometheus that scrapes `targets` each second and evaluates the rules as often."""
    assert EXECUTABLE is not None
    port = free_port()
    configuration = folder / "prometheus.yaml"
    configuration.write_text(yaml.safe_dump(_configuration(targets)), encoding="utf-8")
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            [
                EXECUTABLE,
                f"--config.file={configuration}",
                f"--storage.tsdb.path={folder / 'prometheus'}",
                f"--web.listen-address={LOOPBACK}:{port}",
                "--log.level=warn",
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    server = Prometheus(f"http://{LOOPBACK}:{port}")
    try:
        wait_until_blocking(server.answers, 60, what=(folder / "prometheus.log").read_text())
        yield server
    finally:
        server.close()
        process.terminate()
        process.wait(60)


def _configuration(targets: Sequence[Target]) -> dict[str, Any]:
    return {
        "global": {
            "scrape_interval": f"{SCRAPE_SECONDS}s",
            "evaluation_interval": f"{SCRAPE_SECONDS}s",
        },
        "rule_files": [str(RULES_FILE)],
        "scrape_configs": [
            {
                "job_name": target.pod,
                "static_configs": [
                    {
                        "targets": [f"{LOOPBACK}:{target.port}"],
                        "labels": {"namespace": NAMESPACE, "pod": target.pod}
                        | ({"release": RELEASE} if target.released else {}),
                    }
                ],
            }
            for target in targets
        ],
    }
