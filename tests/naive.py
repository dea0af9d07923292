"""Skip-gram with negative sampling in float64 NumPy, written from the papers and not from the kernels.

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


def step(
    input: Matrix, output: Matrix, contexts: list[int], outputs: list[int], lr: float
) -> tuple[Matrix, Matrix, float]:
    """Return both matrices after one step, and its loss; outputs[0] is the center, the others negatives."""
    scores = output[outputs] @ input[contexts].T
    labels = np.zeros_like(scores)
    labels[0] = 1
    gradient = lr * (labels - sigmoid(scores))
    new_input, new_output = input.copy(), output.copy()
    for o, row in enumerate(outputs):
        for c, context in enumerate(contexts):
            new_input[context] += gradient[o, c] * output[row]
            new_output[row] += gradient[o, c] * input[context]
    loss = -np.log(np.where(labels == 1, sigmoid(scores), sigmoid(-scores))).sum()
    return new_input, new_output, float(loss)


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
    generator: SplitMix64 = field(init=False)

    def __post_init__(self) -> None:
        self.generator = SplitMix64.for_shard(self.seed, self.epoch, self.shard)

    def below(self, n: int) -> int:
        return ((self.generator.draw() >> 32) * n) >> 32

    def noise(self) -> int:
        bits = self.generator.draw()
        bucket = ((bits >> 32) * len(self.prob)) >> 32
        return bucket if bits & 0xFFFFFFFF <= self.prob[bucket] else self.alias[bucket]

    def negatives(self, pool: list[int], turn: int) -> list[int]:
        if not pool:
            return [self.noise() for _ in range(self.negative)]
        pool[turn % len(pool)] = self.noise()
        draws = [self.generator.draw() for _ in range(0, self.negative, 4)]
        return [pool[(draws[i // 4] >> 16 * (i % 4)) % len(pool)] for i in range(self.negative)]


def train_shard(
    input: Matrix, output: Matrix, shard: Shard, on_step: Callable[[list[int], list[int]], None] = lambda c, o: None
) -> tuple[Matrix, Matrix]:
    """Return both matrices after a walk over a shard; on_step is told the contexts and outputs of each step."""
    pool = [shard.noise() for _ in range(shard.noise_pool)]
    kept = [[word for word in line if shard.generator.draw() >> 32 <= shard.keep[word]] for line in shard.sentences]
    negatives = shard.negatives(pool, turn=-1)
    steps = 0
    for line in kept:
        for t, center in enumerate(line):
            radius = 1 + shard.below(shard.window)
            contexts = line[max(0, t - radius) : t] + line[t + 1 : t + 1 + radius]
            if not contexts:
                continue
            outputs = list(dict.fromkeys([center, *negatives]))
            negatives = shard.negatives(pool, turn=steps)  # those of the next step
            on_step(contexts, outputs)
            input, output, _ = step(input, output, contexts, outputs, shard.lr)
            steps += 1
    return input, output
