"""How much of the machine this process may use: cores and memory within its limits."""

import ctypes
import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
"""Where control groups are mounted: v2 itself, or one folder per controller of v1; some systems have both."""
OWN_CGROUPS = Path("/proc/self/cgroup")
"""Lists the groups of this process: `0::/path` for v2, `5:cpu,cpuacct:/path` for v1."""
UNIFIED = "unified"
"""Where v2 is mounted on systems that have both."""


def available_threads() -> int:
    """Return the number of cores that this process may use, given its affinity and its cgroup quotas."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows have no call for the affinity
        cores = os.cpu_count() or 1
    quotas = (_quota(group) for group in _own_groups("cpu"))
    return max(1, math.ceil(min(cores, *quotas, math.inf)))


def available_memory() -> int:
    """Return the bytes of memory that this process can still use without swapping, within all its limits."""
    free = 4 << 30  # assume a small machine if the memory is unknown
    for line in _lines(Path("/proc/meminfo")):
        if line.startswith("MemAvailable:"):
            free = int(line.split()[1]) * 1024
    left = (_memory_left(group) for group in _own_groups("memory"))
    return max(0, int(min(free, _address_space_left(), *left, math.inf)))


def c_function(name: str) -> Callable[..., int] | None:
    """Return a function of the C library; None if the system does not have it."""
    try:
        return getattr(ctypes.CDLL(None), name, None)
    except (OSError, TypeError):  # TypeError: Windows
        return None


def release_memory() -> None:
    """Return freed memory to the system; glibc otherwise keeps the memory that threads have freed."""
    if trim := c_function("malloc_trim"):
        trim(0)


def _own_groups(controller: str) -> Iterator[Path]:
    """Yield the control groups that can limit this process: its own group and all groups above it.

    In a container, the path can be that of the host, which does not exist there; the root is then the container's
    group.
    """
    paths = {CGROUP: "/", CGROUP / controller: "/"}
    for line in _lines(OWN_CGROUPS):
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if not controllers:
            paths[CGROUP] = paths[CGROUP / UNIFIED] = path
        elif controller in controllers.split(","):
            paths[CGROUP / controller] = paths[CGROUP / controllers] = path
    for mount, path in paths.items():
        parts = [part for part in path.split("/") if part not in ("", "..")]
        for depth in range(len(parts), -1, -1):
            yield mount.joinpath(*parts[:depth])


def _quota(group: Path) -> float:
    """Return the number of cores that the quota of a v1 or v2 group allows; inf without a quota."""
    v2 = _lines(group / "cpu.max")
    quota, period = v2[0].split() if v2 else ("max", "1")
    if quota == "max":
        quota = (_lines(group / "cpu.cfs_quota_us") or ["-1"])[0]
        period = (_lines(group / "cpu.cfs_period_us") or ["100000"])[0]
    return int(quota) / int(period) if int(quota) > 0 else math.inf


def _memory_left(group: Path) -> float:
    """Return the bytes that the limits of a v1 or v2 group leave; inf without a limit."""
    limits = [
        int(line)
        for name in ("memory.max", "memory.high", "memory.limit_in_bytes")
        for line in _lines(group / name)
        if line != "max"
    ]
    used = [int(line) for name in ("memory.current", "memory.usage_in_bytes") for line in _lines(group / name)]
    if not limits or not used:
        return math.inf
    # Memory that only caches files, such as the corpus, is released when it is needed. In v1, only
    # `total_inactive_file` includes the groups below.
    stat = dict(line.split(" ", 1) for line in _lines(group / "memory.stat"))
    return min(limits) - used[0] + int(stat.get("total_inactive_file", stat.get("inactive_file", 0)))


def _address_space_left() -> float:
    """Return the bytes that `ulimit -v` leaves; inf without a limit, or if the system cannot tell."""
    try:
        import resource
    except ImportError:  # Windows
        return math.inf
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    pages = _lines(Path("/proc/self/statm"))
    if limit == resource.RLIM_INFINITY or not pages:
        return math.inf
    return limit - int(pages[0].split()[0]) * resource.getpagesize()


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):  # ValueError: a NUL in a path, so the group does not exist
        return []
