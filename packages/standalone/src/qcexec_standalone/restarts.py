"""How long to wait before a service that died is started again."""

from dataclasses import dataclass

FIRST_DELAY = 1.0
LONGEST_DELAY = 30.0
STEADY_SECONDS = 60.0
"""One that ran this long is taken for healthy: its death begins a new series."""


@dataclass(frozen=True, slots=True)
class Restarts:
    """How many deaths in a row there were, none of them after a steady run."""

    deaths: int = 0

    def after_death(self, ran_seconds: float) -> "Restarts":
        """The series with one more death, or a new one."""
        return Restarts(1 if ran_seconds >= STEADY_SECONDS else self.deaths + 1)

    @property
    def delay(self) -> float:
        """Seconds to wait: doubled with each death, up to a limit."""
        if self.deaths == 0:
            return 0.0
        return min(FIRST_DELAY * 2.0 ** min(self.deaths - 1, 10), LONGEST_DELAY)
