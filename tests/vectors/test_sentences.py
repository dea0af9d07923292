"""Vectors of lines: equal to the formulas in float64, for any model and file."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from helpers import Run

import w2v
from w2v.base.errors import SettingsError, W2VError

WORDS = [f"w{i}" for i in range(40)]
LINES = [[WORDS[j] for j in np.random.default_rng(i).integers(40, size=1 + i % 9)] for i in range(200)]


@pytest.fixture(scope="module")
def vectors() -> w2v.Vectors:
    counts = np.arange(40, 0, -1) ** 2
    return w2v.Vectors(WORDS, np.random.default_rng(1).normal(1, 1, (40, 7)), counts)


def sif(vectors: w2v.Vectors, lines: list[list[str]], a: float = 1e-3) -> npt.NDArray[np.float64]:
    """Return the vectors of Arora et al., word by word."""
    assert vectors.counts is not None
    weights = a / (a + vectors.counts / vectors.counts.sum())
    rows = [[vectors.index[word] for word in line if word in vectors.index] for line in lines]
    means = np.array([(weights[r, None] * vectors.matrix[r]).sum(axis=0) / max(1, len(r)) for r in rows])
    component = np.linalg.svd(means, full_matrices=False)[2][0]
    return means - np.outer(means @ component, component)


def test_sif_is_the_formula_of_the_paper(vectors: w2v.Vectors) -> None:
    found = w2v.embed(vectors, LINES, threads=2)
    np.testing.assert_allclose(found.matrix, sif(vectors, LINES), atol=1e-5)
    assert found.words == [str(number) for number in range(1, 201)]
    other = w2v.embed(vectors, LINES, sif_a=0.1)
    np.testing.assert_allclose(other.matrix, sif(vectors, LINES, 0.1), atol=1e-5)


def test_the_plain_mean_is_that_of_vectors(vectors: w2v.Vectors) -> None:
    found = w2v.embed(vectors, LINES, weights="mean", threads=1)
    np.testing.assert_allclose(found.matrix, [vectors.mean(line) for line in LINES], atol=1e-6)


def test_unknown_words_are_left_out_and_empty_lines_are_zero(vectors: w2v.Vectors) -> None:
    lines = [["w1", "?", "w2"], [], ["?"], ["w3"]]
    found = w2v.embed(vectors, lines)
    np.testing.assert_allclose(found.matrix, sif(vectors, lines), atol=1e-5)
    assert not found.matrix[1:3].any()
    with pytest.raises(W2VError, match="none of the 1 tokens of the corpus is in the vocabulary"):
        w2v.embed(vectors, [["?"]])


def test_words_with_n_grams_alone_count_as_rarest() -> None:
    model = w2v.train(
        [["walk", "walking", "talk"]] * 20, dim=4, min_count=1, subwords=True, buckets=99, epochs=1, threads=1, sample=0
    )
    assert "walks" not in model.index
    found = w2v.embed(model, [["walks"], ["walk"]], weights="mean")
    np.testing.assert_allclose(found.matrix[0], model.mean(["walks"]), atol=1e-6)
    assert w2v.embed(model, [["walks"], ["walk"]]).matrix.any()


def test_what_is_refused(vectors: w2v.Vectors) -> None:
    without = w2v.Vectors(WORDS, vectors.matrix)
    with pytest.raises(W2VError, match="no counts, which weights='sif' needs"):
        w2v.embed(without, LINES)
    assert w2v.embed(without, LINES, weights="mean").matrix.any()
    with pytest.raises(SettingsError, match="sif_a has an effect only with weights='sif'"):
        w2v.embed(vectors, LINES, weights="mean", sif_a=0.1)
    with pytest.warns(w2v.W2VWarning, match="the first component of one line is the line"):
        assert w2v.embed(vectors, [["w1"]]).matrix.any()


def test_the_command(run: Run, tmp_path: Path, vectors: w2v.Vectors) -> None:
    vectors.save(tmp_path / "v.w2v")
    (tmp_path / "lines.txt").write_text("".join(f"n{i}\t{' '.join(line)}\n" for i, line in enumerate(LINES)))
    expected = w2v.embed(vectors, LINES).matrix
    found = run("embed", "v.w2v", "lines.txt", "--line-names", "-o", "x.npy")
    assert (found.status, found.out) == (0, "") and "wrote x.npy: 200 lines x 7" in found.err
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), expected)
    assert run("embed", "v.w2v", "lines.txt", "--line-names", "-o", "x.txt", "--quiet").err == ""
    named = w2v.Vectors.load(tmp_path / "x.txt")
    assert named.words[3] == "n3"
    np.testing.assert_allclose(named.matrix, expected, atol=1e-6)
    refused = run("embed", "v.w2v", "lines.txt", "-o", "lines.txt")
    assert refused.status == 2 and "is a file of the corpus" in refused.err
    refused = run("embed", "v.w2v", "lines.txt", "--weights", "idf")
    assert refused.status == 2
