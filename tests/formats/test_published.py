"""Vector files as they are published: packed, without a known suffix, piped, with words that contain whitespace."""

import bz2
import gzip
import importlib
import lzma
import os
import threading
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from helpers import Run, needs_fifos

import w2v
from w2v.base.errors import SettingsError, W2VError, W2VWarning
from w2v.formats import vector_files
from w2v.formats.model import Model

WORDS = ["the", "世界", "of", "cat"]
MATRIX = np.array([[0.5, -1.25, 3], [1, 2, 3], [-0.1, 0.25, 1], [7.5, 0.125, -9]], np.float32)


def zipped(data: bytes) -> bytes:
    with zipfile.ZipFile("packed.zip", "w") as archive:
        archive.writestr("glove.840B.300d.txt", data)
    return Path("packed.zip").read_bytes()


def zstd(data: bytes) -> bytes:
    for name in ("compression.zstd", "backports.zstd"):
        with suppress(ImportError):
            return cast(bytes, importlib.import_module(name).compress(data))
    pytest.skip("needs backports.zstd")


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstd, zipped, bytes])
@pytest.mark.parametrize("suffix", [".bin", ".vec", ".glove", ".fasttext.bin", ".fifu", ".parquet"])
def test_packed_files_and_those_without_a_suffix_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, pack: Callable[[bytes], bytes]
) -> None:
    monkeypatch.chdir(tmp_path)
    vector_files.write(f"a{suffix}", Model(WORDS, MATRIX))
    Path("sgns.renmin.word").write_bytes(pack(Path(f"a{suffix}").read_bytes()))
    held = vector_files.read("sgns.renmin.word")
    assert held.words == WORDS
    np.testing.assert_allclose(held.vectors, MATRIX, rtol=1e-6)


def test_an_archive_of_several_files_and_other_kinds_are_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "glove.zip", "w") as archive:
        archive.writestr("a.txt", "x")
        archive.writestr("b.txt", "x")
    with pytest.raises(W2VError, match=r"glove.zip is an archive of 2 files \(a.txt, b.txt\); unpack it"):
        vector_files.read(tmp_path / "glove.zip")
    (tmp_path / "a.word").write_text("no vectors here\n")
    with pytest.raises(SettingsError, match="'.word', which no format does.*name the format with from_"):
        vector_files.read(tmp_path / "a.word")


@needs_fifos
@pytest.mark.parametrize("suffix", [".bin", ".vec", ".glove", ".fasttext.bin"])
def test_pipes_are_read(tmp_path: Path, suffix: str) -> None:
    vector_files.write(tmp_path / f"a{suffix}", Model(WORDS, MATRIX))
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(
        target=lambda: (tmp_path / "pipe").write_bytes((tmp_path / f"a{suffix}").read_bytes()), daemon=True
    )
    writer.start()
    assert vector_files.read(tmp_path / "pipe").words == WORDS
    writer.join()


def test_words_with_whitespace_are_left_out_of_a_start_and_kept_by_fasttext(tmp_path: Path) -> None:
    words = ["a", "b\u00a0c", "New York", "d"]
    (tmp_path / "v.vec").write_text("4 2\n" + "".join(f"{word} 0.5 {n}.5\n" for n, word in enumerate(words)))
    with pytest.warns(W2VWarning, match="left out 2 words that are empty or contain whitespace.*'b.xa0c'"):
        with pytest.warns(W2VWarning, match="no output rows"):
            vectors = w2v.train(
                [["a", "d", "a", "d"]] * 500, sample=0.0, init_from=tmp_path / "v.vec", epochs=1, threads=1
            )
    assert sorted(vectors.words) == ["a", "d"]
    vector_files.write(tmp_path / "m.fasttext.bin", Model(words[:2], MATRIX[:2]))
    assert vector_files.read(tmp_path / "m.fasttext.bin").words == words[:2]


def test_bad_rows_and_limits_on_the_command_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.vec").write_text("4 2\na 1 2\n<unk> nan nan\nb 3 4\nc 5\n")
    status, _, err = run("similar", "a", "--vectors", "bad.vec")
    assert status == 1 and "bad.vec, line 5: expected a word and 2 numbers, found 1" in err
    assert "--skip-bad-rows" in err and err.count("\n") == 1
    status, out, err = run("similar", "a", "--vectors", "bad.vec", "--skip-bad-rows")
    assert status == 0 and "b" in out and "left out 2 bad rows" in err
    assert run("similar", "a", "--vectors", "bad.vec", "--limit", "1").status == 0
    assert run("convert", "bad.vec", "good.bin", "--skip-bad-rows").status == 0
    assert w2v.Vectors.load(tmp_path / "good.bin").words == ["a", "b"]
    (tmp_path / "gbk.txt").write_bytes("3 2\n中文 1 2\n汉语 3 4\na 5 6\n".encode("gbk"))
    assert "--encoding gb18030" in run("info", "gbk.txt").err
    assert run("convert", "gbk.txt", "utf8.txt", "--encoding", "gbk").status == 0
    assert w2v.Vectors.load(tmp_path / "utf8.txt").words == ["中文", "汉语", "a"]


GENSIM = {
    "EN.1-10.cbow1_wind5_hs0_neg10_size300_smpl1e-05.txt": False,
    "IT.1-10.cbow1_wind5_hs0_neg10_size300_smpl1e-05.txt": False,
    "crime-and-punishment.bin": None,
    "crime-and-punishment.vec": False,
    "euclidean_vectors.bin": True,
    "high_precision.kv.bin": True,
    "high_precision.kv.txt": False,
    "lee_fasttext.vec": False,
    "lee_fasttext_new.bin": None,
    "poincare_vectors.bin": True,
    "toy-model-pretrained.bin": None,
    "toy-model.bin": None,
    "toy-model.vec": False,
    "word2vec_pre_kv_c": False,
}
"""Files that gensim tests its readers with, and whether they are binary; None for models of fastText."""


@pytest.mark.slow
@pytest.mark.parametrize("name", GENSIM)
def test_gensims_own_files_are_read_as_gensim_reads_them(name: str) -> None:
    keyed = pytest.importorskip("gensim.models.keyedvectors").KeyedVectors
    path = Path(pytest.importorskip("gensim.test.utils").datapath(name))
    if not path.exists():
        pytest.skip("this gensim comes without its test data")
    if GENSIM[name] is None:
        held = pytest.importorskip("gensim.models.fasttext").load_facebook_vectors(str(path))
    else:
        held = keyed.load_word2vec_format(str(path), binary=GENSIM[name])
    vectors = w2v.Vectors.load(path)
    assert vectors.words == held.index_to_key
    alike = [
        row for row, word in enumerate(vectors.words) if word != "</s>"
    ]  # fastText gives it no n-grams, gensim does
    np.testing.assert_allclose(vectors.matrix[alike], held.vectors[alike], rtol=1e-5, atol=1e-7)


def test_gensims_damaged_files_are_refused() -> None:
    datapath = pytest.importorskip("gensim.test.utils").datapath
    for name, said in {
        "pretrained.vec": "cut short",
        "cp852_fasttext.bin": "first line",
        "pang_lee_polarity_fasttext.bin": "supervised",
        "w2v_keyedvectors_load_test.modeldata": "not UTF-8",
    }.items():
        if Path(datapath(name)).exists():
            with pytest.raises(W2VError, match=said):
                w2v.Vectors.load(datapath(name))
