"""N-grams, their hashes and rows, against a loop over characters written from fastText's description."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2v.base.arrays import Matrix
from w2v.settings.train import TrainConfig
from w2v.text.subwords import NGrams, Subwords, WordRows, mean_rows, murmur

WORDS = ["the", "über", "日本語", "a", "🙂🙂", "x" * 40, "</s>", "is"]


def ngrams_of(word: str, min_n: int, max_n: int) -> list[str]:
    if word == "</s>":
        return []
    text = f"<{word}>"
    found = [text[i : i + n] for i in range(len(text)) for n in range(min_n, max_n + 1) if i + n <= len(text)]
    return (
        found if min_n > 1 else [gram for i, gram in _placed(text, max_n) if gram not in "<>" or 0 < i < len(text) - 1]
    )


def _placed(text: str, max_n: int) -> list[tuple[int, str]]:
    return [(i, text[i : i + n]) for i in range(len(text)) for n in range(1, max_n + 1) if i + n <= len(text)]


def fnv(text: str) -> int:
    value = 2166136261
    for byte in text.encode():
        value = ((value ^ (byte if byte < 128 else byte | 0xFFFFFF00)) * 16777619) % 2**32
    return value


@pytest.mark.parametrize(("min_n", "max_n"), [(3, 6), (5, 5), (1, 2), (2, 60)])
def test_the_buckets_of_words_are_fasttexts(min_n: int, max_n: int) -> None:
    starts, buckets = NGrams(min_n=min_n, max_n=max_n, buckets=1009).of(WORDS)
    for row, word in enumerate(WORDS):
        expected = [fnv(gram) % 1009 for gram in ngrams_of(word, min_n, max_n)]
        assert buckets[starts[row] : starts[row + 1]].tolist() == expected, word


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=9), max_size=8))
def test_any_words_have_the_ngrams_of_their_characters(words: list[str]) -> None:
    starts, buckets = NGrams(min_n=2, max_n=4).of(words)
    counts = [len(ngrams_of(word, 2, 4)) for word in words]
    assert np.diff(starts).tolist() == counts and len(buckets) == sum(counts)


def test_words_are_hashed_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = NGrams().of(WORDS)
    monkeypatch.setattr("w2v.text.subwords.WORDS", 3)
    for one, other in zip(whole, NGrams().of(WORDS), strict=True):
        np.testing.assert_array_equal(one, other)


def test_murmur_is_that_of_the_smhasher_suite() -> None:
    """Its verification value: the hash of the hashes of 0, 1, .. 255 bytes with seeds 256, 255, .. 1."""
    key = np.arange(256, dtype=np.uint8)
    hashes = [murmur(key, np.array([0]), np.array([n]), 256 - n).astype("<u4").tobytes() for n in range(256)]
    text = np.frombuffer(b"".join(hashes), np.uint8)
    assert murmur(text, np.array([0]), np.array([len(text)]), 0)[0, 0] == 0x6384BA69


def test_floret_hashes_the_whole_word_too_and_several_times() -> None:
    ngrams = NGrams("floret", 3, 4, 10_000, hash_count=3)
    starts, buckets = ngrams.of(["the"])
    text = np.frombuffer(b"<the>", np.uint8)
    spans = [(0, 5), (0, 3), (0, 4), (1, 4), (1, 5), (2, 5)]
    expected = murmur(text, *np.array(spans).T)[:, :3] % 10_000
    assert starts.tolist() == [0, 18] and buckets.tolist() == expected.reshape(-1).tolist()


def test_only_used_buckets_have_rows_most_used_first() -> None:
    uses = np.array([100.0, 1.0])
    rows = WordRows.of(NGrams(min_n=3, max_n=3), ["abc", "bcd"], uses)
    _, first = NGrams(min_n=3, max_n=3).of(["abc"])
    assert rows.n_own == 2 and rows.n_rows == 2 + len(rows.buckets)
    assert set(rows.buckets[: len(first)].tolist()) == set(first.tolist())
    assert rows.rows[rows.starts[:-1]].tolist() == [0, 1]
    own = rows.rows[rows.starts[0] + 1 : rows.starts[1]]
    np.testing.assert_array_equal(rows.buckets[own - 2], first)


def test_means_of_rows() -> None:
    matrix = np.arange(8, dtype=np.float32).reshape(4, 2)
    found = mean_rows(np.array([0, 2, 2, 5]), np.array([0, 3, 1, -1, 1], np.int32), matrix)
    np.testing.assert_allclose(found, np.array([[3, 4], [0, 0], [4 / 3, 2]]))


def subwords(kind: str) -> tuple[list[str], Subwords, Matrix]:
    words, ngrams = ["the", "then", "über"], NGrams(kind, buckets=5000)
    rows = WordRows.of(ngrams, words, np.ones(3))
    input = np.random.default_rng(1).normal(size=(rows.n_rows, 7)).astype(np.float32)
    return words, Subwords(ngrams, rows.buckets, input), rows.compose(input)


@pytest.mark.parametrize("kind", ["fasttext", "floret"])
def test_words_are_composed_of_their_rows_and_others_of_ngrams_alone(kind: str) -> None:
    words, model, expected = subwords(kind)
    np.testing.assert_allclose(model.compose(words), expected, atol=1e-6)
    assert model.of("zzz") is None, "none of its n-grams has a row"
    hashed = model.ngrams.of(["theme"])[1].tolist()
    table = dict(zip(model.buckets.tolist(), model.bucket_rows, strict=True))
    found, total = model.of("theme"), sum(table.get(bucket, np.zeros(7)) for bucket in hashed)
    assert found is not None and np.abs(found - total / len(hashed)).max() < 1e-6


def test_words_can_be_left_out() -> None:
    words, model, expected = subwords("fasttext")
    np.testing.assert_allclose(model.without_words([1]).compose([words[0], words[2]]), expected[[0, 2]], atol=1e-6)


def test_the_settings_say_which_ngrams() -> None:
    assert NGrams.of_config(TrainConfig()) is None
    assert NGrams.of_config(TrainConfig(subwords="fasttext")) == NGrams()
    assert NGrams.of_config(TrainConfig(subwords="floret", max_n=5)) == NGrams("floret", 3, 5, 50_000, 2)


@pytest.mark.parametrize("wrong", [{"kind": "x"}, {"min_n": -1}, {"max_n": "6"}, {"buckets": 2**31}, {"hash_count": 5}])
def test_numbers_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        NGrams(**wrong)  # type: ignore[arg-type]
