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


def bce(scores: Matrix, negative_weight: float = 1.0) -> tuple[float, Matrix]:
    """Return the loss of one context's scores, the center's first, and its derivative by each."""
    labels = np.arange(len(scores)) == 0
    weights = np.where(labels, 1.0, negative_weight)
    losses = -weights * np.log(np.where(labels, sigmoid(scores), sigmoid(-scores)))
    return float(losses.sum()), weights * (sigmoid(scores) - labels)


def gbce(scores: Matrix, center_weight: float = 1.0) -> tuple[float, Matrix]:
    labels = np.arange(len(scores)) == 0
    weights = np.where(labels, center_weight, 1.0)
    losses = -weights * np.log(np.where(labels, sigmoid(scores), sigmoid(-scores)))
    return float(losses.sum()), weights * (sigmoid(scores) - labels)


def bpr(scores: Matrix) -> tuple[float, Matrix]:
    margins = scores[0] - scores[1:]
    slope = -sigmoid(-margins)
    return float(-np.log(sigmoid(margins)).sum()), np.concatenate([[slope.sum()], -slope])


def softmax(scores: Matrix) -> tuple[float, Matrix]:
    shares = np.exp(scores) / np.exp(scores).sum()
    return float(-np.log(shares[0])), shares - (np.arange(len(scores)) == 0)


def ccl(scores: Matrix, negative_weight: float = 1.0, margin: float = 0.5) -> tuple[float, Matrix]:
    """The cosine contrastive loss: the weight is that of the mean of the negatives."""
    beyond = np.maximum(0, scores[1:] - margin)
    weight = negative_weight / max(1, len(beyond))
    return float(1 - scores[0] + weight * beyond.sum()), np.concatenate([[-1], weight * (beyond > 0)])


LOSSES: dict[str, Callable[..., tuple[float, Matrix]]] = {
    "bce": bce,
    "bpr": bpr,
    "softmax": softmax,
    "ccl": ccl,
    "gbce": gbce,
}


def on_sphere(rows: Matrix, radius: float) -> Matrix:
    """Return rows, or one, scaled to a length."""
    scaled: Matrix = radius * rows / np.linalg.norm(rows, axis=-1, keepdims=True)
    return scaled


def hs(scores: Matrix, labels: list[int]) -> tuple[float, Matrix]:
    """Return the loss of the inner nodes on a path, and its derivative by each score."""
    signs = 2 * np.array(labels) - 1
    return float(-np.log(sigmoid(signs * scores)).sum()), sigmoid(scores) - labels


def huffman(counts: list[int]) -> list[list[tuple[int, int]]]:
    """Return the path of each word: inner nodes, by the order of their making, and codes, from the root on.

    word2vec.c's rules: of two with the same count an inner node comes before a leaf, the older inner node before the
    newer, the later leaf before the earlier; the second of the two gets code 1.
    """
    queue: list[tuple[int, int, int, list[int]]] = [(n, 1, -word, [word]) for word, n in enumerate(counts)]
    paths: list[list[tuple[int, int]]] = [[] for _ in counts]
    for node in range(len(counts) - 1):
        queue.sort()
        (n, _, _, left), (m, _, _, right) = queue[:2]
        for code, words in enumerate((left, right)):
            for word in words:
                paths[word].insert(0, (node, code))
        queue[:2] = [(n + m, 0, node, left + right)]
    return paths


def step(
    input: Matrix,
    output: Matrix,
    contexts: list[int],
    outputs: list[int],
    lr: float,
    loss: str = "bce",
    cbow: bool = False,
    logq: Matrix | None = None,
    labels: list[int] | None = None,
    negative_weight: float = 1.0,
    fixed: tuple[set[int], set[int]] = (set(), set()),
    margin: float = 0.5,
    radius: float = 0.0,
    logq_center: bool = True,
) -> tuple[Matrix, Matrix, float]:
    """Return both matrices after one step, and its loss.

    outputs[0] is the center, the others negatives; with labels, outputs are the nodes on a path. The fixed input and
    output rows stay as they are. With a radius, all rows have this length after the step, and a mean has it before.
    """
    new_input, new_output = input.copy(), output.copy()
    correction = logq[outputs] if logq is not None else np.zeros(len(outputs))
    if not logq_center:
        correction[0] = 0
    total = 0.0
    for group in [contexts] if cbow else [[context] for context in contexts]:
        mean = input[group].mean(axis=0)
        factor = radius / float(np.linalg.norm(mean)) if cbow and radius else 1.0
        mean = factor * mean
        scores = output[outputs] @ mean - correction
        if labels is not None:
            value, slope = hs(scores, labels)
        else:
            weights = {"bce": (negative_weight,), "ccl": (negative_weight, margin)}
            value, slope = LOSSES[loss](scores, *weights.get(loss, ()))
        total += value
        for o, row in enumerate(outputs):
            if row not in fixed[1]:
                new_output[row] -= lr * slope[o] * mean
        moved = -lr * slope @ output[outputs]
        if cbow and radius:
            moved = factor * (on_sphere(mean + moved, radius) - mean)
        for context in group:
            if context not in fixed[0]:
                new_input[context] += moved / len(group)
    if radius:
        new_input[contexts] = on_sphere(new_input[contexts], radius)
        new_output[outputs] = on_sphere(new_output[outputs], radius)
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
    negative_weight: float = 1.0
    margin: float = 0.5
    radius: float = 0.0
    logq_center: bool = True
    noise_scope: str = "all"
    groups: list[int] = field(default_factory=list)
    """The group of each word, -1 for none; or of each line."""
    tables: list[list[tuple[int, int, int]]] = field(default_factory=list)
    """For each group an alias table: a word, its threshold, and the entry of the other one."""
    outside: int = 0
    """A negative stays one from everywhere where 32 random bits are at most this."""
    candidates: int = 0
    n_hard: int = 0
    lines: str = "none"
    weighted: bool = False
    line_rows: list[int] = field(default_factory=list)
    """The row of each line, if lines share rows."""
    line_weights: list[float] = field(default_factory=list)
    """With weighted, what the learning rate of each line is multiplied by."""
    subwords: bool = False
    rows: list[list[int]] = field(default_factory=list)
    """With subwords, the input rows of each word."""
    n_slots: int = 0
    """With subwords, how many composed vectors are held."""
    paths: list[list[tuple[int, int]]] = field(default_factory=list)
    """With output path, the nodes and codes of each word."""
    fixed: tuple[set[int], set[int]] = (set(), set())
    """Input and output rows that stay as they are."""
    generator: SplitMix64 = field(init=False)
    drawn: list[int] = field(default_factory=list)
    """Random bits of the words that come into the pool next."""

    def __post_init__(self) -> None:
        self.generator = SplitMix64.for_shard(self.seed, self.epoch, self.shard)

    def below(self, n: int) -> int:
        return ((self.generator.draw() >> 32) * n) >> 32

    def noise(self) -> int:
        return self.word_of(self.generator.draw())

    def word_of(self, bits: int) -> int:
        bucket = ((bits >> 32) * len(self.prob)) >> 32
        return bucket if bits & 0xFFFFFFFF <= self.prob[bucket] else self.alias[bucket]

    def noise_words(self, pool: list[int], turn: int) -> list[int]:
        n = self.candidates + self.negative - self.n_hard if self.sampler == "hard" else self.negative
        if not pool:
            return [self.noise() for _ in range(n)]
        n_renewed = min(64, len(pool))
        if turn % n_renewed == 0:
            for i in range(n_renewed):
                pool[(turn + i) % len(pool)] = self.word_of(self.drawn[i])
            self.drawn = [self.generator.draw() for _ in range(n_renewed)]
        draws = [self.generator.draw() for _ in range(0, n, 4)]
        return [pool[(draws[i // 4] >> 16 * (i % 4)) % len(pool)] for i in range(n)]

    def from_group(self, group: int, word: int) -> int:
        """A word of a group in place of a word from everywhere, which stays with a certain probability."""
        if group < 0 or not self.tables[group] or self.generator.draw() >> 32 <= self.outside:
            return word
        table, bits = self.tables[group], self.generator.draw()
        found, threshold, other = table[((bits >> 32) * len(table)) >> 32]
        return found if bits & 0xFFFFFFFF <= threshold else table[other][0]

    def words_of_the_batch(self, text: list[int], t: int) -> list[int]:
        """The words at evenly spaced places; at a sentence's end (-1), of a place drawn until there is one."""
        found = []
        for i in range(1, self.negative + 1):
            at = (t + i * max(1, len(text) // (self.negative + 1))) % len(text)
            while text[at] < 0:
                at = self.below(len(text))
            found.append(text[at])
        return found

    def contexts(self, line: list[int], t: int, line_row: int) -> list[int]:
        """The contexts of a center; the row of its line is the last of them, or the only one."""
        if self.lines == "none":
            return self.words_around(line, t)
        return [line_row] if self.lines == "alone" else [*self.words_around(line, t), line_row]

    def words_around(self, line: list[int], t: int) -> list[int]:
        if self.only_before:
            line = line[: t + 1]
        others = line[:t] + line[t + 1 :]
        if not self.whole_line:
            radius = 1 + self.below(self.window) if self.shrink_window else self.window
            return line[max(0, t - radius) : t] + line[t + 1 : t + 1 + radius]
        if len(others) <= 2 * self.window:
            return others
        return [others[self.below(len(others))] for _ in range(2 * self.window)]

    def outputs(self, center: int, negatives: list[int]) -> tuple[list[int], list[int] | None]:
        """The output rows of a center and, where these are the nodes on its path, their labels."""
        if self.output != "path":
            return list(dict.fromkeys([center, *negatives])), None
        return [node for node, _ in self.paths[center]], [1 - code for _, code in self.paths[center]]

    def hardest(self, drawn: list[int], center: int, mean: Matrix, output: Matrix) -> list[int]:
        candidates = [word for word in drawn[: self.candidates] if word != center]
        candidates.sort(key=lambda word: -float(output[word] @ mean))
        return candidates[: self.n_hard] + drawn[self.candidates :]


@dataclass
class Composed:
    """The vectors of the words used last, each composed once, and moved as if they were rows."""

    rows: list[list[int]]
    slots: list[int]
    """The word in each slot, -1 for none."""
    used: list[int]
    """The step that each slot was last used for."""
    after: dict[int, Matrix] = field(default_factory=dict)
    before: dict[int, Matrix] = field(default_factory=dict)
    turn: int = 0

    def dissolve(self, input: Matrix, slot: int) -> None:
        if (word := self.slots[slot]) >= 0:
            for row in self.rows[word]:
                input[row] += self.after[word] - self.before[word]
            del self.after[word], self.before[word]
            self.slots[slot] = -1

    def compose(self, input: Matrix, contexts: list[int], step: int) -> Matrix:
        """Return a vector for each word, of which those of the contexts are composed; without slots the rows."""
        if not self.slots:
            return input
        for word in contexts:
            if word not in self.after:
                while self.used[self.turn] == step:
                    self.turn = (self.turn + 1) % len(self.slots)
                self.dissolve(input, self.turn)
                self.slots[self.turn] = word
                self.after[word] = self.before[word] = input[self.rows[word]].mean(axis=0)
                self.turn = (self.turn + 1) % len(self.slots)
            self.used[self.slots.index(word)] = step
        return np.array([self.after.get(word, np.zeros(input.shape[1])) for word in range(len(self.rows))])

    def take(self, input: Matrix, vectors: Matrix) -> Matrix:
        """Take the vectors as a step has moved them; return the input rows, which without subwords they are."""
        self.after = {word: vectors[word] for word in self.after}
        return input if self.slots else vectors


def train_shard(
    input: Matrix,
    output: Matrix,
    shard: Shard,
    on_step: Callable[[list[int], list[int], float], None] = lambda contexts, outputs, loss: None,
) -> tuple[Matrix, Matrix]:
    """Return both matrices after a walk over a shard; on_step is told contexts, outputs and loss of each step.

    With line vectors the last input rows are the lines'.
    """
    input = input.copy()
    pool = [shard.noise() for _ in range(shard.noise_pool)]
    shard.drawn = [shard.generator.draw() for _ in range(min(64, shard.noise_pool))]
    kept = [[word for word in line if shard.generator.draw() >> 32 <= shard.keep[word]] for line in shard.sentences]
    text = [word for line in kept for word in [*line, -1]][:-1]

    def draw(t: int, turn: int) -> list[int]:
        if shard.output != "sampled":
            return list(range(len(output))) if shard.output == "all" else []
        return shard.words_of_the_batch(text, t) if shard.sampler == "batch" else shard.noise_words(pool, turn)

    composed = Composed(shard.rows, [-1] * shard.n_slots, [-1] * shard.n_slots)
    negatives, later = draw(0, -1), draw(1, -1)
    steps = 0
    begin = 0
    line_rows = shard.line_rows or [*range(len(kept))]
    first_line = len(input) - max(line_rows) - 1
    for number, (raw, line) in enumerate(zip(shard.sentences, kept, strict=True)):
        for t, center in enumerate(line):
            contexts = shard.contexts(line, t, first_line + line_rows[number])
            if not contexts:
                continue
            if shard.noise_scope != "all":
                group = shard.groups[center if shard.noise_scope == "group" else number]
                negatives = [shard.from_group(group, word) for word in negatives]
            if shard.reject_positives:
                negatives = [center if word in raw else word for word in negatives]
            vectors = composed.compose(input, contexts, steps)
            if shard.sampler == "hard":
                negatives = shard.hardest(negatives, center, vectors[contexts].mean(axis=0), output)
            outputs, labels = shard.outputs(center, negatives)
            negatives, later = later, draw(begin + t + 2, steps)
            is_mean = shard.hidden == "mean"
            vectors, output, loss = step(
                vectors,
                output,
                contexts,
                outputs,
                shard.lr * (shard.line_weights[number] if shard.weighted else 1),
                shard.loss,
                is_mean,
                shard.logq,
                labels,
                shard.negative_weight,
                shard.fixed,
                shard.margin,
                shard.radius,
                shard.logq_center,
            )
            on_step(contexts, outputs, loss)
            input = composed.take(input, vectors)
            steps += 1
        begin += len(line) + 1
    for slot in range(shard.n_slots):
        composed.dissolve(input, slot)
    return input, output
