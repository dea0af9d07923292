"""fastText's models and floret's tables: whole round trips, the programs they belong to, and what is refused."""

import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from w2v import Vectors
from w2v.base.errors import UnknownWordError, W2VError
from w2v.formats import vector_files
from w2v.formats.model import Model
from w2v.text.subwords import NGrams, Subwords, WordRows
from w2v.vectors.derived import with_unseen

STEMS = ["the", "über", "日本語", "naïve", "run", "Ελλάδα", "🙂smile", "word", "x"]
WORDS = [stem + end for end in ("", "s", "ing", "ed", "ness", "語", "é") for stem in STEMS]
KNOWN = [f"{word}{i}" for i in range(16) for word in WORDS][:1000]
UNKNOWN = [f"un{word}" for word in KNOWN]
DIM = 5


def trained(kind: str, words: list[str] = KNOWN) -> Vectors:
    """Return vectors as training makes them, of numbers at random."""
    ngrams = NGrams(kind, 3, 5, buckets=3000, hash_count=1 + (kind == "floret"))
    rows = WordRows.of(ngrams, words, np.arange(len(words), 0, -1).astype(float))
    input = np.random.default_rng(1).normal(size=(rows.n_rows, DIM)).astype(np.float32)
    counts = np.arange(len(words), 0, -1) + 5
    output = np.random.default_rng(2).normal(size=(len(words), DIM)).astype(np.float32)
    return Vectors.of(Model(words, rows.compose(input), counts, output, Subwords(ngrams, rows.buckets, input)))


def largest_difference(found: object, vectors: Vectors, words: list[str]) -> float:
    return max(float(np.abs(found(word) - vectors[word]).max()) for word in words)  # type: ignore[operator]


@pytest.mark.slow
@pytest.mark.parametrize(("suffix", "kind"), [(".fasttext.bin", "fasttext"), (".w2v", "fasttext"), (".w2v", "floret")])
def test_what_is_written_is_read_again(tmp_path: Path, suffix: str, kind: str) -> None:
    vectors = trained(kind)
    vectors.save(tmp_path / f"a{suffix}")
    again = Vectors.load(tmp_path / f"a{suffix}")
    assert again.words == vectors.words and again.subwords is not None and vectors.subwords is not None
    assert again.subwords.ngrams == vectors.subwords.ngrams
    np.testing.assert_array_equal(again.counts, vectors.counts)  # type: ignore[arg-type]
    np.testing.assert_array_equal(again.output, vectors.output)  # type: ignore[arg-type]
    np.testing.assert_allclose(again[KNOWN + UNKNOWN], vectors[KNOWN + UNKNOWN], atol=1e-6)


@pytest.mark.slow
def test_a_model_with_another_name_is_told_by_its_first_bytes(tmp_path: Path) -> None:
    vectors = trained("fasttext")
    vectors.save(tmp_path / "a.fasttext.bin")
    (tmp_path / "a.fasttext.bin").rename(tmp_path / "a.bin")
    np.testing.assert_allclose(Vectors.load(tmp_path / "a.bin")[UNKNOWN], vectors[UNKNOWN], atol=1e-6)


def test_vectors_without_ngrams_are_a_model_without_buckets(tmp_path: Path) -> None:
    matrix = np.random.default_rng(1).normal(size=(2, 3)).astype(np.float32)
    Vectors(["a", "b"], matrix).save(tmp_path / "a.fasttext.bin")
    again = Vectors.load(tmp_path / "a.fasttext.bin")
    np.testing.assert_array_equal(again.matrix, matrix)
    assert again.subwords is None and again.counts is not None and again.counts.tolist() == [1, 1]


def test_a_negative_count_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.fasttext.bin"
    Vectors(["a", "b"], np.ones((2, 3), np.float32)).save(path)
    data = path.read_bytes()
    at = data.index(b"b\0") + 2
    path.write_bytes(data[:at] + (-5).to_bytes(8, "little", signed=True) + data[at + 8 :])
    with pytest.raises(W2VError, match="damaged: word 2 has the count -5"):
        Vectors.load(path)


def test_the_fasttext_package_has_the_same_vectors(tmp_path: Path) -> None:
    fasttext = pytest.importorskip("fasttext")
    vectors = trained("fasttext")
    vectors.save(tmp_path / "a.bin", "fasttext")
    model = fasttext.load_model(str(tmp_path / "a.bin"))
    assert model.get_words() == KNOWN
    assert largest_difference(model.get_word_vector, vectors, KNOWN + UNKNOWN) < 1e-5


def test_models_of_the_fasttext_package_are_read(tmp_path: Path) -> None:
    fasttext = pytest.importorskip("fasttext")
    (tmp_path / "text").write_text("\n".join(" ".join(KNOWN[i : i + 9]) for i in range(0, 1000, 9)), encoding="utf-8")
    model = fasttext.train_unsupervised(
        str(tmp_path / "text"), dim=DIM, epoch=1, minCount=1, bucket=2000, minn=2, maxn=4, thread=1, verbose=0
    )
    model.save_model(str(tmp_path / "a.bin"))
    vectors = Vectors.load(tmp_path / "a.bin")
    asked = [word for word in KNOWN + UNKNOWN if word in vectors]
    assert len(asked) > 1990
    assert largest_difference(model.get_word_vector, vectors, asked) < 1e-5


def test_gensim_has_the_same_vectors(tmp_path: Path) -> None:
    gensim = pytest.importorskip("gensim.models.fasttext")
    vectors = trained("fasttext")
    vectors.save(tmp_path / "a.bin", "fasttext")
    model = gensim.load_facebook_model(str(tmp_path / "a.bin")).wv
    assert largest_difference(model.get_vector, vectors, KNOWN + UNKNOWN) < 1e-5


@pytest.mark.parametrize("hash_count", [1, 2, 3, 4])
def test_the_floret_package_has_the_same_ngrams_and_its_tables_are_read(tmp_path: Path, hash_count: int) -> None:
    floret = pytest.importorskip("floret")
    (tmp_path / "text").write_text("\n".join(" ".join(KNOWN[i : i + 9]) for i in range(0, 1000, 9)), encoding="utf-8")
    model = floret.train_unsupervised(
        str(tmp_path / "text"), mode="floret", hashCount=hash_count, dim=DIM, epoch=1, minCount=1, bucket=2000, minn=2,
        maxn=4, thread=1, verbose=0,
    )  # fmt: skip
    model.save_floret_vectors(str(tmp_path / "a.floret"))
    vectors = Vectors.load(tmp_path / "a.floret")
    assert len(vectors) == 0 and vectors.subwords is not None
    asked = KNOWN + UNKNOWN
    differences = {word: float(np.abs(model.get_word_vector(word) - vectors[word]).max()) for word in asked}
    # floret gives the end of a line no n-grams; spaCy, which has the table alone, takes it for a word like any other.
    assert {word for word, difference in differences.items() if difference > 1e-4} <= {"</s>"}


def test_spacy_has_the_same_vectors(tmp_path: Path) -> None:
    spacy = pytest.importorskip("spacy")
    vectors_module = pytest.importorskip("spacy.training.initialize")
    vectors = trained("floret")
    vectors.save(tmp_path / "a.floret")
    nlp = spacy.blank("en")
    vectors_module.convert_vectors(nlp, tmp_path / "a.floret", truncate=0, prune=-1, mode="floret")
    assert largest_difference(lambda word: nlp.vocab[word].vector, vectors, KNOWN + UNKNOWN) < 1e-5


@pytest.mark.slow
def test_a_floret_table_is_read_again(tmp_path: Path) -> None:
    vectors = trained("floret")
    vectors.save(tmp_path / "a.floret")
    again = Vectors.load(tmp_path / "a.floret")
    np.testing.assert_array_equal(again[UNKNOWN], vectors[UNKNOWN])


def test_tables_and_models_are_not_taken_for_each_other(tmp_path: Path) -> None:
    with pytest.raises(W2VError, match="write a .floret"):
        trained("floret").save(tmp_path / "a.fasttext.bin")
    with pytest.raises(W2VError, match="subwords='floret'"):
        trained("fasttext").save(tmp_path / "a.floret")
    one = NGrams("floret", 1, 3, 100)
    with pytest.raises(W2VError, match="min_n=1"):
        vector_files.write(tmp_path / "a.floret", Model(["a"], np.ones((1, 2), np.float32), subwords=_empty(one)))
    assert not list(tmp_path.iterdir())


def _empty(ngrams: NGrams) -> Subwords:
    return Subwords(ngrams, np.arange(1), np.ones((1, 2), np.float32))


@pytest.fixture
def model(tmp_path: Path) -> bytearray:
    trained("fasttext", WORDS).save(tmp_path / "a.fasttext.bin")
    return bytearray((tmp_path / "a.fasttext.bin").read_bytes())


def said(tmp_path: Path, data: bytes | bytearray) -> str:
    (tmp_path / "b.fasttext.bin").write_bytes(data)
    with pytest.raises(W2VError) as caught:
        vector_files.read(tmp_path / "b.fasttext.bin")
    return str(caught.value)


@pytest.mark.parametrize(
    ("at", "number", "message"),
    [
        (0, 7, "not a fastText model"),
        (4, 13, "version 13"),
        (36, 3, "supervised"),
        (8, 0, "damaged"),
        (40, 2**30, "cut short"),
    ],
)
def test_headers_of_other_kinds_are_refused(
    tmp_path: Path, model: bytearray, at: int, number: int, message: str
) -> None:
    struct.pack_into("<i", model, at, number)
    assert message in said(tmp_path, model)


def test_quantised_and_pruned_models_are_refused(tmp_path: Path, model: bytearray) -> None:
    at = model.index(struct.pack("<?qq", False, len(WORDS) + 3000, DIM))
    assert "quantised" in said(tmp_path, model[:at] + b"\1" + model[at + 1 :])
    pruned = model.copy()
    struct.pack_into("<q", pruned, 8 + 48 + 8 + 12 + 8, 4)
    assert "pruned" in said(tmp_path, pruned)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.01, 0.5, 0.99])
def test_a_model_that_is_cut_short_says_so(tmp_path: Path, model: bytearray, share: float) -> None:
    assert "cut short" in said(tmp_path, model[: int(len(model) * share)]) or share == 0.0


def test_zeros_take_no_memory(tmp_path: Path) -> None:
    vectors = trained("fasttext", WORDS[:3])
    vectors.save(tmp_path / "a.fasttext.bin")
    again = vector_files.read(tmp_path / "a.fasttext.bin").subwords
    assert again is not None and vectors.subwords is not None
    assert again.input.shape == vectors.subwords.input.shape
    size = (tmp_path / "a.fasttext.bin").stat().st_size
    assert size > 3000 * DIM * 4, "fastText wants all buckets"


def test_words_without_a_known_ngram_have_no_vector() -> None:
    vectors = trained("fasttext", ["the", "then"])
    assert "theme" in vectors and "the" in vectors and "q" not in vectors
    with pytest.raises(UnknownWordError, match="none of its n-grams was seen"):
        vectors["qqqqq"]
    matrix: npt.NDArray[np.float32] = vectors[["the", "theme"]]
    np.testing.assert_array_equal(matrix[0], vectors.matrix[0])
    assert vectors.similar("theme", 2)[0][0] in ("the", "then")
    assert vectors.most_similar(["theme", "the"])[0][0] == "then", "words of the question are left out, as far as known"
    assert with_unseen(vectors, ["theme", "qqqqq", "the"]).words == ["the", "then", "theme"]
