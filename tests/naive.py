"""Skip-gram and CBOW with negative sampling, in float64 NumPy, written from the papers, not from the kernels.

Slow, plain, one rule a function. Word numbers everywhere, no offsets, no tiles, no threads.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
MASK = 2**64 - 1


def sigmoid(x: Matrix) -> Matrix:
    value: Matrix = 1 / (1 + np.exp(-x))
    return value


def bce(scores: Matrix) -> tuple[float, Matrix]:
    """Return the loss of one context's scores, the center's first, and its derivative by each."""
    labels = np.arange(len(scores)) == 0
    return float(-np.log(np.where(labels, sigmoid(scores), sigmoid(-scores))).sum()), sigmoid(scores) - labels


def bpr(scores: Matrix) -> tuple[float, Matrix]:
    margins = scores[0] - scores[1:]
    slope = -sigmoid(-margins)
    return float(-np.log(sigmoid(margins)).sum()), np.concatenate([[slope.sum()], -slope])


def softmax(scores: Matrix) -> tuple[float, Matrix]:
    shares = np.exp(scores) / np.exp(scores).sum()
    return float(-np.log(shares[0])), shares - (np.arange(len(scores)) == 0)


LOSSES: dict[str, Callable[[Matrix], tuple[float, Matrix]]] = {"bce": bce, "bpr": bpr, "softmax": softmax}


def step(
    input: Matrix,
    output: Matrix,
    contexts: list[int],
    outputs: list[int],
    lr: float,
    loss: str = "bce",
    cbow: bool = False,
    logq: Matrix | None = None,
) -> tuple[Matrix, Matrix, float]:
    """Return both matrices after one step, and its loss; outputs[0] is the center, the others negatives."""
    new_input, new_output = input.copy(), output.copy()
    correction = logq[outputs] if logq is not None else 0.0
    total = 0.0
    for group in [contexts] if cbow else [[context] for context in contexts]:
        mean = input[group].mean(axis=0)
        value, slope = LOSSES[loss](output[outputs] @ mean - correction)
        total += value
        for o, row in enumerate(outputs):
            new_output[row] -= lr * slope[o] * mean
            for context in group:
                new_input[context] -= lr * slope[o] * output[row] / len(group)
    return new_input, new_output, total


def hash64(z: int) -> int:
    """SplitMix64's output function (Steele, Lea and Flood 2014)."""
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


@dataclass
class SplitMix64:
    """The generator, in Python's whole numbers."""

    state: int

    def draw(self) -> int:
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        return hash64(self.state)

    @classmethod
    def for_shard(cls, seed: int, epoch: int, shard: int) -> "SplitMix64":
        state = 0
        for number in (seed, epoch, shard):
            state = hash64((state + number + 0x9E3779B97F4A7C15) & MASK)
        return cls(state)


@dataclass
class Shard:
    """Everything a walk over a shard needs."""

    sentences: list[list[int]]
    keep: list[int]
    prob: list[int]
    alias: list[int]
    window: int
    negative: int
    noise_pool: int
    lr: float
    seed: int
    epoch: int
    shard: int
    hidden: str = "context"
    output: str = "sampled"
    sampler: str = "noise"
    loss: str = "bce"
    logq: Matrix | None = None
    whole_line: bool = False
    shrink_window: bool = True
    only_before: bool = False
    reject_positives: bool = False
    candidates: int = 0
    n_hard: int = 0
    generator: SplitMix64 = field(init=False)

    def __post_init__(self) -> None:
        self.generator = SplitMix64.for_shard(self.seed, self.epoch, self.shard)

    def below(self, n: int) -> int:
        return ((self.generator.draw() >> 32) * n) >> 32

    def noise(self) -> int:
        bits = self.generator.draw()
        bucket = ((bits >> 32) * len(self.prob)) >> 32
        return bucket if bits & 0xFFFFFFFF <= self.prob[bucket] else self.alias[bucket]

    def noise_words(self, pool: list[int], turn: int) -> list[int]:
        n = self.candidates + self.negative - self.n_hard if self.sampler == "hard" else self.negative
        if not pool:
            return [self.noise() for _ in range(n)]
        n_renewed = min(64, len(pool))
        if turn % n_renewed == 0:
            for i in range(turn, turn + n_renewed):
                pool[i % len(pool)] = self.noise()
        draws = [self.generator.draw() for _ in range(0, n, 4)]
        return [pool[(draws[i // 4] >> 16 * (i % 4)) % len(pool)] for i in range(n)]

    def words_of_the_batch(self, text: list[int], t: int) -> list[int]:
        """The words at evenly spaced places; at a sentence's end (-1), of a place drawn until there is one."""
        found = []
        for i in range(1, self.negative + 1):
            at = (t + i * max(1, len(text) // (self.negative + 1))) % len(text)
            while text[at] < 0:
                at = self.below(len(text))
            found.append(text[at])
        return found

    def contexts(self, line: list[int], t: int) -> list[int]:
        if self.only_before:
            line = line[: t + 1]
        others = line[:t] + line[t + 1 :]
        if not self.whole_line:
            radius = 1 + self.below(self.window) if self.shrink_window else self.window
            return line[max(0, t - radius) : t] + line[t + 1 : t + 1 + radius]
        if len(others) <= 2 * self.window:
            return others
        return [others[self.below(len(others))] for _ in range(2 * self.window)]

    def hardest(self, drawn: list[int], center: int, mean: Matrix, output: Matrix) -> list[int]:
        candidates = [word for word in drawn[: self.candidates] if word != center]
        candidates.sort(key=lambda word: -float(output[word] @ mean))
        return candidates[: self.n_hard] + drawn[self.candidates :]


def train_shard(
    input: Matrix, output: Matrix, shard: Shard, on_step: Callable[[list[int], list[int]], None] = lambda c, o: None
) -> tuple[Matrix, Matrix]:
    """Return both matrices after a walk over a shard; on_step is told the contexts and outputs of each step."""
    pool = [shard.noise() for _ in range(shard.noise_pool)]
    kept = [[word for word in line if shard.generator.draw() >> 32 <= shard.keep[word]] for line in shard.sentences]
    text = [word for line in kept for word in [*line, -1]][:-1]

    def draw(t: int, turn: int) -> list[int]:
        if shard.output == "all":
            return list(range(len(output)))
        return shard.words_of_the_batch(text, t) if shard.sampler == "batch" else shard.noise_words(pool, turn)

    negatives = draw(0, -1)
    steps = 0
    begin = 0
    for raw, line in zip(shard.sentences, kept, strict=True):
        for t, center in enumerate(line):
            contexts = shard.contexts(line, t)
            if not contexts:
                continue
            if shard.reject_positives:
                negatives = [center if word in raw else word for word in negatives]
            if shard.sampler == "hard":
                negatives = shard.hardest(negatives, center, input[contexts].mean(axis=0), output)
            outputs = list(dict.fromkeys([center, *negatives]))
            negatives = draw(begin + t + 1, steps)  # those of the next step
            on_step(contexts, outputs)
            input, output, _ = step(
                input, output, contexts, outputs, shard.lr, shard.loss, shard.hidden == "mean", shard.logq
            )
            steps += 1
        begin += len(line) + 1
    return input, output
