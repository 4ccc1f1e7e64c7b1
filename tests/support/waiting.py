"""Waiting for a condition, never for a time: a slow machine makes a test slow, not wrong."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

T = TypeVar("T")

_POLL_SECONDS = 0.02


@overload
async def wait_until(
    condition: Callable[[], Awaitable[T]], deadline: float = 30.0, *, what: str = ""
) -> T: ...


@overload
async def wait_until(
    condition: Callable[[], T], deadline: float = 30.0, *, what: str = ""
) -> T: ...


async def wait_until(
    condition: Callable[[], object], deadline: float = 30.0, *, what: str = ""
) -> object:
    """Ask `condition` until it answers something true, and give that answer.

    `condition` is a function or a coroutine function without arguments; `deadline` is in seconds.
    Raises AssertionError, naming `what` (the condition, by default) and the last answer.
    """
    end = time.monotonic() + deadline
    while True:
        answer = condition()
        value = await answer if inspect.isawaitable(answer) else answer
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(_complaint(what or repr(condition), deadline, value))
        await asyncio.sleep(_POLL_SECONDS)


def wait_until_blocking(
    condition: Callable[[], T],
    deadline: float = 30.0,
    *,
    what: str = "",
    pause: float = _POLL_SECONDS,
) -> T:
    """As `wait_until`, without an event loop. `pause` s lie between two looks that cost more."""
    end = time.monotonic() + deadline
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(_complaint(what or repr(condition), deadline, value))
        time.sleep(pause)
    return value


def _complaint(what: str, deadline: float, value: object) -> str:
    return f"not within {deadline:g} s: {what} (last answer: {value!r})"
