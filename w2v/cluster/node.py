"""Node: one machine of a run, called by the driver. It reads its part of the text and trains on it.

This module does not import Ray, which calls the methods: `combine` and `base` in one thread, `ping` in another, the
rest one after the other in a third.
"""

import os
import platform
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from w2v.base import stores
from w2v.base.arrays import Ids, Matrix
from w2v.base.machine import release_memory
from w2v.base.version import __version__
from w2v.checkpoints.fingerprints import Fingerprint, piece_checksum, stream_checksum
from w2v.cluster.worker import Shares, Slice, Sync, Team, Worker
from w2v.reports import Progress
from w2v.settings.train import TrainConfig
from w2v.text.corpus import Corpus
from w2v.text.encoding import Encoded, encode, renumber
from w2v.text.sources import Piece, is_parquet
from w2v.text.vocab import Vocab
from w2v.training.line_rows import n_lines
from w2v.training.plan import kernel_stamp


class Introduction(NamedTuple):
    """The host, process and version of a node."""

    host: str
    pid: int
    version: str
    """Of w2v and its kernels: all nodes must have the same."""


class Part(NamedTuple):
    """What a node reads."""

    pieces: list[Piece]
    fingerprints: dict[str, Fingerprint]
    """Those of the files of the pieces, as the driver sees them, by path."""
    places: dict[str, tuple[int, int]]
    """Where each file of a file system is, for the driver: its device, and its inode."""

    @classmethod
    def of(cls, pieces: Sequence[Piece]) -> "Part":
        """Return a part, with the fingerprints that its files have on this machine."""
        paths = {piece.path for piece in pieces}
        places = {path: place for path in paths if (place := place_of(path)) is not None}
        return cls([*pieces], {path: Fingerprint.of(path) for path in paths}, places)


@dataclass(frozen=True)
class NodeProgress:
    """How far a node is, and what it did in a period."""

    progress: float
    """Share of its part of the run that is done."""
    loss: float
    """Mean loss of a pair in the epoch; nan before the first."""
    train_seconds: float
    """Time that it trained in this period."""
    sync_seconds: float
    """Time in which its threads stood still, to apply and pack rows."""
    bytes_sent: int
    """Rows moved, and rows combined since the last period."""


class Node:
    """A part of the text, and the worker that trains on it."""

    def __init__(self, rank: int) -> None:
        """Take the number of the part."""
        self._rank = rank
        self._stream: Ids = np.empty(0, np.int32)
        self._words: list[str] = []
        self._worker: Worker | None = None
        self._attempt = 0
        self._train_s = 0.0
        self._n_bytes = 0

    def introduce(self) -> Introduction:
        """Return the host, process and version."""
        return Introduction(socket.gethostname(), os.getpid(), version())

    def ping(self) -> None:
        """Show that this process runs."""

    def read(self, part: Part, config: TrainConfig, vocab: Vocab | None) -> tuple[Encoded, bytes]:
        """Read a part of the text; return the result without the stream, and its words, a line each.

        Without a vocab, the result has the counts of all words, and `number` must follow.

        Raises:
            W2VError: as `encode` does; or a file is not the one that the driver sees.
        """
        for path, fingerprint in part.fingerprints.items():
            fingerprint.check_copy(path)
        whole = replace(config, min_count=1, max_vocab=None) if vocab is None else config
        encoded = encode(Corpus.of_pieces(part.pieces), whole, vocab=vocab)
        self._stream, self._words = encoded.stream, encoded.vocab.words
        words = "\n".join(self._words).encode() if vocab is None else b""
        counts = encoded.vocab.counts if vocab is None else np.empty(0, np.int64)
        return replace(encoded, stream=np.empty(0, np.int32), vocab=Vocab([], counts)), words

    def copies(self, part: Part) -> list[str]:
        """Return a checksum of each piece of a part whose file is a copy of the driver's, in their order.

        A file of a store has been compared by its ETag; one in a shared folder, with the same inode and time, is the
        driver's own. Neither is read again.
        """
        pieces = [(piece, *_range_of(piece)) for piece in part.pieces if self._is_copy(piece.path, part)]
        return [f"{piece.path}: {piece_checksum(piece.path, begin, end)}" for piece, begin, end in pieces]

    def _is_copy(self, path: str, part: Part) -> bool:
        if path not in part.places:
            return False
        here = place_of(path)
        is_same_inode = here is not None and here[1] == part.places[path][1]
        return not (is_same_inode and Fingerprint.of(path).modified_ns == part.fingerprints[path].modified_ns)

    def number(self, vocab: Vocab) -> int:
        """Replace the numbers of this part's own words by rows of the vocabulary of all; return the tokens left."""
        self._stream, self._words = renumber(self._stream, vocab.rows_of(self._words)), []
        return int(np.count_nonzero(self._stream >= 0))

    def n_lines(self) -> int:
        """Return the number of lines of this part."""
        return n_lines(self._stream)

    def checksum(self) -> str:
        """Return the checksum of this part's token stream."""
        return stream_checksum(self._stream)

    def prepare(self, team: Team, threads: int, period: int, attempt: int) -> None:
        """Make the worker, to begin with a period. Its rows are those of a new run; `restore` gives others."""
        self._attempt = attempt
        release_memory()
        self._worker = Worker(team, self._rank, self._stream, threads, period)

    def begin(self, sync: Sync, _: NodeProgress) -> None:
        """Train on the beginning of a period, after the report of the last, while its rows are combined."""
        self._check(sync)
        self._train(self.worker.team.periods.overlap_end(sync.period))

    def finish(self, sync: Sync, before: Sync | None, *moved: Slice) -> tuple[NodeProgress | Slice, ...]:
        """Apply the rows of the period before, `moved` by rank, and train to the end of this one.

        Returns a report, then what has moved, a slice for each node.
        """
        self._check(sync)
        worker = self.worker
        if worker.team.n_workers > 1:
            self._train(worker.team.periods.overlap_end(sync.period))
        began = time.perf_counter()
        if before is not None:
            worker.apply(before, moved)
        applied_s = time.perf_counter() - began
        progress = self._train(worker.team.periods.ends[sync.period])
        began = time.perf_counter()
        slices = worker.deltas(sync)
        sync_s = applied_s + time.perf_counter() - began
        self._n_bytes += sum(
            packed.n_bytes for rank, slice_ in enumerate(slices) for packed in slice_ if rank != self._rank
        )
        report = NodeProgress(progress.progress, progress.loss, self._train_s, sync_s, self._n_bytes)
        self._train_s, self._n_bytes = 0.0, 0
        return report, *slices

    def combine(self, sync: Sync, *slices: Slice) -> Slice:
        """Combine this node's slice of the rows, from what each node has moved them, by rank."""
        combined = self.worker.combine(sync, slices)
        self._n_bytes += (len(slices) - 1) * sum(packed.n_bytes for packed in combined)
        return combined

    def apply(self, sync: Sync, *moved: Slice) -> None:
        """Apply the rows of a period before the next is finished."""
        self._check(sync)
        self.worker.apply(sync, moved)

    def stop(self, attempt: int) -> int:
        """Refuse calls of earlier attempts; return how many periods' rows are combined, -1 without rows of the run."""
        self._attempt = attempt
        return -1 if self._worker is None else self._worker.n_combined

    def base(self, matrix: int, begin: int, end: int) -> tuple[Matrix, Shares]:
        """Return rows as all nodes have them; see Worker."""
        return self.worker.base(matrix, begin, end)

    def restore(self, matrix: int, begin: int, rows: tuple[Matrix, Shares]) -> None:
        """Take rows of another node."""
        self.worker.restore(matrix, begin, *rows)

    def restored(self, n_combined: int) -> None:
        """Take note that all rows are as they are after n_combined periods."""
        self.worker.n_combined = n_combined

    @property
    def worker(self) -> Worker:
        """The worker, once it is made."""
        assert self._worker is not None, "prepare comes first"
        return self._worker

    def _check(self, sync: Sync) -> None:
        if sync.attempt != self._attempt:
            raise RuntimeError(f"a call of attempt {sync.attempt} came in attempt {self._attempt}")

    def _train(self, share: float) -> Progress:
        began = time.perf_counter()
        progress = self.worker.train(share)
        self._train_s += time.perf_counter() - began
        return progress


def place_of(path: str) -> tuple[int, int] | None:
    """Return the device and the inode of a file, None for one in a store."""
    if stores.url_of(path) is not None:
        return None
    status = os.stat(path)
    return status.st_dev, status.st_ino


def _range_of(piece: Piece) -> tuple[int, int | None]:
    """Return which bytes of its file a piece is read from: of Parquet, whose pieces are groups of rows, all."""
    return (0, None) if is_parquet(piece.path) else (piece.begin, piece.end)


def version() -> str:
    """Return what must be the same on all nodes."""
    return f"w2v {__version__} (kernels {kernel_stamp()}) on Python {'.'.join(platform.python_version_tuple()[:2])}"
