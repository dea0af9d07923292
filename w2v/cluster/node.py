"""Node: the process on one machine of a run. The driver calls it; it reads its part of the text and trains on it.

This module does not import Ray. Ray calls the methods: `combine` and `base` in one thread, `ping` in a second one, and
all others one after the other in a third one.
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
    """Version of w2v and its kernels, which must be the same on all nodes."""


class Part(NamedTuple):
    """The part of the corpus that a node reads."""

    pieces: list[Piece]
    fingerprints: dict[str, Fingerprint]
    """Fingerprints of the files of the pieces, as the driver sees them, by path."""
    places: dict[str, tuple[int, int]]
    """Device and inode of each file, as the driver sees them, by path; files in stores have none."""

    @classmethod
    def of(cls, pieces: Sequence[Piece]) -> "Part":
        """Return a part with the fingerprints of its files on this machine."""
        paths = {piece.path for piece in pieces}
        places = {path: place for path in paths if (place := place_of(path)) is not None}
        return cls([*pieces], {path: Fingerprint.of(path) for path in paths}, places)


@dataclass(frozen=True)
class NodeProgress:
    """The progress of a node, and what it did in a period."""

    progress: float
    """Share of the node's part of the run that is done."""
    loss: float
    """Mean loss of a pair in the epoch; nan before the first pair."""
    train_seconds: float
    """Training time in this period."""
    sync_seconds: float
    """Time in which the threads waited while rows were applied and packed."""
    bytes_sent: int
    """Bytes of moved and combined rows sent since the last report."""


class Node:
    """A part of the text with the worker that trains on it."""

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
        """Return the host, process and version of this node."""
        return Introduction(socket.gethostname(), os.getpid(), version())

    def ping(self) -> None:
        """Return at once, to show that this process runs."""

    def read(self, part: Part, config: TrainConfig, vocab: Vocab | None) -> tuple[Encoded, bytes]:
        """Read a part of the text; return the result without the stream, and the words, one per line.

        Without a vocab, the result has the counts of all words, and the driver must call `number` afterwards.

        Raises:
            W2VError: as in `encode`; or a file differs from the one that the driver sees.
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
        """Return a checksum of each piece of a part whose file is a copy of the driver's file, in order.

        Other files are not read again: a file in a store was compared by its ETag, and a file in a shared folder, with
        the same inode and time, is the driver's own file.
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
        """Convert this part's own word numbers to rows of the common vocabulary; return the number of tokens left."""
        self._stream, self._words = renumber(self._stream, vocab.rows_of(self._words)), []
        return int(np.count_nonzero(self._stream >= 0))

    def n_lines(self) -> int:
        """Return the number of lines of this part."""
        return n_lines(self._stream)

    def checksum(self) -> str:
        """Return the checksum of this part's token stream."""
        return stream_checksum(self._stream)

    def prepare(self, team: Team, threads: int, period: int, attempt: int) -> None:
        """Make the worker, starting with a period. It has the rows of a new run until `restore` replaces them."""
        self._attempt = attempt
        release_memory()
        self._worker = Worker(team, self._rank, self._stream, threads, period)

    def begin(self, sync: Sync, _: NodeProgress) -> None:
        """Train on the beginning of a period, after the report of the last period and while its rows are combined."""
        self._check(sync)
        self._train(self.worker.team.periods.overlap_end(sync.period))

    def finish(self, sync: Sync, before: Sync | None, *moved: Slice) -> tuple[NodeProgress | Slice, ...]:
        """Apply the rows of the period before, given by rank in `moved`, and train to the end of this period.

        Returns a report, followed by the changes of rows, one slice per node.
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
        """Combine this node's slice of the rows, from the slices of all nodes, by rank."""
        combined = self.worker.combine(sync, slices)
        self._n_bytes += (len(slices) - 1) * sum(packed.n_bytes for packed in combined)
        return combined

    def apply(self, sync: Sync, *moved: Slice) -> None:
        """Apply the rows of a period before the next period is finished."""
        self._check(sync)
        self.worker.apply(sync, moved)

    def stop(self, attempt: int) -> int:
        """Refuse calls of earlier attempts; return the number of combined periods, -1 without the rows of the run."""
        self._attempt = attempt
        return -1 if self._worker is None else self._worker.n_combined

    def base(self, matrix: int, begin: int, end: int) -> tuple[Matrix, Shares]:
        """Return the common rows of all nodes; see `Worker.base`."""
        return self.worker.base(matrix, begin, end)

    def restore(self, matrix: int, begin: int, rows: tuple[Matrix, Shares]) -> None:
        """Take rows from another node."""
        self.worker.restore(matrix, begin, *rows)

    def restored(self, n_combined: int) -> None:
        """Record that all rows are those after n_combined periods."""
        self.worker.n_combined = n_combined

    @property
    def worker(self) -> Worker:
        """The worker; `prepare` must have made it."""
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
    """Return the device and the inode of a file; None for a file in a store."""
    if stores.url_of(path) is not None:
        return None
    status = os.stat(path)
    return status.st_dev, status.st_ino


def _range_of(piece: Piece) -> tuple[int, int | None]:
    """Return the byte range of a piece in its file; for Parquet, whose pieces are row groups, the whole file."""
    return (0, None) if is_parquet(piece.path) else (piece.begin, piece.end)


def version() -> str:
    """Return a text that must be the same on all nodes."""
    return f"w2v {__version__} (kernels {kernel_stamp()}) on Python {'.'.join(platform.python_version_tuple()[:2])}"
