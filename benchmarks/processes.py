"""Running a driver: a process whose last line of output is one JSON object."""

import asyncio
import json
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

Figures = Mapping[str, Any]

_LEAVE_SECONDS = 10.0


class DriverFailed(Exception):
    """A driver ended with an error, printed no figures, or did not end in time."""


class Running:
    """A driver at work."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def line(self, seconds: float) -> Figures:
        """The next line that it prints. Raises DriverFailed where none comes in time."""
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(seconds):
                line = await self._process.stdout.readline()
                if not line:
                    raise DriverFailed(await self._why())
        except TimeoutError:
            raise DriverFailed(f"no answer within {seconds:g} s") from None
        return _decode(line)

    async def _why(self) -> str:
        assert self._process.stderr is not None
        text = (await self._process.stderr.read()).decode(errors="replace").strip()
        return text.splitlines()[-1] if text else f"exit code {await self._process.wait()}"


@asynccontextmanager
async def running(
    command: Sequence[str], *, folder: Path, environment: Mapping[str, str]
) -> AsyncIterator[Running]:
    """Start a process in `folder`. In the end it has a while to leave, then it is killed."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={**os.environ, **environment},
        stdout=PIPE,
        stderr=PIPE,
        limit=2**24,
    )
    try:
        yield Running(process)
    finally:
        await _gone(process)


async def _gone(process: Process) -> None:
    try:
        async with asyncio.timeout(_LEAVE_SECONDS):
            await process.communicate()
    except TimeoutError:
        process.kill()
        await process.communicate()


def _decode(line: bytes) -> Figures:
    try:
        figures = json.loads(line)
    except ValueError:
        raise DriverFailed(f"no figures: {line[:200]!r}") from None
    if not isinstance(figures, dict):
        raise DriverFailed(f"no figures: {line[:200]!r}")
    return figures
