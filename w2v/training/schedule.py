"""Schedule: which shards there are, in what order and at what rate they are trained on, and how far a run is.

The stream is cut into shards by a rule that looks at the stream and the settings alone. Threads take the shards of all
epochs in order, without a pause between epochs.
"""

import threading
import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from w2v.base.arrays import SENTENCE_END, Ids
from w2v.checkpoints.snapshots import Position
from w2v.reports import Progress
from w2v.settings.train import TrainConfig

SHARD_MIN, SHARD_MAX, SHARDS_WANTED = 1 << 11, 1 << 16, 64
"""Tokens of a shard: long enough that starting one costs nothing (30 us), short enough that the learning
rate falls smoothly and that no thread waits long at the end; and shards wanted of a short text."""
WORK_MAX = 1 << 33
"""Multiply-adds of a shard, as StepWork estimates them: an interrupt and a checkpoint wait for the end of a shard, so
that must come soon on a slow machine too. They take 0.2 s on a core of a Zen 4, 0.3 s with the scalar kernels."""
SHARD_LEAST = 16
"""Tokens of a shard, however much work they are: with fewer hardly any context would be left."""
LR_FLOOR = 1e-4


@dataclass(frozen=True)
class Job:
    """One shard in one epoch."""

    number: int
    """epoch * n_shards + shard."""
    epoch: int
    shard: int
    begin: int
    """Where it begins in the stream."""
    end: int
    lr: float


EMPTY = Job(0, 0, 0, 0, 0, 0.0)
"""A job without tokens, which only compiles the kernel."""


@dataclass(frozen=True)
class StepWork:
    """What the step of a center costs, in multiply-adds, as an estimate."""

    per_center: float
    """Of a center, however many contexts it has."""
    per_context: float
    """Of each of its contexts."""
    contexts: float
    """Contexts of a center in a long line, in the mean."""
    kept: float
    """Share of the tokens that subsampling keeps."""

    def of_tokens(self, n_tokens: int, contexts: float) -> float:
        """Return the work of n_tokens whose lines have room for this many contexts of a center."""
        return n_tokens * self.kept * (self.per_center + self.per_context * min(self.contexts, self.kept * contexts))


def shard_bounds(
    stream: Ids, work: StepWork | None = None, longest: int = SHARD_MAX, *, whole_lines: bool = False
) -> list[int]:
    """Return where the shards of a stream begin, and its length: at sentence ends, where there are any.

    A shard has about a 64th of the tokens, within limits, or fewer where these would be too much work.

    Args:
        stream: (n,) ids and SENTENCE_END.
        work: what a step costs; without it all shards have about the same number of tokens.
        longest: tokens of the longest shard, about.
        whole_lines: whether no line may be cut, however long it is.
    """
    size = min(max(len(stream) // SHARDS_WANTED, SHARD_MIN), longest)
    bounds = _cut(stream, size, whole_lines)
    if work is None or work.of_tokens(2 * size, 2 * size) <= WORK_MAX:
        return bounds
    cut = [0]
    for begin, end in pairwise(bounds):
        shard = stream[begin:end]
        cut += [begin + bound for bound in _cut(shard, _size_within(WORK_MAX, shard, work), whole_lines)[1:]]
    return cut


def _size_within(work_max: float, tokens: Ids, work: StepWork) -> int:
    """Return into how long parts tokens must be cut so that each is no more work than work_max in the mean."""
    n = len(tokens)
    lines = np.diff(np.flatnonzero(tokens == SENTENCE_END), prepend=-1, append=n) - 1
    size = n
    while size > SHARD_LEAST:
        # The contexts that a token has room for, in the mean: its line's, which ends with the part at the latest.
        contexts = float((lines * np.minimum(lines, size)).sum()) / n
        if work.of_tokens(size, contexts) <= work_max:
            break
        size = max(SHARD_LEAST, size // 2)
    return size


def _cut(stream: Ids, size: int, whole_lines: bool = False) -> list[int]:
    """Return the bounds of parts of about `size` tokens.

    A sentence that ends within half a part of where the next should begin is waited for; a longer one is cut, but not
    with whole_lines.
    """
    n = len(stream)
    bounds = [0]
    for nominal in range(size, n, size):
        if nominal < bounds[-1]:
            continue
        reach = stream[nominal:] if whole_lines else stream[nominal : nominal + size // 2]
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


class Schedule:
    """Hands out the jobs of a run, and keeps its books. Any thread may call any method."""

    def __init__(self, bounds: Sequence[int], config: TrainConfig, position: Position | None = None) -> None:
        """Begin at the beginning, or where a checkpoint's position says."""
        self.bounds, self.config = bounds, config
        self.n_shards = len(bounds) - 1
        self._start = position or Position()
        self._now = replace(self._start)
        self._done = set(self._start.also_done)
        self._next = self._start.next_job
        self.lock = threading.Lock()
        self._until = config.epochs * self.n_shards
        self._closed = False
        self._began = time.perf_counter()

    def take(self) -> Job | None:
        """Return the next job; None at the end, or when no more are given out."""
        with self.lock:
            while self._next in self._done:
                self._next += 1
            if self._closed or self._next >= self._until:
                return None
            self._next += 1
            return self._job(self._next - 1)

    def finish(self, job: Job, words: int, loss: float, pairs: int) -> None:
        """Write down that a job is done, the words it read, its sampled loss and the pairs in it."""
        with self.lock:
            now = self._now
            self._done.add(job.number)
            while now.next_job in self._done:
                self._done.remove(now.next_job)
                now.next_job += 1
            now.words += words
            if pairs and job.epoch > now.epoch:
                now.epoch, now.loss, now.pairs = job.epoch, 0.0, 0
            if job.epoch == now.epoch:  # of the epoch before, a thread may be late
                now.loss += loss
                now.pairs += pairs

    def limit(self, share: float) -> None:
        """Give out jobs until this share of the run is done, to the end of a shard, and then no more."""
        with self.lock:
            self._until, self._closed = self._job_at(share), False

    def skip(self, share: float) -> None:
        """Take what `limit` would give out up to this share for done."""
        with self.lock:
            self._next = self._now.next_job = self._job_at(share)

    def close(self) -> None:
        """Give out no more jobs."""
        with self.lock:
            self._closed = True

    def position(self) -> Position:
        """Return how far the run is."""
        with self.lock:
            return replace(self._now, also_done=sorted(self._done), seconds=self._seconds())

    def progress(self) -> Progress:
        """Return how far the run is, for people."""
        now = self.position()
        tokens = self._tokens(now.next_job) + sum(
            self._tokens(number + 1) - self._tokens(number) for number in now.also_done
        )
        done = tokens / (self.bounds[-1] * self.config.epochs)
        loss = now.loss / now.pairs if now.pairs else float("nan")
        epoch = min(self._next // self.n_shards, self.config.epochs - 1) + 1
        speed = (now.words - self._start.words) / max(1e-9, now.seconds - self._start.seconds)
        return Progress(epoch, done, speed, learning_rate(self.config, done), loss, now.seconds)

    def _job(self, number: int) -> Job:
        epoch, shard = divmod(number, self.n_shards)
        begin, end = self.bounds[shard], self.bounds[shard + 1]
        done = (epoch + begin / self.bounds[-1]) / self.config.epochs
        return Job(number, epoch, shard, begin, end, learning_rate(self.config, done))

    def _job_at(self, share: float) -> int:
        """Return the first job that begins when this share of the run is done, or later."""
        epoch = min(int(share * self.config.epochs), self.config.epochs - 1)
        done = round((share * self.config.epochs - epoch) * self.bounds[-1])
        return epoch * self.n_shards + bisect_left(self.bounds, done)

    def _tokens(self, job: int) -> int:
        """Return the tokens, sentence ends included, of all jobs before this one."""
        epoch, shard = divmod(job, self.n_shards)
        return epoch * self.bounds[-1] + self.bounds[shard]

    def _seconds(self) -> float:
        return self._start.seconds + time.perf_counter() - self._began
