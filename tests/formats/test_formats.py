"""What the formats share: suffixes, errors, headers that promise too much, and files whole or not at all."""

import gzip
import os
import re
import sys
import tracemalloc
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from helpers import Library, files_in, python
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import w2v
from w2v.base.errors import SettingsError, W2VError, W2VWarning
from w2v.formats import registry, vector_files
from w2v.formats.model import Model, Trained

gensim = Library("gensim.models")

WORDS = ["the", "世界", "\ufeffé", "</s>", "🙂"]
MATRIX = np.array(
    [[1, -2.5, 1e-45], [3.4028235e38, -0.0, 1.1754944e-38], [0.1, 1 / 3, 2**24 + 2], [0, 0, 0], [-1e-40, 1e10, 7]],
    np.float32,
)
SUFFIXES = [".bin", ".txt", ".vec", ".bin.gz", ".vec.gz"]
each_suffix = pytest.mark.parametrize("suffix", SUFFIXES)
OF_WORDS = [suffix for suffix in registry.SUFFIXES if suffix != ".floret"]
"""A .floret holds n-grams and no words: test_subword_formats.py."""
every_format = pytest.mark.parametrize("suffix", [*OF_WORDS, ".bin.gz", ".txt.gz", ".glove.txt.gz"])


def complaint(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    with pytest.raises(W2VError) as caught:
        vector_files.read(path)
    message = str(caught.value)
    assert path.name in message
    assert message.splitlines() == [message]
    return message


def same_bits(left: Any, right: Any) -> bool:  # noqa: ANN401
    return bool(left.dtype == right.dtype == np.float32 and left.tobytes() == right.tobytes())


CONTENTS = Model(WORDS, MATRIX)


@each_suffix
def test_suffixes_of_any_case(tmp_path: Path, suffix: str) -> None:
    for name in (f"a{suffix}", f"b.c{suffix.upper()}"):
        vector_files.write(tmp_path / name, CONTENTS)
        held = vector_files.read(str(tmp_path / name))
        assert held.words == WORDS
        assert same_bits(held.vectors, MATRIX)


@pytest.mark.parametrize("name", ["a.npy", "a.fifu.gz", "a", ".bin", "bin", "a.gz", ".glove", "a.w2v.gz"])
def test_an_unknown_suffix_is_refused_with_the_known(tmp_path: Path, name: str) -> None:
    for call in (lambda path: vector_files.write(path, CONTENTS), registry.find):
        with pytest.raises(SettingsError, match=r"(has no suffix|ends in '\.\w+).*\.bin, \.txt, \.vec"):
            call(tmp_path / name)
    with pytest.raises(W2VError, match="there is no file"):  # which comes first
        vector_files.read(tmp_path / name)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / name).touch()
    with pytest.raises(SettingsError, match=r"(has no suffix|ends in '\.\w+).*\.bin, \.txt, \.vec"):
        vector_files.read(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("a.bin", "word2vec"),
        ("a.b.TXT.GZ", "word2vec-text"),
        ("a.vec", "word2vec-text"),
        ("a.glove.txt", "glove"),
        ("glove.txt", "word2vec-text"),
        ("a.glove.gz", "glove"),
        ("a.w2v", "native"),
        ("a.safetensors", "safetensors"),
        ("a.projector", "tensorboard"),
        ("a.parquet", "parquet"),
        ("a.fifu", "finalfusion"),
    ],
)
def test_the_suffix_tells_the_format_and_a_name_wins_over_it(name: str, format: str) -> None:
    assert registry.find(name).name == format
    assert registry.find(name, "glove").name == "glove"
    with pytest.raises(SettingsError, match="no format 'word'; known are: word2vec, word2vec-text, glove, native"):
        registry.find(name, "word")


@each_suffix
def test_gensim_reads_every_word_and_number(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    vector_files.write(path, CONTENTS)
    loaded = gensim.KeyedVectors.load_word2vec_format(str(path), binary=".bin" in suffix)
    assert loaded.index_to_key == WORDS
    assert same_bits(loaded.vectors, MATRIX)


@each_suffix
def test_what_gensim_writes_is_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    theirs = gensim.KeyedVectors(3)
    theirs.add_vectors(WORDS, MATRIX)
    theirs.save_word2vec_format(str(path), binary=".bin" in suffix)
    held = vector_files.read(path)
    assert held.words == WORDS
    assert same_bits(held.vectors, MATRIX)


@each_suffix
def test_a_large_file_goes_round(tmp_path: Path, suffix: str) -> None:
    matrix = np.random.default_rng(1).standard_normal((9_001, 7), np.float32)
    words = [f"w{n}" for n in range(9_001)]
    vector_files.write(tmp_path / f"a{suffix}", Model(words, matrix))
    again = vector_files.read(tmp_path / f"a{suffix}")
    assert again.words == words
    assert same_bits(again.vectors, matrix)


@each_suffix
def test_rows_that_are_part_of_wider_ones_are_written(tmp_path: Path, suffix: str) -> None:
    wide = np.zeros((5, 16), np.float32)
    wide[:, :3] = MATRIX
    vector_files.write(tmp_path / f"a{suffix}", Model(WORDS, wide[:, :3]))
    assert same_bits(vector_files.read(tmp_path / f"a{suffix}").vectors, MATRIX)


def packed(suffix: str, data: bytes) -> bytes:
    return gzip.compress(data) if suffix.endswith(".gz") else data


@each_suffix
@pytest.mark.parametrize("header", ["999999999999 300", "5 999999999", "9999999999999999999 9999999999999999999"])
def test_a_header_that_promises_too_much_is_refused_before_memory_is_taken(
    tmp_path: Path, suffix: str, header: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(np, "empty", None)
    data = packed(suffix, f"{header}\nthe 0.1 0.2 0.3\n".encode())
    assert "header says" in complaint(tmp_path / f"a{suffix}", data)


@each_suffix
@pytest.mark.parametrize("data", [b"", b"\n", b"3\n", b"3 4", b"-1 3x\n", b"a b\n", b"9" * 10_000, b"a \xff 1\n"])
def test_what_has_no_header_is_refused(tmp_path: Path, suffix: str, data: bytes) -> None:
    message = complaint(tmp_path / f"a{suffix}", packed(suffix, data))
    assert "first line" in message or "vocabulary" in message


@pytest.mark.parametrize("data", [b"the cat\n", b"1 2 x\nw 1 2\n", b"-1 3\n"])
def test_a_binary_file_needs_its_header(tmp_path: Path, data: bytes) -> None:
    assert "first line" in complaint(tmp_path / "a.bin", data)


@each_suffix
@pytest.mark.parametrize("header", [b"0 100\n", b"10 0\n"])
def test_nothing_in_it_is_refused(tmp_path: Path, suffix: str, header: bytes) -> None:
    assert "no vectors" in complaint(tmp_path / f"a{suffix}", packed(suffix, header + b"x " * 100))


@each_suffix
def test_a_file_cut_anywhere_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    vector_files.write(path, Model(WORDS[:3], np.full((3, 3), 0.5, np.float32)))
    whole = path.read_bytes()
    for length in range(len(whole) - 1):
        if suffix in (".txt", ".vec") and length >= len(whole) - len("0.5"):
            continue  # what is left of the last number is a number
        if suffix.endswith(".gz") and length >= len(whole) - len("0.5") - 8:
            continue  # all rows are there, though not gzip's own end
        complaint(path, whole[:length])
    if not suffix.endswith(".gz"):
        path.write_bytes(whole[:-1])  # without the last newline it is whole
        assert vector_files.read(path).words == WORDS[:3]


@pytest.mark.parametrize("suffix", [".bin.gz", ".txt.gz"])
def test_damage_to_gzip_is_one_line(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    words = [f"w{n}" for n in range(500)]
    vector_files.write(path, Model(words, np.random.default_rng(1).standard_normal((500, 20), np.float32)))
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    whole[len(whole) // 2 + 1 : len(whole) // 2 + 9] = b"\xff" * 8
    complaint(path, bytes(whole))


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".bin.gz", ".txt.gz", ".glove.gz"])
@pytest.mark.parametrize("filler", [b"\0", b"a", b"7 "])
def test_a_bomb_takes_no_more_memory_than_its_header_justifies(tmp_path: Path, suffix: str, filler: bytes) -> None:
    header = b"" if "glove" in suffix else b"100 10\n"
    packer = zlib.compressobj(9, wbits=31)
    block = filler * ((1 << 20) // len(filler))
    parts = [packer.compress(header + b"w" + b" 1" * 10 + b"\n"), *(packer.compress(block) for _ in range(200))]
    (tmp_path / f"a{suffix}").write_bytes(b"".join(parts) + packer.flush())
    tracemalloc.start()
    with suppress(W2VError):  # `7 7 7 7` is 100 words and their rows in binary
        vector_files.read(tmp_path / f"a{suffix}")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 150 << 20, "of 200 MB"


def test_what_gzip_packs_is_told_by_its_bytes_and_is_the_same_every_time(tmp_path: Path) -> None:
    for name in ("a.bin.gz", "b.bin.gz"):
        vector_files.write(tmp_path / name, CONTENTS)
    data = (tmp_path / "a.bin.gz").read_bytes()
    assert data == (tmp_path / "b.bin.gz").read_bytes()
    vector_files.write(tmp_path / "plain.bin", CONTENTS)
    assert gzip.decompress(data) == (tmp_path / "plain.bin").read_bytes()
    (tmp_path / "renamed.bin").write_bytes(data)
    assert vector_files.read(tmp_path / "renamed.bin").words == WORDS


@each_suffix
def test_bytes_that_are_no_utf8_become_marks_and_are_counted(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    vector_files.write(path, Model(["the", "cafe"], MATRIX[:2]))
    data = path.read_bytes()
    data = gzip.decompress(data) if suffix.endswith(".gz") else data
    path.write_bytes(packed(suffix, data.replace(b"cafe", b"caf\xe9")))
    where = "row 2" if ".bin" in suffix else "line 3"
    with pytest.warns(W2VWarning, match=f"1 of 2 words are not UTF-8, the first in {where}; .* became U.FFFD"):
        assert vector_files.read(path).words == ["the", "caf\ufffd"]


@every_format
def test_a_write_that_fails_leaves_the_old_one_and_nothing_else(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"a{suffix}"
    vector_files.write(path, CONTENTS)
    before = files_in(tmp_path)
    with pytest.raises(W2VError, match="cannot write.*cannot hold 1 of the words"):
        vector_files.write(path, Model([*WORDS[:4], "\ud800"], MATRIX))
    assert files_in(tmp_path) == before

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(W2VError, match="cannot write.*No space left"):
        vector_files.write(path, Model(WORDS, MATRIX * 0))
    assert files_in(tmp_path) == before
    assert os.listdir(tmp_path) == [path.name]


@each_suffix
def test_a_link_stays_and_its_target_is_replaced(tmp_path: Path, suffix: str) -> None:
    target, link = tmp_path / "target", tmp_path / f"link{suffix}"
    target.write_bytes(b"old")
    link.symlink_to(target)
    vector_files.write(link, CONTENTS)
    assert link.is_symlink()
    assert vector_files.read(link).words == WORDS


@every_format
def test_missing_files_and_folders(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(W2VError, match="there is no file"):
        vector_files.read(tmp_path / f"none{suffix}")
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / f"folder{suffix}").mkdir()
    (tmp_path / f"folder{suffix}/mine").write_bytes(b"")
    with pytest.raises(W2VError, match="cannot read.*folder"):
        vector_files.read(tmp_path / f"folder{suffix}")
    for path in (tmp_path / f"none/a{suffix}", tmp_path / f"folder{suffix}", tmp_path / f"file/a{suffix}"):
        with pytest.raises(W2VError, match="cannot write"):
            vector_files.write(path, CONTENTS)
    assert files_in(tmp_path) == {"file": b"", f"folder{suffix}/mine": b""}


@every_format
def test_what_is_written_is_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    counts, how = np.array([2**62, 5, 5, 1, 0]), {"w2v": "1", "settings": {"dim": 3, "lowercase": True}}
    contents = Model(WORDS, MATRIX, counts, MATRIX[::-1], trained=Trained(how))
    for _ in range(2):  # and again in its place
        vector_files.write(path, contents, save_output=True)
    held = vector_files.read(path)
    assert held.words == WORDS
    if suffix == ".fifu":  # its vectors have been to length 1 and back
        np.testing.assert_allclose(held.vectors, MATRIX, rtol=3e-7, atol=2e-38)
    else:
        assert same_bits(held.vectors, MATRIX)
    keeps = registry.find(path).stores
    assert held.trained == (Trained(how) if "trained" in keeps else None)
    assert (held.counts is not None) == ("counts" in keeps)
    assert held.counts is None or (held.counts.dtype == np.int64 and held.counts.tolist() == counts.tolist())
    beside = registry.output_rows_path(path)
    assert beside.exists() == ("output" not in keeps)
    output = held.output if held.output is not None else vector_files.read(beside).vectors
    np.testing.assert_allclose(output, MATRIX[::-1], rtol=3e-7, atol=2e-38)


def test_output_rows_go_beside() -> None:
    names = {"a/v.bin": "v.output.bin", "v.glove.txt.gz": "v.output.glove.txt.gz", "V.1.FIFU": "V.1.output.FIFU"}
    for name, expected in names.items():
        assert registry.output_rows_path(name) == Path(name).with_name(expected)


@every_format
@pytest.mark.parametrize(
    "word", ["New York", "a\tb", "a\n", "\nb", "", "a\u3000b", "\u2028", "a\rb", "\ud800", "a\0", "\1"]
)
def test_a_word_is_read_back_or_not_written(tmp_path: Path, suffix: str, word: str) -> None:
    path = tmp_path / f"a{suffix}"
    contents = Model(["the", word, "</s>"], MATRIX[2:])
    rows = registry.find(path).unsupported_words(contents.words)
    if rows:
        assert rows == [1]
        with pytest.raises(W2VError, match="cannot hold 1 of the words.*skip_words") as caught:
            vector_files.write(path, contents)
        assert len(str(caught.value).splitlines()) == 1
        contents = contents.without(rows)
    vector_files.write(path, contents)
    held = vector_files.read(path)
    assert held.words == contents.words
    np.testing.assert_allclose(held.vectors, contents.vectors, rtol=3e-7, atol=2e-38)


@pytest.mark.slow
@every_format
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_read_right_or_refused(tmp_path: Path, suffix: str, data: st.DataObject) -> None:
    path = tmp_path / f"a{suffix}"
    vector_files.write(path, Model(["a", "bc", "d"], MATRIX[2:], np.array([3, 2, 1])))
    file = data.draw(st.sampled_from(sorted(path.iterdir()) if path.is_dir() else [path]))
    whole = bytearray(file.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(whole)))
        cut = data.draw(st.integers(0, 12))
        whole[at : at + cut] = data.draw(st.binary(max_size=12))
    file.write_bytes(whole)
    try:
        held = vector_files.read(path, warn=lambda _: None)
    except W2VError as error:
        assert path.name in str(error)
        assert len(str(error)) < 1000
    else:
        assert held.vectors.dtype == np.float32 and held.vectors.ndim == 2
        assert len(held.words) == len(held.vectors) > 0
        assert all(isinstance(word, str) for word in held.words)
        assert held.counts is None or held.counts.shape == (len(held.words),)
        with np.errstate(invalid="ignore"):  # a NaN that signals
            total = held.vectors.sum(dtype=np.float64)  # all of it can be touched
        assert np.isfinite(total) or isinstance(held.vectors, np.memmap)


def test_formats_load_what_they_need_and_only_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import sys, w2v.formats.vector_files as _; print({'pyarrow', 'w2v.formats.parquet'} & set(sys.modules))"
    assert python(code) == "set()\n"
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "a.parquet").touch()
    for call in (vector_files.read, lambda path: vector_files.write(path, CONTENTS)):
        with pytest.raises(W2VError, match=r"Parquet needs pyarrow, which is not installed: pip install pyarrow"):
            call(tmp_path / "a.parquet")  # type: ignore[operator]


def test_the_content_wins_over_the_suffix(tmp_path: Path) -> None:
    vectors = w2v.Vectors([f"w{i}" for i in range(30)], np.random.default_rng(0).normal(size=(30, 7)))
    for suffix, other in ((".txt", ".bin"), (".bin", ".vec"), (".glove", ".parquet"), (".fifu", ".txt")):
        vectors.save(tmp_path / f"a{suffix}")
        (tmp_path / f"a{suffix}").rename(tmp_path / f"b{other}")
        assert same_bits(vector_files.read(tmp_path / f"b{other}").vectors, vectors.matrix) or suffix == ".fifu"
    with pytest.raises(W2VError, match="b.txt is not a word2vec file"):
        vector_files.read(tmp_path / "b.txt", "word2vec")


def test_a_vocabulary_has_no_output_rows_beside_it(tmp_path: Path) -> None:
    rows = np.ones((2, 3), np.float32)
    contents = Model(["a", "b"], rows, np.array([2, 1]), output=rows)
    assert vector_files.write(tmp_path / "v.txt", contents, "word2vec-vocab", save_output=True) == [tmp_path / "v.txt"]


CORPUS_NAME = os.fsdecode(b"caf\xe9.txt")
HOW = Trained({"w2v": "0", "settings": {"dim": 3, "lowercase": True}, "corpus": [{"name": CORPUS_NAME, "size": 1}]})


@every_format
def test_a_corpus_may_have_a_name_that_is_no_utf8(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    vector_files.check(path, WORDS, 3, HOW)
    vector_files.write(path, Model(WORDS, MATRIX, trained=HOW))
    held = vector_files.read(path)
    assert held.words == WORDS
    assert held.trained in (None, HOW)
    vector_files.write(tmp_path / "again.w2v", held)
    assert vector_files.read(tmp_path / "again.w2v").trained == held.trained


@every_format
def test_what_can_be_written_passes_the_check_and_nothing_is_left(tmp_path: Path, suffix: str) -> None:
    for _ in range(2):
        vector_files.check(tmp_path / f"a{suffix}", WORDS, 300, HOW, save_output=True)
        assert list(tmp_path.iterdir()) == []
    vector_files.write(tmp_path / f"a{suffix}", CONTENTS)
    before = files_in(tmp_path)
    vector_files.check(tmp_path / f"a{suffix}", WORDS, 300, HOW)
    assert files_in(tmp_path) == before


@every_format
def test_the_check_says_what_the_write_would(tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / f"a{suffix}"
    words = ["fine", "half \ud800"]
    assert said(lambda: vector_files.check(path, words, 3)) == said(
        lambda: vector_files.write(path, Model(words, MATRIX[:2]))
    )
    (tmp_path / "file").touch()
    for wrong in (tmp_path / f"none/a{suffix}", tmp_path / f"file/a{suffix}"):
        assert "cannot write" in said(partial(vector_files.check, wrong, WORDS, 3))
    if not suffix.endswith(".gz"):
        monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(0, 0, 100))
        assert "no space" in said(lambda: vector_files.check(path, WORDS, 1_000))
    assert files_in(tmp_path) == {"file": b""}


class Usage(NamedTuple):
    """What shutil.disk_usage returns."""

    total: int
    used: int
    free: int


def said(call: Callable[[], object]) -> str:
    with pytest.raises(W2VError) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize("fails", ["fsync", "mkdir", "open"])
def test_a_check_that_fails_leaves_nothing(tmp_path: Path, fails: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, fails, fail)
    with pytest.raises(W2VError, match="No space left"):
        vector_files.check(tmp_path / "a.w2v", WORDS, 3)
    assert list(tmp_path.iterdir()) == []


BAD = [np.nan, np.inf, -np.inf]


@pytest.mark.parametrize("bad", BAD)
def test_numbers_that_are_not_finite_are_refused_when_read(tmp_path: Path, bad: float) -> None:
    rows = np.array([[1, 2], [3, bad]], "<f4")
    text = "".join(f"w{i} {' '.join(str(x) for x in row)}\n" for i, row in enumerate(rows.tolist()))
    (tmp_path / "a.txt").write_text(f"2 2\n{text}")
    (tmp_path / "a.glove.txt").write_text(text)
    (tmp_path / "a.bin").write_bytes(
        b"2 2\n" + b"".join(b"w%d %s\n" % (i, row.tobytes()) for i, row in enumerate(rows))
    )
    (tmp_path / "a.projector").mkdir()
    (tmp_path / "a.projector/vectors.tsv").write_text(f"1\t2\n3\t{bad}\n")
    (tmp_path / "a.projector/metadata.tsv").write_text("w0\nw1\n")
    table = pyarrow.table({"word": ["w0", "w1"], "vector": rows.tolist()})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    vector_files.write(tmp_path / "a.fifu", Model(["w0", "w1"], np.ones((2, 2), np.float32)))
    whole = (tmp_path / "a.fifu").read_bytes()
    (tmp_path / "a.fifu").write_bytes(whole[:-4] + np.float32(bad).tobytes())
    for name in ("a.txt", "a.glove.txt", "a.bin", "a.projector", "a.parquet", "a.fifu"):
        assert re.search(
            rf"{name}.*(row 2|line [23]), 'w1': (nan|-?inf) is not a finite.*skip_bad_rows",
            said(partial(vector_files.read, tmp_path / name)),
        )


@pytest.mark.parametrize("suffix", [".w2v", ".safetensors"])
@pytest.mark.parametrize("bad", BAD)
def test_mapped_numbers_that_are_not_finite_are_refused_when_used(tmp_path: Path, suffix: str, bad: float) -> None:
    path = tmp_path / f"a{suffix}"
    vector_files.write(path, Model(["a", "b", "c"], np.arange(1, 7, dtype=np.float32).reshape(3, 2)))
    file = path / ("vectors.npy" if suffix == ".w2v" else "model.safetensors")
    whole = file.read_bytes()
    assert whole.count(np.float32(4).tobytes()) == 1
    file.write_bytes(whole.replace(np.float32(4).tobytes(), np.float32(bad).tobytes()))
    vectors = w2v.Vectors.load(path)
    assert isinstance(vectors.matrix, np.memmap)
    for ask in (
        lambda: vectors.similar("a"),
        lambda: vectors["b"],
        lambda: vectors.similarity("b", "c"),
        lambda: vectors.save(tmp_path / "b.bin"),
    ):
        assert re.search(r"row 2, 'b': (nan|-?inf) is not a finite number", said(ask))
    assert vectors["a"].tolist() == [1, 2]


def test_parquet_with_two_columns_of_one_name(tmp_path: Path) -> None:
    strings, rows = pyarrow.array(["a", "b"]), pyarrow.array([[1.0, 2.0], [3.0, 4.0]])
    for names in (["word", "vector", "word"], ["word", "vector", "vector"], ["word", "vector", "count", "count"]):
        columns = {"word": strings, "vector": rows, "count": pyarrow.array([2, 1])}
        table = pyarrow.Table.from_arrays([columns[name] for name in names], names=names)
        pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
        assert re.search(
            r"a.parquet has 2 columns named '\w+'; rename", said(lambda: vector_files.read(tmp_path / "a.parquet"))
        )
    table = pyarrow.Table.from_arrays([strings, rows, strings, strings], names=["word", "vector", "x", "x"])
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    assert vector_files.read(tmp_path / "a.parquet").words == ["a", "b"]


@pytest.mark.parametrize("suffix", [".txt", ".bin", ".w2v", ".parquet", ".fasttext.bin", ".projector"])
def test_of_a_word_that_is_there_twice_the_first_row_counts(tmp_path: Path, suffix: str) -> None:
    words, rows = ["a", "b", "a"], np.array([[1, 0], [0, 1], [1, 1]], np.float32)
    vector_files.write(tmp_path / f"a{suffix}", Model(words, rows, np.array([3, 2, 1])))
    with pytest.warns(
        W2VWarning, match="left out 1 row with the word of an earlier row.*row 3, 'a', which is in row 1"
    ):
        held = vector_files.read(tmp_path / f"a{suffix}")
    assert held.words == ["a", "b"] and held.vectors.tolist() == [[1, 0], [0, 1]] and held.n_repeated == 1
    assert held.counts is None or held.counts.tolist() == [3, 2]


@every_format
def test_files_of_no_bytes_and_links_that_loop(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.touch()
    assert path.name in said(lambda: vector_files.read(path))
    (tmp_path / f"b{suffix}").symlink_to(tmp_path / f"b{suffix}")
    assert "link" in said(lambda: vector_files.read(tmp_path / f"b{suffix}"))
