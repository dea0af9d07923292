"""Files that are no text are refused, with what they seem to be; text in any encoding is read."""

import io
import pickle
import sqlite3
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers import Run
from hypothesis import given, settings
from hypothesis import strategies as st

import w2v
from w2v.base.errors import W2VError
from w2v.text.corpus import Corpus
from w2v.text.kinds import BINARY_MAGIC, MAGIC, refusal

TEXT = "Съешь ещё этих мягких французских булок, да выпей чаю. "
JAPANESE = "いろはにほへと ちりぬるを 我が世誰ぞ 常ならむ カタカナ "
FRENCH = "Voilà: dès Noël, où un zéphyr haï me vêt de glaçons, je dîne exquisément à l'aÿ d'âge mûr. "


def numpy_array() -> bytes:
    file = io.BytesIO()
    np.save(file, np.arange(1_000.0))
    return file.getvalue()


def sqlite() -> bytes:
    with sqlite3.connect(":memory:") as connection:
        connection.execute("create table words (word)")
        return connection.serialize()


def vectors() -> bytes:
    rows = np.random.default_rng(1).standard_normal((40, 50), np.float32)
    return b"40 50\n" + b"".join(b"word%d %s\n" % (i, row.tobytes()) for i, row in enumerate(rows))


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (vectors(), "word2vec binary"),
        (numpy_array(), "a NumPy array"),
        (pickle.dumps(list(range(500))), "a Python pickle"),
        (sqlite(), "an SQLite database"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "a PNG image"),
        (b"\x7fELF\x02\x01\x01", "an ELF executable"),
        (b"MZ" + np.random.default_rng(1).bytes(4_000), "a Windows executable"),
        (b"GIF89a" + bytes(100), "a GIF image"),
        (np.random.default_rng(1).bytes(4_000), "control characters"),
        (bytes(4_000), "control characters"),
        ("plain words\n".encode("utf-16-le") * 20, "UTF-16 text; convert it with iconv -f UTF-16LE"),
        ("plain words\n".encode("utf-16-be") * 20, "UTF-16 text; convert it with iconv -f UTF-16BE"),
        ("plain words\n".encode("utf-16"), "UTF-16 text"),
        ("plain words\n".encode("utf-32"), "UTF-32 text"),
    ],
)
def test_what_is_no_text_is_refused_by_what_it_is(tmp_path: Path, data: bytes, what: str) -> None:
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(W2VError, match=f"file is .*{what}.*force_text"):
        list(Corpus(tmp_path / "file").blocks())
    assert b"".join(Corpus(tmp_path / "file").blocks(force_text=True)).startswith(data)


def test_this_python_is_no_corpus(run: Run, corpus: Path) -> None:
    for command in ("build-vocab", "train", "phrases"):
        result = run(command, corpus, sys.executable)
        assert result.status == 1 and "--force-text" in result.err, result.err


@pytest.mark.filterwarnings("ignore:.*begin or end with punctuation")
def test_vectors_are_no_corpus_and_force_text_reads_them(run: Run, vectors_file: Path) -> None:
    result = run("train", vectors_file)
    assert result.status == 1 and "a word2vec binary file of vectors; name a text to train on" in result.err
    assert run("build-vocab", vectors_file, "--force-text", "--min-count", "1").status == 0
    with pytest.raises(W2VError, match="word2vec binary"):
        w2v.build_vocab(vectors_file)
    with pytest.warns(w2v.W2VWarning, match="not UTF-8"):
        assert len(w2v.build_vocab(vectors_file, force_text=True, min_count=1, words=True)) > 0


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (FRENCH, "latin-1"),
        (FRENCH, "cp1252"),
        (FRENCH, "mac-roman"),
        (FRENCH, "cp437"),
        (TEXT, "koi8-r"),
        (TEXT, "cp1251"),
        (TEXT, "cp866"),
        (TEXT, "iso8859-5"),
        (JAPANESE, "shift-jis"),
        (JAPANESE, "euc-jp"),
        (JAPANESE, "iso-2022-jp"),
        ("天地玄黃 宇宙洪荒 ", "big5"),
        ("天地玄黄 宇宙洪荒 ", "gb18030"),
        ("다람쥐 헌 쳇바퀴에 타고파 ", "euc-kr"),
        ("다람쥐 헌 쳇바퀴에 타고파 ", "iso-2022-kr"),
        ("plain text ", "utf-7"),
    ],
)
def test_text_in_any_encoding_is_read(tmp_path: Path, text: str, encoding: str) -> None:
    data = text.encode(encoding, "replace") * 100
    (tmp_path / "file").write_bytes(data)
    assert b"".join(Corpus(tmp_path / "file").blocks()) == data + b"\n"


@pytest.mark.parametrize(
    "data",
    [
        b"N\x08NA\x08AM\x08ME\x08E and the rest\n" * 50,  # a manual page
        b"\x1b[31mred\x1b[0m and plain\n" * 50,  # a log of a terminal
        b"page one\x0cpage two\n" * 50,
        b"a few \x00 bytes \x01 astray\n" + b"and text\n" * 50,
        b"3 2\n1 1\n" + b"7 7 \n" * 50,
        b"MZ is how this text begins\n" * 50,
        b"",
    ],
)
def test_text_with_odd_bytes_is_read(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "file").write_bytes(data)
    assert b"".join(Corpus(tmp_path / "file").blocks()) == data + b"\n"


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cc", "Cs"], include_characters="\n\t"), max_size=500))
def test_no_text_is_refused(text: str) -> None:
    assert refusal(text.encode()) is None or any(text.encode().startswith(magic) for magic, _, _ in MAGIC)


def test_each_kind_has_a_name_and_a_way_out() -> None:
    for _, what, cure in (*MAGIC, *BINARY_MAGIC):
        assert what and cure and not cure.endswith(".")
