"""How many processors and how much memory this process may really use.

A container sees the whole machine in /proc: its share is in the control groups (cgroups) of
version 1, of version 2, or of both at once, and a limit of any parent group holds as well. The
group's path is in /proc/self/cgroup; where its tree is mounted, and which part of it, is in
/proc/self/mountinfo. Inside a cgroup namespace the path is `/` and the limits are at the mount
itself; with a path from outside the namespace, or that of the host, the mount is all there is.

Everything is read below a given root of the file system, so that recorded trees can be judged.
Sources: cgroups(7), proc_pid_mountinfo(5), Documentation/admin-guide/cgroup-v2.rst of Linux.
"""

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

_UNLIMITED_FROM: Final = 2**62


@dataclass(frozen=True, slots=True)
class Share:
    """What this process may use, and which limit said so, in words."""

    cpus: int
    memory_bytes: int
    cpus_reason: str
    memory_reason: str


@dataclass(frozen=True, slots=True)
class _Bound:
    value: float
    reason: str


@dataclass(frozen=True, slots=True)
class _Group:
    """One directory of a cgroup tree; `controllers` is None for version 2."""

    directory: Path
    controllers: frozenset[str] | None

    def has(self, controller: str) -> bool:
        return self.controllers is None or controller in self.controllers


def read_share(root: Path, affinity: int) -> Share:
    """Give the share of this process; `affinity` is how many CPUs its affinity mask has.

    CPUs are the least of affinity mask, cpusets and CPU quotas, rounded up and at least 1;
    memory is the least of the memory limits and the machine's own size, in bytes. Raises
    OSError when the root has no /proc of the expected kind.
    """
    groups = list(_groups(root))
    cpus = min([_Bound(affinity, "affinity mask"), *_cpu_bounds(groups)], key=_value)
    memory = min([_machine_memory(root), *_memory_bounds(groups)], key=_value)
    return Share(
        cpus=max(1, math.ceil(cpus.value)),
        memory_bytes=int(memory.value),
        cpus_reason=cpus.reason,
        memory_reason=memory.reason,
    )


def _cpu_bounds(groups: Iterable[_Group]) -> Iterator[_Bound]:
    for group in groups:
        if group.has("cpu"):
            if group.controllers is None:
                quota, period = _numbers(group.directory / "cpu.max", 2)
            else:
                quota, period = (
                    _number(group.directory / "cpu.cfs_quota_us"),
                    _number(group.directory / "cpu.cfs_period_us"),
                )
            if quota is not None and period and quota > 0:
                yield _Bound(quota / period, f"CPU quota of {group.directory}")
        if group.has("cpuset"):
            for name in ("cpuset.cpus.effective", "cpuset.effective_cpus", "cpuset.cpus"):
                if count := _cpuset_size(_read(group.directory / name)):
                    yield _Bound(count, f"cpuset of {group.directory}")
                    break


def _memory_bounds(groups: Iterable[_Group]) -> Iterator[_Bound]:
    for group in groups:
        if not group.has("memory"):
            continue
        for limit in (
            _number(group.directory / "memory.max"),
            _number(group.directory / "memory.limit_in_bytes"),
            # Version 1 tells the least of all parents, also of those outside the mount.
            _entry(group.directory / "memory.stat", "hierarchical_memory_limit"),
        ):
            if limit is not None and 0 <= limit < _UNLIMITED_FROM:
                yield _Bound(limit, f"memory limit of {group.directory}")


def _machine_memory(root: Path) -> _Bound:
    for line in (root / "proc/meminfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "MemTotal":
            return _Bound(int(value.split()[0]) * 1024, "memory of the machine")
    raise OSError(f"{root / 'proc/meminfo'} names no MemTotal")


def _groups(root: Path) -> Iterator[_Group]:
    """Give this process's group in each mounted tree, and all its parents there."""
    paths = _own_paths(_read(root / "proc/self/cgroup") or "")
    for line in (_read(root / "proc/self/mountinfo") or "").splitlines():
        mount, _, kind = line.partition(" - ")
        fields, (file_system, _, options) = mount.split(), (*kind.split(), "", "", "")[:3]
        if len(fields) < 5 or file_system not in ("cgroup", "cgroup2"):
            continue
        controllers = frozenset(options.split(",")) if file_system == "cgroup" else None
        path = _path_of(controllers, paths)
        if path is None:
            continue
        top = root / _unescape(fields[4]).lstrip("/")
        below = _relative(path, _unescape(fields[3]))
        for depth in range(len(below.parts), -1, -1):
            yield _Group(top.joinpath(*below.parts[:depth]), controllers)


def _own_paths(text: str) -> dict[str, str]:
    """Read /proc/self/cgroup: the path for each controller, under "" that of version 2."""
    paths: dict[str, str] = {}
    for line in text.splitlines():
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            paths[controller] = path
    return paths


def _path_of(controllers: frozenset[str] | None, paths: dict[str, str]) -> str | None:
    if controllers is None:
        return paths.get("")
    return next((path for name, path in paths.items() if name and name in controllers), None)


def _relative(path: str, mount_root: str) -> PurePosixPath:
    """Give the path below the part of the tree that is mounted; empty when it is not in it."""
    own, top = PurePosixPath(path), PurePosixPath(mount_root)
    if ".." in own.parts or not own.is_relative_to(top):
        return PurePosixPath()
    return own.relative_to(top)


def _cpuset_size(text: str | None) -> int:
    """Count the CPUs of a list such as `0-3,8`; 0 when there is none."""
    count = 0
    for part in (text or "").strip().split(","):
        if match := re.fullmatch(r"(\d+)(?:-(\d+))?", part):
            first, last = int(match[1]), int(match[2] or match[1])
            count += max(0, last - first + 1)
    return count


def _number(file: Path) -> int | None:
    return _numbers(file, 1)[0]


def _numbers(file: Path, count: int) -> list[int | None]:
    """Read numbers from a file; None for each that is missing, or is `max`."""
    words = (_read(file) or "").split()[:count]
    numbers = [int(word) if re.fullmatch(r"-?\d+", word) else None for word in words]
    return numbers + [None] * (count - len(numbers))


def _entry(file: Path, name: str) -> int | None:
    match = re.search(rf"^{name} (\d+)$", _read(file) or "", re.MULTILINE)
    return int(match[1]) if match else None


def _read(file: Path) -> str | None:
    """Read a file that need not be there: each tree, version and level has files of its own."""
    try:
        return file.read_text()
    except OSError:
        return None


def _unescape(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)


def _value(bound: _Bound) -> float:
    return bound.value
