"""The limits of a container are seen, of both kinds of control group."""

import os
from pathlib import Path

import pytest
from helpers import python

from w2v.base import machine
from w2v.base.machine import available_memory, available_threads


@pytest.fixture
def cgroup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A control group without limits, on a machine of 8 cores."""
    monkeypatch.setattr(machine, "CGROUP", tmp_path / "cgroup")
    monkeypatch.setattr(machine, "OWN_CGROUPS", tmp_path / "own")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    return tmp_path / "cgroup"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The file that says which groups the process is in."""
    return tmp_path / "own"


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}\n")


@pytest.mark.parametrize(
    ("limit", "threads"),
    [
        ("max 100000", 8),
        ("200000 100000", 2),
        ("250000 100000", 3),
        ("50000 100000", 1),
        ("1000 100000", 1),
        ("6400000 100000", 8),
    ],
)
def test_quota_v2(cgroup: Path, limit: str, threads: int) -> None:
    put(cgroup / "cpu.max", limit)
    assert available_threads() == threads


@pytest.mark.parametrize(("quota", "threads"), [(-1, 8), (200_000, 2), (250_000, 3), (10_000, 1), (9_900_000, 8)])
def test_quota_v1(cgroup: Path, quota: int, threads: int) -> None:
    put(cgroup / "cpu/cpu.cfs_quota_us", str(quota))
    put(cgroup / "cpu/cpu.cfs_period_us", "100000")
    assert available_threads() == threads


def test_without_a_control_group_affinity_decides(cgroup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert available_threads() == 8
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3}, raising=False)
    assert available_threads() == 1


def test_where_there_is_no_affinity_cores_are_counted(cgroup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert available_threads() == 6
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert available_threads() == 1


def test_memory_v2(cgroup: Path) -> None:
    free = available_memory()
    assert free > 1 << 20
    put(cgroup / "memory.current", "3000000")
    put(cgroup / "memory.max", "max")
    assert available_memory() > 1 << 20
    put(cgroup / "memory.max", "3500000")
    assert available_memory() == 500_000
    put(cgroup / "memory.max", "2000000")
    assert available_memory() == 0


def test_memory_v1(cgroup: Path) -> None:
    put(cgroup / "memory/memory.usage_in_bytes", "3000000")
    put(cgroup / "memory/memory.limit_in_bytes", "9223372036854771712")
    assert available_memory() > 1 << 20
    put(cgroup / "memory/memory.limit_in_bytes", "3500000")
    assert available_memory() == 500_000


def test_pages_that_only_cache_files_count_as_free(cgroup: Path) -> None:
    put(cgroup / "memory.max", "3500000")
    put(cgroup / "memory.current", "3400000")
    put(cgroup / "memory.stat", "anon 1400000\nfile 2000000\ninactive_file 1500000")
    assert available_memory() == 1_600_000


V2, V1 = "0::/user.slice/job.scope", "7:memory:/slurm/job_1\n4:cpu,cpuacct:/slurm/job_1"


@pytest.mark.parametrize("level", ["", "user.slice", "user.slice/job.scope"])
@pytest.mark.parametrize("name", ["memory.max", "memory.high"])
def test_a_limit_at_any_level_counts_v2(cgroup: Path, own: Path, level: str, name: str) -> None:
    put(own, V2)
    put(cgroup / "user.slice/job.scope/memory.current", "1000000")
    put(cgroup / "user.slice/job.scope/memory.max", "9000000")
    put(cgroup / "user.slice/memory.max", "max")
    put(cgroup / level / "memory.current", "2000000")
    put(cgroup / level / name, "3500000")
    assert available_memory() == 1_500_000
    put(cgroup / level / "cpu.max", "150000 100000")
    assert available_threads() == 2


@pytest.mark.parametrize("level", ["", "slurm", "slurm/job_1"])
def test_a_limit_at_any_level_counts_v1(cgroup: Path, own: Path, level: str) -> None:
    put(own, V1)
    group = cgroup / "memory" / level
    put(group / "memory.usage_in_bytes", "3000000")
    put(group / "memory.limit_in_bytes", "3500000")
    put(group / "memory.stat", "inactive_file 1\ntotal_inactive_file 200000")
    assert available_memory() == 700_000
    put(cgroup / "cpu,cpuacct" / level / "cpu.cfs_quota_us", "150000")
    put(cgroup / "cpu,cpuacct" / level / "cpu.cfs_period_us", "100000")
    assert available_threads() == 2


def test_other_groups_do_not_count(cgroup: Path, own: Path) -> None:
    put(own, f"{V2}\n{V1}\n3:cpuset:/other")
    for other in ("other", "user.slice/other.scope", "memory/other", "cpuset/other"):
        put(cgroup / other / "memory.max", "1000")
        put(cgroup / other / "memory.current", "0")
    assert available_memory() > 1 << 20


def test_a_container_that_is_shown_the_paths_of_its_host(cgroup: Path, own: Path) -> None:
    put(own, "0::/../../docker/1234\n7:memory:/docker/1234")
    put(cgroup / "memory/memory.usage_in_bytes", "3000000")
    put(cgroup / "memory/memory.limit_in_bytes", "3500000")
    assert available_memory() == 500_000


def test_both_kinds_at_once(cgroup: Path, own: Path) -> None:
    put(own, f"{V1}\n{V2}")
    put(cgroup / "unified/user.slice/memory.max", "3000000")
    put(cgroup / "unified/user.slice/memory.current", "1000000")
    assert available_memory() == 2_000_000


@pytest.mark.parametrize("text", ["", "nonsense", "0:", "::\n:::", "0::/\x00", "0::/caf\xe9 (deleted)"])
def test_a_list_of_groups_that_is_odd(cgroup: Path, own: Path, text: str) -> None:
    put(own, text)
    put(cgroup / "memory.max", "3500000")
    put(cgroup / "memory.current", "3000000")
    assert available_memory() == 500_000


def test_the_limit_of_address_space_is_seen() -> None:
    free = int(
        python(
            "import resource, w2v.base.machine as m\n"
            "resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\n"
            "print(m.available_memory())"
        )
    )
    assert 0 < free < 1 << 30
