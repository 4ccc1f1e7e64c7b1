"""What the operator serves: /healthz and /readyz for probes, /metrics for Prometheus."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from qcexec_operator.health import Health


@asynccontextmanager
async def serving(port: int, health: Health, registry: CollectorRegistry) -> AsyncIterator[None]:
    """Serves on all addresses while inside. Raises OSError where the port can't be had."""
    runner = web.AppRunner(application(health, registry), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, port=port).start()
        yield
    finally:
        await runner.cleanup()


def application(health: Health, registry: CollectorRegistry) -> web.Application:
    """The routes."""

    async def healthz(request: web.Request) -> web.Response:
        del request
        text = f"last look {health.age_seconds:.1f} s ago\n"
        return web.Response(text=text, status=200 if health.alive else 503)

    async def readyz(request: web.Request) -> web.Response:
        del request
        text = "acts\n" if health.leads else "does not act: see the log\n"
        return web.Response(text=text, status=200 if health.leads and health.alive else 503)

    async def metrics(request: web.Request) -> web.Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(registry), headers={"Content-Type": content_type})

    application = web.Application()
    application.router.add_get("/healthz", healthz)
    application.router.add_get("/readyz", readyz)
    application.router.add_get("/metrics", metrics)
    return application
