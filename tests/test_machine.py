"""The limits of a container are seen, of both kinds of control group."""

import os
from pathlib import Path

import pytest

from w2v import machine
from w2v.machine import available_memory, available_threads


@pytest.fixture
def cgroup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A control group without limits, on a machine of 8 cores."""
    monkeypatch.setattr(machine, "CGROUP", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    return tmp_path


def put(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
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
