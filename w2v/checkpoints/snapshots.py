"""Snapshots: copies of the rows of a run, taken while it trains."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from w2v.base.arrays import Matrix
from w2v.base.machine import available_memory


@dataclass
class Position:
    """The progress of a run, as a checkpoint stores it."""

    next_job: int = 0  # All jobs before this one are done
    also_done: list[int] = field(default_factory=list)
    """Later jobs that are done too. A resumed run repeats jobs that were only begun."""
    words: int = 0  # Number of tokens trained on
    seconds: float = 0.0  # Training time so far
    epoch: int = 0  # The last epoch, from 0, in which losses were sampled
    loss: float = 0.0  # Sum of the sampled losses of that epoch
    pairs: int = 0  # Number of pairs in `loss`
    n_nodes: int = 0
    """Number of nodes of the cluster, 0 without one. On a cluster the jobs are periods."""


@dataclass(frozen=True)
class FixedRows:
    """Which rows are frozen: training does not change them."""

    input: npt.NDArray[np.bool_]  # (n_types,)
    output: npt.NDArray[np.bool_]  # (n_types,)


@dataclass(frozen=True)
class Snapshot:
    """The state of a run at one moment: everything that is needed to continue from it."""

    input: Matrix  # (n_input, dim) input rows
    output: Matrix  # (n_output, dim) output rows
    position: Position  # The rows include all shards before it, and parts of shards in progress
    lines: Matrix | None = None  # (n_lines, dim) rows of lines, with line vectors
    fixed: FixedRows | None = None  # Frozen rows; checkpoints do not store them

    @property
    def matrices(self) -> list[Matrix]:
        """All rows."""
        return [self.input, self.output] + ([] if self.lines is None else [self.lines])


@dataclass(frozen=True)
class CheckpointPolicy:
    """How snapshots are saved, and how often."""

    save: Callable[[Snapshot], None]
    """Called from a separate thread: during training, at the end, and after an interrupt."""
    every_s: float


class Snapshotter:
    """Takes snapshots of a run during training.

    When a snapshot is due, a writer thread allocates buffers. The next training thread that ends a shard copies the
    rows into them while the other threads continue, and the writer saves the copy. With one training thread the rows
    match the position exactly; with several they also include parts of the shards in progress. If there is not enough
    memory for a copy, the training thread saves the rows directly.
    """

    def __init__(self, now: Callable[[], Snapshot], policy: CheckpointPolicy) -> None:
        """Start the clock. `now` returns the live rows and a position that they have reached or passed."""
        self._now, self._policy = now, policy
        self._lock = threading.Lock()
        self._is_due, self._is_taken = threading.Event(), threading.Event()
        self._buffers: list[Matrix] | None = None
        self._copy: Snapshot | None = None
        self._writer: threading.Thread | None = None
        self._is_over = False
        self._last_s = time.monotonic()

    def start_if_due(self) -> None:
        """Begin a snapshot if it is due and the last one is written. The training loop calls this regularly."""
        with self._lock:  # another thread may be ending the run
            is_writing = self._writer is not None and self._writer.is_alive()
            if self._is_over or is_writing or time.monotonic() - self._last_s < self._policy.every_s:
                return
            self._last_s = time.monotonic()
            self._is_taken.clear()
            self._writer = threading.Thread(target=self._write)
            with suppress(RuntimeError):  # if no thread can be started now, a later call tries again
                self._writer.start()

    def copy_if_due(self) -> None:
        """Copy the rows if a snapshot was begun. Training threads call this between two shards."""
        if not self._is_due.is_set():
            return
        with self._lock:
            if not self._is_due.is_set():
                return
            self._is_due.clear()
        now = self._now()
        if self._buffers is None:
            self._policy.save(now)
        else:
            for buffer, rows in zip(self._buffers, now.matrices, strict=True):
                np.copyto(buffer, rows)
            input, output, *lines = self._buffers
            self._copy = Snapshot(input, output, now.position, lines[0] if lines else None)
        self._is_taken.set()

    def save_last(self) -> None:
        """Save the final rows after the training threads have ended."""
        with self._lock:
            self._is_over = True
            writer = self._writer
        self._is_taken.set()  # the writer may be waiting for a copy, which no thread will make now
        if writer is not None and writer.ident is not None:
            writer.join()
        self._policy.save(self._now())

    def _write(self) -> None:
        """Allocate buffers, wait until they are filled, and save them."""
        matrices = self._now().matrices
        if available_memory() > 2 * sum(rows.nbytes for rows in matrices):
            # full_like touches the memory, whose first use is slow: copying 1 M words x 300 took 1.2 s, then 0.2 s.
            self._buffers = [np.full_like(rows, 0) for rows in matrices]
        self._is_due.set()
        self._is_taken.wait()
        self._is_due.clear()
        if self._copy is not None:
            self._policy.save(self._copy)
        self._buffers = self._copy = None
