"""Scores of people by a mixture of the scores for each of their items, against the formula in float64."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import w2v
from w2v.base.arrays import Matrix
from w2v.base.errors import SettingsError
from w2v.evaluation.next_item import Sessions, rank_next
from w2v.settings.train import TrainConfig
from w2v.vectors import items as item_scoring
from w2v.vectors import mixtures, recommendations
from w2v.vectors.items import ItemScorer
from w2v.vectors.many_people import ManyPeople
from w2v.vectors.mixtures import People
from w2v.vectors.vectors import Vectors


def made(seed: int, n_types: int = 60, dim: int = 8) -> Vectors:
    rng = np.random.default_rng(seed)
    input, output = rng.normal(size=(2, n_types, dim)).astype(np.float32)
    return Vectors([f"i{n}" for n in range(n_types)], input, rng.integers(1, 50, n_types), output)


def oracle(vectors: Vectors, rows: list[int], line: Matrix | None, config: TrainConfig) -> Matrix:
    """Return the scores of all items in float64."""
    assert vectors.output is not None and vectors.counts is not None
    last = rows[-config.history :]
    weights = config.decay ** np.arange(len(last), dtype=float)[::-1]
    parts, weights = vectors.matrix[last].astype(float), weights / weights.sum()
    if line is not None:
        parts, weights = np.vstack([parts, line]), np.append(weights * (1 - config.line_weight), config.line_weight)
    scores, b = vectors.output.astype(float) @ parts.T, config.sharpness * np.sqrt((weights**2).sum())
    found: Matrix = np.log(np.exp(b * scores) @ weights) / b + config.prior * np.log(vectors.counts)
    return found


def people(vectors: Vectors, config: TrainConfig, rows: list[int], line: Matrix | None = None) -> People:
    return People(vectors, config, [np.array(rows)], [line], np.array([config.prior], np.float32))


@pytest.mark.parametrize("has_line", [False, True])
@pytest.mark.parametrize("sharpness", [0.01, 0.5, 1.0, 20.0])
@pytest.mark.parametrize("at_once", [1, 3, 4_096])
def test_scores_are_those_of_the_formula(
    sharpness: float, has_line: bool, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mixtures, "AT_ONCE", at_once)
    vectors, every = made(1), np.arange(60)
    line = np.random.default_rng(2).normal(size=8).astype(np.float32) if has_line else None
    config = TrainConfig(history=5, decay=0.8, prior=0.3, sharpness=sharpness, line_weight=0.4)
    for rows in ([1, 2, 3], [*range(20)], [7, 7]):
        found = people(vectors, config, rows, line).mixture(0, ItemScorer(vectors), every)
        np.testing.assert_allclose(found, oracle(vectors, rows, line, config), atol=1e-4 if sharpness < 0.1 else 1e-5)


@pytest.mark.parametrize("has_line", [False, True])
def test_many_people_have_the_scores_of_the_formula(has_line: bool) -> None:
    vectors, people_rows = made(7), [[1, 2, 3], [*range(20)], [7, 7], [5], []]
    line = np.random.default_rng(2).normal(size=8).astype(np.float32) if has_line else None
    config = TrainConfig(history=5, decay=0.8, prior=0.3, sharpness=0.5, line_weight=0.4)
    priors = np.full(5, 0.3, np.float32)
    everyone = People(vectors, config, [np.array(rows, np.int64) for rows in people_rows], [line] * 5, priors)
    ranked, scores = ManyPeople(ItemScorer(vectors), 60, config, lambda: None).best_items(
        everyone, [np.empty(0, np.int64)] * 5
    )
    for person, rows in enumerate(people_rows[:4]):
        wanted = oracle(vectors, rows, line, config)
        np.testing.assert_allclose(scores[person], wanted[ranked[person]], atol=1e-5)
        assert sorted(ranked[person]) == [*range(60)] and (np.diff(scores[person]) <= 0).all()


def test_the_limit_is_the_mean_and_the_score_rises_to_the_highest() -> None:
    vectors, scorer = made(2), ItemScorer(made(2))
    config = TrainConfig(decay=0.8, prior=0, sharpness=0.01)
    asked = people(vectors, config, [3, 4, 5])
    scores = [scorer.scores(asked.means(), asked.priors)[0]]
    for sharpness in (0.01, 0.1, 1, 10, 100):
        asked = people(vectors, replace(config, sharpness=sharpness), [3, 4, 5])
        scores.append(asked.mixture(0, scorer, np.arange(60)))
    variance = (scorer.output @ vectors.matrix[3:6].T).var(axis=1)
    assert (np.abs(scores[1] - scores[0]) < 0.01 * variance + 1e-3).all(), "the series begins with b / 2 times it"
    assert (np.diff(np.array(scores), axis=0) > -1e-4).all(), "the score rises with the sharpness"
    np.testing.assert_allclose(scores[-1], (scorer.output @ vectors.matrix[3:6].T).max(axis=1), atol=0.05)


def test_a_single_item_has_its_own_scores() -> None:
    vectors = made(3)
    for items in (["i5"], ["i5", "i6"]):
        how: dict[str, Any] = {"history": 1, "prior": 0.2}
        assert w2v.recommend(vectors, items, 50, sharpness=2, **how) == w2v.recommend(
            vectors, items, 50, sharpness=0, **how
        )


def test_one_good_reason_is_enough() -> None:
    """With two opposite interests the mean takes what is in between."""
    rows = np.array([[2, 0], [0, 2], [1.2, 1.2], [3, -1], [0, 0]], np.float32)
    vectors = Vectors(["a", "b", "between", "like a", "none"], rows, np.ones(5, np.int64), rows)
    how: dict[str, Any] = {"decay": 1.0, "prior": 0.0, "history": 8}
    assert w2v.recommend(vectors, ["a", "b"], 1, sharpness=0, **how)[0][0] == "between"
    assert w2v.recommend(vectors, ["a", "b"], 1, sharpness=2, **how)[0][0] == "like a"


@pytest.mark.parametrize("few", [2, 100])
@pytest.mark.parametrize("n_candidates", [12, 1_000])
def test_evaluation_ranks_as_the_recommendations_are(
    n_candidates: int, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(item_scoring, "TABLE", 200)
    monkeypatch.setattr(recommendations, "FEW", few)
    monkeypatch.setattr(mixtures, "CANDIDATES", n_candidates)
    monkeypatch.setattr(mixtures, "TIMES_ASKED", 1)
    rng, vectors = np.random.default_rng(4), made(4)
    before = [[f"i{n}" for n in rng.choice(60, rng.integers(1, 7), replace=False)] for _ in range(30)]
    config = TrainConfig(history=5, decay=0.9, prior=0.4, sharpness=0.7)
    how: dict[str, Any] = {"history": 5, "decay": 0.9, "prior": 0.4, "sharpness": 0.7}
    best = w2v.recommend(vectors, before, 5, **how)
    for rank in (0, 2, 4):
        found = rank_next(vectors, Sessions("made", before, [[str(items[rank])] for items in best.items]), config, 5)
        assert found.vectors.full.mrr == pytest.approx(1 / (rank + 1))
    for items, found_items in zip(before, best, strict=True):
        assert [item for item, _ in found_items] == [item for item, _ in w2v.recommend(vectors, items, 5, **how)]


def test_of_equal_scores_the_first_item_is_better() -> None:
    rows = np.random.default_rng(5).integers(-2, 3, (40, 4)).astype(np.float32)
    rows[7], rows[30] = rows[3], rows[3]
    vectors = Vectors([f"i{n}" for n in range(40)], rows, np.ones(40, np.int64), rows)
    found = [item for item, _ in w2v.recommend(vectors, ["i1", "i2"], 38, sharpness=0.5, decay=1.0)]
    assert found.index("i3") < found.index("i7") < found.index("i30")


def test_scores_beyond_float32_are_in_their_place() -> None:
    vectors = made(6)
    assert vectors.output is not None
    vectors.output[3], vectors.output[4], vectors.matrix[:] = 3e38, -3e38, 2
    found = [item for item, _ in w2v.recommend(vectors, ["i1", "i2"], 60, sharpness=1)]
    assert found[0] == "i3" and "i4" not in found and len(found) == 57


def test_a_mixture_takes_half_the_prior() -> None:
    assert TrainConfig(ns_exponent=0.5).prior == 0.25
    assert TrainConfig(ns_exponent=0.5, sharpness=0).prior == 0.5
    assert TrainConfig(loss="softmax").prior == 0
    with pytest.raises(SettingsError, match="sharpness must be 0 or at least 0.01"):
        TrainConfig(sharpness=0.001)
