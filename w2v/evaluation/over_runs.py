"""Scores of several runs: means, with the score of each run and an interval."""

from collections.abc import Sequence
from dataclasses import replace

from w2v.evaluation.analogies import Analogies, Section
from w2v.evaluation.word_pairs import ComposedScore, Similarity
from w2v.vectors.estimates import Estimate


def mean_similarity(runs: Sequence[Similarity], is_bootstrap: bool) -> Similarity:
    """Return the mean of the scores of a similarity file; the score is None if a run has no score."""
    found = _estimate([run.spearman for run in runs], is_bootstrap)
    composed = runs[0].composed
    if composed is not None:
        unseen = _estimate([None if run.composed is None else run.composed.spearman for run in runs], is_bootstrap)
        composed = ComposedScore(_mean(unseen), composed.covered)
    return replace(runs[0], spearman=_mean(found), composed=composed, runs=found)


def mean_analogies(runs: Sequence[Analogies], is_bootstrap: bool) -> Analogies:
    """Return the mean of the scores of a file of analogies, in total and by section."""
    sections = [_mean_section(parts, is_bootstrap) for parts in zip(*(run.sections for run in runs), strict=True)]
    found, correct = _mean_accuracy(runs, is_bootstrap)
    return replace(runs[0], accuracy=_mean(found), correct=correct, sections=sections, runs=found)


def _mean_section(runs: Sequence[Section], is_bootstrap: bool) -> Section:
    found, correct = _mean_accuracy(runs, is_bootstrap)
    return replace(runs[0], accuracy=_mean(found), correct=correct, runs=found)


def _mean_accuracy(runs: Sequence[Section] | Sequence[Analogies], is_bootstrap: bool) -> tuple[Estimate | None, int]:
    correct = round(sum(run.correct for run in runs) / len(runs))
    return _estimate([run.accuracy for run in runs], is_bootstrap), correct


def _estimate(scores: Sequence[float | None], is_bootstrap: bool) -> Estimate | None:
    """Return the estimate of a score; None if a run has no score."""
    known = [score for score in scores if score is not None]
    return Estimate.of(known, is_bootstrap) if len(known) == len(scores) else None


def _mean(found: Estimate | None) -> float | None:
    return None if found is None else found.mean
