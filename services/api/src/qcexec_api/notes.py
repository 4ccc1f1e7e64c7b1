"""What the line about a request should say beyond what every request's line says.

One line a request, written when its answer is out, costs half of two: so a
route, or whoever answers in its place, leaves a note instead of logging.
"""

from typing import Any

from fastapi import Request
from starlette.types import Scope

_KEY = "qcexec.notes"


def open_notes(scope: Scope) -> dict[str, Any]:
    """The empty notes of a request that begins; they fill up while it is served."""
    notes: dict[str, Any] = {}
    scope[_KEY] = notes
    return notes


def note(request: Request, **fields: object) -> None:
    """Add `fields` to the line that will be written about `request`."""
    notes: dict[str, Any] = request.scope[_KEY]
    notes.update(fields)
