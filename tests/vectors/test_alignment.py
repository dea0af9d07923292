"""Alignment: SciPy's rotation, and the words that moved."""

from pathlib import Path

import numpy as np
import pytest
from helpers import Run

import w2v
from w2v.base.errors import W2VError
from w2v.vectors.alignment import procrustes, shared_rows

RNG = np.random.default_rng(3)
WORDS = [f"w{i}" for i in range(50)]


@pytest.fixture
def pair() -> tuple[w2v.Vectors, w2v.Vectors]:
    """Vectors, and the same turned, without the first word, with w7 moved."""
    matrix = RNG.normal(size=(50, 6)).astype(np.float32)
    turned = (matrix @ np.linalg.qr(RNG.normal(size=(6, 6)))[0]).astype(np.float32)
    turned[7] *= -1
    counts = np.arange(50, 0, -1)
    return w2v.Vectors(WORDS, matrix, counts, matrix), w2v.Vectors(WORDS[1:], turned[1:], counts[1:])


def test_the_rotation_is_that_of_scipy() -> None:
    linalg = pytest.importorskip("scipy.linalg")
    a, b = RNG.normal(size=(2, 30, 5)).astype(np.float32)
    weights = RNG.uniform(0.1, 3, 30)
    root = np.sqrt(weights)[:, None]
    np.testing.assert_allclose(
        procrustes(a, b, weights), linalg.orthogonal_procrustes(root * a, root * b)[0], atol=1e-6
    )


def test_a_turned_model_is_turned_back(pair: tuple[w2v.Vectors, w2v.Vectors]) -> None:
    a, b = pair
    found = w2v.align(a, b)
    kept = [word for word in b.words if word != "w7"]
    cosines = (found[kept] * b[kept]).sum(axis=1) / np.linalg.norm(b[kept], axis=1) ** 2
    assert cosines.min() > 0.9
    np.testing.assert_allclose(found.matrix @ found.matrix.T, a.matrix @ a.matrix.T, atol=1e-4)
    assert found.output is not None
    np.testing.assert_allclose(found.matrix @ found.output.T, a.matrix @ a.matrix.T, atol=1e-4)


def test_the_word_that_moved_is_found(pair: tuple[w2v.Vectors, w2v.Vectors]) -> None:
    first = w2v.shift(*pair, 2, neighbors=3)[0]
    assert first.word == "w7" and first.cosine < -0.8
    assert len(first.before) == len(first.after) == 3


def test_shared_words_are_in_the_order_of_the_second_model() -> None:
    a, b = w2v.Vectors(["x", "y", "z"], np.eye(3)), w2v.Vectors(["z", "w", "x"], np.eye(3))
    words, rows_a, rows_b = shared_rows(a, b)
    assert (words, rows_a.tolist(), rows_b.tolist()) == (["z", "x"], [2, 0], [0, 2])


def test_models_that_cannot_be_aligned_are_refused(pair: tuple[w2v.Vectors, w2v.Vectors]) -> None:
    with pytest.raises(W2VError, match="train both with one dim"):
        w2v.align(pair[0], w2v.Vectors(WORDS, np.ones((50, 3), np.float32)))
    with pytest.raises(W2VError, match="0 words in common"):
        w2v.align(pair[0], w2v.Vectors(["x"], np.ones((1, 6), np.float32)))


def test_the_commands(run: Run, tmp_path: Path, pair: tuple[w2v.Vectors, w2v.Vectors]) -> None:
    for name, vectors in zip("ab", pair, strict=True):
        vectors.save(tmp_path / f"{name}.w2v")
    found = run("align", "a.w2v", "b.w2v", "-o", "a2.w2v")
    assert found.status == 0 and "49 shared words: mean cosine" in found.err
    np.testing.assert_array_equal(w2v.Vectors.load(tmp_path / "a2.w2v").matrix, w2v.align(*pair).matrix)
    assert run("shift", "a.w2v", "b.w2v", "-n", "1").out.startswith("w7\t-")
    assert run("align", "a.w2v", "b.w2v", "-o", "b.w2v").status == 2


def _runs(seed: int, moved: str, n: int = 4) -> w2v.Runs:
    """Return runs of one model in spaces of their own, with some noise, in which a word has moved."""
    rng = np.random.default_rng(9)
    matrix, other = rng.normal(size=(50, 6)), rng.normal(size=6)
    if moved:
        matrix[WORDS.index(moved)] = other
    rng = np.random.default_rng(seed)
    turns = [np.linalg.qr(rng.normal(size=(6, 6)))[0] for _ in range(n)]
    return w2v.Runs(
        [w2v.Vectors(WORDS, ((matrix + 0.1 * rng.normal(size=(50, 6))) @ turn).astype(np.float32)) for turn in turns]
    )


def test_with_runs_a_shift_has_an_interval(run: Run, tmp_path: Path) -> None:
    a, b = _runs(1, ""), _runs(2, "w7")
    moved, *others = w2v.shift(a, b, 5)
    assert moved.word == "w7" and moved.runs is not None and moved.within is not None
    assert moved.runs.low < moved.cosine < moved.runs.high < moved.within
    assert len(moved.runs.values) == 4 and moved.cosine == pytest.approx(moved.runs.mean, abs=1e-6)
    for one in others:
        assert one.runs is not None and one.within is not None and one.runs.high > one.within - 0.05
    assert len(w2v.shift(a, b[0], 1)[0].before) == len(w2v.shift(a[0], b, 1)[0].after) == 5
    assert w2v.shift(a[0], b[0], 1)[0].runs is None
    a.save(tmp_path / "a.w2v")
    b.save(tmp_path / "b.w2v")
    fields = run("shift", "a.w2v", "b.w2v", "-n", "1").out.split("\t")
    assert fields[:4] == [
        *("w7", f"{moved.cosine:.3f}", f"{moved.runs.low:.3f} to {moved.runs.high:.3f}", f"{moved.within:.3f}")
    ]
