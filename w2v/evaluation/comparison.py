"""Comparison: do two models, or two sets of runs, differ by more than chance on the same test files? NumPy only.

The difference of two scores varies with the pairs or questions of the file, and with the seeds of the runs. The two
parts of its variance are added. The part of the items comes from a bootstrap of the pairs (for questions, it is the
variance of a mean); the part of the runs comes from their spread. The interval is a t interval whose degrees of freedom
follow from both parts (Welch 1947). For single models the second part is unknown; on analogies they are compared by
McNemar's exact test.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from w2v.base.arrays import Floats, Indices
from w2v.evaluation.analogies import Questions, answer_questions
from w2v.evaluation.metrics import spearman
from w2v.evaluation.word_pairs import WordPairs, covered_cosines
from w2v.settings.evaluation import EvaluationConfig
from w2v.vectors.estimates import LEVEL, t_quantile, t_test
from w2v.vectors.runs import Runs
from w2v.vectors.vectors import Vectors

RESAMPLES = 1_000
"""Number of bootstrap samples of the pairs; the standard error is then known to 2%."""
FEWEST = 3
"""Smallest number of items for a comparison."""
BLOCK = 1 << 20
"""Number of weights of bootstrap samples that are held at a time."""


@dataclass(frozen=True)
class Difference:
    """The scores of two models on the pairs or questions of a file that both models cover."""

    file: str
    items: int
    """Number of pairs or questions that both models cover."""
    a: float | None
    """Rank correlation or accuracy of A; for several runs, the mean. None if there are too few items."""
    b: float | None
    difference: float | None
    """a - b"""
    low: float | None
    """Limits of the 95% interval of the difference."""
    high: float | None
    p: float | None
    """Probability of such a difference or a larger one if A and B are equally good."""

    @property
    def is_different(self) -> bool:
        """Whether the difference is significant at the 95% level."""
        return self.p is not None and self.p < 1 - LEVEL


@dataclass(frozen=True)
class Comparison:
    """The comparison of two models on each file."""

    similarity: list[Difference]
    analogies: list[Difference]

    @property
    def files(self) -> list[Difference]:
        """The difference on each file."""
        return [*self.similarity, *self.analogies]

    def without_value(self) -> Iterator[str]:
        """Yield, for each file without a difference, a message with the reason."""
        for one in self.files:
            if one.p is None:
                why = "all have the same score or cosine" if one.items >= FEWEST else f"{FEWEST} or more are needed"
                yield f"{one.file} has no score: both cover {one.items:,} of its pairs or questions; {why}"

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison in the form for JSON."""
        return {
            kind: [{**asdict(one), "is_different": one.is_different} for one in found]
            for kind, found in (("similarity", self.similarity), ("analogies", self.analogies))
        }


@dataclass(frozen=True)
class Side:
    """A model or its runs in a comparison: the scores of the runs, and their variance."""

    scores: Floats
    """(n_runs,)"""
    is_bootstrap: bool

    @property
    def mean(self) -> float:
        """The mean score."""
        return float(self.scores.mean())

    @property
    def variance(self) -> tuple[float, int] | None:
        """The variance of the mean over runs, and its degrees of freedom; None for a single run.

        For runs on resampled text, the spread is the standard error of the score itself: see Estimate.
        """
        n = len(self.scores)
        if n < 2:
            return None
        return float(self.scores.var(ddof=1)) / (1 if self.is_bootstrap else n), n - 1


def compare_pairs(
    a: Vectors | Runs, b: Vectors | Runs, pairs: Sequence[WordPairs], how: EvaluationConfig
) -> list[Difference]:
    """Return how two models compare on files of word pairs."""
    return [_compare_pairs(a, b, file, how) for file in pairs]


def _compare_pairs(a: Vectors | Runs, b: Vectors | Runs, pairs: WordPairs, how: EvaluationConfig) -> Difference:
    found = [[covered_cosines(run, pairs, how.match_case) for run in _runs_of(side)] for side in (a, b)]
    covered = [side[0][0] for side in found]
    both = sorted(set(covered[0]) & set(covered[1]))
    gold = np.array([pairs.scores[number] for number in both])
    cosines = [
        np.array([row[np.searchsorted(numbers, both)] for _, row in side], np.float64).reshape(len(side), len(both))
        for side, numbers in zip(found, covered, strict=True)
    ]
    return difference_of_correlations(pairs.file, gold, cosines[0], cosines[1], _is_bootstrap(a), _is_bootstrap(b))


def difference_of_correlations(
    file: str, gold: Floats, a: Floats, b: Floats, a_is_bootstrap: bool = False, b_is_bootstrap: bool = False
) -> Difference:
    """Return the difference of the rank correlations of two sides with the same human scores.

    Args:
        file: name of the file.
        gold: (n,) human scores.
        a: (n_runs, n) cosines of each run of A.
        b: (n_runs, n) cosines of each run of B.
        a_is_bootstrap: whether the runs of A were trained on resampled text.
        b_is_bootstrap: whether the runs of B were.
    """
    scores = [[spearman(row, gold) for row in side] for side in (a, b)]
    if len(gold) < FEWEST or any(score is None for side in scores for score in side):
        return Difference(file, len(gold), None, None, None, None, None, None)
    sides = Side(np.array(scores[0], float), a_is_bootstrap), Side(np.array(scores[1], float), b_is_bootstrap)
    return _difference(file, len(gold), *sides, _bootstrap_variance(gold, a, b))


def compare_questions(
    a: Vectors | Runs, b: Vectors | Runs, questions: Sequence[Questions], how: EvaluationConfig
) -> list[Difference]:
    """Return how two models compare on files of analogies."""
    return [_compare_questions(a, b, file, how) for file in questions]


def _compare_questions(a: Vectors | Runs, b: Vectors | Runs, questions: Questions, how: EvaluationConfig) -> Difference:
    found = []
    for side in (a, b):
        runs = [
            answer_questions(run, questions, how.restrict or None, how.method, how.match_case) for run in _runs_of(side)
        ]
        flat = [[answer for _, answers in run for answer in answers] for run in runs]
        found.append(np.array([[np.nan if answer is None else float(answer) for answer in run] for run in flat]))
    both = ~(np.isnan(found[0][0]) | np.isnan(found[1][0]))
    return difference_of_shares(
        questions.file, found[0][:, both], found[1][:, both], _is_bootstrap(a), _is_bootstrap(b)
    )


def difference_of_shares(
    file: str, a: Floats, b: Floats, a_is_bootstrap: bool = False, b_is_bootstrap: bool = False
) -> Difference:
    """Return the difference between two sides in their shares of right answers to the same questions.

    Args:
        file: name of the file.
        a: (n_runs, n) 1 if a run of A answers a question correctly, otherwise 0.
        b: (n_runs, n) the same for B.
        a_is_bootstrap: whether the runs of A were trained on resampled text.
        b_is_bootstrap: whether the runs of B were.
    """
    n = a.shape[1]
    if n < FEWEST:
        return Difference(file, n, None, None, None, None, None, None)
    each = a.mean(axis=0) - b.mean(axis=0)
    p = None
    if len(a) == len(b) == 1:
        p = mcnemar(int(np.count_nonzero(each > 0)), int(np.count_nonzero(each < 0)))
    sides = Side(a.mean(axis=1), a_is_bootstrap), Side(b.mean(axis=1), b_is_bootstrap)
    return _difference(file, n, *sides, float(each.var(ddof=1)) / n, p)


def mcnemar(only_a: int, only_b: int) -> float:
    """Return the p-value of McNemar's exact test: among questions that only one side answers, each side has chance 1/2.

    >>> mcnemar(1, 9)
    0.021484375
    """
    n, least = only_a + only_b, min(only_a, only_b)
    tail = term = 1
    for k in range(least):
        term = term * (n - k) // (k + 1)
        tail += term
    p: float = 2 * tail / 2**n
    return min(1.0, p)


def _difference(file: str, n: int, a: Side, b: Side, variance_of_items: float, p: float | None = None) -> Difference:
    """Return the difference with its t interval; `p` replaces the p-value of the t test."""
    parts = [(variance_of_items, n - 1), *filter(None, (a.variance, b.variance))]
    variance = sum(part for part, _ in parts)
    squares = sum(part**2 / df for part, df in parts)
    df = max(1, int(variance**2 / squares)) if squares > 0 else n - 1
    found, error = a.mean - b.mean, math.sqrt(variance)
    reach = t_quantile(df) * error
    p = t_test(found, error, df) if p is None else p
    return Difference(file, n, a.mean, b.mean, found, found - reach, found + reach, p)


def _bootstrap_variance(gold: Floats, a: Floats, b: Floats) -> float:
    """Return the variance of the difference of mean rank correlations over bootstrap samples of the pairs."""
    n, generator = len(gold), np.random.default_rng(1)
    ranked = _Ranked(gold)
    sides = [[_Ranked(row) for row in side] for side in (a, b)]
    found = list[float]()
    while len(found) < RESAMPLES:
        size = min(RESAMPLES - len(found), max(1, BLOCK // n))
        drawn = generator.integers(0, n, (size, n)) + n * np.arange(size)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=size * n).reshape(size, n).astype(np.float64)
        known = ranked.ranks(weights)
        means = [np.mean([_correlations(weights, known, row.ranks(weights)) for row in side], axis=0) for side in sides]
        found += (means[0] - means[1]).tolist()
    return float(np.nanvar(found, ddof=1))


class _Ranked:
    """Sorted values whose ranks in bootstrap samples can be computed."""

    def __init__(self, values: Floats) -> None:
        self.order: Indices = np.argsort(values, kind="stable")
        ordered = values[self.order]
        is_new = np.concatenate([[True], ordered[1:] != ordered[:-1]])
        self.starts: Indices = np.flatnonzero(is_new)
        self.group = np.empty(len(values), np.int64)
        self.group[self.order] = np.cumsum(is_new) - 1

    def ranks(self, weights: Floats) -> Floats:
        """Return the rank of each value minus the mean rank, (samples, n); weights say how often each is drawn."""
        sizes = np.add.reduceat(weights[:, self.order], self.starts, axis=1)
        middle = np.cumsum(sizes, axis=1) - sizes / 2 - len(self.order) / 2
        found: Floats = middle[:, self.group]
        return found


def _correlations(weights: Floats, left: Floats, right: Floats) -> Floats:
    """Return the correlation of ranks in each sample, (samples,); NaN if all ranks of one side are equal."""
    product = weights * left
    with np.errstate(invalid="ignore", divide="ignore"):
        spans = np.einsum("ij,ij->i", product, left) * np.einsum("ij,ij,ij->i", weights, right, right)
        found: Floats = np.einsum("ij,ij->i", product, right) / np.sqrt(spans)
    return found


def _runs_of(side: Vectors | Runs) -> list[Vectors]:
    return [*side] if isinstance(side, Runs) else [side]


def _is_bootstrap(side: Vectors | Runs) -> bool:
    return isinstance(side, Runs) and side.is_bootstrap
