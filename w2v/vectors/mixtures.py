"""Mixtures: the score of an item for a person, from its scores with each of the person's items. NumPy only.

Let s(c, o) be the score of item o for a person with the single item c, and w_c weights with sum 1. Then

    score(o) = log(sum_c w_c exp(b s(c, o))) / b        b = sharpness * sqrt(sum_c w_c ** 2) > 0
    score(o) = sum_c w_c s(c, o)                        b = 0: the mean, which is the limit of the first formula

s(c, o) is the logarithm of a probability, up to terms that do not depend on o. The mean multiplies probabilities, so an
item that fits one of several interests loses by the others. b = 1 adds probabilities: one good reason is enough. The
score rises with b (Jensen), up to the largest s(c, o). For n items of equal weight, b = sharpness / sqrt(n): the more
items there are, the more the others count against an interest that only one item shows. This choice was measured to be
best: docs/items.md.

The mean is linear in the person's items, so it needs one dot product per item of the catalogue. The mixture needs one
for each of the person's items. So candidates are chosen by the mean, and get the score of the mixture. As that is not
below their mean score, a candidate never ranks below an item that is not a candidate.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from w2v.base.arrays import Indices, Matrix
from w2v.settings.train import TrainConfig
from w2v.vectors.items import ItemScorer, item_weights, person_vector
from w2v.vectors.vectors import Vectors

CANDIDATES, TIMES_ASKED = 250, 4
"""Number of items per person that get the score of the mixture: at least CANDIDATES, and TIMES_ASKED times the number
of requested items. docs/items.md has the loss compared with all items."""
AT_ONCE = 4_096
"""Number of a person's items that are scored at a time, which limits memory."""
ONE_THREAD = 1 << 18
"""Number of multiplications that OpenBLAS does on one thread; for so little work, threads cost more than they save."""


def n_candidates(n: int, n_items: int) -> int:
    """Return how many items get the score of the mixture if the n best of n_items items are requested."""
    return min(max(CANDIDATES, TIMES_ASKED * n), n_items)


@dataclass(frozen=True)
class People:
    """Some people for whom items are scored."""

    vectors: Vectors
    config: TrainConfig
    """Has history, decay, line_weight and sharpness."""
    rows: Sequence[Indices]
    """The rows of each person's items, oldest first."""
    lines: Sequence[Matrix | None]
    """(dim,) the vector of each person's line, if it is used."""
    priors: Matrix
    """(people,) the weight of the logarithm of an item's count."""

    def __len__(self) -> int:
        return len(self.rows)

    def means(self) -> Matrix:
        """Return the vectors of the people, (people, dim): the means of their items and lines."""
        means = np.empty((len(self), self.vectors.dim), np.float32)
        for person, (rows, line) in enumerate(zip(self.rows, self.lines, strict=True)):
            means[person] = person_vector(self.vectors, rows, self.config, line)
        return means

    def is_mixed(self, person: int) -> bool:
        """Return whether the person's scores are a mixture of several parts."""
        n_parts = min(len(self.rows[person]), self.config.history) + (self.lines[person] is not None)
        return n_parts > 1 and self.config.sharpness > 0

    def mixture(self, person: int, scorer: ItemScorer, items: Indices) -> Matrix:
        """Return the scores of items, (n,), for a person; their bits do not depend on other people."""
        output, config, line = scorer.output[items], self.config, self.lines[person]
        last = self.rows[person][::-1][: config.history]
        weights = item_weights(len(last), config)
        weights /= weights.sum()
        line_weight = np.float32(0 if line is None else config.line_weight)
        weights *= 1 - line_weight
        sharpness = np.float32(config.sharpness) * np.sqrt(weights @ weights + line_weight**2)
        found = np.full(len(items), -np.inf, np.float32)
        with np.errstate(all="ignore"):  # a score can exceed float32
            if line is not None:
                found = sharpness * (output @ line) + np.log(line_weight)
            for start in range(0, len(last), AT_ONCE):
                part = slice(start, start + AT_ONCE)
                scores = _products(sharpness * self.vectors.take(last[part]), output)
                np.logaddexp(found, _log_of_sum(scores, weights[part]), out=found)
            found /= sharpness
            found += self.priors[person] * scorer.log_counts[items]
        return found

    def put_mixtures(self, table: Matrix, scorer: ItemScorer, without: Sequence[Indices], k: int) -> None:
        """Replace the scores of the candidates in a table of scores by the mean, (people, n_items). Mutates table.

        The k best items are requested. `without` has, for each person, the items that cannot be candidates.
        """
        n = n_candidates(k, table.shape[1])
        for person in filter(self.is_mixed, range(len(self))):
            minus = -table[person]
            minus[without[person]] = np.inf
            candidates = np.argpartition(minus, n - 1)[:n]
            table[person, candidates] = self.mixture(person, scorer, candidates)


def _products(rows: Matrix, output: Matrix) -> Matrix:
    """Return rows @ output.T, (m, n), in small products."""
    products = np.empty((len(rows), len(output)), np.float32)
    step = max(1, ONE_THREAD // max(1, output.size))
    for start in range(0, len(rows), step):
        np.matmul(rows[start : start + step], output.T, out=products[start : start + step])
    return products


def _log_of_sum(scores: Matrix, weights: Matrix) -> Matrix:
    """Return log(sum_c w_c exp(s_c)), (n,), of scores (m, n); infinite if the highest score is. Mutates scores."""
    highest = scores.max(axis=0)
    scores -= highest
    np.exp(scores, out=scores)
    scores *= weights[:, None]
    total: Matrix = np.log(scores.sum(axis=0)) + highest
    return np.where(np.isinf(highest), highest, total)
