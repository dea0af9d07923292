"""Neighbours are those a naive computation finds; unknown words are answered with known ones."""

import ast
import copy
import logging
import pickle
import re
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from helpers import Library
from hypothesis import given, settings
from hypothesis import strategies as st

import w2v
from w2v.base.errors import SettingsError, UnknownWordError, W2VError, W2VWarning
from w2v.formats.model import Lines, Model
from w2v.formats.vocab_table import VocabTable
from w2v.settings.aliases import VECTORS
from w2v.vectors.vectors import Vectors

gensim = Library("gensim.models")


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
    assert vectors.similar("w3", n=0) == []
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
    assert vectors.similar("b") == [("a", 0.0)]


def test_it_is_a_mapping_of_words() -> None:
    vectors = make_vectors(3, 4)
    assert "w1" in vectors and "w3" not in vectors and 7 not in vectors
    assert len(vectors) == 3
    assert list(vectors) == ["w0", "w1", "w2"]
    assert vectors["w2"].tolist() == vectors.matrix[2].tolist()
    assert vectors.dim == 4
    assert repr(vectors) == "Vectors(3 words x 4)"


def test_words_and_rows_must_be_as_many() -> None:
    with pytest.raises(ValueError, match=r"2 words and vectors of shape \(3, 2\)"):
        Vectors(["a", "b"], np.ones((3, 2), np.float32))


def in_gensim(vectors: Vectors) -> Any:  # noqa: ANN401
    theirs = gensim.KeyedVectors(vectors.dim)
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
    monkeypatch.setattr("w2v.base.cosines.BLOCK", 100)
    assert mapped.similar("w3") == vectors.similar("w3")
    assert mapped.analogy("w3", "w4", "w5") == vectors.analogy("w3", "w4", "w5")


@pytest.mark.parametrize("suffix", [".bin", ".txt", ".vec"])
def test_save_and_load(tmp_path: Path, suffix: str) -> None:
    vectors = make_vectors()
    vectors.save(tmp_path / f"v{suffix}")
    again = Vectors.load(tmp_path / f"v{suffix}")
    assert again.words == vectors.words
    assert again.matrix.tobytes() == vectors.matrix.tobytes()


def test_a_restricted_answer_has_frequent_words_alone() -> None:
    vectors = make_vectors(100)
    common = set(vectors.words[:20])
    all_of_them = vectors.similar("w90", 100, restrict=0)
    assert vectors.similar("w90", 30, restrict=20) == [found for found in all_of_them if found[0] in common]
    assert len(vectors.most_similar(["w1", "w90"], topn=99, restrict=20)) == 19
    assert {word for word, _ in vectors.analogy("w1", "w90", "w3", 50, restrict=20)} == common - {"w1", "w3"}
    assert vectors.similar("w90", 100) == all_of_them == vectors.similar("w90", 100, restrict=10**9)
    with pytest.raises(SettingsError, match="restrict must be at least 0"):
        vectors.similar("w1", restrict=-1)


@pytest.mark.parametrize("suffix", [".bin", ".bin.gz", ".txt", ".glove.txt", ".w2v", ".parquet"])
def test_a_limit_takes_the_first_words(tmp_path: Path, suffix: str) -> None:
    vectors = make_vectors()
    vectors.save(tmp_path / f"v{suffix}")
    for limit in (1, 7, 50, 60):
        some = Vectors.load(tmp_path / f"v{suffix}", limit=limit)
        assert some.words == vectors.words[:limit]
        np.testing.assert_array_equal(some.matrix, vectors.matrix[:limit])
        assert "w49" in some or limit < 50
        assert_close(some.similar("w0", 3), make_vectors().similar("w0", 3, restrict=limit))
    with pytest.raises(SettingsError, match="limit must be at least 1"):
        Vectors.load(tmp_path / f"v{suffix}", limit=0)


def test_a_limit_reads_no_further(tmp_path: Path) -> None:
    make_vectors().save(tmp_path / "v.txt")
    lines = (tmp_path / "v.txt").read_text().splitlines(keepends=True)
    (tmp_path / "v.txt").write_text("".join([*lines[:11], "w10 no numbers\n", *lines[12:]]))
    assert len(Vectors.load(tmp_path / "v.txt", limit=10)) == 10


def test_rows_by_number_and_by_slice() -> None:
    vectors = make_vectors()
    assert vectors[3].tolist() == vectors[np.int64(3)].tolist() == vectors["w3"].tolist()
    assert vectors[-1].tolist() == vectors["w49"].tolist()
    assert vectors[2:5].tolist() == vectors[["w2", "w3", "w4"]].tolist() == vectors[np.array([2, 3, 4])].tolist()
    assert vectors[:0].shape == (0, 8)
    assert vectors.most_similar(3) == vectors.most_similar("w3")
    with pytest.raises(IndexError, match="no row 50"):
        vectors[50]


def test_wrong_kinds_raise_what_python_raises() -> None:
    vectors: Any = make_vectors()
    for key in (None, 1.5, True, {"w1"}):
        with pytest.raises(TypeError):
            vectors[key]
    with pytest.raises(TypeError):
        vectors.most_similar(None)
    with pytest.raises(TypeError):
        vectors.similar(b"w1")
    with pytest.raises(ValueError, match=r"shape \(8,\)"):
        vectors.most_similar(np.ones(3, np.float32))
    with pytest.raises(KeyError):
        vectors["none"]


def test_weights_cosmul_and_odd_one_out_are_gensims() -> None:
    ours = make_vectors(200)
    theirs = in_gensim(ours)
    weighted: Any = [("w1", 2.0), "w7", (ours["w9"], -0.5)]
    found = theirs.most_similar(positive=weighted, negative=[("w3", -0.25)])
    assert_close(ours.most_similar(weighted, [("w3", 0.25)]), found)
    assert_close(ours.most_similar(("w1", 2.0), topn=3), ours.most_similar("w1", topn=3))
    with pytest.warns(DeprecationWarning):  # gensim's own
        found = theirs.most_similar_cosmul(positive=["w1", "w7"], negative=["w3"])
    assert_close(ours.most_similar_cosmul(["w1", "w7"], ["w3"]), found)
    for words in (["w1", "w2", "w3"], ["w5", "w9", "w100", "w7"]):
        assert ours.doesnt_match(words) == theirs.doesnt_match(words)
    with pytest.raises(SettingsError):
        ours.doesnt_match([])


def test_the_mean_of_words() -> None:
    vectors = Vectors(["a", "b"], np.array([[2, 0], [0, 5]], np.float32))
    assert vectors.mean(["a", "b", "unknown"]).tolist() == [0.5, 0.5]
    assert vectors.mean(["unknown"]).tolist() == vectors.mean([]).tolist() == [0, 0]


@pytest.mark.parametrize("scale", [1, 1e-30, 1e18, 1e30])
def test_the_mean_is_that_of_numpy_at_any_scale(scale: float) -> None:
    rows = np.random.default_rng(1).normal(size=(50, 9)) * scale
    rows[3] = 0
    vectors = Vectors([f"w{n}" for n in range(50)], rows)
    units = rows / np.maximum(np.linalg.norm(rows, axis=1), 1e-99)[:, None]
    for own in ([1, 2, 2], [3, 4], [3], [*range(10, 40)]):
        words = [f"w{n}" for n in own]
        np.testing.assert_allclose(vectors.mean(words), units[own].mean(axis=0), atol=1e-6)
        np.testing.assert_allclose(vectors.mean([*words, "?"]), units[own].mean(axis=0), atol=1e-6)
        for keys in (own, np.array(own)):
            assert np.array_equal(vectors.mean(keys), vectors.mean(words))
    with pytest.raises(IndexError):
        vectors.mean([50])


def test_counts_of_the_vocabulary_next_to_the_file(tmp_path: Path) -> None:
    vectors = make_vectors(3)
    vectors.save(tmp_path / "v.bin")
    assert Vectors.load(tmp_path / "v.bin").counts is None
    for text, counts in (("w0 9\nw1 8\nw2 7\n", [9, 8, 7]), ("w0 9\nw2 8\nw1 7\n", None), ("no vocabulary", None)):
        (tmp_path / "vocab.txt").write_text(text)
        found = Vectors.load(tmp_path / "v.bin").counts
        assert (None if found is None else found.tolist()) == counts
    (tmp_path / "vocab.txt").write_text("w0 9\nw1 8\nw2 7\n")
    found = Vectors.load(tmp_path / "v.bin", limit=2).counts
    assert found is not None and found.tolist() == [9, 8]


def test_a_data_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    pandas = pytest.importorskip("pandas")
    frame = make_vectors(3).to_dataframe()
    assert frame.loc["w1"].tolist() == make_vectors(3)["w1"].tolist()
    assert isinstance(frame, pandas.DataFrame) and frame.shape == (3, 8)


def test_a_data_frame_without_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(W2VError, match="pip install pandas"):
        make_vectors(3).to_dataframe()


def test_a_large_mapped_matrix_is_searched_by_all_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = make_vectors(5_000)
    vectors.save(tmp_path / "v.w2v")
    monkeypatch.setattr("w2v.base.cosines.BLOCK", 4_000)
    monkeypatch.setattr("w2v.base.cosines.LARGE", 1)
    (tmp_path / "v.w2v/norms.npy").unlink()
    for _ in range(2):  # pages that were given back are read again
        assert_close(Vectors.load(tmp_path / "v.w2v").similar("w3"), vectors.similar("w3"))


def test_kept_norms_that_are_not_those_of_the_vectors(tmp_path: Path) -> None:
    make_vectors(60).save(tmp_path / "v.w2v")
    norms = np.lib.format.open_memmap(tmp_path / "v.w2v/norms.npy", mode="r+")
    np.testing.assert_allclose(norms[:, 0], np.linalg.norm(make_vectors(60).matrix, axis=1), rtol=1e-6)
    norms *= 2
    norms.flush()
    with pytest.raises(W2VError, match=r"norms.npy is not that of vectors.npy; remove it"):
        Vectors.load(tmp_path / "v.w2v").similar("w3")
    (tmp_path / "v.w2v/norms.npy").unlink()
    assert_close(Vectors.load(tmp_path / "v.w2v").similar("w3"), make_vectors(60).similar("w3"))


@pytest.mark.parametrize("has_counts", [True, False])
def test_a_table_of_many_words_is_a_list_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_counts: bool
) -> None:
    words = ["the", "th", "世界", "a b", "t", "the"]
    counts = np.array([10**17, 90, 8, 7, 6, 5]) if has_counts else None
    Vectors(words, make_vectors(6).matrix, counts).save(tmp_path / "v.w2v")
    monkeypatch.setattr("w2v.formats.native.LARGE", 1)
    vectors = Vectors.load(tmp_path / "v.w2v")
    assert [vectors.find(word) for word in (*words, "h", "", "t\t6", "the\nth", "90")] == [
        *(0, 1, 2, 3, 4, 0),
        *[None] * 5,
    ]
    assert "index" not in vars(vectors) and "words" not in vars(vectors), "no string was made"
    assert vectors.similar("世界", 2) == Vectors(words, vectors.matrix).similar("世界", 2)
    assert "words" not in vars(vectors)
    assert vectors.words == words and len(vectors) == 6
    assert vectors.counts is counts is None or np.array_equal(vectors.counts, counts)  # type: ignore[arg-type]
    assert Vectors.load(tmp_path / "v.w2v", limit=3).words == words[:3]
    with pytest.raises(UnknownWordError, match="did you mean th or the"):
        vectors.row("teh")
    for _ in range(100):
        assert vectors.find("t") == 4
    assert "index" in vars(vectors), "many lookups are worth an index"


@pytest.mark.parametrize("piece", [4, 5, 64])
@pytest.mark.parametrize("has_counts", [True, False])
def test_a_table_is_read_piece_by_piece(monkeypatch: pytest.MonkeyPatch, piece: int, has_counts: bool) -> None:
    monkeypatch.setattr("w2v.formats.vocab_table.PIECE", piece)
    monkeypatch.setattr("w2v.formats.vocab_table.LINES", piece)
    words, counts = ["das", "Öl", "a b", "是", "x"], [12_345, 678, 90, 9, 1]
    lines = [f"{word}\t{count}\n" if has_counts else f"{word}\n" for word, count in zip(words, counts, strict=True)]
    table = VocabTable.parse("".join(lines).encode())
    assert (
        table is not None
        and list(table) == words == [table[row] for row in range(5)]
        and table[-1] == "x"
        and table[1:3] == words[1:3]
    )
    assert [table.find(word) for word in words] == [0, 1, 2, 3, 4]
    assert table.counts is None or table.counts.tolist() == counts
    for row in (5, -6):
        with pytest.raises(IndexError):
            table[row]


@pytest.mark.parametrize("data", [b"", b"the\t9\na\t1", b"the\t9\na\n", b"a\nb\t2\n", b"\t\t1\n"])
def test_a_table_that_breaks_off_or_is_mixed_is_left_to_the_slow_reader(data: bytes) -> None:
    assert VocabTable.parse(data) is None


@pytest.mark.parametrize("line", ["a\t-1", "a\t", "a\t1x", "a", "a\t1\t2", "a\t" + "9" * 30, "\xff\t1"])
def test_a_table_that_is_not_of_the_usual_form_is_left_to_the_slow_reader(line: str) -> None:
    assert VocabTable.parse(f"the\t9\n{line}\n".encode("latin-1")) is None


def test_arguments_of_a_wrong_type_are_said_by_name() -> None:
    vectors = make_vectors(5)
    wrong: Any
    for wrong in ("3", 2.5, True):
        with pytest.raises(TypeError, match="^n must be a whole number, not "):
            vectors.similar("w1", wrong)
    for wrong in ("3", 2.5, None, True):
        with pytest.raises(TypeError, match="^restrict must be a whole number, not "):
            vectors.similar("w1", restrict=wrong)
    with pytest.raises(ValueError, match="n must be at least 0, not -1"):
        vectors.similar("w1", -1)
    for function in (vectors.mean, vectors.doesnt_match):
        with pytest.raises(TypeError, match="expected a list of words, not the text 'w1 w2'; split it"):
            function("w1 w2")


def test_names_of_gensim_that_everyone_uses_work() -> None:
    ours = make_vectors(20)
    theirs = in_gensim(ours)
    assert ours.wv is ours
    for name in ("key_to_index", "index_to_key", "vector_size"):
        assert getattr(ours, name) == getattr(theirs, name)
    for norm in (False, True):
        np.testing.assert_allclose(ours.get_vector("w3", norm=norm), theirs.get_vector("w3", norm=norm), rtol=1e-6)
    found = ours.most_similar("w3", "w1", topn=None, restrict=5)
    np.testing.assert_allclose(found, theirs.most_similar("w3", "w1", topn=None), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", VECTORS)
def test_other_names_are_answered_with_ours(name: str) -> None:
    vectors = make_vectors(3)
    with pytest.raises(AttributeError, match=re.escape(f"'{name}': use {VECTORS[name]}")):
        getattr(vectors, name)
    use = ast.parse(VECTORS[name], mode="eval").body
    called = [node.func for node in ast.walk(use) if isinstance(node, ast.Call)]
    for part in [use, *called]:
        assert not isinstance(part, ast.Name) or hasattr(vectors, part.id)
        assert not isinstance(part, ast.Attribute) or not isinstance(part.value, ast.Name) or hasattr(w2v, part.attr)


def test_an_unknown_name_or_keyword_is_an_error_of_pythons_kind() -> None:
    vectors = make_vectors(3)
    assert not hasattr(vectors, "nonsense") and not hasattr(vectors, "__nonsense__")
    with pytest.raises(TypeError, match="unknown setting 'restrict_vocab'; use restrict"):
        vectors.most_similar("w1", restrict_vocab=2)  # type: ignore[call-overload]
    assert pickle.loads(pickle.dumps(vectors)).similar("w1") == copy.copy(vectors).similar("w1")


def test_numpy_takes_them_for_the_matrix() -> None:
    vectors = make_vectors(3)
    assert np.shares_memory(np.asarray(vectors), vectors.matrix)
    assert not np.shares_memory(np.array(vectors), vectors.matrix)
    np.testing.assert_array_equal(np.asarray(vectors, np.float64), vectors.matrix)
    with pytest.raises(ValueError, match="copy"):
        np.asarray(vectors, np.float64, copy=False)


def test_gensim_gets_words_vectors_and_counts() -> None:
    ours = Vectors(["a", "b", "c"], np.array([[1, 0], [1, 1], [0, 2]], np.float32), np.array([5, 3, 1]))
    theirs = ours.to_gensim()
    assert_close(theirs.most_similar("a"), ours.most_similar("a"))
    assert theirs.get_vecattr("b", "count") == 3 and np.shares_memory(theirs.vectors, ours.matrix)
    assert "count" not in Vectors(["a"], np.ones((1, 2), np.float32)).to_gensim().expandos


def test_without_gensim_a_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gensim", None)
    with pytest.raises(W2VError, match="pip install gensim"):
        make_vectors(3).to_gensim()


def test_the_log_says_once_that_answers_are_restricted(caplog: pytest.LogCaptureFixture) -> None:
    vectors = make_vectors(20)
    with caplog.at_level(logging.INFO, "w2v"):
        vectors.similar("w1", restrict=0)
        vectors.similar("w1")
        assert not caplog.messages
        for _ in range(2):
            vectors.similar("w1", restrict=9)
    assert caplog.messages == ["answers are among the 9 most frequent of 20 words; restrict 0: all"]


def test_saving_says_what_the_format_cannot_store(tmp_path: Path) -> None:
    rows = np.ones((2, 3), np.float32)
    vectors = Vectors.of(Model(["a", "b"], rows, np.array([2, 1]), rows, lines=Lines(rows, None)))
    with pytest.warns(W2VWarning, match=r"v\.bin: word2vec binary cannot store line vectors, which.*\.w2v") as said:
        vectors.save(tmp_path / "v.bin")
    assert said[0].filename == __file__
    assert [path.name for path in tmp_path.iterdir()] == ["v.bin"], "output rows take a file only if asked for"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        vectors.save(tmp_path / "v.w2v")
        Vectors(["a", "b"], rows, np.array([2, 1]), rows).save(tmp_path / "w.bin", save_output=True)
    assert (tmp_path / "w.output.bin").exists() and (tmp_path / "v.w2v/output.npy").exists()
    vectors.save(tmp_path / "v.w2v", save_output=False)
    assert not (tmp_path / "v.w2v/output.npy").exists() and (tmp_path / "v.w2v/lines.npy").exists()


def test_a_missing_file_is_an_error_of_pythons_kind(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"^there is no file .*none.bin; check the name$") as caught:
        Vectors.load(tmp_path / "none.bin")
    assert isinstance(caught.value, W2VError)


def test_vectors_are_made_of_whatever_is_a_matrix() -> None:
    vectors = Vectors(["up", "down"], [[1, 0], [-1, 0]])  # type: ignore[arg-type]
    assert vectors.matrix.dtype == np.float32 and vectors.similar("up") == [("down", -1.0)]
    for wrong in ([1, 2], [[1, 2]], [[[1]], [[2]]]):
        with pytest.raises(ValueError, match="2 words and vectors of shape"):
            Vectors(["up", "down"], wrong)  # type: ignore[arg-type]
