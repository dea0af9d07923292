"""The training loop: epochs, shards, threads and the learning rate.

The stream is cut into shards by a rule that looks at the stream alone. Threads take the shards in order,
without a pause between epochs, and write both matrices without locks (Hogwild). All that a shard
draws follows from (seed, epoch, shard) and its learning rate from (epoch, shard), so that one thread
gives the same bytes every time.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from w2v.config import TrainConfig
from w2v.errors import DivergedError, SettingsError
from w2v.kernels import simd, step
from w2v.kernels.types import SENTENCE_END, Private, Sampling, Scratch, Shape, Tally, Weights
from w2v.machine import available_threads, release_memory
from w2v.model import Embeddings, aligned_zeros
from w2v.sampling import alias_table, keep_prob, noise_distribution, thresholds
from w2v.vocab import Vocab

Ids = npt.NDArray[np.int32]

SHARD_MIN, SHARD_MAX, SHARDS_WANTED = 1 << 11, 1 << 16, 64
"""Tokens of a shard: long enough that starting one costs nothing (30 us), short enough that the learning
rate falls smoothly and that no thread waits long at the end; and shards wanted of a short text."""
REPORT_S = 0.25
LR_FLOOR = 1e-4
PRIVATE_ROWS = 128
"""Words with private copies of their rows: 64 gain 20% with two threads, 128 a little more, 1,024 no more."""
MERGES_A_THREAD = 32
"""A run has private copies where each thread merges them so many times for each thread there is."""
SATURATED = 100
"""Uses between two merges from which on a row moves by the mean of what its copies have moved."""
MAX_TILE = 6
"""Output rows whose sums with 4 contexts fit into the 32 registers of AVX-512, beside what feeds them."""


@dataclass(frozen=True)
class Progress:
    """How far a run is; what the bar shows and the log holds."""

    epoch: int
    """The epoch last begun, from 1."""
    progress: float
    """Share of the run that is done, 0 to 1."""
    words_per_s: float
    """Tokens of the vocabulary read a second, those that subsampling drops included."""
    lr: float
    """The learning rate now."""
    loss: float
    """Mean loss of a (center, context) pair over the sampled centers of the epoch; nan before the first."""
    seconds: float
    """Time since training began."""


TrainReport = Callable[[Progress], None]


@dataclass(frozen=True)
class Job:
    """One shard in one epoch."""

    epoch: int
    shard: int
    begin: int
    end: int


def train_embeddings(stream: Ids, vocab: Vocab, config: TrainConfig, report: TrainReport | None = None) -> Embeddings:
    """Train skip-gram with negative sampling on a token stream.

    Args:
        stream: (n,) rows of vocab and SENTENCE_END (-1); read only.
        vocab: the words and the counts that both samplings follow.
        config: dim, window, negative, sample, ns_exponent, epochs, lr, threads, seed.
        report: called from this thread about every quarter of a second, and at the end.

    Raises:
        DivergedError: a row left the finite numbers.
    """
    release_memory()  # of the scan's threads: 30 MB after 100 MB of text
    run = _Run(stream, vocab, config)
    run.work(report or (lambda progress: None))
    return run.embeddings


def shard_bounds(stream: Ids) -> list[int]:
    """Return where the shards of a stream begin, and its length: at sentence ends, where there are any.

    A sentence that ends within half a shard of where the next should begin is waited for; a longer one
    is cut.
    """
    n = len(stream)
    size = min(max(n // SHARDS_WANTED, SHARD_MIN), SHARD_MAX)
    bounds = [0]
    for nominal in range(size, n, size):
        reach = stream[nominal : nominal + size // 2]
        ends = np.flatnonzero(reach == SENTENCE_END)
        if len(ends):
            bound = nominal + int(ends[0]) + 1
        else:  # the last sentence may have no mark at its end
            bound = nominal if nominal + len(reach) < n else n
        if bounds[-1] < bound < n:
            bounds.append(bound)
    return [*bounds, n]


def learning_rate(config: TrainConfig, done: float) -> float:
    """Return the learning rate when this share of the run is done: linear, down to a ten-thousandth."""
    return config.lr * max(LR_FLOOR, 1.0 - done)


class _Run:
    """One run: what its threads share, and how they take turns."""

    def __init__(self, stream: Ids, vocab: Vocab, config: TrainConfig) -> None:
        self.stream, self.config = stream, config
        self.n_threads = config.threads or available_threads()
        self.shares = merge_shares(vocab, config, self.n_threads, len(stream))
        n_private = self.shares.shape[1]
        self.embeddings = Embeddings.create(
            len(vocab), config.dim, config.seed, spare_rows=self.n_threads * (1 + n_private)
        )
        self.weights = Weights(self.embeddings.input.reshape(-1), self.embeddings.output.reshape(-1))
        self.shape = shape_of(config, self.embeddings.stride)
        prob, alias = alias_table(noise_distribution(vocab.counts, config.ns_exponent))
        keep = thresholds(keep_prob(vocab.counts, config.sample))
        self.sampling = Sampling(keep, thresholds(prob), alias)
        self.train_shard = step.TRAIN_SHARD[kernel_name()]
        self.bounds = shard_bounds(stream)
        self.jobs = self._all_jobs()
        self.lock = threading.Lock()
        self.stop = threading.Event()
        self.failure: BaseException | None = None
        self.epoch = 0
        self.positions_done = 0
        self.words_done = 0
        self.loss = np.zeros(config.epochs)
        self.pairs = np.zeros(config.epochs, np.int64)

    def work(self, report: TrainReport) -> None:
        """Run the threads to the end, reporting from this one."""
        threads = [threading.Thread(target=self._thread, args=(n,), daemon=True) for n in range(self.n_threads)]
        started = time.perf_counter()
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                while thread.is_alive():
                    thread.join(REPORT_S)
                    if thread.is_alive():
                        report(self._progress(started))
        finally:  # an interrupt, or an error in report: the threads end with their shards
            self.stop.set()
            for thread in threads:
                thread.join()
        if self.failure is not None:
            raise self.failure
        if not all(step.all_finite(rows) for rows in self.weights):
            raise self._diverged()
        report(self._progress(started))

    def _all_jobs(self) -> Iterator[Job]:
        for epoch in range(self.config.epochs):
            for shard, begin in enumerate(self.bounds[:-1]):
                yield Job(epoch, shard, begin, self.bounds[shard + 1])

    def _take(self) -> Job | None:
        """Return the next shard to train on; None at the end."""
        with self.lock:
            job = None if self.stop.is_set() else next(self.jobs, None)
            if job is not None:
                self.epoch = job.epoch
            return job

    def _thread(self, number: int) -> None:
        try:
            longest = max(end - begin for begin, end in zip(self.bounds, self.bounds[1:], strict=False))
            spare = self.embeddings.n_types + number * (1 + self.shares.shape[1])
            private = new_private(self.shares, spare + 1, self.shape.stride)
            scratch = new_scratch(self.shape, longest, self.config.noise_pool, spare * self.shape.stride, private)
            tally = Tally(np.zeros(1), np.zeros(1, np.int64), np.zeros(1, np.int64))
            while (job := self._take()) is not None:
                self._train(job, scratch, tally)
        except BaseException as error:
            self.failure = error
            self.stop.set()

    def _train(self, job: Job, scratch: Scratch, tally: Tally) -> None:
        """Train on one shard, and look whether the numbers are still finite."""
        config = self.config
        done = (job.epoch + job.begin / len(self.stream)) / config.epochs
        self.train_shard(
            self.stream[job.begin : job.end],
            self.weights,
            self.sampling,
            self.shape,
            scratch,
            tally,
            np.float32(learning_rate(config, done)),
            np.uint64(config.seed),
            np.uint64(job.epoch),
            np.uint64(job.shard),
        )
        with self.lock:
            self.positions_done += job.end - job.begin
            self.words_done += int(tally.words[0])
            self.loss[job.epoch] += tally.loss[0]
            self.pairs[job.epoch] += tally.pairs[0]
        if not (np.isfinite(tally.loss[0]) and self._slice_is_finite(job.shard)):
            raise self._diverged()

    def _slice_is_finite(self, shard: int) -> bool:
        """Check one shard's share of the rows: an epoch's shards together check every row."""
        n, n_shards = len(self.weights.input), len(self.bounds) - 1
        share = slice(n * shard // n_shards, n * (shard + 1) // n_shards)
        return all(step.all_finite(rows[share]) for rows in self.weights)

    def _diverged(self) -> DivergedError:
        return DivergedError(
            f"training diverged at --lr {self.config.lr:g}: the vectors are no longer finite; "
            f"try --lr {self.config.lr / 4:g}"
        )

    def _progress(self, started: float) -> Progress:
        with self.lock:
            done = self.positions_done / (len(self.stream) * self.config.epochs)
            seen = np.flatnonzero(self.pairs)
            loss = self.loss[seen[-1]] / self.pairs[seen[-1]] if len(seen) else float("nan")
            epoch, words = self.epoch + 1, self.words_done
        seconds = time.perf_counter() - started
        return Progress(epoch, done, words / seconds, learning_rate(self.config, done), float(loss), seconds)


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
    return Private(n_rows, first, shares.reshape(-1), aligned_zeros(2 * n_rows, stride).reshape(-1))


def new_scratch(
    shape: Shape, longest_shard: int, noise_pool: int, zero_row: int, private: Private | None = None
) -> Scratch:
    """Return a thread's buffers for shards of up to `longest_shard` tokens."""
    n_contexts = min(2 * shape.window, longest_shard)
    return Scratch(
        kept=np.empty(longest_shard + 1, np.int64),
        contexts=np.empty(n_contexts, np.int64),
        outputs=np.empty(shape.n_tiles * len(shape.tile) + 1, np.int64),
        negatives=np.empty(shape.negative, np.int64),
        zero_row=np.array([zero_row]),
        pool=np.empty(noise_pool, np.int64),
        scores=np.empty(n_contexts * 8 * shape.n_tiles, np.float32),
        old=aligned_zeros(n_contexts, shape.stride).reshape(-1),
        private=private or new_private(np.empty((2, 0), np.float32), 0, shape.stride),
        state=np.zeros(1, np.uint64),
    )
