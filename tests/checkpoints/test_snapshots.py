"""Snapshots at the moments in which they go wrong most easily: when the run ends, and when there is no thread."""

import sys
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from w2v.checkpoints.snapshots import CheckpointPolicy, Position, Snapshot, Snapshotter

LIVE = Snapshot(np.zeros((2, 3), np.float32), np.ones((2, 3), np.float32), Position())


@pytest.fixture
def busy_threads() -> Iterator[None]:
    """Let threads take turns as often as Python can, so that every order of two steps occurs."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("busy_threads")
def test_a_run_that_ends_as_a_snapshot_begins_waits_for_it() -> None:
    for _ in range(1_500):
        saved: list[Snapshot] = []
        snapshotter = Snapshotter(lambda: LIVE, CheckpointPolicy(saved.append, every_s=0))
        ender = threading.Thread(target=snapshotter.save_last)
        before = threading.active_count()
        ender.start()
        snapshotter.start_if_due()
        ender.join(10)
        assert not ender.is_alive(), "the end waits for a snapshot that never comes"
        assert saved == [LIVE], "the last snapshot is saved once, and the one that had begun is given up"
        assert threading.active_count() == before, "a snapshot began after the end"


def test_after_the_last_snapshot_none_begins() -> None:
    saved: list[Snapshot] = []
    snapshotter = Snapshotter(lambda: LIVE, CheckpointPolicy(saved.append, every_s=0))
    snapshotter.save_last()
    before = threading.active_count()
    snapshotter.start_if_due()  # its thread would wait without end, and so would the process
    assert threading.active_count() == before
    assert saved == [LIVE]


@pytest.fixture
def no_thread() -> Iterator[None]:
    """Ask for stacks that do not fit into the address space, so that the system refuses each thread."""
    try:
        before = threading.stack_size(1 << 47)
    except ValueError:
        pytest.skip("this system knows no such stack")
    with pytest.raises(RuntimeError, match="can't start new thread"):
        threading.Thread(target=int).start()
    yield
    threading.stack_size(before)


@pytest.mark.usefixtures("no_thread")
def test_a_system_that_gives_no_thread_does_not_end_the_run() -> None:
    saved: list[Snapshot] = []
    snapshotter = Snapshotter(lambda: LIVE, CheckpointPolicy(saved.append, every_s=0))
    snapshotter.start_if_due()
    snapshotter.save_last()
    assert saved == [LIVE]
