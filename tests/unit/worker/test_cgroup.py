"""Recorded trees of control groups, rebuilt file by file, and what each allows."""

from pathlib import Path

import pytest

from qcexec_worker.cgroup import read_share

GIB = 2**30
MACHINE = {"proc/meminfo": "MemTotal:       16777216 kB\nMemFree:        1 kB\n"}

V2_NAMESPACED = {
    "proc/self/cgroup": "0::/\n",
    "proc/self/mountinfo": (
        "1216 1215 0:31 / /sys/fs/cgroup ro,nosuid,nodev,noexec,relatime - cgroup2 cgroup rw\n"
    ),
}
V2_HOST = {
    "proc/self/cgroup": "0::/kubepods.slice/pod1.slice/worker.scope\n",
    "proc/self/mountinfo": (
        "24 1 254:0 / / rw shared:1 - ext4 /dev/root rw\n"
        "31 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
    ),
}
V1_HOST = {
    "proc/self/cgroup": "5:memory:/docker/abc\n3:cpuset:/docker/abc\n2:cpu,cpuacct:/docker/abc\n",
    "proc/self/mountinfo": (
        "33 32 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
        "34 32 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
        "35 32 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
    ),
}
V1_CONTAINER = V1_HOST | {
    "proc/self/mountinfo": (
        "33 32 0:29 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro master:11 - cgroup c rw,cpu,cpuacct\n"
        "34 32 0:30 /docker/abc /sys/fs/cgroup/memory ro master:12 - cgroup cgroup rw,memory\n"
    ),
}
CGROUP = "sys/fs/cgroup"
UNLIMITED_V1 = "9223372036854771712\n"


def tree(root: Path, *files: dict[str, str]) -> Path:
    for name, text in {k: v for each in (MACHINE, *files) for k, v in each.items()}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_without_any_cgroup_the_machine_is_the_limit(tmp_path: Path) -> None:
    share = read_share(tree(tmp_path), affinity=8)
    assert (share.cpus, share.memory_bytes) == (8, 16 * GIB)
    assert (share.cpus_reason, share.memory_reason) == ("affinity mask", "memory of the machine")


def test_a_namespaced_root_group_has_its_limits_at_the_mount(tmp_path: Path) -> None:
    files = {
        f"{CGROUP}/cpu.max": "150000 100000\n",
        f"{CGROUP}/memory.max": f"{2 * GIB}\n",
        f"{CGROUP}/cpuset.cpus.effective": "0-3\n",
    }
    share = read_share(tree(tmp_path, V2_NAMESPACED, files), affinity=8)
    assert (share.cpus, share.memory_bytes) == (2, 2 * GIB)
    assert "CPU quota" in share.cpus_reason


def test_the_word_max_is_no_limit(tmp_path: Path) -> None:
    files = {f"{CGROUP}/cpu.max": "max 100000\n", f"{CGROUP}/memory.max": "max\n"}
    share = read_share(tree(tmp_path, V2_NAMESPACED, files), affinity=4)
    assert (share.cpus, share.memory_bytes) == (4, 16 * GIB)


def test_a_parents_lower_limit_holds_for_the_nested_group(tmp_path: Path) -> None:
    pods = f"{CGROUP}/kubepods.slice"
    files = {
        f"{pods}/cpu.max": "300000 100000\n",
        f"{pods}/memory.max": f"{8 * GIB}\n",
        f"{pods}/pod1.slice/cpu.max": "100000 100000\n",
        f"{pods}/pod1.slice/memory.max": f"{GIB}\n",
        f"{pods}/pod1.slice/worker.scope/cpu.max": "200000 100000\n",
        f"{pods}/pod1.slice/worker.scope/memory.max": f"{4 * GIB}\n",
    }
    share = read_share(tree(tmp_path, V2_HOST, files), affinity=8)
    assert (share.cpus, share.memory_bytes) == (1, GIB)
    assert "pod1.slice" in share.cpus_reason
    assert "pod1.slice" in share.memory_reason


def test_version_1_of_the_host_is_read_at_the_process_own_path(tmp_path: Path) -> None:
    files = {
        f"{CGROUP}/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
        f"{CGROUP}/cpu,cpuacct/docker/abc/cpu.cfs_quota_us": "250000\n",
        f"{CGROUP}/cpu,cpuacct/docker/abc/cpu.cfs_period_us": "100000\n",
        f"{CGROUP}/memory/memory.limit_in_bytes": UNLIMITED_V1,
        f"{CGROUP}/memory/docker/abc/memory.limit_in_bytes": f"{3 * GIB}\n",
        f"{CGROUP}/cpuset/docker/abc/cpuset.cpus": "0-1,4,6-7\n",
    }
    share = read_share(tree(tmp_path, V1_HOST, files), affinity=8)
    assert (share.cpus, share.memory_bytes) == (3, 3 * GIB)


def test_version_1_in_a_container_is_read_at_the_mount_itself(tmp_path: Path) -> None:
    files = {
        f"{CGROUP}/cpu,cpuacct/cpu.cfs_quota_us": "50000\n",
        f"{CGROUP}/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
        f"{CGROUP}/memory/memory.limit_in_bytes": f"{GIB}\n",
    }
    share = read_share(tree(tmp_path, V1_CONTAINER, files), affinity=8)
    assert (share.cpus, share.memory_bytes) == (1, GIB)


def test_the_unlimited_number_of_version_1_is_no_limit(tmp_path: Path) -> None:
    files = {f"{CGROUP}/memory/memory.limit_in_bytes": UNLIMITED_V1}
    assert read_share(tree(tmp_path, V1_CONTAINER, files), affinity=1).memory_bytes == 16 * GIB


def test_a_limit_of_a_parent_outside_the_mount_is_read_from_the_statistics(tmp_path: Path) -> None:
    files = {
        f"{CGROUP}/memory/memory.limit_in_bytes": UNLIMITED_V1,
        f"{CGROUP}/memory/memory.stat": f"cache 12\nhierarchical_memory_limit {GIB}\n",
    }
    assert read_share(tree(tmp_path, V1_CONTAINER, files), affinity=1).memory_bytes == GIB


@pytest.mark.parametrize("path", ["/../other.slice", "/kubepods.slice/elsewhere"])
def test_a_path_from_outside_the_mounted_part_falls_back_to_the_mount(
    tmp_path: Path, path: str
) -> None:
    files = {
        "proc/self/cgroup": f"0::{path}\n",
        "proc/self/mountinfo": "31 24 0:26 /mine /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
        f"{CGROUP}/memory.max": f"{GIB}\n",
    }
    assert read_share(tree(tmp_path, files), affinity=1).memory_bytes == GIB


def test_both_versions_at_once_are_both_heard(tmp_path: Path) -> None:
    files = {
        "proc/self/cgroup": V1_HOST["proc/self/cgroup"] + "0::/unified\n",
        "proc/self/mountinfo": V1_CONTAINER["proc/self/mountinfo"]
        + "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
        f"{CGROUP}/memory/memory.limit_in_bytes": f"{2 * GIB}\n",
        f"{CGROUP}/unified/unified/cpu.max": "100000 100000\n",
    }
    share = read_share(tree(tmp_path, files), affinity=8)
    assert (share.cpus, share.memory_bytes) == (1, 2 * GIB)


def test_a_mount_point_with_a_space_is_found(tmp_path: Path) -> None:
    files = {
        "proc/self/cgroup": "0::/\n",
        "proc/self/mountinfo": "31 24 0:26 / /sys/fs/my\\040groups rw - cgroup2 cgroup2 rw\n",
        "sys/fs/my groups/memory.max": f"{GIB}\n",
    }
    assert read_share(tree(tmp_path, files), affinity=1).memory_bytes == GIB


@pytest.mark.parametrize(("quota", "cpus"), [("1000", 1), ("100001", 2), ("200000", 2)])
def test_a_part_of_a_cpu_counts_as_one(tmp_path: Path, quota: str, cpus: int) -> None:
    files = {f"{CGROUP}/cpu.max": f"{quota} 100000\n"}
    assert read_share(tree(tmp_path, V2_NAMESPACED, files), affinity=8).cpus == cpus


def test_an_empty_cpuset_is_no_limit(tmp_path: Path) -> None:
    files = {f"{CGROUP}/cpuset.cpus": "\n"}
    assert read_share(tree(tmp_path, V2_NAMESPACED, files), affinity=8).cpus == 8


def test_this_machine_is_understood() -> None:
    share = read_share(Path("/"), affinity=1)
    assert share.cpus == 1
    assert share.memory_bytes > 2**20
