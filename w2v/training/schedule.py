"""Schedule: which shards there are, in what order and at what rate they are trained on, and how far a run is.

The stream is cut into shards by a rule that looks at the stream alone. Threads take the shards of all epochs in
order, without a pause between epochs.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import numpy as np

from w2v.arrays import SENTENCE_END, Ids
from w2v.config import TrainConfig

SHARD_MIN, SHARD_MAX, SHARDS_WANTED = 1 << 11, 1 << 16, 64
"""Tokens of a shard: long enough that starting one costs nothing (30 us), short enough that the learning
rate falls smoothly and that no thread waits long at the end; and shards wanted of a short text."""
LR_FLOOR = 1e-4


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
    """Time that training has taken, before a resume too."""


@dataclass
class Position:
    """How far a run has come, as a checkpoint keeps it."""

    next_job: int = 0
    """All jobs before this one are done."""
    also_done: list[int] = field(default_factory=list)
    """Jobs behind it that are done too; those in flight are done again."""
    words: int = 0
    """Tokens trained on."""
    seconds: float = 0.0
    """Time that training has taken."""
    loss: list[float] = field(default_factory=list)
    """Sum of the sampled losses of each epoch."""
    pairs: list[int] = field(default_factory=list)
    """Number of the pairs in these."""


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


class Schedule:
    """Hands out the jobs of a run, and keeps its books. Any thread may call any method."""

    def __init__(self, bounds: Sequence[int], config: TrainConfig, position: Position | None = None) -> None:
        """Begin at the beginning, or where a checkpoint's position says."""
        self.bounds, self.config = bounds, config
        self.n_shards = len(bounds) - 1
        self._start = position or Position()
        self._now = Position(**asdict(self._start))
        self._done = set(self._start.also_done)
        unknown = config.epochs - len(self._now.loss)
        self._now.loss += [0.0] * unknown
        self._now.pairs += [0] * unknown
        self._next = self._start.next_job
        self.lock = threading.Lock()
        self._closed = False
        self._began = time.perf_counter()

    def take(self) -> Job | None:
        """Return the next job; None at the end, or when no more are given out."""
        with self.lock:
            while self._next in self._done:
                self._next += 1
            if self._closed or self._next >= self.config.epochs * self.n_shards:
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
            now.loss[job.epoch] += loss
            now.pairs[job.epoch] += pairs

    def close(self) -> None:
        """Give out no more jobs."""
        with self.lock:
            self._closed = True

    def position(self) -> Position:
        """Return how far the run is."""
        with self.lock:
            now = {**asdict(self._now), "also_done": sorted(self._done), "seconds": self._seconds()}
            return Position(**now)

    def progress(self) -> Progress:
        """Return how far the run is, for people."""
        now = self.position()
        tokens = self._tokens(now.next_job) + sum(
            self._tokens(number + 1) - self._tokens(number) for number in now.also_done
        )
        done = tokens / (self.bounds[-1] * self.config.epochs)
        seen = np.flatnonzero(now.pairs)
        loss = now.loss[seen[-1]] / now.pairs[seen[-1]] if len(seen) else float("nan")
        epoch = min(self._next // self.n_shards, self.config.epochs - 1) + 1
        speed = (now.words - self._start.words) / max(1e-9, now.seconds - self._start.seconds)
        return Progress(epoch, done, speed, learning_rate(self.config, done), float(loss), now.seconds)

    def _job(self, number: int) -> Job:
        epoch, shard = divmod(number, self.n_shards)
        begin, end = self.bounds[shard], self.bounds[shard + 1]
        done = (epoch + begin / self.bounds[-1]) / self.config.epochs
        return Job(number, epoch, shard, begin, end, learning_rate(self.config, done))

    def _tokens(self, job: int) -> int:
        """Return the tokens, sentence ends included, of all jobs before this one."""
        epoch, shard = divmod(job, self.n_shards)
        return epoch * self.bounds[-1] + self.bounds[shard]

    def _seconds(self) -> float:
        return self._start.seconds + time.perf_counter() - self._began
