"""A worker's process side alone, as a program: two slots, one of them busy.

It prints one JSON line with the process ids and, asked to, what a probe from a child told;
then it waits to be killed. Arguments: `--unprotected` leaves the worker readable, `--probe`
runs the probe in the second slot.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

from faults.slot_processes.capabilities import drop_capabilities
from qcexec_worker import containment
from qcexec_worker.jobs import ChildLimits, Finished, Job, Refused, SlotLimits
from qcexec_worker.slot import Slot
from qcexec_worker.spawner import Spawner, forkserver_environment

TESTS = Path(__file__).resolve().parents[2]


async def main() -> None:
    if "--unprotected" not in sys.argv:
        containment.protect_this_process()
    environment = forkserver_environment({"PYTHONPATH": str(TESTS)})
    spawner = Spawner(environment, runner="faults.slot_processes.runner")
    limits = SlotLimits(ChildLimits(256 * 2**20, 20, task_seconds=3600))
    busy, free = Slot("busy", spawner, limits), Slot("free", spawner, limits)
    forkserver = (await spawner.start()).pid
    await busy.start()
    await free.start()
    drop_capabilities()
    running = busy.run([Job(0, b'{"do":"sleep"}', 1)])
    await anext(running)
    told = {
        "worker": os.getpid(),
        "forkserver": forkserver,
        "children": [busy.child_pid, free.child_pid],
        "probe": await _probe(free) if "--probe" in sys.argv else None,
    }
    print(json.dumps(told), flush=True)
    await asyncio.Event().wait()


async def _probe(slot: Slot) -> object:
    payload = json.dumps({"do": "probe", "worker": os.getpid()}).encode()
    async for event in slot.run([Job(0, payload, 1)]):
        match event:
            case Finished(_, Refused("probed", message)):
                return json.loads(message)
    return None


if __name__ == "__main__":
    asyncio.run(main())
