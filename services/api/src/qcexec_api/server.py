"""The HTTP server: uvicorn, told how to stop.

A load balancer needs a while to learn that a process is terminating. So the
first signal makes the process unready and lets it serve on for the configured
delay, with each answer the last of its connection; then no connection is taken
any more and the requests in flight are finished. A second signal ends the delay,
a third the wait for requests. The process exits with 0: it was asked to stop,
and did.
"""

from time import monotonic
from types import FrameType

import uvicorn
from fastapi import FastAPI

from qcexec_api.gathering import GatheringProtocol
from qcexec_api.readiness import Readiness
from qcexec_api.settings import ApiSettings

# Longer than the idle time after which common proxies close: whoever may send must not find
# the connection closed from here.
_KEEP_ALIVE_SECONDS = 75


class ApiServer(uvicorn.Server):
    """Serves `app` until a signal comes."""

    def __init__(self, app: FastAPI, settings: ApiSettings, readiness: Readiness) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=settings.host,
                port=settings.port,
                loop="uvloop",
                http=GatheringProtocol,
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=round(settings.shutdown_timeout_seconds),
            )
        )
        self._readiness = readiness
        self._delay = settings.shutdown_delay_seconds
        self._stop_at: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take note of a signal; `on_tick` sees it within a tenth of a second."""
        del sig, frame
        self._readiness.terminating = True
        if self._stop_at is None:
            self._stop_at = monotonic() + self._delay
        elif not self.should_exit:
            self.should_exit = True
        else:
            self.force_exit = True

    async def on_tick(self, counter: int) -> bool:
        """Whether to stop serving now."""
        if self._stop_at is not None and monotonic() >= self._stop_at:
            self.should_exit = True
        return await super().on_tick(counter)
