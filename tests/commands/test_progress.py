"""What a run says while it lasts, to a person, a file or a pipe; and how it ends when it is told to."""

import errno
import fcntl
import json
import os
import re
import signal
import struct
import subprocess
import termios
import time
from pathlib import Path

import pytest
from helpers import Run, files_in, start
from toy_corpus import sentences

from w2v.commands import terminal

ENDLESS = ("--epochs", "1000000", "--sample", "0", "--log-json", "log.json")
SECONDS = 60.0
"""Patience with another process, which may have to compile first."""


def test_lines_where_there_is_no_terminal(run: Run, corpus: Path) -> None:
    status, out, err = run("train", "corpus.txt", "--threads", "1", "--dim", "8")
    assert (status, out) == (0, "")
    expected = (
        r"read +100%  0\.1 MB, \d+ MB/s",
        r"19,\d{3} tokens; kept 147 of 147 distinct words, 100\.0% of the tokens",
        r"training 147 words x 8 on 1 thread, (simd|scalar) kernels",
        r"train +100%  \d+\.\d\d M words/s, lr 0\.0000, loss \d\.\d{3}",
        r"wrote vectors\.bin: 147 words x 8",
    )
    lines = [line for line in err.splitlines() if "compiling kernels" not in line]  # with an empty cache
    for line, pattern in zip(lines, expected, strict=True):
        assert re.fullmatch(f"w2v: {pattern}", line), line


def test_a_line_every_few_seconds(run: Run, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "LINE_EVERY_S", 0.0)
    monkeypatch.setattr("w2v.training.loop.REPORT_S", 0.001)
    err = run("train", "corpus.txt", "--dim", "64", "--sample", "0", "--epochs", "40").err
    lines = re.findall(
        r"^w2v: train +(\d+)%  .* words/s, lr 0\.\d{4}(?:, loss \d\.\d{3})?(?:, \d+ s left)?$", err, re.M
    )
    assert len(lines) > 1
    assert lines == sorted(lines, key=int) and lines[-1] == "100"


def test_the_time_left_is_measured_in_this_run() -> None:
    pace = terminal.Pace()
    assert pace.seconds_left(None, 0.0) is None, "there is no telling how much there is"
    assert pace.seconds_left(0.5, 0.0) is None, "half of it was done by an earlier run"
    assert pace.seconds_left(0.5, 40.0) is None, "kernels are compiled"
    assert pace.seconds_left(0.6, 50.0) == pytest.approx(40.0)
    assert pace.seconds_left(0.9, 80.0) == pytest.approx(10.0)
    assert pace.seconds_left(1.0, 90.0) == 0.0


@pytest.mark.parametrize("command", ("build-vocab", "train"))
def test_quiet(run: Run, corpus: Path, command: str) -> None:
    assert run(command, "corpus.txt", "--quiet") == (0, "", "")


def test_log_json(run: Run, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("w2v.training.loop.REPORT_S", 0.001)
    (tmp_path / "log.json").write_text("from an earlier run\n")
    settings = ("--epochs", "40", "--dim", "64", "--sample", "0", "--lr", "0.05")
    assert run("train", "corpus.txt", "--log-json", "log.json", "--quiet", *settings) == (0, "", "")
    rows = [json.loads(line) for line in Path("log.json").read_text().splitlines()]
    assert len(rows) > 3
    keys = ["epoch", "progress", "words_per_s", "lr", "loss", "seconds"]
    assert all(list(row) == keys for row in rows[:-1])
    assert list(rows[-1]) == [*keys, "read_s", "compile_s", "train_s", "save_s"], "the last line has the times"
    for key, falls in (("progress", False), ("seconds", False), ("epoch", False), ("lr", True)):
        values = [row[key] for row in rows]
        assert values == sorted(values, reverse=falls), key
    assert rows[-1]["progress"] == 1.0 and rows[-1]["epoch"] == 40
    assert 0 < rows[-1]["lr"] < 0.0001 and rows[0]["lr"] <= 0.05
    assert rows[-1]["loss"] > 0 and rows[-1]["words_per_s"] > 0


def test_log_json_to_a_device(run: Run, corpus: Path) -> None:
    assert run("train", "corpus.txt", "--log-json", "/dev/null", "--quiet") == (0, "", "")


def test_where_nothing_can_be_learned(run: Run, tmp_path: Path) -> None:
    (tmp_path / "c").write_text("alone\n" * 5)
    (tmp_path / "vectors.bin").write_bytes(b"2 1\na \0\0\0\0\nb \0\0\0\0\n")
    status, _, err = run("train", "c", "--log-json", "log.json")
    assert status == 1
    assert err.startswith("w2v: vectors.bin will be replaced: it holds 2 words x 1, written 20")
    assert "\nw2v: nothing was learned; vectors.bin is not written: " in err and "nan" not in err
    assert (tmp_path / "vectors.bin").read_bytes().startswith(b"2 1\n")
    assert json.loads(Path("log.json").read_text().splitlines()[-1])["loss"] is None


def on_a_terminal(folder: Path, *arguments: str, size: tuple[int, int] = (24, 80)) -> tuple[int, str]:
    """Return the exit status of a run and what it drew on a terminal of so many rows and columns."""
    ours, its = os.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    with start(*arguments, cwd=folder, stdin=its, stdout=its, stderr=its) as process:
        os.close(its)
        drawn = b""
        try:
            while piece := os.read(ours, 1 << 16):
                drawn += piece
        except OSError as error:  # Linux says so that the other end is closed
            assert error.errno == errno.EIO
        finally:
            os.close(ours)
        return process.wait(SECONDS), drawn.decode()


@pytest.mark.slow
@pytest.mark.parametrize("size", [(24, 80), (0, 0)], ids=["80 columns", "a size it does not tell"])
def test_a_bar_on_a_terminal(corpus: Path, size: tuple[int, int]) -> None:
    arguments = ("train", "corpus.txt", "--sample", "0", "--epochs", "30")
    status, drawn = on_a_terminal(corpus.parent, *arguments, size=size)
    assert status == 0
    steps = [step for step in re.split(r"[\r\n]+", drawn) if step.strip()]
    assert max(map(len, steps)) <= 80
    assert any(re.fullmatch(r"read +100%\|█+\| 0\.1 MB, \d+ MB/s \[00:\d\d<00:00\] *", step) for step in steps)
    last = [step for step in steps if step.startswith("train")][-1]
    assert re.fullmatch(
        r"train +100%\|█+\| \d+\.\d\d M words/s, lr 0\.0000, loss \d\.\d{3} \[\d\d:\d\d<00:00\] *", last
    )
    assert steps[-1] == "w2v: wrote vectors.bin: 147 words x 100"


@pytest.mark.slow
def test_quiet_on_a_terminal(corpus: Path) -> None:
    assert on_a_terminal(corpus.parent, "train", "corpus.txt", "--quiet") == (0, "")


@pytest.mark.slow
def test_a_reader_that_goes_away(vectors_file: Path) -> None:
    with start("similar", "horse", "paris", "-n", "1000", "--vectors", str(vectors_file)) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_an_output_that_is_full(vectors_file: Path) -> None:
    with (
        open("/dev/full", "w") as full,
        start("similar", "horse", "--vectors", str(vectors_file), stdout=full) as process,
    ):
        assert process.communicate(timeout=SECONDS)[1] == "w2v: No space left on device\n"
    assert process.returncode == 1


@pytest.fixture
def large_corpus(tmp_path: Path) -> Path:
    """30,000 sentences: enough that a thread is always in the midst of something."""
    path = tmp_path / "corpus.txt"
    path.write_text("".join(" ".join(tokens) + "\n" for tokens in sentences(30_000)))
    return path


def interrupt(process: subprocess.Popen[str]) -> list[str]:
    """Interrupt as Ctrl-C does; return the lines of standard error once it has ended with 130."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (130, ""), err
    return err.splitlines()


def wait_for_lines(path: Path, process: subprocess.Popen[str]) -> None:
    """Wait until a log has been begun."""
    until = time.monotonic() + SECONDS
    while not (path.exists() and path.read_text()):
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.slow
def test_an_interrupt_while_training(large_corpus: Path) -> None:
    folder = large_corpus.parent
    (folder / "vectors.bin").write_text("from an earlier day")
    before = files_in(folder)
    with start("train", "corpus.txt", *ENDLESS, cwd=folder) as process:
        wait_for_lines(folder / "log.json", process)
        lines = interrupt(process)
    assert lines[-1] == "w2v: interrupted"
    assert all(line.startswith("w2v: ") for line in lines)
    assert {**files_in(folder), "log.json": b""} == {**before, "log.json": b""}
    assert all(json.loads(line) for line in (folder / "log.json").read_text().splitlines())


@pytest.mark.slow
def test_an_interrupt_while_reading(tmp_path: Path, corpus_text: str) -> None:
    with start("build-vocab", "-", cwd=tmp_path, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(corpus_text * 10)  # more than a pipe holds: once written, the reading has begun
        process.stdin.flush()
        assert interrupt(process) == ["w2v: interrupted"]
    assert files_in(tmp_path) == {}


@pytest.mark.slow
def test_colorama_is_not_started(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "colorama.py").write_text("__version__ = '9.9.9'\ndef init(): print('started')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.delenv("NUMBA_DISABLE_ERROR_MESSAGE_HIGHLIGHTING", raising=False)
    with start("train", "corpus.txt", "--quiet", cwd=tmp_path) as process:
        assert process.communicate(timeout=SECONDS) == ("", "")


@pytest.mark.slow
def test_similar_is_styled_on_a_terminal_that_can(
    vectors_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    ask = ("similar", "horse", "-n", "1", "--vectors", str(vectors_file))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    _, drawn = on_a_terminal(tmp_path, *ask)
    assert re.fullmatch(r"\x1b\[1mhorse\x1b\[0m\s+[a-z]+  \x1b\[2m 0\.\d{3}\x1b\[0m\s+", drawn)
    plain = run(*ask).out
    assert re.sub(r"\x1b\[\dm|\r", "", drawn) == plain
    for name, value in (("TERM", "dumb"), ("NO_COLOR", "1")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            assert on_a_terminal(tmp_path, *ask)[1].replace("\r", "") == plain
