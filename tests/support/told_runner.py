"""A runner of circuits that does as the payload says, as a child that was taken over might.

`{"report": {...}}` answers with counts and that report, `{"refuse": message}` refuses,
`{"raise": message}` ends the child with these last words, `{"sleep": seconds}` takes its time, and
`{"hasten": nanoseconds}` puts the child's clock forward from then on.
"""

import json
import time

from qcexec_worker.child import Start
from qcexec_worker.jobs import ChildOutcome, Counts, Refused


def preload() -> Start:
    """Nothing to do beforehand, and no limits to keep."""
    return lambda *_: run


def run(payload: bytes, seed: int) -> ChildOutcome:
    """Do as told."""
    del seed
    told = json.loads(payload)
    if "raise" in told:
        raise ValueError(told["raise"])
    if "refuse" in told:
        return Refused("told", told["refuse"])
    time.sleep(told.get("sleep", 0))
    if "hasten" in told:
        true, ahead = time.monotonic_ns, told["hasten"]
        time.monotonic_ns = lambda: true() + ahead
    return Counts(b'{"0":1}', told.get("report", {}))
