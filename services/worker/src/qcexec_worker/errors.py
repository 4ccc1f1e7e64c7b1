"""What can go wrong on the process side of a worker.

WorkerError
├── DoesNotFitMachine    the container's memory does not hold one slot
├── ForkserverLost       the forkserver died, or did not answer in time
├── ChildNotStarted      a child could not be forked or never said hello
├── ProtocolViolation    what came over a channel is no frame, or not the expected one
├── ConfinementRefused   the kernel refused a limit that a child must not run without
└── CpusNotLent          the kernel has no memory by which the CPUs of idle slots can be lent
"""

from typing import ClassVar


class WorkerError(Exception):
    """Something on the worker's own side went wrong; never the circuit's fault."""

    code: ClassVar[str] = "worker_error"


class DoesNotFitMachine(WorkerError):
    """The memory of this container does not hold the worker and one slot."""

    code: ClassVar[str] = "does_not_fit_machine"


class ForkserverLost(WorkerError):
    """The forkserver died, could not start, or did not answer in time."""

    code: ClassVar[str] = "forkserver_lost"


class ChildNotStarted(WorkerError):
    """A child could not be forked, or died or hung before it said hello."""

    code: ClassVar[str] = "child_not_started"


class ProtocolViolation(WorkerError):
    """The other end of a channel sent what is no frame, or a frame out of turn."""

    code: ClassVar[str] = "protocol_violation"


class ConfinementRefused(WorkerError):
    """The kernel refused a limit without which a child must not run."""

    code: ClassVar[str] = "confinement_refused"


class CpusNotLent(WorkerError):
    """There is no memory that the worker alone can write and its children can read."""

    code: ClassVar[str] = "cpus_not_lent"
