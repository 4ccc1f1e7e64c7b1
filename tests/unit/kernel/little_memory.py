"""Programs that run in little address space, for what the kernel takes and does without."""

from __future__ import annotations

import json
import subprocess
import sys
from textwrap import dedent
from typing import Any, Final


def said_by(program: str, num_bytes: int, number: int) -> list[Any]:
    """What a program prints, as JSON. It has a `kernel`, a `circuit` on 22 qubits and the `number`.

    Its `limit()` leaves it so many bytes more than it has by then, and gives how many these are.
    """
    done = subprocess.run(
        [sys.executable, "-c", dedent(_BEGIN) + dedent(program), str(num_bytes), str(number)],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    said: list[Any] = json.loads(done.stdout)
    return said


_BEGIN: Final = """
    import json, re, resource, sys
    import numpy
    from collections import namedtuple
    from qcexec_kernel import Kernel, KernelError, SpareThreads

    Gate = namedtuple("Gate", "name angles qubits controls")
    kernel = Kernel()
    circuit = [Gate("h", (), (qubit,), 0) for qubit in range(22)]
    circuit += [Gate("rzz", (0.3,), (qubit, qubit + 1), 0) for qubit in range(21)]
    circuit += [Gate("rx", (0.3,), (qubit,), 0) for qubit in range(22)]
    uniforms = numpy.linspace(0, 1, 1000, endpoint=False)
    number = int(sys.argv[2])

    def limit():
        mapped = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (mapped + int(sys.argv[1]),) * 2)
        return mapped
"""
