"""Following a run from Python: bars on standard error, and the logger `w2v`."""

import logging
from pathlib import Path
from typing import Any

import pytest

import w2v

SMALL: dict[str, Any] = {"dim": 16, "epochs": 2, "sample": 1e-2}


def test_progress_draws_a_bar_for_the_reading_and_one_for_the_training(
    corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    w2v.train(corpus, progress=True, **SMALL)
    shown = capsys.readouterr().err
    assert "read: 100%" in shown and "train: 100%" in shown and "M words/s, lr 0.0000, loss" in shown
    w2v.build_vocab(corpus, progress=True)
    assert "read: 100%" in capsys.readouterr().err


def test_nothing_is_shown_unasked(corpus: Path, capfd: pytest.CaptureFixture[str]) -> None:
    w2v.train(corpus, **SMALL)
    assert capfd.readouterr() == ("", "")


def test_the_log_says_what_was_read_and_how_the_run_goes(corpus: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="w2v"):
        w2v.train(corpus, **SMALL)
    assert {record.name for record in caplog.records} == {"w2v"}
    first, *_, last = caplog.messages
    assert first.endswith(" tokens; kept 147 of 147 distinct words, 100.0% of the tokens")
    assert last.startswith("epoch 2, 100%: ") and "M words/s" in last


def test_bars_of_a_run_that_goes_on(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    w2v.train(corpus, checkpoint=tmp_path / "kept", **SMALL)
    w2v.resume(tmp_path / "kept", epochs=3, progress=True)
    assert "train: 100%" in capsys.readouterr().err
