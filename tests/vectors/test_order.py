"""The order of words decides what the most frequent are; the form of their letters whether they are found."""

import logging
from unicodedata import normalize

import numpy as np
import pytest

from w2v.base.errors import UnknownWordError, W2VWarning
from w2v.evaluation.analogies import Questions, score_questions
from w2v.vectors.order import Order
from w2v.vectors.vectors import Vectors

LETTERS = np.random.default_rng(3).integers(0, 26, (400, 5))
NAMES = sorted({"".join(chr(97 + letter) for letter in row) for row in LETTERS.tolist()})
ROWS = np.random.default_rng(4).normal(size=(len(NAMES), 6)).astype(np.float32)


def test_all_words_are_searched_where_the_order_is_that_of_the_alphabet() -> None:
    vectors = Vectors(NAMES, ROWS)
    with pytest.warns(W2VWarning, match="in the order of the alphabet and have no counts.*among all"):
        found = vectors.similar(NAMES[0], 5, restrict=50)
    assert found == vectors.similar(NAMES[0], 5, restrict=0)
    last = tuple(NAMES[-4:])
    assert score_questions(vectors, Questions("q", [("", [last])]), restrict=50).covered == 1


def test_counts_say_which_words_are_the_most_frequent(caplog: pytest.LogCaptureFixture) -> None:
    counts = np.random.default_rng(5).permutation(len(NAMES)) + 1
    vectors = Vectors(NAMES, ROWS, counts)
    caplog.set_level(logging.INFO, "w2v")
    found = {word for word, _ in vectors.similar(NAMES[0], 49, restrict=50)}
    top = {NAMES[row] for row in np.argsort(-counts)[:50]}
    assert found == top - {NAMES[0]} or found < top
    assert "among the 50 most frequent" in caplog.text


def test_other_orders_are_taken_for_that_of_frequency() -> None:
    shuffled = [NAMES[row] for row in np.random.default_rng(6).permutation(len(NAMES))]
    for words in (shuffled, NAMES[:50], [f"item{n}" for n in range(1_000)], [str(n) for n in range(1_000)]):
        assert Order.of(words, None) is Order.FREQUENCY
    assert Order.of(NAMES[::-1], None) is Order.ALPHABET


def test_all_words_are_searched_where_the_most_frequent_of_a_language_are_late() -> None:
    shuffled = [NAMES[row] for row in np.random.default_rng(6).permutation(len(NAMES))]
    filler = [f"{name}{end}" for end in "xyzq" for name in shuffled]
    common = "the of and to in a".split()
    words = [*common, *filler, *"der die und in den von".split()]
    assert Order.of(words, None) is Order.FREQUENCY, "an English text with German words, which are rare"
    assert Order.of([*filler[:900], *common, *filler[900:]], None) is Order.FREQUENCY
    assert Order.of([*filler, *common[:3]], None) is Order.FREQUENCY, "too few to say something"
    words = [*filler[:1_100], *common, *filler[1_100:]]
    assert Order.of(words, None) is Order.UNKNOWN
    assert Order.of(words, np.arange(len(words), 0, -1)) is Order.FREQUENCY
    vectors = Vectors(words, np.random.default_rng(4).normal(size=(len(words), 6)).astype(np.float32))
    with pytest.warns(W2VWarning, match="not in the order of frequency and have no counts.*among all"):
        assert vectors.similar("the", 5, restrict=50) == vectors.similar("the", 5, restrict=0)


@pytest.mark.parametrize(("here", "asked"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_another_form_of_a_word_is_named(here: str, asked: str) -> None:
    vectors = Vectors([normalize(here, "café"), "tea"], np.eye(2, dtype=np.float32))  # type: ignore[arg-type]
    with pytest.raises(UnknownWordError, match=f"Unicode form {here} are"):
        vectors.similar(normalize(asked, "café"))  # type: ignore[arg-type]


def test_a_word_twice_is_one_neighbour() -> None:
    vectors = Vectors(["a", "b", "b", "c"], np.array([[1, 0], [1, 1], [1, 1], [0, 1]], np.float32))
    assert [word for word, _ in vectors.similar("a", 5)] == ["b", "c"]
