"""Neighbours are those a naive computation finds; unknown words are answered with known ones."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from gensim.models import KeyedVectors
from hypothesis import given, settings
from hypothesis import strategies as st

from w2v.errors import SettingsError, UnknownWordError
from w2v.vectors import Vectors


def make_vectors(n_types: int = 50, dim: int = 8, seed: int = 1) -> Vectors:
    matrix = np.random.default_rng(seed).standard_normal((n_types, dim), np.float32)
    return Vectors([f"w{n}" for n in range(n_types)], matrix)


def naive_cosine(left: npt.NDArray[np.float32], right: npt.NDArray[np.float32]) -> float:
    dot = sum(float(a) * float(b) for a, b in zip(left, right, strict=True))
    lengths = [sum(float(a) ** 2 for a in vector) ** 0.5 for vector in (left, right)]
    return dot / (lengths[0] * lengths[1]) if all(lengths) else 0.0


def assert_close(found: list[tuple[str, float]], expected: list[tuple[str, float]]) -> None:
    assert [word for word, _ in found] == [word for word, _ in expected]
    assert [cosine for _, cosine in found] == pytest.approx([cosine for _, cosine in expected], abs=1e-5)


@settings(deadline=None, max_examples=50)
@given(n_types=st.integers(1, 30), dim=st.integers(1, 9), seed=st.integers(0, 99), n=st.integers(0, 40))
def test_neighbours_are_the_naive_ones(n_types: int, dim: int, seed: int, n: int) -> None:
    vectors = make_vectors(n_types, dim, seed)
    vectors.matrix[seed % n_types] *= 1000
    for word in vectors.words[:3]:
        cosines = {other: naive_cosine(vectors[word], vectors[other]) for other in vectors if other != word}
        found = vectors.similar(word, n)
        assert len(found) == min(n, n_types - 1) == len(dict(found))
        for other, cosine in found:
            assert cosine == pytest.approx(cosines[other], abs=1e-5)
        nearest = sorted(cosines.values(), reverse=True)[:n]
        assert [cosine for _, cosine in found] == pytest.approx(nearest, abs=1e-5)


def test_many_neighbours_come_nearest_first() -> None:
    cosines = [cosine for _, cosine in make_vectors(2_000).similar("w7", 500)]
    assert cosines == sorted(cosines, reverse=True)


def test_ten_by_default_and_all_where_n_is_larger() -> None:
    vectors = make_vectors(20)
    assert len(vectors.similar("w3")) == 10
    assert sorted(word for word, _ in vectors.similar("w3", n=1000)) == sorted(set(vectors.words) - {"w3"})
    assert vectors.similar("w3", n=0) == vectors.similar("w3", n=-1) == []
    assert make_vectors(1).similar("w0") == []


def test_zero_vectors_have_cosine_nothing() -> None:
    vectors = Vectors(["zero", "a", "b"], np.array([[0, 0], [1, 1], [-1, -1]], np.float32))
    assert vectors.similar("zero") == [("a", 0.0), ("b", 0.0)]
    assert [word for word, _ in vectors.similar("a")] == ["zero", "b"]


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_lengths_of_any_size(scale: float) -> None:
    vectors = make_vectors()
    scaled = Vectors(vectors.words, vectors.matrix * np.float32(scale))
    assert_close(scaled.similar("w0"), vectors.similar("w0"))


def test_rows_that_are_part_of_wider_ones() -> None:
    wide = np.full((50, 16), 7, np.float32)
    wide[:, :8] = make_vectors().matrix
    assert_close(Vectors(make_vectors().words, wide[:, :8]).similar("w0"), make_vectors().similar("w0"))


@pytest.mark.parametrize(
    ("word", "close"),
    [("kign", "king"), ("King", "king"), ("quen", "queen"), ("londn", "London"), ("PARIS", "Paris")],
)
def test_an_unknown_word_is_answered_with_close_spellings(word: str, close: str) -> None:
    words = ["king", "queen", "London", "Paris", "unlike"]
    vectors = Vectors(words, np.ones((5, 2), np.float32))
    for ask in (vectors.similar, vectors.row, vectors.__getitem__):
        with pytest.raises(UnknownWordError, match=f"'{word}'.*did you mean.*{close}"):
            ask(word)


@pytest.mark.parametrize("word", ["zebra", "", "\n"])
def test_an_unknown_word_that_is_like_no_other(word: str) -> None:
    with pytest.raises(KeyError, match="not in the vocabulary of 50 words"):
        make_vectors().similar(word)


def test_of_a_word_that_is_there_twice_the_first_counts() -> None:
    vectors = Vectors(["a", "b", "a"], np.array([[1, 0], [0, 1], [0, 2]], np.float32))
    assert vectors.row("a") == 0
    assert vectors["a"].tolist() == [1, 0]
    assert len(vectors) == 3
    assert vectors.similar("b", 1) == [("a", 1.0)]


def test_it_is_a_mapping_of_words() -> None:
    vectors = make_vectors(3, 4)
    assert "w1" in vectors and "w3" not in vectors and 7 not in vectors
    assert len(vectors) == 3
    assert list(vectors) == ["w0", "w1", "w2"]
    assert vectors["w2"].tolist() == vectors.matrix[2].tolist()
    assert vectors.dim == 4
    assert repr(vectors) == "Vectors(3 words x 4)"


def test_words_and_rows_must_be_as_many() -> None:
    with pytest.raises(ValueError, match="2 words and 3 vectors"):
        Vectors(["a", "b"], np.ones((3, 2), np.float32))


def in_gensim(vectors: Vectors) -> KeyedVectors:
    theirs = KeyedVectors(vectors.dim)
    theirs.add_vectors(vectors.words, vectors.matrix)
    return theirs


def test_most_similar_is_gensims() -> None:
    ours = make_vectors(200)
    ours.matrix[::3] *= 100
    theirs = in_gensim(ours)
    questions: list[tuple[Any, Any]] = [
        ("w1", []),
        (["w1", "w7"], []),
        (["w1", "w7"], ["w3"]),
        (["w1", "w1"], "w2"),
        ([], ["w5"]),
        (["w5", ours["w9"]], [ours["w2"]]),
    ]
    for positive, negative in questions:
        found = ours.most_similar(positive=positive, negative=negative, topn=7)
        assert_close(found, theirs.most_similar(positive=positive, negative=negative, topn=7))
    assert_close(ours.most_similar(ours["w4"]), theirs.most_similar(ours["w4"]))
    assert ours.most_similar("w4", topn=0) == []
    assert len(ours.most_similar(["w4", "w5"], topn=1_000)) == 198
    with pytest.raises(SettingsError, match="name a word"):
        ours.most_similar()


def test_an_analogy_adds_and_takes_away() -> None:
    ours = make_vectors()
    assert ours.analogy("w1", "w2", "w3", 5) == ours.most_similar(["w1", "w3"], ["w2"], 5)
    matrix = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 1], [0, 1, 1], [1, 0, 1]], np.float32)
    vectors = Vectors(["king", "man", "woman", "queen", "both"], matrix)
    assert vectors.analogy("king", "man", "woman")[0][0] == "queen"
    with pytest.raises(UnknownWordError, match="'quen' is not.*queen"):
        vectors.analogy("king", "man", "quen")


def test_similarity_is_gensims() -> None:
    ours = make_vectors()
    theirs = in_gensim(ours)
    for a, b in (("w1", "w2"), ("w3", "w3"), ("w4", "w1")):
        assert ours.similarity(a, b) == pytest.approx(float(theirs.similarity(a, b)), abs=1e-6)
    assert ours.similarity("w3", "w3") == 1.0
    with pytest.raises(UnknownWordError):
        ours.similarity("w1", "nosuch")


def test_vectors_of_a_list_of_words() -> None:
    vectors = make_vectors()
    assert vectors[["w3", "w1", "w3"]].tolist() == [vectors[word].tolist() for word in ("w3", "w1", "w3")]
    assert vectors[[]].shape == (0, 8)
    assert vectors.vectors is vectors.matrix
    with pytest.raises(UnknownWordError):
        vectors[["w3", "nosuch"]]


def test_a_mapped_matrix_is_searched_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = make_vectors(500)
    np.save(tmp_path / "vectors.npy", vectors.matrix)
    mapped = Vectors(vectors.words, np.load(tmp_path / "vectors.npy", mmap_mode="r"))
    monkeypatch.setattr("w2v.vectors.BLOCK", 100)
    assert mapped.similar("w3") == vectors.similar("w3")
    assert mapped.analogy("w3", "w4", "w5") == vectors.analogy("w3", "w4", "w5")


@pytest.mark.parametrize("suffix", [".bin", ".txt", ".vec"])
def test_save_and_load(tmp_path: Path, suffix: str) -> None:
    vectors = make_vectors()
    vectors.save(tmp_path / f"v{suffix}")
    again = Vectors.load(tmp_path / f"v{suffix}")
    assert again.words == vectors.words
    assert again.matrix.tobytes() == vectors.matrix.tobytes()
