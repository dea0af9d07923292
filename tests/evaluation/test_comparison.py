"""Comparisons: equal models are rarely called different, different ones are; scores of runs have intervals."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from helpers import Run
from scipy.stats import binomtest, spearmanr

import w2v
from w2v.base.errors import W2VError
from w2v.evaluation import comparison
from w2v.evaluation.comparison import _Ranked, difference_of_correlations, difference_of_shares, mcnemar

Floats = npt.NDArray[np.float64]


def pairs_of(rng: np.random.Generator, n_runs: int, lead: float = 0.0, n: int = 120) -> tuple[Floats, Floats, Floats]:
    """Return what people say of n pairs, and the cosines of runs of two models; A is better by `lead`."""
    gold = np.round(rng.normal(size=n), 1)
    common = rng.normal(size=n)  # what both models take from the text, and people do not
    own = rng.normal(size=(2, n)) * 0.3

    def side(number: int, signal: float) -> Floats:
        seeds: Floats = rng.normal(size=(n_runs, n)) * 0.3
        found: Floats = signal * gold + 0.7 * common + own[number] + seeds
        return found

    return gold, side(0, 0.8 + lead), side(1, 0.8)


def answers_of(rng: np.random.Generator, n_runs: int, lead: float = 0.0, n: int = 400) -> tuple[Floats, Floats]:
    """Return which of n questions the runs of two models answer; A is better by `lead`."""
    ease = rng.normal(size=n)
    own = rng.normal(size=(2, n))

    def side(number: int, signal: float) -> Floats:
        found: Floats = (ease + 0.5 * own[number] + 0.5 * rng.normal(size=(n_runs, n)) + signal > 0).astype(float)
        return found

    return side(0, lead), side(1, 0.0)


@pytest.mark.parametrize("n_runs", [1, 3])
def test_equal_models_are_rarely_called_different(n_runs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "RESAMPLES", 300)
    rng = np.random.default_rng(n_runs)
    pairs = [difference_of_correlations("f", *pairs_of(rng, n_runs)) for _ in range(100)]
    shares = [difference_of_shares("f", *answers_of(rng, n_runs)) for _ in range(100)]
    assert sum(one.is_different for one in pairs) <= 8
    assert sum(one.is_different for one in shares) <= 8
    assert sum(one.low <= 0 <= one.high for one in pairs) >= 92  # type: ignore[operator]


@pytest.mark.parametrize("n_runs", [1, 3])
def test_models_that_differ_are_told_apart(n_runs: int) -> None:
    rng = np.random.default_rng(n_runs)
    for lead in (0.6, -0.6):
        pairs = [difference_of_correlations("f", *pairs_of(rng, n_runs, lead)) for _ in range(10)]
        shares = [difference_of_shares("f", *answers_of(rng, n_runs, lead)) for _ in range(10)]
        for one in (*pairs, *shares):
            assert one.is_different and one.difference is not None and one.difference * lead > 0


def test_a_bootstrap_of_the_text_is_less_certain_than_seeds() -> None:
    data = pairs_of(np.random.default_rng(1), 5)
    seeds, lines = (difference_of_correlations("f", *data, bootstrap, bootstrap) for bootstrap in (False, True))
    assert seeds.difference == lines.difference and seeds.p is not None and lines.p is not None
    assert lines.p > seeds.p


def test_ranks_of_a_sample_are_those_of_scipy() -> None:
    rng = np.random.default_rng(2)
    values, other = rng.integers(0, 9, (2, 30)).astype(float)
    drawn = rng.integers(0, 30, 30)
    weights = np.bincount(drawn, minlength=30).astype(float)[None]
    left, right = _Ranked(values).ranks(weights)[0], _Ranked(other).ranks(weights)[0]
    rho = (weights[0] * left) @ right / np.sqrt(((weights[0] * left) @ left) * ((weights[0] * right) @ right))
    assert rho == pytest.approx(spearmanr(values[drawn], other[drawn]).statistic)


@pytest.mark.parametrize(("a", "b"), [(0, 0), (0, 1), (3, 9), (200, 260), (1_500, 1_400)])
def test_mcnemar_is_the_exact_test(a: int, b: int) -> None:
    assert mcnemar(a, b) == pytest.approx(1.0 if a + b == 0 else binomtest(a, a + b).pvalue)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Write a model, runs of it, one that knows nothing, and test sets."""
    rng = np.random.default_rng(4)
    words = [f"w{n}" for n in range(60)]
    good = rng.normal(size=(60, 8))
    noisy = [w2v.Vectors(words, (good + 0.3 * rng.normal(size=good.shape)).astype(np.float32)) for _ in range(4)]
    w2v.Runs(noisy).save(tmp_path / "runs.w2v")
    w2v.Vectors(words, good.astype(np.float32)).save(tmp_path / "good.bin")
    w2v.Vectors(words, rng.normal(size=(60, 8)).astype(np.float32)).save(tmp_path / "bad.bin")
    model = w2v.Vectors.load(tmp_path / "good.bin")
    asked = [(words[a], words[b]) for a, b in rng.integers(0, 60, (200, 2)) if a != b]
    lines = [f"{a}\t{b}\t{model.similarity(a, b) + 0.1 * rng.normal():.3f}" for a, b in asked]
    (tmp_path / "pairs.tsv").write_text("\n".join([*lines, "none\tw1\t1"]))
    questions = [rng.permutation(words)[:3].tolist() for _ in range(60)]
    shown = [" ".join([*q, model.analogy(q[1], q[0], q[2], 1, restrict=0)[0][0]]) for q in questions]
    (tmp_path / "questions.txt").write_text("\n".join([": one", *shown, ": two", "w1 w2 w3 none"]))
    return tmp_path


FILES = ("--similarity", "pairs.tsv", "--analogies", "questions.txt")


def test_scores_of_runs_have_their_spread(run: Run, made: Path) -> None:
    runs = w2v.Runs.load(made / "runs.w2v")
    paths: dict[str, Any] = {"similarity": made / "pairs.tsv", "analogies": made / "questions.txt"}
    each = [w2v.evaluate(one, **paths) for one in runs]
    scores = w2v.evaluate(runs, **paths)
    (pairs,), (questions,) = scores.similarity, scores.analogies
    values: list[Any] = [one.similarity[0].spearman for one in each]
    assert pairs.runs is not None and pairs.runs.values == values
    assert pairs.spearman == pytest.approx(np.mean(values)) and pairs.runs.std == pytest.approx(np.std(values, ddof=1))
    assert questions.accuracy == pytest.approx(np.mean([one.analogies[0].accuracy for one in each]))  # type: ignore[misc]
    assert [section.runs is None for section in questions.sections] == [False, True]
    shown = run("evaluate", "runs.w2v", *FILES)
    assert shown.status == 0 and "std" in shown.out and f"{pairs.runs.low:.4f} to {pairs.runs.high:.4f}" in shown.out
    found = json.loads(run("evaluate", "runs.w2v", *FILES, "--json").out)
    assert found["similarity"][0]["runs"]["values"] == values
    assert "runs" not in json.loads(run("evaluate", "good.bin", *FILES, "--json").out)["similarity"][0]


def test_two_models_are_compared(run: Run, made: Path) -> None:
    shown = run("evaluate", "runs.w2v", "bad.bin", *FILES)
    assert shown.status == 0
    rows = [line.split() for line in shown.out.splitlines() if line.startswith(("pairs", "questions"))]
    assert [row[-1] for row in rows] == ["yes", "yes"]
    found = json.loads(run("evaluate", "runs.w2v", "bad.bin", *FILES, "--json").out)
    python = w2v.compare(made / "runs.w2v", made / "bad.bin", made / "pairs.tsv", made / "questions.txt").as_dict()
    for kind in ("similarity", "analogies"):
        assert [{**one, "file": ""} for one in found[kind]] == [{**one, "file": ""} for one in python[kind]]
    same = w2v.compare(made / "good.bin", made / "good.bin", made / "pairs.tsv", made / "questions.txt")
    assert [(one.difference, one.is_different) for one in same.files] == [(0, False), (0, False)]


def test_what_cannot_be_compared_is_refused(run: Run, made: Path) -> None:
    assert "--next cannot be used with OTHER" in run("evaluate", "a", "b", "--next", "x", "--sessions", "y").err
    with pytest.raises(w2v.SettingsError, match="name what to compare by"):
        w2v.compare(made / "good.bin", made / "bad.bin")
    (made / "few.tsv").write_text("w1\tw2\t1\n")
    with pytest.raises(W2VError, match="nothing was compared: .*few.tsv has no score: both cover 1 of its pairs"):
        w2v.compare(made / "good.bin", made / "bad.bin", made / "few.tsv")
    with pytest.raises(w2v.SettingsError, match="next cannot be used with .*runs.w2v, which holds runs"):
        (made / "next.txt").write_text("w1\n")
        w2v.evaluate(made / "runs.w2v", next=made / "next.txt", sessions=made / "next.txt")
