"""word2vec text is read back to the bit, and a line that is wrong is named."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from w2v.base.errors import W2VError
from w2v.formats import word2vec_text
from w2v.formats.model import Model

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6).filter(lambda w: w.split() == [w])
floats = hnp.from_dtype(np.dtype(np.float32), allow_nan=False, allow_infinity=False)


@pytest.mark.slow
@settings(deadline=None, max_examples=100)
@given(st.lists(words, min_size=1, max_size=8), st.integers(1, 5), st.data())
def test_round_trip_to_the_bit(
    tmp_path_factory: pytest.TempPathFactory, words: list[str], dim: int, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "a.txt"
    vectors = data.draw(hnp.arrays(np.float32, (len(words), dim), elements=floats))
    word2vec_text.write(path, Model(words, vectors))
    again = word2vec_text.read(path)
    assert again.words == words
    assert again.vectors.dtype == np.float32
    assert again.vectors.tobytes() == vectors.tobytes()


def test_numbers_that_are_none_are_kept(tmp_path: Path) -> None:
    vectors = np.array([[np.nan, np.inf, -np.inf]], np.float32)
    word2vec_text.write(tmp_path / "a.txt", Model(["a"], vectors))
    assert np.array_equal(word2vec_text.read(tmp_path / "a.txt").vectors, vectors, equal_nan=True)


def test_lines_are_a_word_and_its_numbers(tmp_path: Path) -> None:
    word2vec_text.write(tmp_path / "a.txt", Model(["a", "世"], np.array([[1, 0.1], [-2.5, 1e-45]], np.float32)))
    expected = "2 2\na 1 0.100000001\n世 -2.5 1.40129846e-45\n"
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == expected


def test_the_smallest_file_there_is(tmp_path: Path) -> None:
    assert read(tmp_path, "1 1\na 1") == (["a"], [[1.0]])


def read(tmp_path: Path, text: str) -> tuple[list[str], list[list[float]]]:
    (tmp_path / "a.txt").write_text(text, encoding="utf-8", newline="")
    held = word2vec_text.read(tmp_path / "a.txt")
    return list(held.words), held.vectors.tolist()


def test_as_others_write_it(tmp_path: Path) -> None:
    """word2vec.c ends lines with a space, Windows with a carriage return; some words have spaces."""
    expected = (["a", "New York"], [[1.0, 2.0], [3.0, -4.0]])
    assert read(tmp_path, "2 2\na 1 2 \nNew York 3.0 -4e0 \n") == expected
    assert read(tmp_path, "2 2\r\na 1 2\r\nNew York 3 -4\r\n") == expected
    assert read(tmp_path, "2 2\na 1 2\nNew York 3 -4") == expected


@pytest.mark.parametrize(
    "line",
    ["b 1", "b 1 2", "b", "b 1 2 x", "b 1 2 1e39", "b 1 2 -1e39", "b 1  2", "b\t1\t2\t3", "b 1 2 3,5", "b 1 2 0x3"],
)
def test_a_line_without_its_numbers_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(W2VError, match="line 3: expected a word and 3 numbers") as caught:
        read(tmp_path, f"3 3\na 0.125 0.25 0.5\n{line}\nc 0.125 0.25 0.5\n")
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("text", ["3 1\na 0.25\nb 0.5\n\n\n", "3 1\na 0.25000\n\nb 0.5\n"])
def test_too_few_lines(tmp_path: Path, text: str) -> None:
    with pytest.raises(W2VError, match="row [23] of 3"):
        read(tmp_path, text)


def test_a_file_without_a_header_is_gloves(tmp_path: Path) -> None:
    assert read(tmp_path, "a 1 2\nb 3 4\n") == (["a", "b"], [[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(W2VError, match="a vocabulary, not vectors"):
        read(tmp_path, "the 90\ncat 7\n")
