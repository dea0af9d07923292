"""word2vec text is read back to the bit, and a line that is wrong is named."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from w2v.base.errors import SettingsError, W2VError
from w2v.formats import word2vec_text
from w2v.formats.model import Model
from w2v.formats.options import ReadOptions

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6).filter(lambda w: w.split() == [w])
floats = hnp.from_dtype(np.dtype(np.float32), allow_nan=False, allow_infinity=False)


@pytest.fixture(scope="module", autouse=True, params=[0, 1 << 60], ids=["compiled", "line by line"])
def reader(request: pytest.FixtureRequest) -> Iterator[None]:
    """Read each file by compiled code, and without it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(word2vec_text, "COMPILED_FROM", request.param)
        yield


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
    ["b 1", "b 1 2", "b", "b 1 2 x", "b 1  2", "b\t1\t2\t3", "b 1 2 3,5", "b 1 2 0x3"],
)
def test_a_line_without_its_numbers_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(W2VError, match="line 3: expected a word and 3 numbers") as caught:
        read(tmp_path, f"3 3\na 0.125 0.25 0.5\n{line}\nc 0.125 0.25 0.5\n")
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("text", ["3 1\na 0.25\nb 0.5\n\n\n", "3 1\na 0.25000\n\nb 0.5\n"])
def test_too_few_lines(tmp_path: Path, text: str) -> None:
    with pytest.raises(W2VError, match="row [23] of 3|line 3: is empty"):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2 1\nthe 1 2\ncat 3 4\n", "line 2: expected a word and 1 number, found 2 numbers"),
        ("2 2\na 1 2\nb 3 4\nc 5 6\n", "line 4: the first line says 2 rows, and more follow"),
        ("2 2\na 1 2\nb 3 4 5\n", "line 3: expected a word and 2 numbers, found 3 numbers"),
        ("3 2\na 1 2\nb 3 4\n", "cut short: it ends in line 3, before row 3 of 3"),
        ("2 2\na 1 2\nb 3\n", "line 3: expected a word and 2 numbers, found 1"),
        ("2 2\na 1 2\nb 3 four\n", "line 3: expected a word and 2 numbers, found 'four' among them"),
        ("2 2\na 1 2\nb 3 1_0\n", "line 3: expected a word and 2 numbers, found '1_0' among them"),
        ("2 2\na 1 2\nb\t3\t4\n", "line 3: expected a word and 2 numbers with single spaces between, found tabs"),
        ("2 2\na 1 2\n 3 4\n", "line 3: expected a word and 2 numbers, and the word is missing"),
        ("2 2\n\n 1 2\nb 3 4\n", "line 2: is empty; a word may be a line end"),
        ("2 2\na 1 2\nb 3 1e39\n", "line 3, 'b': inf is not a finite number"),
        ("a 1 2\nb 3 4\nc 5\n", "line 3: expected a word and 2 numbers, found 1"),
        ("a 1 2\nb 3 4\nc 5 6 7\n", "line 3: expected a word and 2 numbers, found 3 numbers"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(W2VError, match=rf"a\.txt.*{message}"):
        read(tmp_path, text)


def test_a_word_may_have_spaces_and_numbers_in_it(tmp_path: Path) -> None:
    assert read(tmp_path, "3 2\n1 0.5 2.5\nWindows 95 3.5 -4.5\n. . . 3e0 1\n")[0] == ["1", "Windows 95", ". . ."]


@pytest.mark.parametrize("text", ["2 2\nthe 1 2\ncat 3 4\n", "the 1 2\ncat 3 4\n"])
def test_a_byte_order_mark_is_no_part_of_the_first_word(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, f"\ufeff{text}") == (["the", "cat"], [[1.0, 2.0], [3.0, 4.0]])


def test_bad_rows_are_left_out_and_counted_if_asked_for(tmp_path: Path) -> None:
    rows = ["a 1 2", "<unk> nan nan", "b 3", "\n 5 6", "c 7 8 9", "New York 5 6", "d 9 1"]
    told = list[str]()
    for header in ("7 2\n", ""):
        (tmp_path / "a.txt").write_text(header + "\n".join(rows))
        held = word2vec_text.read(tmp_path / "a.txt", ReadOptions(skip_bad_rows=True, warn=told.append))
        assert held.words == ["a", "New York", "d"] and held.vectors.tolist() == [[1, 2], [5, 6], [9, 1]]
    assert "left out 4 bad rows; line 4: expected a word and 2 numbers, found 1" in told[0]
    (tmp_path / "a.txt").write_text("2 2\na 1\nb 2\n")
    with pytest.raises(W2VError, match="none of its 2 rows can be read; line 2: expected"):
        word2vec_text.read(tmp_path / "a.txt", ReadOptions(skip_bad_rows=True, warn=told.append))


def test_a_file_in_another_encoding_is_refused_or_read_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("3 1\n中文 1\n汉语 2\nthe 3\n".encode("gb18030"))
    with pytest.raises(W2VError, match="2 of 3 words are not UTF-8, the first in line 2; .*encoding='gb18030'"):
        word2vec_text.read(path)
    assert word2vec_text.read(path, ReadOptions(encoding="gb18030")).words == ["中文", "汉语", "the"]
    with pytest.raises(SettingsError, match="there is no encoding 'nosuch'"):
        ReadOptions(encoding="nosuch")


def test_a_file_without_a_header_is_gloves(tmp_path: Path) -> None:
    assert read(tmp_path, "a 1 2\nb 3 4\n") == (["a", "b"], [[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(W2VError, match="a vocabulary, not vectors"):
        read(tmp_path, "the 90\ncat 7\n")
