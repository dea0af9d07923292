"""The training loop: threads that take shards, and write both matrices without locks (Hogwild).

All that a shard draws follows from (seed, epoch, shard) and its learning rate from (epoch, shard), so that
one thread gives the same bytes every time, and a run can be taken up again at any shard.
"""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from w2v.config import TrainConfig
from w2v.errors import DivergedError, SettingsError
from w2v.kernels import simd, step
from w2v.kernels.types import Private, Sampling, Scratch, Shape, Tally, Weights
from w2v.machine import available_memory, available_threads, release_memory
from w2v.model import Embeddings, own_lines
from w2v.sampling import alias_table, keep_prob, noise_distribution, thresholds
from w2v.schedule import Job, Position, Progress, Schedule, shard_bounds
from w2v.vocab import Vocab

Ids = npt.NDArray[np.int32]
Matrix = npt.NDArray[np.float32]

REPORT_S = 0.25
PRIVATE_ROWS = 128
"""Words with private copies of their rows: 64 gain 20% with two threads, 128 a little more, 1,024 no more."""
MERGES_A_THREAD = 32
"""A run has private copies where each thread merges them so many times for each thread there is."""
SATURATED = 100
"""Uses between two merges from which on a row moves by the mean of what its copies have moved."""
MAX_TILE = 6
"""Output rows whose sums with 4 contexts fit into the 32 registers of AVX-512, beside what feeds them."""

TrainReport = Callable[[Progress], None]
EpochReport = Callable[[Progress, Matrix], None]


@dataclass(frozen=True)
class Snapshot:
    """A run at one moment: what is needed to go on from there."""

    input: Matrix
    """(n_types, dim) input rows."""
    output: Matrix
    """(n_types, dim) output rows."""
    position: Position
    """All of these shards are in the rows; of those that were in flight, a part."""


@dataclass(frozen=True)
class Keeper:
    """Who wants snapshots, and how often."""

    keep: Callable[[Snapshot], None]
    """Called from a thread of its own while training goes on; at the end, and after an interrupt, from the caller's."""
    every_s: float


def train_embeddings(
    stream: Ids,
    vocab: Vocab,
    config: TrainConfig,
    report: TrainReport | None = None,
    *,
    start: Snapshot | None = None,
    keeper: Keeper | None = None,
    after_epoch: EpochReport | None = None,
) -> Embeddings:
    """Train skip-gram with negative sampling on a token stream.

    Args:
        stream: (n,) rows of vocab and SENTENCE_END (-1); read only.
        vocab: the words and the counts that both samplings follow.
        config: dim, window, negative, sample, noise_pool, ns_exponent, epochs, lr, threads, seed.
        report: called from this thread about every quarter of a second, and at the end.
        start: go on from here.
        keeper: gets a snapshot from time to time, at the end, and after an interrupt.
        after_epoch: called from this thread soon after the end of an epoch, with how far the run is by then and
            the live input rows, (n_types, dim), which the threads go on changing. Epochs that end while it is
            busy are passed over, but not the last, after which the rows are final.

    Raises:
        DivergedError: a row left the finite numbers.
    """
    release_memory()  # of the scan's threads: 30 MB after 100 MB of text
    run = _Run(stream, vocab, config, start)
    report = report or (lambda progress: None)
    run.work(_with_epochs(run, report, after_epoch) if after_epoch else report, keeper)
    return run.embeddings


class _Run:
    """One run: what its threads share, and how they take turns."""

    def __init__(self, stream: Ids, vocab: Vocab, config: TrainConfig, start: Snapshot | None) -> None:
        self.stream, self.config = stream, config
        self.n_threads = config.threads or available_threads()
        self.shares = merge_shares(vocab, config, self.n_threads, len(stream))
        n_private = self.shares.shape[1]
        self.embeddings = Embeddings.create(
            len(vocab), config.dim, config.seed, spare_rows=self.n_threads * (1 + n_private)
        )
        if start is not None:
            self.embeddings.vectors[:] = start.input
            self.embeddings.output_vectors[:] = start.output
        self.weights = Weights(self.embeddings.input.reshape(-1), self.embeddings.output.reshape(-1))
        self.shape = shape_of(config, self.embeddings.stride)
        prob, alias = alias_table(noise_distribution(vocab.counts, config.ns_exponent))
        keep = thresholds(keep_prob(vocab.counts, config.sample))
        self.sampling = Sampling(keep, thresholds(prob), alias)
        self.train_shard = step.TRAIN_SHARD[kernel_name()]
        self.bounds = shard_bounds(stream)
        self._train(Job(0, 0, 0, 0, 0, config.lr), *self._buffers(0))  # compiles, or loads what was compiled
        self.schedule = Schedule(self.bounds, config, start.position if start else None)  # starts the clock
        self.failure: BaseException | None = None
        self.camera: _Camera | None = None

    def work(self, report: TrainReport, keeper: Keeper | None) -> None:
        """Run the threads to the end, reporting from this one."""
        self.camera = _Camera(self, keeper) if keeper else None
        # Waited for by events: interrupted in a join, Python 3.11 takes a thread for ended that trains on.
        ended = [threading.Event() for _ in range(self.n_threads)]
        threads: list[threading.Thread] = []
        try:
            for number, event in enumerate(ended):
                thread = threading.Thread(target=self._thread, args=(number, event), daemon=True)
                thread.start()
                threads.append(thread)
            for event in ended:
                while not event.wait(REPORT_S):
                    report(self.schedule.progress())
                    if self.camera:
                        self.camera.tick()
        finally:  # an interrupt, or an error in report: the threads end with their shards
            self.schedule.close()
            for thread, event in zip(threads, ended, strict=False):
                event.wait()
                thread.join()
            if self.failure is None and not all(step.all_finite(rows) for rows in self.weights):
                self.failure = self._diverged()
            if self.camera and self.failure is None:
                self.camera.last()
        if self.failure is not None:
            raise self.failure
        report(self.schedule.progress())

    def _thread(self, number: int, ended: threading.Event) -> None:
        try:
            scratch, tally = self._buffers(number)
            while (job := self.schedule.take()) is not None:
                self._train(job, scratch, tally)
                if not (np.isfinite(tally.loss[0]) and self._slice_is_finite(job.shard)):
                    raise self._diverged()
                self.schedule.finish(job, int(tally.words[0]), float(tally.loss[0]), int(tally.pairs[0]))
                if self.camera:
                    self.camera.shoot()
        except BaseException as error:
            self.failure = error
            self.schedule.close()
        finally:
            ended.set()

    def _buffers(self, number: int) -> tuple[Scratch, Tally]:
        """Return what thread `number` has for itself."""
        longest = max(end - begin for begin, end in zip(self.bounds, self.bounds[1:], strict=False))
        spare = self.embeddings.n_types + number * (1 + self.shares.shape[1])
        private = new_private(self.shares, spare + 1, self.shape.stride)
        scratch = new_scratch(self.shape, longest, self.config.noise_pool, spare * self.shape.stride, private)
        return scratch, Tally(np.zeros(1), np.zeros(1, np.int64), np.zeros(1, np.int64))

    def _train(self, job: Job, scratch: Scratch, tally: Tally) -> None:
        """Train on one shard."""
        self.train_shard(
            self.stream[job.begin : job.end],
            self.weights,
            self.sampling,
            self.shape,
            scratch,
            tally,
            np.float32(job.lr),
            np.uint64(self.config.seed),
            np.uint64(job.epoch),
            np.uint64(job.shard),
        )

    def _slice_is_finite(self, shard: int) -> bool:
        """Check one shard's share of the rows: an epoch's shards together check every row."""
        n, n_shards = len(self.weights.input), self.schedule.n_shards
        share = slice(n * shard // n_shards, n * (shard + 1) // n_shards)
        return all(step.all_finite(rows[share]) for rows in self.weights)

    def _diverged(self) -> DivergedError:
        return DivergedError(
            f"training diverged at --lr {self.config.lr:g}: the vectors are no longer finite; "
            f"try --lr {self.config.lr / 4:g}"
        )


def _with_epochs(run: _Run, report: TrainReport, after_epoch: EpochReport) -> TrainReport:
    """Return a report that first looks whether another epoch is over."""
    epochs = run.config.epochs
    over = min(int(run.schedule.progress().progress * epochs), epochs - 1)

    def report_both(now: Progress) -> None:
        nonlocal over
        if int(now.progress * epochs) > over:
            over = int(now.progress * epochs)
            after_epoch(now, run.embeddings.vectors)
        report(now)

    return report_both


class _Camera:
    """Takes snapshots of a run while it goes on.

    The thread that ends a shard when one is due copies the matrices, while the others train on: with one
    thread they are exactly what the position says, with more they have parts of the shards in flight too.
    The copy is written by another thread. Where there is no memory for a copy, the thread writes them itself.
    """

    def __init__(self, run: _Run, keeper: Keeper) -> None:
        self.run, self.keeper = run, keeper
        self.due = threading.Event()
        self.writer: threading.Thread | None = None
        self.taken = time.monotonic()

    def tick(self) -> None:
        """Look at the clock."""
        is_writing = self.writer is not None and self.writer.is_alive()
        if not is_writing and time.monotonic() - self.taken >= self.keeper.every_s:
            self.taken = time.monotonic()
            self.due.set()

    def shoot(self) -> None:
        """Take a snapshot, if one is due; called between two shards."""
        if not self.due.is_set():
            return
        with self.run.schedule.lock:
            if not self.due.is_set():
                return
            self.due.clear()
        shot = self._snapshot()
        if available_memory() > 2 * (shot.input.nbytes + shot.output.nbytes):
            shot = Snapshot(shot.input.copy(), shot.output.copy(), shot.position)
            self.writer = threading.Thread(target=self.keeper.keep, args=(shot,))
            self.writer.start()
        else:
            self.keeper.keep(shot)

    def last(self) -> None:
        """Take the last snapshot, when the threads have ended."""
        if self.writer is not None:
            self.writer.join()
        self.keeper.keep(self._snapshot())

    def _snapshot(self) -> Snapshot:
        position = self.run.schedule.position()  # before the rows: what it says is done is in them
        return Snapshot(self.run.embeddings.vectors, self.run.embeddings.output_vectors, position)


def kernel_name() -> str:
    """Return which kernels this machine runs: W2V_KERNEL where it is set, else the fastest it can."""
    wanted = os.environ.get("W2V_KERNEL", "")
    if wanted and wanted not in step.TRAIN_SHARD:
        raise SettingsError(f"W2V_KERNEL must be one of {', '.join(step.TRAIN_SHARD)}, not '{wanted}'")
    return wanted or ("simd" if simd.is_supported() else "scalar")


def shape_of(config: TrainConfig, stride: int) -> Shape:
    """Return the bounds of a step's loops: output rows in as few tiles as hold them, equally full."""
    n_outputs = config.negative + 1
    n_tiles = -(-n_outputs // MAX_TILE)
    tile = (0,) * -(-n_outputs // n_tiles)
    return Shape(config.window, config.negative, stride, n_tiles, tile)


def merge_shares(vocab: Vocab, config: TrainConfig, n_threads: int, n_tokens: int) -> npt.NDArray[np.float32]:
    """Return how much of what a thread's copy of a hot row has moved goes into the shared row.

    All of it where a row is used seldom between two merges, as if there were no copies. A row that is used
    often has moved to where its copy's thread wants it, and so has every other thread's copy: added up
    they would go too far (with 5,000 words, no subsampling and two threads the loss was 2.48 where one thread
    has 2.30), so their mean is taken: one part in n_threads. In between the share falls smoothly.

    A mean takes n_threads as many merges to get as far, so a short run has no copies, nor has one thread.

    Args:
        vocab: the words.
        config: window, negative, sample, ns_exponent and epochs.
        n_threads: threads that have copies.
        n_tokens: tokens of an epoch, before subsampling.

    Returns:
        (2, n_rows) shares of the input and the output rows of the most frequent words.
    """
    kept = keep_prob(vocab.counts, config.sample) * vocab.counts / vocab.n_tokens
    merges = kept.sum() * n_tokens * config.epochs / (step.MERGE_EVERY * n_threads)
    if n_threads == 1 or merges < MERGES_A_THREAD * n_threads:
        return np.empty((2, 0), np.float32)
    kept /= kept.sum()
    noise = noise_distribution(vocab.counts, config.ns_exponent)
    # A center has window + 1 contexts in the mean, and `negative` noise words.
    uses = step.MERGE_EVERY * np.stack([kept * (config.window + 1), kept + noise * config.negative])
    saturation = np.minimum(1.0, uses[:, :PRIVATE_ROWS] / SATURATED)
    return (1 / (1 + (n_threads - 1) * saturation)).astype(np.float32)


def new_private(shares: npt.NDArray[np.float32], first: int, stride: int) -> Private:
    """Return a thread's copies of the rows that have shares, (2, n_rows); they stand from row `first` on."""
    n_rows = shares.shape[1]
    return Private(n_rows, first, shares.reshape(-1), own_lines(2 * n_rows * stride, np.float32))


def new_scratch(
    shape: Shape, longest_shard: int, noise_pool: int, zero_row: int, private: Private | None = None
) -> Scratch:
    """Return a thread's buffers for shards of up to `longest_shard` tokens."""
    n_contexts = min(2 * shape.window, longest_shard)
    return Scratch(
        kept=own_lines(longest_shard + 1, np.int64),
        contexts=own_lines(n_contexts, np.int64),
        outputs=own_lines(shape.n_tiles * len(shape.tile) + 1, np.int64),
        negatives=own_lines(shape.negative, np.int64),
        zero_row=np.array([zero_row]),
        pool=own_lines(noise_pool, np.int64),
        scores=own_lines(n_contexts * 8 * shape.n_tiles, np.float32),
        old=own_lines(n_contexts * shape.stride, np.float32),
        private=private or new_private(np.empty((2, 0), np.float32), 0, shape.stride),
        state=own_lines(1, np.uint64),
    )
