"""The two distributions that training draws from. They are exact, in NumPy, without a loop over the words."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from w2v.base.arrays import Floats

FULL = 2.0**32
"""Kernels get probabilities as thresholds for 32 random bits."""


def keep_prob(counts: npt.NDArray[np.int64], sample: float) -> Floats:
    """Return the probability with which an occurrence of each word is kept.

    It is min(1, sqrt(t / f) + t / f), where f is the word's share of the text and t the threshold. This is the
    formula of word2vec.c, which differs from the 1 - sqrt(t / f) of Mikolov et al. 2013.

    Args:
        counts: (n_types,) occurrences, each at least 1.
        sample: t; 0 keeps everything.
    """
    if sample == 0:
        return np.ones(len(counts))
    ratio = sample * counts.sum() / counts
    kept: Floats = np.minimum(1.0, np.sqrt(ratio) + ratio)
    return kept


def noise_distribution(counts: npt.NDArray[np.int64], exponent: float, uniform_share: float = 0.0) -> Floats:
    """Return the probability of each word as a noise word: count ** exponent, normalised, mixed with a uniform share.

    Any exponent is allowed: 0 is uniform, 1 is the text's own distribution, and below 0 favours rare words.
    """
    # Logarithms avoid overflow and underflow, for example of 10^9 ** 16 and 10^9 ** -16.
    weights = exponent * np.log(counts)
    weights = np.exp(weights - weights.max())
    shares: Floats = weights / weights.sum()
    return (1 - uniform_share) * shares + uniform_share / len(counts) if uniform_share else shares


def alias_table(
    probabilities: Floats,
) -> tuple[Floats, npt.NDArray[np.int32]]:
    """Return (prob, alias), with which a draw takes one bucket and one comparison (Walker 1977).

    Each bucket i is drawn with probability 1/n; it yields i with probability prob[i], otherwise alias[i].

    Vose's (1991) pairing walks through the buckets below average ("light") and above average ("heavy"). It fills
    each light bucket from the current heavy bucket, until that bucket falls below average; then the next heavy
    bucket fills that one, and so on. The running sums of what light buckets lack and of what heavy buckets have to
    spare tell which pairs meet, so the walk is two cumsums and two searches.

    Args:
        probabilities: (n,) with sum 1.

    Returns:
        prob: (n,) float64; alias: (n,) int32. Exact except for the rounding of a float64 sum.

    >>> alias_table(np.array([0.75, 0.25]))
    (array([1. , 0.5]), array([0, 0], dtype=int32))
    """
    n = len(probabilities)
    share = probabilities * n
    alias = np.arange(n, dtype=np.int32)
    # Rounding can leave every share below 1 (49 equal words: 49 * (1 / 49)); the largest still counts as heavy.
    average = min(1.0, share.max())
    light, heavy = np.flatnonzero(share < average), np.flatnonzero(share >= average)
    if len(light) == 0:
        return np.ones(n), alias
    lacking = np.cumsum(1 - share[light])
    spare = np.cumsum(share[heavy] - 1)
    prob = share.copy()
    last = len(heavy) - 1
    before = np.concatenate(([0.0], lacking[:-1]))
    alias[light] = heavy[np.minimum(np.searchsorted(spare, before, side="right"), last)]
    # A heavy bucket ends at 1 minus what it gave beyond its spare; the next heavy bucket fills that gap.
    closing = np.searchsorted(lacking, spare, side="left")
    overdrawn = np.where(closing < len(light), lacking[np.minimum(closing, len(light) - 1)] - spare, 0.0)
    overdrawn[last] = 0.0
    prob[heavy] = 1 - overdrawn
    alias[heavy[:-1]] = heavy[1:]
    return np.clip(prob, 0.0, 1.0), alias


def group_tables(
    noise: Floats, groups: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], Floats, npt.NDArray[np.int32]]:
    """Return (starts, members, prob, alias): an alias table of the noise distribution within each group.

    Args:
        noise: (n,) probabilities of words.
        groups: (n,) the group of each word, from 0; -1 for words without a group.

    >>> group_tables(np.array([0.6, 0.2, 0.2]), np.array([0, 1, 0], np.int32))[:2]
    (array([0, 2, 3]), array([0, 2, 1], dtype=int32))
    """
    members = np.argsort(groups, kind="stable").astype(np.int32)
    members = members[groups[members] >= 0]
    starts = np.searchsorted(groups[members], np.arange(groups.max(initial=-1) + 2))
    tables = [alias_table(noise[members[a:b]] / noise[members[a:b]].sum()) for a, b in pairwise(starts)]
    prob = np.concatenate([np.empty(0), *(prob for prob, _ in tables)])
    alias = [other + begin for (_, other), begin in zip(tables, starts, strict=False)]
    return starts, members, prob, np.concatenate([np.empty(0), *alias]).astype(np.int32)


def thresholds(prob: Floats) -> npt.NDArray[np.uint32]:
    """Return prob as uint32 thresholds: 32 random bits are <= a threshold with its probability (to 2**-32)."""
    return np.clip(np.round(prob * FULL) - 1, 0, FULL - 1).astype(np.uint32)
