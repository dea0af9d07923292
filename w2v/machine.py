"""What this process may use of the machine: cores and memory, within its limits."""

import ctypes
import math
import os
from contextlib import suppress
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")


def available_threads() -> int:
    """Return the number of cores this process may keep busy: its affinity and its cgroup quota."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows have no affinity call
        cores = os.cpu_count() or 1
    return max(1, math.ceil(min(cores, _cgroup_quota())))


def available_memory() -> int:
    """Return the bytes of memory this process could still take without swapping."""
    free = 4 << 30  # where nothing can be asked, assume a small machine
    for line in _lines(Path("/proc/meminfo")):
        if line.startswith("MemAvailable:"):
            free = int(line.split()[1]) * 1024
    return max(0, int(min(free, _cgroup_memory())))


def _cgroup_quota() -> float:
    """Return the cores a container's quota allows (cgroup v2, then v1); inf where it sets none."""
    v2 = _lines(CGROUP / "cpu.max")
    if v2 and not v2[0].startswith("max"):
        quota, period = v2[0].split()
        return int(quota) / int(period)
    quota_us = _lines(CGROUP / "cpu/cpu.cfs_quota_us")
    period_us = _lines(CGROUP / "cpu/cpu.cfs_period_us")
    if quota_us and period_us and int(quota_us[0]) > 0:
        return int(quota_us[0]) / int(period_us[0])
    return math.inf


def release_memory() -> None:
    """Give back to the system what was freed: glibc keeps what its threads have used for them."""
    with suppress(OSError, AttributeError):  # another C library, which has no such call
        ctypes.CDLL(None).malloc_trim(0)


def _cgroup_memory() -> float:
    """Return the bytes a container's limit leaves (cgroup v2, then v1); inf where it sets none."""
    for limit_file, used_file, stat_file in (
        ("memory.max", "memory.current", "memory.stat"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat"),
    ):
        limit, used = _lines(CGROUP / limit_file), _lines(CGROUP / used_file)
        if limit and used and limit[0] != "max":
            # What only caches files, the corpus just read for one, is given back when it is needed.
            cached = [line.split()[1] for line in _lines(CGROUP / stat_file) if line.startswith("inactive_file ")]
            return int(limit[0]) - int(used[0]) + sum(map(int, cached))
    return math.inf


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []
