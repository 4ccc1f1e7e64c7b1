"""What a process exports, as a scraper reads it."""

from collections.abc import Mapping
from dataclasses import dataclass

import httpx2
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

STANDARD = ("process_", "python_info")
"""What the client library exports of every process."""


@dataclass(frozen=True, slots=True)
class Scrape:
    """All series of one process at one moment."""

    families: frozenset[str]
    """Names as they were declared, those without series included."""
    samples: Mapping[tuple[str, frozenset[tuple[str, str]]], float]

    def value(self, name: str, /, **labels: str) -> float | None:
        """Of one series; None where there is no such."""
        return self.samples.get((name, frozenset(labels.items())))

    def total(self, name: str, /, **labels: str) -> float:
        """The sum over all series of that name with these labels and any others."""
        wanted = set(labels.items())
        return sum(
            value for (each, its), value in self.samples.items() if each == name and wanted <= its
        )

    def labels(self, name: str, label: str) -> set[str]:
        """The values that a label of these series has."""
        return {
            dict(its)[label] for (each, its) in self.samples if each == name and label in dict(its)
        }

    @property
    def ours(self) -> frozenset[str]:
        """The families that are not the library's own."""
        return frozenset(each for each in self.families if not each.startswith(STANDARD))


def read(text: str) -> Scrape:
    """An exposition."""
    families, samples = set(), {}
    for family in text_string_to_metric_families(text):
        families.add(f"{family.name}_total" if family.type == "counter" else family.name)
        for sample in family.samples:
            samples[sample.name, frozenset(sample.labels.items())] = sample.value
    return Scrape(frozenset(families), samples)


def of(registry: CollectorRegistry) -> Scrape:
    """What a registry of this process would say."""
    return read(generate_latest(registry).decode())


async def scrape(port: int) -> Scrape:
    """What the process that serves its metrics on `port` says now."""
    async with httpx2.AsyncClient(trust_env=False, timeout=30) as client:
        answer = await client.get(f"http://127.0.0.1:{port}/metrics")
    assert answer.status_code == 200
    return read(answer.text)
