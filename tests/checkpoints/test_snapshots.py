"""A run that ends in the moment in which a snapshot begins."""

import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from w2v.checkpoints import snapshots
from w2v.checkpoints.snapshots import CheckpointPolicy, Position, Snapshot, Snapshotter

LIVE = Snapshot(np.zeros((2, 3), np.float32), np.ones((2, 3), np.float32), Position())


def test_a_run_that_ends_as_a_snapshot_begins_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    saved: list[Snapshot] = []
    errors: list[BaseException] = []
    snapshotter = Snapshotter(lambda: LIVE, CheckpointPolicy(saved.append, every_s=0))

    def end() -> None:
        try:
            snapshotter.save_last()
        except BaseException as error:
            errors.append(error)

    ender = threading.Thread(target=end)

    class Slow(threading.Thread):
        def start(self) -> None:
            ender.start()
            time.sleep(0.05)
            super().start()

    monkeypatch.setattr(snapshots, "threading", SimpleNamespace(Thread=Slow))
    snapshotter.start_if_due()
    ender.join(10)
    assert not ender.is_alive() and not errors
    assert saved == [LIVE]


def test_after_the_last_snapshot_none_begins() -> None:
    saved: list[Snapshot] = []
    snapshotter = Snapshotter(lambda: LIVE, CheckpointPolicy(saved.append, every_s=0))
    snapshotter.save_last()
    before = threading.active_count()
    snapshotter.start_if_due()  # its thread would wait without end, and so would the process
    assert threading.active_count() == before
    assert saved == [LIVE]


def test_a_system_that_gives_no_thread_does_not_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refused(threading.Thread):
        def start(self) -> None:
            raise RuntimeError("can't start new thread")

    saved: list[Snapshot] = []
    snapshotter = Snapshotter(lambda: LIVE, CheckpointPolicy(saved.append, every_s=0))
    monkeypatch.setattr(snapshots, "threading", SimpleNamespace(Thread=Refused))
    snapshotter.start_if_due()
    snapshotter.save_last()
    assert saved == [LIVE]
