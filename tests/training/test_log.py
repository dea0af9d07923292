"""The log of a run: which rows, and what they are written to."""

import json
import os
import threading
from pathlib import Path

import pytest
from helpers import needs_fifos

from w2v.base.errors import W2VError
from w2v.reports import Progress
from w2v.training.log import Log


def _at(progress: float, seconds: float = 0.0, loss: float = 1.0) -> Progress:
    return Progress(1, progress, 1e6, 0.05, loss, seconds)


def _lines(path: Path) -> list[float]:
    return [json.loads(line)["progress"] for line in path.read_text().splitlines()]


def test_a_row_for_each_thousandth_each_minute_and_the_end(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    with Log(path) as log:
        log.begin()
        for progress, seconds in ((0.0, 0), (0.0005, 1), (0.001, 2), (0.0012, 3), (0.0013, 63), (0.9999, 64), (1, 65)):
            log.add(_at(progress, seconds))
        log.add(_at(1.0, 65))
    assert _lines(path) == [0.0, 0.001, 0.0013, 0.9999, 1]
    assert [row["progress"] for row in log.rows] == _lines(path)


def test_what_else_there_is_to_say_makes_a_row_and_nan_is_null(tmp_path: Path) -> None:
    with Log(tmp_path / "log.jsonl") as log:
        log.begin()
        log.add(_at(0.5))
        log.add(_at(0.5, loss=float("nan")), {"similarity": [0.4]})
    last = json.loads((tmp_path / "log.jsonl").read_text().splitlines()[-1])
    assert last["similarity"] == [0.4] and last["loss"] is None


def test_a_run_that_goes_on_has_its_earlier_rows(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text("of another day, and long\n" * 99)
    with Log(path) as log:
        assert path.read_text().startswith("of another day"), "it is as it was until the run begins"
        log.begin([{"progress": 0.25, "seconds": 1.0}])
        log.add(_at(0.5, 2.0))
    assert _lines(path) == [0.25, 0.5]


@needs_fifos
def test_a_pipe_that_nobody_reads_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(W2VError, match="nobody reads the pipe .*: start its reader first, or name a file"):
        Log(tmp_path / "pipe")


@needs_fifos
def test_a_pipe_with_a_reader_gets_the_rows(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    with Log(tmp_path / "pipe") as log:
        log.begin()
        log.add(_at(0.5))
    assert json.loads(os.read(reader, 1 << 16))["progress"] == 0.5
    os.close(reader)


@needs_fifos
@pytest.mark.parametrize("ends", [True, False], ids=["ends", "sleeps"])
def test_a_reader_that_reads_no_more_does_not_stop_the_run(tmp_path: Path, ends: bool) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    said: list[str] = []
    with Log(tmp_path / "pipe", said.append) as log:
        log.begin()
        if ends:
            os.close(reader)

        def add_many() -> None:
            for n in range(2_000):
                log.add(_at(n / 2_000, n * 60.0))

        thread = threading.Thread(target=add_many, daemon=True)
        thread.start()
        thread.join(20)
        assert not thread.is_alive()
    assert len(said) == 1 and "training goes on without a log" in said[0]
    assert len(log.rows) == 2_000
    if not ends:
        os.close(reader)
