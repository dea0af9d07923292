"""Inferred rows: the same for the same line and seed, near the rows of training, and nothing else moves."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import Run

import w2v
from w2v.base.errors import SettingsError, W2VError

HOW: dict[str, Any] = {"dim": 12, "epochs": 30, "min_count": 1, "sample": 0, "threads": 1}


def topics(n: int, seed: int) -> list[list[str]]:
    """Return lines of 12 words of one of four topics, line i of topic i % 4."""
    rng = np.random.default_rng(seed)
    return [[f"t{i % 4}w{word}" for word in rng.integers(10, size=12)] for i in range(n)]


@pytest.fixture(scope="module")
def models() -> dict[str, w2v.Vectors]:
    return {
        "alone": w2v.train(topics(200, 1), line_vectors="alone", **HOW),
        "cbow": w2v.train(topics(200, 1), line_vectors="with-words", model="cbow", **HOW),
    }


@pytest.mark.parametrize("name", ["alone", "cbow"])
def test_a_line_gets_the_same_row_wherever_it_stands(models: dict[str, w2v.Vectors], name: str) -> None:
    lines = topics(9, 2)
    whole = w2v.infer(models[name], lines, threads=2)
    with pytest.warns(w2v.W2VWarning, match="2 of 7 lines have no known word"):
        again = w2v.infer(models[name], [*lines[5:], [], ["unknown"], lines[2]], threads=1)
    np.testing.assert_array_equal(again.matrix[[0, 1, 2, 3, 6]], whole.matrix[[5, 6, 7, 8, 2]])
    assert whole.words == [str(number) for number in range(1, 10)]
    assert not again.matrix[4:6].any(), "lines without words"
    assert (w2v.infer(models[name], lines, seed=5).matrix != whole.matrix).any()


@pytest.mark.parametrize("name", ["alone", "cbow"])
def test_the_model_stays_as_it_is(models: dict[str, w2v.Vectors], name: str) -> None:
    model = models[name]
    assert model.lines is not None and model.output is not None
    held = (model.matrix, model.output, model.lines.vectors)
    before = [rows.copy() for rows in held]
    assert w2v.infer(model, topics(8, 3)).matrix.any(axis=1).all()
    for rows, old in zip(held, before, strict=True):
        np.testing.assert_array_equal(rows, old)


def test_new_lines_are_near_trained_ones_of_their_topic(models: dict[str, w2v.Vectors]) -> None:
    assert models["alone"].lines is not None
    trained, found = models["alone"].lines.vectors, w2v.infer(models["alone"], topics(8, 3)).matrix
    cosines = (found @ trained.T) / np.linalg.norm(found, axis=1)[:, None] / np.linalg.norm(trained, axis=1)
    assert (cosines.argmax(axis=1) % 4 == np.arange(8) % 4).all()


def test_what_cannot_be_inferred_is_refused(models: dict[str, w2v.Vectors]) -> None:
    with pytest.raises(SettingsError, match="dim cannot be used with infer, which takes line_names, "):
        w2v.infer(models["alone"], topics(2, 1), dim=3)  # type: ignore[call-arg]
    with pytest.raises(W2VError, match="was trained without line vectors"):
        w2v.infer(w2v.Vectors(["a"], np.ones((1, 2), np.float32)), [["a"]])
    model = models["alone"]
    without = w2v.Vectors.of(replace(model.model, output=None))
    with pytest.raises(W2VError, match="no output rows"):
        w2v.infer(without, [["t0w1"]])


def test_the_command(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: dict[str, w2v.Vectors]) -> None:
    monkeypatch.chdir(tmp_path)
    models["alone"].save("m.w2v")
    Path("new.txt").write_text("".join(f"line{i}\t{' '.join(line)}\n" for i, line in enumerate(topics(5, 4))))
    found = run("infer", "m.w2v", "new.txt", "--line-names", "-o", "new.bin")
    assert (found.status, found.out) == (0, "") and "wrote new.bin: 5 lines x 12" in found.err
    written = w2v.Vectors.load("new.bin")
    assert written.words == [f"line{i}" for i in range(5)]
    np.testing.assert_array_equal(written.matrix, w2v.infer(models["alone"], topics(5, 4)).matrix)
    failed = run("infer", "new.bin", "new.txt")
    assert failed.status == 1 and "was trained without line vectors" in failed.err
