"""Looks at the database about once a second, so that requests need not.

It sees the schema once, whether the database answers, and how much waits.
While the database is away the last backlog stands: submissions fail by
themselves then, and the first ones afterwards are judged by what was true before.
"""

import asyncio
import logging

from qcexec_api.admission import Backlog, backlog_of
from qcexec_api.readiness import Readiness
from qcexec_queue.connections import Pool
from qcexec_queue.errors import DatabaseUnavailable, SchemaMismatch
from qcexec_queue.schema import check_schema
from qcexec_queue.statistics import read_statistics
from qcexec_telemetry import log_event

INTERVAL_SECONDS = 1.0

_logger = logging.getLogger(__name__)


class DatabaseWatch:
    """Keeps `readiness` and its own `backlog` up to date."""

    def __init__(self, pool: Pool, readiness: Readiness) -> None:
        self._pool = pool
        self._readiness = readiness
        self._trouble: str | None = None
        self.backlog = Backlog()

    async def run(self, stop: asyncio.Event) -> None:
        """Look, wait, and look again until `stop` is set."""
        while not stop.is_set():
            self._note(await self._look())
            try:
                async with asyncio.timeout(INTERVAL_SECONDS):
                    await stop.wait()
            except TimeoutError:
                continue

    async def _look(self) -> DatabaseUnavailable | SchemaMismatch | None:
        readiness = self._readiness
        try:
            if not readiness.schema_seen:
                await check_schema(self._pool)
                readiness.schema_seen = True
            self.backlog = backlog_of(await read_statistics(self._pool))
        except DatabaseUnavailable as error:
            readiness.database_reachable = False
            readiness.schema_problem = "The database cannot be reached."
            return error
        except SchemaMismatch as error:
            readiness.database_reachable = True
            readiness.schema_problem = f"The database's schema does not fit: {error}"
            return error
        readiness.database_reachable = True
        return None

    def _note(self, error: DatabaseUnavailable | SchemaMismatch | None) -> None:
        trouble = None if error is None else error.code
        if trouble == self._trouble:
            return
        self._trouble = trouble
        if error is None:
            log_event(_logger, "database_fits")
        else:
            log_event(
                _logger,
                "database_trouble",
                severity=logging.WARNING,
                code=trouble,
                reason=str(error),
            )
