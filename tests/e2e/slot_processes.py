"""What is done to the process that runs a circuit, from within its container.

The scripts run beside it, as its user, with the image's Python and nothing of the container's
environment.
"""

from e2e.release import Release

_FIND_CHILD = """
import os, signal, time

def parent(process):
    try:
        with open(f"/proc/{process}/stat") as file:
            return int(file.read().rpartition(")")[2].split()[1])
    except FileNotFoundError:
        return None

def children(process):
    processes = [int(name) for name in os.listdir("/proc") if name.isdecimal()]
    return [each for each in processes if parent(each) == process]

(forkserver,) = children(1)
(child,) = children(forkserver)
"""

_KILL = """
os.kill(child, signal.SIGKILL)
"""

# Once the circuit is in memory: many processes, one after the other, that are each much smaller
# than the child. So that is the one that the kernel ends when the container has no memory left.
_STARVE = """
def resident(process):
    with open(f"/proc/{process}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

while parent(child) == forkserver and resident(child) < 400 << 20:
    time.sleep(0.05)
hogs = []
try:
    while parent(child) == forkserver:
        told, tells = os.pipe()
        hog = os.fork()
        if not hog:
            held = bytearray(32 << 20)
            os.write(tells, b"full")
            signal.pause()
        hogs.append(hog)
        os.close(tells)
        os.read(told, 4)
        os.close(told)
finally:
    for hog in hogs:
        os.kill(hog, signal.SIGKILL)
"""


def kill_child(release: Release) -> None:
    """SIGKILL the process of the only slot of the only worker."""
    _run(release, _FIND_CHILD + _KILL)


def starve_child(release: Release) -> None:
    """Take memory from the process of the only slot until it is gone."""
    _run(release, _FIND_CHILD + _STARVE)


def _run(release: Release, script: str) -> None:
    python = ("sealed-env", "-i", "/opt/venv/bin/python", "-I", "-")
    # Where the kernel ends a whole container at once, this goes with it.
    release.attempt("worker", *python, text=script)
