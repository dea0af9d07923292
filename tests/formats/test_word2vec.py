"""word2vec binary is read to the bit, with and without newlines, in blocks of any size."""

import struct
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from w2v.base.errors import W2VError
from w2v.formats import word2vec
from w2v.formats.model import Model

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6).filter(lambda w: w.split() == [w])
floats = hnp.from_dtype(np.dtype(np.float32), allow_nan=False).filter(
    lambda number: number == 0 or 1e-15 < abs(number) < 1e15  # others are refused, as bytes in another order
)


@pytest.mark.slow
@settings(deadline=None, max_examples=100)
@given(
    words=st.lists(words, min_size=1, max_size=8),
    dim=st.integers(1, 5),
    block=st.integers(1, 64),
    data=st.data(),
)
def test_round_trip_to_the_bit(
    tmp_path_factory: pytest.TempPathFactory,
    words: list[str],
    dim: int,
    block: int,
    data: st.DataObject,
) -> None:
    path = tmp_path_factory.getbasetemp() / "a.bin"
    vectors = data.draw(hnp.arrays(np.float32, (len(words), dim), elements=floats))
    with patch.object(word2vec, "BLOCK", block), patch("w2v.formats.common.PIECE", block):
        word2vec.write(path, Model(words, vectors))
        again = word2vec.read(path)
    assert again.words == words
    assert again.vectors.dtype == np.float32
    assert again.vectors.tobytes() == vectors.tobytes()


def test_bytes_are_those_of_word2vec_c(tmp_path: Path) -> None:
    word2vec.write(tmp_path / "a.bin", Model(["a", "世"], np.array([[1, 2], [3, 4]], np.float32)))
    expected = b"2 2\na " + struct.pack("<2f", 1, 2) + b"\n\xe4\xb8\x96 " + struct.pack("<2f", 3, 4) + b"\n"
    assert (tmp_path / "a.bin").read_bytes() == expected


@pytest.mark.parametrize("end", [b"\n", b""])
def test_numbers_whose_bytes_are_newlines_and_spaces(tmp_path: Path, end: bytes) -> None:
    row = b"\n \n  \n\n "
    (tmp_path / "a.bin").write_bytes(b"3 2\n" + b"".join(word + b" " + row + end for word in (b"a", b"bc", b"d")))
    held = word2vec.read(tmp_path / "a.bin")
    assert held.words == ["a", "bc", "d"]
    assert held.vectors.tobytes() == row * 3


FLOATS = struct.pack("<2f", 0.11, -0.37)


@pytest.mark.parametrize(
    "data",
    [
        b"2 2\nNew York " + FLOATS + b"\ncat " + FLOATS + b"\n",
        b"2 2\nNew York " + FLOATS + b"cat " + FLOATS,
        b"3 2\nthe " + FLOATS + b"\nNew York " + FLOATS + b"\ncat " + FLOATS + b"\n",
        b"3 2\nthe " + FLOATS + b"New York " + FLOATS + b"cat " + FLOATS,
        b"3 2\nthe " + FLOATS + b"\ncat " + FLOATS + b"\n" + b" " + FLOATS + b"\n",
        b"2 2\nthe " + FLOATS + b"\n\ncat " + FLOATS + b"\n",
        b"2 2\nthe " + FLOATS + b"cat\0 " + FLOATS,
        b"2 2\nthe " + FLOATS + b"cat " + FLOATS + b"dog " + FLOATS,
    ],
)
def test_a_file_in_which_the_place_is_lost_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.bin").write_bytes(data)
    with pytest.raises(W2VError, match=r"a\.bin: row \d (has no word|does not begin)|goes on behind its last row"):
        word2vec.read(tmp_path / "a.bin")


def test_another_byte_order_is_refused(tmp_path: Path) -> None:
    rows = np.random.default_rng(1).normal(size=(20, 50)).astype(">f4")
    data = b"".join(b"w%d %s\n" % (number, row.tobytes()) for number, row in enumerate(rows))
    (tmp_path / "a.bin").write_bytes(b"20 50\n" + data)
    with pytest.raises(W2VError, match="not a finite number|another byte order"):
        word2vec.read(tmp_path / "a.bin")


def test_control_characters_are_no_reason_to_refuse_where_newlines_mark_the_rows(tmp_path: Path) -> None:
    words = ["a", "b\x01", "\x7f", "c\0"]
    word2vec.write(tmp_path / "a.bin", Model(words, np.ones((4, 3), np.float32)))
    assert word2vec.read(tmp_path / "a.bin").words == words


def test_a_row_cut_short_is_numbered(tmp_path: Path) -> None:
    rows = [b"%s " % word + bytes(8) + b"\n" for word in (b"a-long-word", b"b", b"c")]
    (tmp_path / "a.bin").write_bytes(b"3 2\n" + b"".join(rows)[:-2])
    with pytest.raises(W2VError, match="ends in row 3 of 3"):
        word2vec.read(tmp_path / "a.bin")


def test_damage_without_a_space_is_found_without_reading_it_all_again_and_again(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"100000 100\n" + b"x" * (100_000 * 401))
    with pytest.raises(W2VError, match="the word of row 1 has no end"):
        word2vec.read(tmp_path / "a.bin")


def test_another_byte_order_is_seen_by_numbers_that_are_too_small_too(tmp_path: Path) -> None:
    rows = np.array([[1.5, 2.0], [0.5, -1.0], [0.3, 0.2]], ">f4")  # few digits: read the wrong way they are denormal
    data = b"".join(b"w%d %s\n" % (number, row.tobytes()) for number, row in enumerate(rows))
    (tmp_path / "a.bin").write_bytes(b"3 2\n" + data)
    with pytest.raises(W2VError, match="another byte order"):
        word2vec.read(tmp_path / "a.bin")


@pytest.mark.parametrize("number", [0.0, 1e-30])
def test_zeros_and_tiny_numbers_are_no_other_byte_order(tmp_path: Path, number: float) -> None:
    rows = np.full((3, 2), number, "<f4")
    (tmp_path / "a.bin").write_bytes(
        b"3 2\n" + b"".join(b"w%d %s\n" % (i, row.tobytes()) for i, row in enumerate(rows))
    )
    np.testing.assert_array_equal(word2vec.read(tmp_path / "a.bin").vectors, rows)


@pytest.mark.parametrize("row", [[0.1, 0.2], [0.3, -0.4], [1.1, 7.3], [-0.05, 0.001]])
def test_another_byte_order_is_seen_in_a_few_numbers(tmp_path: Path, row: list[float]) -> None:
    numbers = np.array([row, row[::-1]], ">f4")
    (tmp_path / "a.bin").write_bytes(b"2 2\ndog %s\ncat %s\n" % (numbers[0].tobytes(), numbers[1].tobytes()))
    with pytest.raises(W2VError, match="another byte order"):
        word2vec.read(tmp_path / "a.bin")
