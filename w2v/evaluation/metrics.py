"""The measures: Spearman's correlation; HR@k, NDCG@k and MRR from ranks with ties; the share of right answers."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from w2v.arrays import Floats, Indices


@dataclass(frozen=True)
class RankingMetrics:
    """How high the next items rank, averaged over people. A tie counts as the mean over all its orders."""

    hr: float
    """HR@k: share of the items that rank among the first k."""
    ndcg: float
    """NDCG@k: mean of 1 / log2(1 + rank) for those among the first k, 0 for others (Jarvelin and Kekalainen 2002)."""
    mrr: float
    """Mean of 1 / rank."""


def spearman(left: npt.NDArray[np.floating], right: npt.NDArray[np.floating]) -> float | None:
    """Return Spearman's rank correlation; equal values share the mean of their ranks.

    None where it has no value: there are fewer than two values, or all of one side are equal.

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
    """Return correct / covered; None where nothing is covered."""
    return correct / covered if covered else None


def ranking_metrics(standings: Indices, n_ranks: int, k: int) -> RankingMetrics:
    """Return the metrics of items that share their rank with others.

    Args:
        standings: (2, people) how many items score higher than the next item, -1 for a miss, and how many score the
            same: its rank is anything from higher + 1 to higher + same + 1, each as likely.
        n_ranks: the last rank that is possible.
        k: of HR@k and NDCG@k.
    """
    ranks = np.arange(1, n_ranks + 1)
    higher, same = standings[:, standings[0] >= 0]
    among_first = ranks <= k

    def mean(gains: npt.NDArray[np.floating]) -> float:
        up_to = np.concatenate([[0.0], np.cumsum(gains)])
        total = ((up_to[higher + same + 1] - up_to[higher]) / (same + 1)).sum()
        return float(total / standings.shape[1])

    return RankingMetrics(mean(among_first * 1.0), mean(among_first / np.log2(1 + ranks)), mean(1 / ranks))
