"""The best items of a few people. NumPy only. For many people, many_people.py uses compiled code."""

from collections.abc import Sequence

import numpy as np

from w2v.base.arrays import Indices, Matrix
from w2v.vectors.items import ItemScorer, person_vector
from w2v.vectors.mixtures import People, n_candidates

GROUP = 64
"""Number of scores per group. The highest score of each group is found first."""


def best_items(scorer: ItemScorer, people: People, without: Sequence[Indices], n: int) -> tuple[Indices, Matrix]:
    """Return the n best items of each person, best first, and their scores, (people, n) each, filled with -1 and NaN.

    The best items by the mean are the candidates for the mixture. Except for rounding, a score does not depend on which
    people are scored together. Among equal scores, the first item ranks higher. Items with the score -inf or NaN are
    left out.

    Args:
        scorer: the items.
        people: the people.
        without: for each person, the items to leave out.
        n: number of items, at most all.
    """
    best, best_scores = np.full((len(people), n), -1), np.full((len(people), n), np.nan, np.float32)
    for person in range(len(people)):
        found, scores = _best_of_one(scorer, people, person, without[person], n)
        best[person, : len(found)], best_scores[person, : len(found)] = found, scores
    return best, best_scores


def _best_of_one(scorer: ItemScorer, people: People, person: int, without: Indices, n: int) -> tuple[Indices, Matrix]:
    """Return the n best items of a person, or fewer, and their scores."""
    vector = person_vector(people.vectors, people.rows[person], people.config, people.lines[person])
    scores = scorer.scores_of(slice(None), vector, people.priors[person])
    scores[without] = -np.inf
    is_mixed = people.is_mixed(person)
    items = _highest(scores, n_candidates(n, len(scorer)) if is_mixed else n)
    scores = people.mixture(person, scorer, items) if is_mixed else scores[items]
    best = _highest(scores, n)
    return items[best], scores[best]


def _highest(scores: Matrix, n: int) -> Indices:
    """Return the positions of the n highest scores above -inf, highest first; equal scores keep their order."""
    scores = np.where(np.isnan(scores), np.float32(-np.inf), scores)
    least = np.partition(scores, -n)[-n] if 0 < n < len(scores) else -np.inf
    found = np.flatnonzero((scores >= least) & (scores > -np.inf))
    return found[np.argsort(-scores[found], kind="stable")[:n]]


def first_items(table: Matrix, n: int) -> Indices:
    """Return the items that are among the n highest scores of any person, possibly with duplicates.

    Args:
        table: (people, n_items) scores; NaN scores are left out.
        n: number of items per person, at least 1.
    """
    n_people, n_items = table.shape
    size, n_groups = _groups(n_items, min(n, n_items))
    padded = np.full((n_people, n_groups * size), -np.inf, np.float32)
    padded[:, :n_items] = table
    groups = padded.reshape(n_people, size, n_groups)
    who, items = _contenders(groups, min(n, n_items))
    order = np.lexsort((items, -table[who, items], who))
    ranks = np.arange(len(who)) - np.searchsorted(who[order], who[order])
    return items[order[ranks < n]]


def _groups(n_items: int, n: int) -> tuple[int, int]:
    """Return the number of items per group, and the number of groups, which is at least n."""
    size = max(1, min(GROUP, n_items // (4 * n)))
    return size, -(-n_items // size)


def _contenders(table: Matrix, n: int) -> tuple[Indices, Indices]:
    """Return the person and the item of each score that can be among the person's n highest, ordered by person.

    Take the n-th highest of the groups' maxima: at least n groups have a maximum that is not below it, so at least n
    scores are not below it. Lower scores are therefore not among the n highest. Scores of -inf and NaN are left out.

    Args:
        table: (people, size, n_groups) scores; item i is in row i // n_groups of group i % n_groups.
        n: at most the number of groups.
    """
    n_groups = table.shape[2]
    maxima = np.fmax(np.fmax.reduce(table, axis=1), -np.inf)
    bounds = np.partition(maxima, n_groups - n, axis=1)[:, n_groups - n]
    bounds = np.where(np.isnan(bounds), -np.inf, bounds)
    who, groups = np.nonzero((maxima >= bounds[:, None]) & (maxima > -np.inf))
    values = table[who, :, groups]
    hit, row = np.nonzero((values >= bounds[who, None]) & (values > -np.inf))
    return who[hit], row * n_groups + groups[hit]
