"""The demonstration: every circuit of a folder through a stack of its own, over HTTP alone."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx2
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from qcexec_standalone.errors import BadSetting, DemoFailed
from qcexec_standalone.excerpt import excerpt
from qcexec_standalone.histogram import histogram

SHOTS = 1024

_TASK_SECONDS = 300.0
_SHORTEST_WAIT = 0.05
_LONGEST_WAIT = 1.0


@dataclass(frozen=True, slots=True)
class Circuit:
    """A circuit to submit. One whose name tells of an error is expected to be refused."""

    name: str
    text: str

    @property
    def is_faulty(self) -> bool:
        """Whether it is there to show an error."""
        return "error" in self.name


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a circuit: counts, or a message. `seconds` from submission to answer."""

    circuit: Circuit
    counts: Mapping[str, int] | None
    message: str | None
    seconds: float


def read_circuits(folder: Path) -> list[Circuit]:
    """The `.qasm` files of a folder, in order of size. Raises BadSetting if there are none."""
    files = sorted(folder.glob("*.qasm"), key=lambda file: (file.stat().st_size, file.name))
    if not files:
        raise BadSetting(f"there are no .qasm files in {folder}")
    circuits = [Circuit(file.stem, file.read_text(encoding="utf-8")) for file in files]
    # What goes wrong on purpose is shown last.
    return sorted(circuits, key=lambda circuit: circuit.is_faulty)


async def run_demo(url: str, circuits: list[Circuit], console: Console) -> None:
    """Submit all at once, show how far they are, then each result.

    Raises DemoFailed if one ended otherwise than it should, or in no reasonable time.
    """
    with _progress(console) as progress:
        async with httpx2.AsyncClient(base_url=url, trust_env=False, timeout=30) as client:
            runs = [asyncio.create_task(_run(client, circuit, progress)) for circuit in circuits]
            try:
                outcomes = await asyncio.gather(*runs)
            finally:
                for run in runs:
                    run.cancel()
                # Not a terminal: the last line of the progress has no end.
                if not console.is_terminal:
                    console.print()
    for outcome in outcomes:
        _show(outcome, console)
    wrong = [each.circuit.name for each in outcomes if each.circuit.is_faulty != (not each.counts)]
    if wrong:
        raise DemoFailed(f"ended otherwise than expected: {', '.join(wrong)}")


async def _run(client: httpx2.AsyncClient, circuit: Circuit, progress: Progress) -> Outcome:
    bar = progress.add_task(circuit.name, total=1)
    begin = time.monotonic()
    location = await _submit(client, circuit)
    try:
        async with asyncio.timeout(_TASK_SECONDS):
            wait = _SHORTEST_WAIT
            while (answer := await _ask(client, location)) is None:
                await asyncio.sleep(wait)
                wait = min(wait * 1.2, _LONGEST_WAIT)
    except TimeoutError:
        raise DemoFailed(f"{circuit.name} had no result after {_TASK_SECONDS:g} s") from None
    progress.update(bar, completed=1)
    counts, message = answer
    return Outcome(circuit, counts, message, time.monotonic() - begin)


async def _submit(client: httpx2.AsyncClient, circuit: Circuit) -> str:
    """Where the task is found."""
    try:
        answer = await client.post("/tasks", json={"qc": circuit.text, "shots": SHOTS})
    except httpx2.TransportError as error:
        raise DemoFailed(f"{circuit.name} was not accepted: {error}") from None
    if answer.status_code != httpx2.codes.ACCEPTED:
        raise DemoFailed(f"{circuit.name} was not accepted: {answer.text}")
    return str(answer.headers["location"])


async def _ask(
    client: httpx2.AsyncClient, location: str
) -> tuple[Mapping[str, int] | None, str | None] | None:
    """Counts or message of a task that has ended; None if it has not, or nobody can tell."""
    try:
        answer = await client.get(location)
    except httpx2.TransportError:
        # The API may be starting again.
        return None
    if answer.status_code == httpx2.codes.SERVICE_UNAVAILABLE:
        return None
    body = answer.json()
    if body["status"] == "pending":
        return None
    if body["status"] == "completed":
        return body["result"], None
    return None, body["message"]


def _show(outcome: Outcome, console: Console) -> None:
    console.print()
    console.print(f"[bold]{outcome.circuit.name}[/bold] after {outcome.seconds:.2f} s")
    if outcome.counts is not None:
        for line in histogram(outcome.counts):
            console.print("  " + escape(line), highlight=False)
        return
    message = outcome.message or ""
    console.print(f"  [red]{escape(message)}[/red]", highlight=False)
    for line in excerpt(outcome.circuit.text, message):
        console.print("  " + escape(line), highlight=False)


def _progress(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(finished_text="[green]✓[/green]"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TimeElapsedColumn(),
        console=console,
    )
