"""Snapshots: a run at one moment, copied while it goes on."""

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
    """How far a run has come, as a checkpoint keeps it."""

    next_job: int = 0  # All jobs before this one are done
    also_done: list[int] = field(default_factory=list)
    """Jobs behind it that are done too; those in flight are done again."""
    words: int = 0  # Tokens trained on
    seconds: float = 0.0  # Time that training has taken
    epoch: int = 0  # The last epoch, from 0, of which losses were sampled
    loss: float = 0.0  # Sum of the sampled losses of that epoch
    pairs: int = 0  # Number of pairs in `loss`
    n_nodes: int = 0
    """Nodes of the cluster that trained, each on its part of the text, and then the jobs are periods; 0 is none."""


@dataclass(frozen=True)
class FixedRows:
    """Which rows training does not move."""

    input: npt.NDArray[np.bool_]  # (n_types,)
    output: npt.NDArray[np.bool_]  # (n_types,)


@dataclass(frozen=True)
class Snapshot:
    """A run at one moment: what is needed to go on from there."""

    input: Matrix  # (n_input, dim) input rows
    output: Matrix  # (n_output, dim) output rows
    position: Position  # All shards before it are in the rows; shards in flight are partly
    lines: Matrix | None = None  # (n_lines, dim) with line vectors, the rows of lines
    fixed: FixedRows | None = None  # Rows that stay as they are; not kept by checkpoints

    @property
    def matrices(self) -> list[Matrix]:
        """All rows."""
        return [self.input, self.output] + ([] if self.lines is None else [self.lines])


@dataclass(frozen=True)
class CheckpointPolicy:
    """What saves snapshots, and how often."""

    save: Callable[[Snapshot], None]
    """Called from a thread of its own: while training goes on, at the end, and after an interrupt."""
    every_s: float


class Snapshotter:
    """Takes snapshots of a run while it goes on.

    When one is due, a thread of its own makes buffers; the next training thread that ends a shard copies the rows
    into them, while the others train on, and the first thread saves them. With one training thread the rows are
    exactly what the position says, with more they have parts of the shards in flight too. Where there is no memory
    for a copy, the training thread saves the rows themselves.
    """

    def __init__(self, now: Callable[[], Snapshot], policy: CheckpointPolicy) -> None:
        """Start the clock; `now` returns the live rows, and the position that they have at least reached."""
        self._now, self._policy = now, policy
        self._lock = threading.Lock()
        self._is_due, self._is_taken = threading.Event(), threading.Event()
        self._buffers: list[Matrix] | None = None
        self._copy: Snapshot | None = None
        self._writer: threading.Thread | None = None
        self._is_over = False
        self._last_s = time.monotonic()

    def start_if_due(self) -> None:
        """Begin a snapshot where the time has come and the last one is written; called now and then."""
        with self._lock:  # the run may end in this moment, in another thread
            is_writing = self._writer is not None and self._writer.is_alive()
            if self._is_over or is_writing or time.monotonic() - self._last_s < self._policy.every_s:
                return
            self._last_s = time.monotonic()
            self._is_taken.clear()
            self._writer = threading.Thread(target=self._write)
            with suppress(RuntimeError):  # the system gives no thread now; the next time, perhaps
                self._writer.start()

    def copy_if_due(self) -> None:
        """Copy the rows, if a snapshot was begun; called by a training thread between two shards."""
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
        """Save the rows as they are when the training threads have ended."""
        with self._lock:
            self._is_over = True
            writer = self._writer
        self._is_taken.set()  # the writer may wait for a copy that no thread makes any more
        if writer is not None and writer.ident is not None:
            writer.join()
        self._policy.save(self._now())

    def _write(self) -> None:
        """Make buffers, have them filled, save what is in them."""
        matrices = self._now().matrices
        if available_memory() > 2 * sum(rows.nbytes for rows in matrices):
            # Filled, because memory that was never touched is slow: 1 M words x 300 took 1.2 s to copy, and then 0.2.
            self._buffers = [np.full_like(rows, 0) for rows in matrices]
        self._is_due.set()
        self._is_taken.wait()
        self._is_due.clear()
        if self._copy is not None:
            self._policy.save(self._copy)
        self._buffers = self._copy = None
