"""The best items of people, found in a table of all scores. NumPy only."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from w2v.base.arrays import Indices, Matrix
from w2v.vectors.items import ItemScorer
from w2v.vectors.mixtures import People, n_candidates

GROUP = 64
"""Scores of which the highest is found first."""


def best_items(scorer: ItemScorer, people: People, without: Sequence[Indices], n: int) -> tuple[Indices, Matrix]:
    """Return the n best items of each person, best first, and their scores, (people, n) each; else -1 and NaN.

    A table of all scores by the mean, made by one matrix product, tells which items can be among the best. Their scores
    are then computed pair by pair, and the scores of a mixture person by person, so that a score does not depend on
    which people are scored together. Of equal scores the first item is the better one.

    Args:
        scorer: the items.
        people: the people.
        without: the items that are not to be among the best, for each person.
        n: how many; at most all.
    """
    best, best_scores = np.full((len(people), n), -1), np.full((len(people), n), np.nan, np.float32)
    if n == 0 or not len(people):
        return best, best_scores
    means = people.means()
    mixed = np.array([people.is_mixed(person) for person in range(len(people))])
    n_wanted = n_candidates(n, len(scorer)) if mixed.any() else n
    size, n_groups = _groups(len(scorer), n_wanted)
    table = np.full((len(people), n_groups * size), -np.inf, np.float32)
    scorer.scores(means, people.priors, table[:, : len(scorer)])
    table[np.repeat(np.arange(len(people)), [len(items) for items in without]), np.concatenate(without)] = -np.inf
    who, items = _contenders(table.reshape(len(people), size, n_groups), n_wanted, _margins(scorer, means))
    bounds = np.searchsorted(who, np.arange(len(people) + 1))
    for person, (start, end) in enumerate(pairwise(bounds.tolist())):
        found = np.sort(items[start:end])
        scores = scorer.scores_of(found, means[person], people.priors[person])
        if mixed[person]:
            found = np.sort(found[np.argsort(-scores, kind="stable")[:n_wanted]])
            scores = people.mixture(person, scorer, found)
        order = np.argsort(-scores, kind="stable")[:n]
        best[person, : len(order)], best_scores[person, : len(order)] = found[order], scores[order]
    return best, best_scores


def first_items(table: Matrix, n: int) -> Indices:
    """Return the items that are among the n highest scores of a person, some more than once.

    Args:
        table: (people, n_items) scores; those that are NaN are left out.
        n: how many, at least 1.
    """
    n_people, n_items = table.shape
    size, n_groups = _groups(n_items, min(n, n_items))
    padded = np.full((n_people, n_groups * size), -np.inf, np.float32)
    padded[:, :n_items] = table
    groups = padded.reshape(n_people, size, n_groups)
    who, items = _contenders(groups, min(n, n_items), np.zeros(n_people, np.float32))
    order = np.lexsort((items, -table[who, items], who))
    ranks = np.arange(len(who)) - np.searchsorted(who[order], who[order])
    return items[order[ranks < n]]


def _groups(n_items: int, n: int) -> tuple[int, int]:
    """Return how many items a group has, and how many groups there are: at least n."""
    size = max(1, min(GROUP, n_items // (4 * n)))
    return size, -(-n_items // size)


def _margins(scorer: ItemScorer, people: Matrix) -> Matrix:
    """Return by how much two computations of a score can differ, (people,): 2 dim u |x| |y|, u = 2 ** -24.

    One dimension more covers the rounding of the lengths and of the prior.
    """
    lengths = np.sqrt(np.vecdot(people, people, dtype=np.float64))
    found: Matrix = ((people.shape[1] + 1) * 2.0**-23 * scorer.longest * lengths).astype(np.float32)
    return found


def _contenders(table: Matrix, n: int, margins: Matrix) -> tuple[Indices, Indices]:
    """Return the person and the item of each score that can be among the person's n highest, ordered by person.

    At least n groups have a maximum that is not below the n-th highest of the maxima, and so at least n scores are not
    below it: no lower score is among the n highest. Scores of -inf and NaN are left out.

    Args:
        table: (people, size, n_groups) scores; item i is in row i // n_groups of group i % n_groups.
        n: at most the number of groups.
        margins: (people,) the largest error of a score.
    """
    n_groups = table.shape[2]
    maxima = np.fmax(np.fmax.reduce(table, axis=1), -np.inf)
    bounds = np.partition(maxima, n_groups - n, axis=1)[:, n_groups - n]
    with np.errstate(invalid="ignore"):
        bounds = bounds - margins - np.abs(bounds) * np.float32(2.0**-22)
    bounds = np.where(np.isnan(bounds), -np.inf, bounds)
    who, groups = np.nonzero((maxima >= bounds[:, None]) & (maxima > -np.inf))
    values = table[who, :, groups]
    hit, row = np.nonzero((values >= bounds[who, None]) & (values > -np.inf))
    return who[hit], row * n_groups + groups[hit]
