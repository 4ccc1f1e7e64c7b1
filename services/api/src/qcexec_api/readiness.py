"""Whether this process should get requests.

A database outage makes no API process unready: all would be at once, and
clients would meet a closed door instead of a 503 that says when to come again.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class Readiness:
    """What this process knows about itself; the only writer of each field is named."""

    terminating: bool = False
    """Set by the server when it is asked to stop."""

    schema_seen: bool = False
    """Set by the database watch, once and for all."""

    database_reachable: bool = False
    """Set by the database watch, about once a second."""

    schema_problem: str = "The database has not been reached yet."
    """Set by the database watch while no fitting schema was seen."""

    def problem(self) -> str | None:
        """Why this process should get no requests, or None."""
        if self.terminating:
            return "This process is terminating."
        return None if self.schema_seen else self.schema_problem
