"""Try to read the processes named by number, and print each path that can be read."""

import sys
from pathlib import Path

from faults.slot_processes.capabilities import drop_capabilities

drop_capabilities()
for pid in sys.argv[1:]:
    for name in ("environ", "mem", "maps", "fd"):
        path = Path(f"/proc/{pid}/{name}")
        try:
            if name == "fd":
                list(path.iterdir())
            else:
                with path.open("rb", buffering=0) as file:
                    file.read(1)
        except OSError:
            continue
        print(path)
