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

from w2v.arrays import Ids, Matrix
from w2v.config import TrainConfig
from w2v.errors import DivergedError, SettingsError
from w2v.kernels.cpu import simd, step
from w2v.kernels.cpu.types import Private, Sampling, Scratch, Shape, Tally, Variant, Weights
from w2v.machine import available_memory, available_threads, release_memory
from w2v.text.vocab import Vocab
from w2v.training.distributions import alias_table, keep_prob, noise_distribution, thresholds
from w2v.training.schedule import Job, Position, Progress, Schedule, shard_bounds
from w2v.training.weights import Embeddings, own_lines

REPORT_S = 0.25
PRIVATE_ROWS = 128
"""Words with private copies of their rows: 64 gain 20% with two threads, 128 a little more, 1,024 no more."""
MERGES_A_THREAD = 32
"""A run has private copies where each thread merges them so many times for each thread there is."""
SATURATED = 100
"""Uses between two merges from which on a row moves by the mean of what its copies have moved."""
FULL_WINDOW = 5
"""Half of the contexts that are drawn from a whole line."""
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
    """Train on a token stream, by negative sampling: which model, sampler and loss, the config says.

    Args:
        stream: (n,) rows of vocab and SENTENCE_END (-1); read only.
        vocab: the words and the counts that both samplings follow.
        config: all but what the reading of the text has used: min_count, max_vocab, max_types, lowercase, column.
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
        self.shape = shape_of(config, self.embeddings.stride, len(vocab))
        self.sampling = sampling_of(config, vocab)
        self.train_shard = step.train_shard(kernel_name(), variant_of(config))
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
            last = self.schedule.progress()  # now, or its speed would count the writing of the last snapshot
            if self.failure is None and not all(step.all_finite(rows) for rows in self.weights):
                self.failure = self._diverged()
            if self.camera and self.failure is None:
                self.camera.last()
        if self.failure is not None:
            raise self.failure
        report(last)

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
        scratch = new_scratch(
            self.shape, longest, self.config, spare * self.shape.stride, private, len(self.sampling.prob)
        )
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

    When one is due, a thread of its own makes room for a copy; the next training thread that ends a shard fills it,
    while the others train on, and the first thread writes it. With one training thread the rows are exactly what the
    position says, with more they have parts of the shards in flight too. Where there is no memory for a
    copy, the training thread writes the rows themselves.
    """

    def __init__(self, run: _Run, keeper: Keeper) -> None:
        self.run, self.keeper = run, keeper
        self.due, self.shot = threading.Event(), threading.Event()
        self.room: tuple[Matrix, Matrix] | None = None
        self.snapshot: Snapshot | None = None
        self.writer: threading.Thread | None = None
        self.taken = time.monotonic()

    def tick(self) -> None:
        """Look at the clock."""
        is_writing = self.writer is not None and self.writer.is_alive()
        if not is_writing and time.monotonic() - self.taken >= self.keeper.every_s:
            self.taken = time.monotonic()
            self.shot.clear()
            self.writer = threading.Thread(target=self._write)
            self.writer.start()

    def shoot(self) -> None:
        """Take a snapshot, if one is due; called between two shards."""
        if not self.due.is_set():
            return
        with self.run.schedule.lock:
            if not self.due.is_set():
                return
            self.due.clear()
        now = self._now()
        if self.room is None:
            self.keeper.keep(now)
        else:
            np.copyto(self.room[0], now.input)
            np.copyto(self.room[1], now.output)
            self.snapshot = Snapshot(*self.room, now.position)
        self.shot.set()

    def last(self) -> None:
        """Take the last snapshot, when the threads have ended."""
        if self.writer is not None:
            self.shot.set()  # it may wait for one that no thread takes any more
            self.writer.join()
        self.keeper.keep(self._now())

    def _write(self) -> None:
        """Make room, have it filled, write what is in it."""
        rows = self.run.embeddings.vectors
        if available_memory() > 2 * 2 * rows.nbytes:
            # Filled, because memory that was never touched is slow: 1 M words x 300 took 1.2 s to copy, and then 0.2.
            self.room = np.full_like(rows, 0), np.full_like(rows, 0)
        self.due.set()
        self.shot.wait()
        self.due.clear()
        if self.snapshot is not None:
            self.keeper.keep(self.snapshot)
        self.room = self.snapshot = None

    def _now(self) -> Snapshot:
        position = self.run.schedule.position()  # before the rows: what it says is done is in them
        return Snapshot(self.run.embeddings.vectors, self.run.embeddings.output_vectors, position)


def kernel_name() -> str:
    """Return which kernels this machine runs: W2V_KERNEL where it is set, else the fastest it can."""
    wanted = os.environ.get("W2V_KERNEL", "")
    if wanted and wanted not in step.KERNELS:
        raise SettingsError(f"W2V_KERNEL must be one of {', '.join(step.KERNELS)}, not '{wanted}'")
    return wanted or ("simd" if simd.is_supported() else "scalar")


def variant_of(config: TrainConfig) -> Variant:
    """Return what the kernel must be compiled for."""
    is_full = config.loss == "full"
    return Variant(
        cbow=config.model == "cbow",
        sampler="all" if is_full else config.sampler,
        loss="softmax" if is_full else config.loss,
        logq=config.corrects and not is_full,
        whole_line=config.window == "full",
        shrink_window=config.shrink_window,
        only_before=config.window_side == "before",
        reject_positives=config.reject_positives,
    )


def shape_of(config: TrainConfig, stride: int, n_types: int) -> Shape:
    """Return the bounds of a step's loops: output rows in as few tiles as hold them, equally full."""
    negative = n_types - 1 if config.loss == "full" else config.negative
    n_tiles = -(-(negative + 1) // MAX_TILE)
    tile = (0,) * -(-(negative + 1) // n_tiles)
    n_hard, candidates = (config.n_hard, config.candidates) if config.sampler == "hard" else (0, 0)
    window = FULL_WINDOW if isinstance(config.window, str) else config.window
    return Shape(window, negative, candidates + negative - n_hard, candidates, n_hard, stride, n_tiles, tile)


def sampling_of(config: TrainConfig, vocab: Vocab) -> Sampling:
    """Return the distributions that words are kept by and negatives are drawn from."""
    keep, noise = keep_prob(vocab.counts, config.sample), noise_distribution(vocab.counts, config.ns_exponent)
    prob, alias = alias_table(noise)
    drawn = keep * vocab.counts if config.sampler == "batch" else noise
    logq = np.log(drawn / drawn.sum())
    logq -= logq.mean()
    return Sampling(thresholds(keep), thresholds(prob), alias, logq.astype(np.float32))


def merge_shares(vocab: Vocab, config: TrainConfig, n_threads: int, n_tokens: int) -> npt.NDArray[np.float32]:
    """Return how much of what a thread's copy of a hot row has moved goes into the shared row.

    All of it where a row is used seldom between two merges, as if there were no copies. A row that is used
    often has moved to where its copy's thread wants it, and so has every other thread's copy: added up
    they would go too far (with 5,000 words, no subsampling and two threads the loss was 2.48 where one thread
    has 2.30), so their mean is taken: one part in n_threads. In between the share falls smoothly.

    A mean takes n_threads as many merges to get as far, so a short run has no copies, nor has one thread.

    Args:
        vocab: the words.
        config: what decides how often a row is used. The hard sampler's choice is taken for plain noise.
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
    if config.loss == "full":
        negatives = np.ones(len(vocab))
    else:
        negatives = config.negative * (
            kept if config.sampler == "batch" else noise_distribution(vocab.counts, config.ns_exponent)
        )
    uses = step.MERGE_EVERY * np.stack([kept * mean_contexts(config), kept + negatives])
    saturation = np.minimum(1.0, uses[:, :PRIVATE_ROWS] / SATURATED)
    return (1 / (1 + (n_threads - 1) * saturation)).astype(np.float32)


def mean_contexts(config: TrainConfig) -> float:
    """Return how many contexts a center has in the mean, in a long line."""
    if isinstance(config.window, str):
        return 2.0 * FULL_WINDOW
    radius = (config.window + 1) / 2 if config.shrink_window else config.window
    return radius * (1 if config.window_side == "before" else 2)


def new_private(shares: npt.NDArray[np.float32], first: int, stride: int) -> Private:
    """Return a thread's copies of the rows that have shares, (2, n_rows); they stand from row `first` on."""
    n_rows = shares.shape[1]
    return Private(n_rows, first, shares.reshape(-1), own_lines(2 * n_rows * stride, np.float32))


def new_scratch(
    shape: Shape,
    longest_shard: int,
    config: TrainConfig,
    zero_row: int,
    private: Private | None = None,
    n_types: int = 0,
) -> Scratch:
    """Return a thread's buffers for shards of up to `longest_shard` tokens."""
    n_contexts = min(2 * shape.window, longest_shard)
    n_outputs = shape.n_tiles * len(shape.tile)
    candidate_tiles = -(-shape.candidates // len(shape.tile))
    negatives = own_lines(max(shape.drawn, candidate_tiles * len(shape.tile)), np.int64)
    negatives[:] = zero_row
    return Scratch(
        kept=own_lines(longest_shard + 1, np.int64),
        contexts=own_lines(n_contexts, np.int64),
        outputs=own_lines(n_outputs + 1, np.int64),
        negatives=negatives,
        words=own_lines(n_outputs if config.corrects else 0, np.int64),
        marks=own_lines(n_types if config.reject_positives else 0, np.int32),
        zero_row=np.array([zero_row]),
        pool=own_lines(config.noise_pool if config.loss != "full" else 0, np.int64),
        scores=own_lines(8 * max(n_contexts * shape.n_tiles, candidate_tiles), np.float32),
        old=own_lines(n_contexts * shape.stride, np.float32),
        mean=own_lines(2 * shape.stride, np.float32),
        only=np.zeros(1, np.int64),
        private=private or new_private(np.empty((2, 0), np.float32), 0, shape.stride),
        state=own_lines(1, np.uint64),
    )
