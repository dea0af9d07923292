"""A file that is replaced is named with what it holds."""

import logging
import warnings
from pathlib import Path

import numpy as np
import pytest

import w2v
from w2v.base.replaced import what_it_holds


@pytest.mark.parametrize("name", ["v.bin", "v.vec", "v.w2v"])
def test_vectors_are_known_by_their_header(tmp_path: Path, name: str) -> None:
    assert what_it_holds(tmp_path / name) == ""
    w2v.Vectors(["a", "b"], np.eye(2, 3, dtype=np.float32)).save(tmp_path / name)
    assert what_it_holds(tmp_path / name).startswith("2 words x 3, written 20")


def test_others_by_their_size(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a 1\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "b").write_bytes(bytes(1_500_000))
    assert what_it_holds(tmp_path / "a").startswith("4 bytes, written")
    assert what_it_holds(tmp_path / "b").startswith("1.5 MB, written")
    assert what_it_holds(tmp_path / "folder").startswith("0 bytes")
    assert what_it_holds("-") == what_it_holds("s3://bucket/a") == ""


def test_each_operation_tells_what_it_replaces(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = [["a", "b", "c"]] * 9
    warnings.simplefilter("ignore", w2v.W2VWarning)  # of what a format cannot store
    with caplog.at_level(logging.INFO, logger="w2v"):
        for _ in range(2):
            w2v.build_vocab(text, "vocab.txt")
            w2v.find_phrases(text, "phrased.txt")
            model = w2v.train(text, "v.w2v", dim=4, sample=0, line_vectors="alone")
            w2v.infer(model, text, "lines.w2v")
            w2v.embed(model, text, "lines.npy", weights="mean")
            w2v.convert("lines.w2v", "v.bin")
            w2v.align(model, model, "a.vec")
            w2v.plot(model, "p.html", method="pca", n=3)
    told = [message for message in caplog.messages if "will be replaced" in message]
    written = ["vocab.txt", "phrased.txt", "v.w2v", "lines.w2v", "lines.npy", "v.bin", "a.vec", "p.html"]
    assert [message.split()[0] for message in told] == written
