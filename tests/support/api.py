"""The API inside the test's own event loop, spoken to over ASGI."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from fastapi import FastAPI
from pydantic import SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource
from starlette.types import ASGIApp, Receive, Scope, Send

from qcexec_api.app import create_app
from qcexec_api.readiness import Readiness
from qcexec_api.settings import ApiSettings

NOBODY_LISTENS = "postgresql://app:hunter2@127.0.0.1:1/qcexec"


class _GivenSettings(ApiSettings):
    """What is given and defaults, whatever the environment says."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


def api_settings(database_url: str = NOBODY_LISTENS, **values: Any) -> ApiSettings:
    """Settings of a test, of nothing but these values and defaults."""
    return _GivenSettings(database_url=SecretStr(database_url), **values)


@asynccontextmanager
async def serving(
    settings: ApiSettings, readiness: Readiness | None = None, app: FastAPI | None = None
) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of an API that runs for the length of the block."""
    if app is None:
        app = create_app(settings, readiness or Readiness())
    async with app.router.lifespan_context(app) as state:
        transport = httpx2.ASGITransport(_WithState(app, dict(state or {})))
        async with httpx2.AsyncClient(transport=transport, base_url="http://api") as client:
            yield client


class _WithState:
    """Hands each request what the lifespan made, as a server does."""

    def __init__(self, app: ASGIApp, state: dict[str, Any]) -> None:
        self._app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "state": dict(self._state)}, receive, send)
