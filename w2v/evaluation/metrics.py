"""Metrics: Spearman's correlation; HR@k, NDCG@k and MRR from ranks with ties; the share of right answers."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from w2v.base.arrays import Floats, Indices


@dataclass(frozen=True)
class RankingMetrics:
    """How high the next items rank, as a mean over people.

    A tie counts as the mean over all its orders. With several next items, HR@k and MRR use the highest rank.
    """

    hr: float
    """HR@k: share of people with a next item among the first k items."""
    recall: float
    """recall@k: share of a person's next items that are among the first k items; with one next item, it equals HR@k."""
    ndcg: float
    """NDCG@k: sum of 1 / log2(1 + rank) over next items among the first k, divided by the largest possible sum
    (Jarvelin and Kekalainen 2002)."""
    mrr: float
    """Mean of 1 / rank of the person's highest-ranking next item."""


def spearman(left: npt.NDArray[np.floating], right: npt.NDArray[np.floating]) -> float | None:
    """Return Spearman's rank correlation; None for fewer than two values, or if all values of one side are equal.

    >>> spearman(np.array([1.0, 2.0, 2.0]), np.array([10.0, 20.0, 20.0]))
    1.0
    """
    a, b = (ranks(values) - (len(values) + 1) / 2 for values in (left, right))
    spread = math.sqrt((a @ a) * (b @ b))
    return round(float(a @ b) / spread, 15) if spread > 0 else None


def ranks(values: npt.NDArray[np.floating]) -> Floats:
    """Return the rank of each value, from 1; equal values share the mean of their ranks."""
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    found: Floats = (np.cumsum(sizes) - (sizes - 1) / 2)[group]
    return found


def share(correct: int, covered: int) -> float | None:
    """Return correct / covered; None if nothing is covered."""
    return correct / covered if covered else None


def ranking_metrics(standings: Indices, sizes: Indices, n_ranks: int, k: int) -> RankingMetrics:
    """Return the metrics of items whose rank may be tied with others.

    Args:
        standings: (2, items) for each held-out item, ordered by person: how many items score higher, -1 for a miss; and
            how many items have the same score. All ranks from higher + 1 to higher + same + 1 are equally likely.
        sizes: (people,) number of held-out items of each person, at least 1.
        n_ranks: the last possible rank.
        k: k of HR@k and NDCG@k.
    """
    ranks = np.arange(1, n_ranks + 1)
    discounts = (ranks <= k) / np.log2(1 + ranks)
    ideal = np.cumsum(discounts)[np.minimum(sizes, n_ranks) - 1]
    begins = np.cumsum(sizes) - sizes
    higher, same = standings
    known = higher >= 0

    def expected(gains: npt.NDArray[np.floating]) -> Floats:
        up_to = np.concatenate([[0.0], np.cumsum(gains)])
        found = np.zeros(len(higher))
        found[known] = (up_to[(higher + same + 1)[known]] - up_to[higher[known]]) / (same + 1)[known]
        return found

    hits = expected((ranks <= k) * 1.0)
    hr, recall = np.maximum.reduceat(hits, begins), np.add.reduceat(hits, begins) / sizes
    ndcg = np.add.reduceat(expected(discounts), begins) / ideal
    mrr = np.maximum.reduceat(expected(1 / ranks), begins)
    return RankingMetrics(*(float(measure.mean()) for measure in (hr, recall, ndcg, mrr)))
