"""What the formats share: suffixes, errors, headers that promise too much, and files whole or not at all."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gensim.models import KeyedVectors

from w2v import formats
from w2v.errors import SettingsError, W2VError

WORDS = ["the", "世界", "\ufeffé", "</s>", "🙂"]
MATRIX = np.array(
    [[1, -2.5, 1e-45], [3.4028235e38, -0.0, 1.1754944e-38], [0.1, 1 / 3, 2**24 + 2], [0, 0, 0], [-1e-40, 1e10, 7]],
    np.float32,
)
SUFFIXES = [".bin", ".txt", ".vec"]
each_suffix = pytest.mark.parametrize("suffix", SUFFIXES)


def complaint(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    with pytest.raises(W2VError) as caught:
        formats.read(path)
    message = str(caught.value)
    assert path.name in message
    assert message.splitlines() == [message]
    return message


def same_bits(left: Any, right: Any) -> bool:  # noqa: ANN401
    return bool(left.dtype == right.dtype == np.float32 and left.tobytes() == right.tobytes())


@each_suffix
def test_suffixes_of_any_case(tmp_path: Path, suffix: str) -> None:
    for name in (f"a{suffix}", f"b.c{suffix.upper()}"):
        formats.write(tmp_path / name, WORDS, MATRIX)
        words, vectors = formats.read(str(tmp_path / name))
        assert words == WORDS
        assert same_bits(vectors, MATRIX)


@pytest.mark.parametrize("name", ["a.npy", "a.bin.gz", "a", ".bin", "bin"])
def test_an_unknown_suffix_is_refused_with_the_known(tmp_path: Path, name: str) -> None:
    for call in (formats.read, lambda path: formats.write(path, WORDS, MATRIX), formats.check_suffix):
        with pytest.raises(SettingsError, match=r"\.bin, \.txt, \.vec"):
            call(tmp_path / name)  # type: ignore[operator]
    assert list(tmp_path.iterdir()) == []


@each_suffix
def test_gensim_reads_every_word_and_number(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    formats.write(path, WORDS, MATRIX)
    loaded = KeyedVectors.load_word2vec_format(str(path), binary=suffix == ".bin")
    assert loaded.index_to_key == WORDS
    assert same_bits(loaded.vectors, MATRIX)


@each_suffix
def test_what_gensim_writes_is_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    theirs = KeyedVectors(3)
    theirs.add_vectors(WORDS, MATRIX)
    theirs.save_word2vec_format(str(path), binary=suffix == ".bin")
    words, vectors = formats.read(path)
    assert words == WORDS
    assert same_bits(vectors, MATRIX)


@each_suffix
def test_a_large_file_goes_round(tmp_path: Path, suffix: str) -> None:
    matrix = np.random.default_rng(1).standard_normal((9_001, 7), np.float32)
    words = [f"w{n}" for n in range(9_001)]
    formats.write(tmp_path / f"a{suffix}", words, matrix)
    again, vectors = formats.read(tmp_path / f"a{suffix}")
    assert again == words
    assert same_bits(vectors, matrix)


@each_suffix
def test_rows_that_are_part_of_wider_ones_are_written(tmp_path: Path, suffix: str) -> None:
    wide = np.zeros((5, 16), np.float32)
    wide[:, :3] = MATRIX
    formats.write(tmp_path / f"a{suffix}", WORDS, wide[:, :3])
    assert same_bits(formats.read(tmp_path / f"a{suffix}")[1], MATRIX)


@each_suffix
@pytest.mark.parametrize("header", ["999999999999 300", "5 999999999", "9999999999999999999 9999999999999999999"])
def test_a_header_that_promises_too_much_is_refused_before_memory_is_taken(
    tmp_path: Path, suffix: str, header: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(np, "empty", None)
    assert "header says" in complaint(tmp_path / f"a{suffix}", f"{header}\nthe 0.1 0.2 0.3\n".encode())


@each_suffix
@pytest.mark.parametrize(
    "data", [b"", b"\n", b"the 0.1 0.2\n", b"3\n", b"3 4", b"1 2 3\nw 1 2\n", b"-1 3\n", b"a b\n", b"9" * 10_000]
)
def test_what_has_no_header_is_refused(tmp_path: Path, suffix: str, data: bytes) -> None:
    assert "first line" in complaint(tmp_path / f"a{suffix}", data)


@each_suffix
@pytest.mark.parametrize("header", [b"0 100\n", b"10 0\n"])
def test_nothing_in_it_is_refused(tmp_path: Path, suffix: str, header: bytes) -> None:
    assert "no vectors" in complaint(tmp_path / f"a{suffix}", header + b"x " * 100)


@each_suffix
def test_a_file_cut_anywhere_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    formats.write(path, WORDS[:3], np.full((3, 3), 0.5, np.float32))
    whole = path.read_bytes()
    for length in range(len(whole) - 1):
        if suffix != ".bin" and length >= len(whole) - len("0.5"):
            continue  # what is left of the last number is a number
        complaint(path, whole[:length])
    path.write_bytes(whole[:-1])  # without the last newline it is whole
    assert formats.read(path)[0] == WORDS[:3]


@each_suffix
def test_bytes_that_are_no_utf8_become_marks(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    formats.write(path, ["cafe", "the"], MATRIX[:2])
    path.write_bytes(path.read_bytes().replace(b"cafe", b"caf\xe9"))
    assert formats.read(path)[0] == ["caf\ufffd", "the"]


@each_suffix
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"old")
    with pytest.raises(UnicodeEncodeError):
        formats.write(path, [*WORDS[:4], "\ud800"], MATRIX)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == [path.name]


@each_suffix
def test_a_link_stays_and_its_target_is_replaced(tmp_path: Path, suffix: str) -> None:
    target, link = tmp_path / "target", tmp_path / f"link{suffix}"
    target.write_bytes(b"old")
    link.symlink_to(target)
    formats.write(link, WORDS, MATRIX)
    assert link.is_symlink()
    assert formats.read(link)[0] == WORDS


@each_suffix
def test_missing_files_and_folders(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(W2VError, match="cannot read.*No such file"):
        formats.read(tmp_path / f"none{suffix}")
    (tmp_path / f"folder{suffix}").mkdir()
    with pytest.raises(W2VError, match="cannot read.*folder"):
        formats.read(tmp_path / f"folder{suffix}")
    for path in (tmp_path / f"none/a{suffix}", tmp_path / f"folder{suffix}"):
        with pytest.raises(W2VError, match="cannot write"):
            formats.write(path, WORDS, MATRIX)
