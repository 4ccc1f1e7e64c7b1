"""The drivers' processes: one for each system, replaced when it takes too long or dies."""

import asyncio
import contextlib
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from typing import Any

_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"), "1")
_START_SECONDS = 60.0


class Driver:
    """One system's process. The naive pipeline alone has as many threads as it takes."""

    def __init__(self, system: str) -> None:
        self.system = system
        self._process: Process | None = None

    async def ask(self, request: Mapping[str, Any], seconds: float) -> Mapping[str, Any]:
        """Have a circuit run; `failed` says why it was not, or not in time."""
        fresh = self._process is None
        process = self._process or await self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            async with asyncio.timeout(seconds + (_START_SECONDS if fresh else 0.0)):
                line = await process.stdout.readline()
        except TimeoutError:
            await self.stop()
            return {"failed": f"not within {seconds:g} s"}
        if not line:
            await self.stop()
            return {"failed": "its process died"}
        answer: Mapping[str, Any] = json.loads(line)
        return answer

    async def stop(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _start(self) -> Process:
        threads = {} if self.system == "naive" else _ONE_THREAD
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.engine.driver", self.system),
            env={**os.environ, **threads},
            stdin=PIPE,
            stdout=PIPE,
            limit=2**24,
        )
        return self._process
