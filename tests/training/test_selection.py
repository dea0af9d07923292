"""The best epoch is kept, and a run stops when it no longer gets better."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import Run
from toy_corpus import sentences

import w2v
from w2v.base.errors import SettingsError

HOW: dict[str, Any] = {"dim": 8, "min_count": 1, "sample": 1e-2, "threads": 1}
TEXT = [*sentences(300)]


class Scores:
    """Gives each epoch the score that is planned, and keeps a copy of its vectors."""

    def __init__(self, planned: list[float | None]) -> None:
        self.planned, self.epochs, self.rows = planned, list[int](), list[np.ndarray]()

    def __call__(self, now: w2v.Progress, vectors: w2v.Vectors) -> Mapping[str, Any]:
        """Return the score of the next epoch."""
        self.epochs.append(now.epoch)
        self.rows.append(vectors.matrix.copy())
        return {"score": self.planned[len(self.rows) - 1]}


def test_the_vectors_are_those_of_the_epoch_with_the_best_score() -> None:
    scores = Scores([0.1, 0.3, None, 0.3, 0.2])
    vectors = w2v.train(TEXT, epochs=5, keep_best=True, after_epoch=scores, **HOW)
    assert scores.epochs == [1, 2, 3, 4, 5]
    np.testing.assert_array_equal(vectors.matrix, scores.rows[1])
    assert not np.array_equal(scores.rows[1], scores.rows[3])
    assert vectors.output is not None and vectors.counts is not None


@pytest.mark.parametrize(
    ("planned", "patience", "epochs"),
    [([0.3, 0.1, 0.2, 0.9], 2, 3), ([0.1, 0.2, 0.3, 0.4], 1, 4), ([None] * 4, 3, 4), ([0.2, 0.2, 0.2, 0.2], 1, 2)],
)
def test_the_run_stops_when_the_best_score_is_old(planned: list[float | None], patience: int, epochs: int) -> None:
    scores = Scores(planned)
    vectors = w2v.train(TEXT, epochs=4, patience=patience, after_epoch=scores, **HOW)
    assert scores.epochs == [*range(1, epochs + 1)]
    np.testing.assert_array_equal(vectors.matrix, scores.rows[-1])


@pytest.mark.parametrize("epochs", [3, 49])
def test_pauses_change_nothing_and_pass_over_no_epoch(epochs: int) -> None:
    scores = Scores([*map(float, range(epochs))])
    paused = w2v.train(TEXT[:60], epochs=epochs, keep_best=True, after_epoch=scores, **HOW)
    assert scores.epochs == [*range(1, epochs + 1)]
    np.testing.assert_array_equal(paused.matrix, w2v.train(TEXT[:60], epochs=epochs, **HOW).matrix)


def test_word_pairs_decide_and_the_log_and_the_lines_say_so(run: Run, corpus: Path) -> None:
    Path("pairs.txt").write_text("cat dog 9\ncat red 1\nred blue 8\nblue dog 2\none two 9\ntwo cat 1\n")
    flags = ("--dim", "8", "--min-count", "1", "--epochs", "40", "--threads", "1", "--patience", "1", "--keep-best")
    result = run("train", "corpus.txt", *flags, "--similarity", "pairs.txt", "--log-json", "log.json")
    assert result.status == 0
    rows = [json.loads(line) for line in Path("log.json").read_text().splitlines()]
    scored = [row for row in rows if "score" in row]
    assert [row["score"] for row in scored] == [row["similarity"][0]["spearman"] for row in scored]
    best = max(range(len(scored)), key=lambda i: scored[i]["score"])
    assert len(scored) == best + 2 < 40, "it ends one epoch after the best"
    assert "train_s" in rows[-1] and rows[-1]["progress"] < 1
    assert f"w2v: stopped after epoch {best + 2} of 40: the best score is 1 epoch old; kept" in result.err
    shown = run("evaluate", "vectors.bin", "--similarity", "pairs.txt", "--json").out
    assert json.loads(shown)["similarity"][0]["spearman"] == pytest.approx(scored[best]["score"])


def test_a_run_that_stopped_leaves_a_checkpoint_to_resume_from(tmp_path: Path) -> None:
    scores = Scores([0.3, 0.2, 0.1, 0.0])
    w2v.train(TEXT, epochs=4, patience=1, after_epoch=scores, checkpoint=tmp_path / "kept", **HOW)
    assert scores.epochs == [1, 2]
    vectors = w2v.resume(tmp_path / "kept")
    np.testing.assert_array_equal(vectors.matrix, w2v.train(TEXT, epochs=4, **HOW).matrix)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"keep_best": True}, "keep_best has an effect only with similarity or analogies or next"),
        ({"patience": 2}, "patience has an effect only with similarity or analogies or next"),
        ({"patience": 0, "after_epoch": Scores([])}, "patience must be from 1 to"),
        ({"keep_best": True, "checkpoint": "kept"}, "keep_best cannot be used with checkpoint"),
        ({"patience": 1, "ray": "local"}, "patience cannot be used with ray"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        w2v.train(TEXT, **given)
