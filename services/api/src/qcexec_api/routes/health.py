"""What probes ask. Nothing here waits for anything."""

from fastapi import APIRouter, Request, Response

from qcexec_api import problems
from qcexec_api.context import context_of
from qcexec_api.problems import Problem
from qcexec_api.schemas import Alive, ErrorMessage, Ready

_OK = b'{"status":"ok"}'
_READY = b'{"status":"ok","database":"reachable"}'
_READY_WITHOUT_DATABASE = b'{"status":"ok","database":"unreachable"}'


def router() -> APIRouter:
    """The routes of probes."""
    routes = APIRouter(tags=["health"])
    routes.get(
        "/health", summary="Whether the process serves requests", responses={200: {"model": Alive}}
    )(alive)
    routes.get(
        "/livez",
        summary="Whether the process should go on living",
        responses={200: {"model": Alive}},
    )(live)
    routes.get(
        "/readyz",
        summary="Whether the process should get requests",
        responses={
            200: {
                "model": Ready,
                "description": "It takes requests, whether or not the database answers now.",
            },
            503: {
                "model": ErrorMessage,
                "description": "No fitting schema was seen yet, or the process is terminating.",
                "content": problems.example("This process is terminating."),
            },
        },
    )(ready)
    return routes


async def alive() -> Response:
    """Always 200 while requests are served at all."""
    return Response(_OK, media_type="application/json")


async def live() -> Response:
    """Always 200: no state of the database is a reason to start the process anew."""
    return Response(_OK, media_type="application/json")


async def ready(request: Request) -> Response:
    """200 once a fitting schema was seen and until the process is asked to stop."""
    readiness = context_of(request).readiness
    problem = readiness.problem()
    if problem is not None:
        return Problem(503, problem).response()
    reachable = readiness.database_reachable
    return Response(_READY if reachable else _READY_WITHOUT_DATABASE, media_type="application/json")
