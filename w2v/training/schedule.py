"""Schedule: how the stream is cut into shards, their order and learning rates, and the progress of a run.

Where the stream is cut depends only on the stream and the settings. Threads take the shards of all epochs in order,
without a pause between epochs.
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
"""Limits of the number of tokens of a shard, and the number of shards wanted of a short text. Shards are long enough
that starting one costs almost nothing (30 us), and short enough that the learning rate falls smoothly and no thread
waits long at the end."""
WORK_MAX = 1 << 33
"""Largest number of multiply-adds of a shard, as StepWork estimates them. Interrupts and checkpoints wait for the end
of a shard, so it must come soon even on a slow machine: after 0.2 s on a core of a Zen 4, 0.3 s with the scalar
kernels."""
SHARD_LEAST = 16
"""Smallest number of tokens of a shard, even if they are more work: a shorter shard would lose most contexts."""
LR_FLOOR = 1e-4


@dataclass(frozen=True)
class Job:
    """One shard in one epoch."""

    number: int
    """epoch * n_shards + shard."""
    epoch: int
    shard: int
    begin: int
    """Position in the stream where the shard begins."""
    end: int
    lr: float


EMPTY = Job(0, 0, 0, 0, 0, 0.0)
"""A job without tokens, used to compile the kernel."""


@dataclass(frozen=True)
class StepWork:
    """Estimated cost of the step of a center, in multiply-adds."""

    per_center: float
    """Cost of a center, independent of the number of its contexts."""
    per_context: float
    """Cost of each context of a center."""
    contexts: float
    """Mean number of contexts of a center in a long line."""
    kept: float
    """Share of the tokens that subsampling keeps."""

    def of_tokens(self, n_tokens: int, contexts: float) -> float:
        """Return the work of n_tokens in lines that have room for this many contexts of a center."""
        return n_tokens * self.kept * (self.per_center + self.per_context * min(self.contexts, self.kept * contexts))


def shard_bounds(
    stream: Ids, work: StepWork | None = None, longest: int = SHARD_MAX, *, whole_lines: bool = False
) -> list[int]:
    """Return where the shards of a stream begin, followed by its length. Shards begin after sentence ends if possible.

    A shard has about a 64th of the tokens, within limits, or fewer if they would be too much work.

    Args:
        stream: (n,) ids and SENTENCE_END.
        work: cost of a step; without it all shards have about the same number of tokens.
        longest: approximate number of tokens of the longest shard.
        whole_lines: whether lines are never cut, even if they are long.
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
    """Return the length of parts into which tokens must be cut so that the mean part is at most work_max of work."""
    n = len(tokens)
    lines = np.diff(np.flatnonzero(tokens == SENTENCE_END), prepend=-1, append=n) - 1
    size = n
    while size > SHARD_LEAST:
        # Mean number of contexts that a token has room for: within its line, or within the part if that is shorter.
        contexts = float((lines * np.minimum(lines, size)).sum()) / n
        if work.of_tokens(size, contexts) <= work_max:
            break
        size = max(SHARD_LEAST, size // 2)
    return size


def _cut(stream: Ids, size: int, whole_lines: bool = False) -> list[int]:
    """Return the bounds of parts with about `size` tokens.

    A part ends at the next sentence end if that is at most half a part away. Otherwise the sentence is cut, except with
    whole_lines.
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
        else:  # the last sentence may have no SENTENCE_END
            bound = nominal if nominal + len(reach) < n else n
        if bounds[-1] < bound < n:
            bounds.append(bound)
    return [*bounds, n]


def learning_rate(config: TrainConfig, done: float) -> float:
    """Return the learning rate after this share of the run. It falls linearly to a ten-thousandth of the first rate."""
    return config.lr * max(LR_FLOOR, 1.0 - done)


class Schedule:
    """Gives out the jobs of a run and counts what is done. Any thread may call any method."""

    def __init__(self, bounds: Sequence[int], config: TrainConfig, position: Position | None = None) -> None:
        """Start at the beginning, or at the position of a checkpoint."""
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
        """Return the next job; None at the end or after `close`."""
        with self.lock:
            while self._next in self._done:
                self._next += 1
            if self._closed or self._next >= self._until:
                return None
            self._next += 1
            return self._job(self._next - 1)

    def finish(self, job: Job, words: int, loss: float, pairs: int) -> None:
        """Record that a job is done, with the number of words it read, its sampled loss and its number of pairs."""
        with self.lock:
            now = self._now
            self._done.add(job.number)
            while now.next_job in self._done:
                self._done.remove(now.next_job)
                now.next_job += 1
            now.words += words
            if pairs and job.epoch > now.epoch:
                now.epoch, now.loss, now.pairs = job.epoch, 0.0, 0
            if job.epoch == now.epoch:  # a slow thread may finish a job of the epoch before
                now.loss += loss
                now.pairs += pairs

    def limit(self, share: float) -> None:
        """Give out jobs up to this share of the run, rounded up to the end of a shard, and then no more."""
        with self.lock:
            self._until, self._closed = self._job_at(share), False

    def skip(self, share: float) -> None:
        """Mark as done all jobs that `limit` would give out up to this share."""
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
        """Return the progress of the run in the form that is reported."""
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
        """Return the number of tokens, with sentence ends, of all jobs before this one."""
        epoch, shard = divmod(job, self.n_shards)
        return epoch * self.bounds[-1] + self.bounds[shard]

    def _seconds(self) -> float:
        return self._start.seconds + time.perf_counter() - self._began
