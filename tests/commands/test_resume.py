"""`--checkpoint` and `--resume`, as their user runs them."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from helpers import CHECKOUT, Run, start
from toy_corpus import sentences

from w2v import commands
from w2v.checkpoints import checkpoint
from w2v.checkpoints.folder import locked
from w2v.checkpoints.state import with_checksum

FLAGS = ["--dim", "16", "--sample", "1e-2", "--min-count", "1", "--threads", "1", "--epochs", "300"]
CLI = [sys.executable, str(CHECKOUT / "cli.py"), "train"]
TEXT = "".join(f"{' '.join(line)}\n" for line in sentences(3_000))


@pytest.fixture
def text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_text(TEXT)
    return "text.txt"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The vectors of a run that nothing stops."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "text.txt").write_text(TEXT)
    arguments = ["train", str(folder / "text.txt"), *FLAGS, "-o", str(folder / "whole.bin"), "--quiet"]
    assert commands.main(arguments) == 0
    return (folder / "whole.bin").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_stopped_goes_on_to_the_same_bytes(
    run: Run, text: str, whole: bytes, how: signal.Signals
) -> None:
    """What other signals do, and at other moments: faults/test_signals.py."""
    process = start("train", text, *FLAGS, "--checkpoint", "kept", "--checkpoint-every", "0.01s", "--quiet")
    while process.poll() is None and not list(Path("kept").glob("checkpoint-*")):
        time.sleep(0.005)
    process.send_signal(how)
    process.communicate()
    assert process.returncode == (130 if how == signal.SIGINT else -how)
    assert not Path("vectors.bin").exists()
    if how == signal.SIGINT:
        assert not list(Path("kept").glob(".*"))
    done = run("train", "--resume", "kept", "-o", "other.bin", "--log-json", "log.jsonl")
    assert done.status == 0
    assert Path("other.bin").read_bytes() == whole
    rows = [json.loads(line) for line in Path("log.jsonl").read_text().splitlines()]
    assert rows[-1]["progress"] == 1.0
    assert [row["progress"] for row in rows] == sorted(row["progress"] for row in rows)


def test_a_finished_run_may_have_more_epochs(run: Run, text: str) -> None:
    assert run("train", text, "--epochs", "2", "--checkpoint", "kept").status == 0
    assert run("train", "--resume", "kept", "--epochs", "1").err.count("\nw2v: --epochs cannot fall") == 1
    assert run("train", "--resume", "kept", "--epochs", "4", "--log-json", "log.jsonl").status == 0
    assert json.loads(Path("log.jsonl").read_text().splitlines()[-1])["epoch"] == 4


@pytest.mark.slow
def test_standard_input_is_kept(run: Run, text: str) -> None:
    command = [*CLI, "-", *FLAGS[:-1], "3", "--checkpoint", "kept", "--quiet"]
    with open(text) as file:
        assert subprocess.run(command, stdin=file, check=False).returncode == 0
    first = Path("vectors.bin").read_bytes()
    Path("vectors.bin").unlink()
    Path(text).unlink()
    assert Path("kept/stream.npy").exists()
    assert run("train", "--resume", "kept").status == 0
    assert Path("vectors.bin").read_bytes() == first


def test_the_paths_are_those_of_the_first_run(
    run: Run, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("packed.gz").write_bytes(gzip.compress(Path(text).read_bytes()))
    assert run("train", "packed.gz", "--checkpoint", "kept", "-o", "mine.txt", "--epochs", "1").status == 0
    Path("mine.txt").unlink()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    refused = run("train", "--resume", "../kept")
    assert refused.status == 2 and f"to write there, name it again: -o {tmp_path / 'mine.txt'}" in refused.err
    monkeypatch.chdir(tmp_path)
    again = run("train", "--resume", "kept")
    assert again.status == 0 and f"-o, as before: {tmp_path / 'mine.txt'}" in again.err
    assert (tmp_path / "mine.txt").exists()


def test_an_output_that_a_checkpoint_names_replaces_only_vectors_of_the_run(run: Run, text: str) -> None:
    assert run("train", text, "--epochs", "1", "--dim", "8", "--checkpoint", "kept").status == 0
    Path("other.bin").write_bytes(b"1 1\na \0\0\0\0\n")
    for content in (b"a note\n", b"1 1\na \0\0\0\0\n"):
        Path("vectors.bin").write_bytes(content)
        refused = run("train", "--resume", "kept", "--epochs", "2")
        assert refused.status == 2 and "something else" in refused.err and "name it again: -o" in refused.err
        assert Path("vectors.bin").read_bytes() == content
    assert run("train", "--resume", "kept", "--epochs", "2", "-o", "vectors.bin").status == 0
    assert run("train", "--resume", "kept", "--epochs", "3").status == 0


def test_no_path_that_a_checkpoint_names_is_written_to_unasked(run: Run, text: str, tmp_path: Path) -> None:
    """A checkpoint from someone else."""
    (tmp_path / "here").mkdir()
    os.chdir("here")
    assert run("train", "../text.txt", "--epochs", "1", "--checkpoint", "kept").status == 0
    (where,) = Path("kept").glob("checkpoint-*")
    state = json.loads((where / "state.json").read_text())
    del state["checksum"]
    Path("link").symlink_to(tmp_path)
    Path("run.sh").write_text("echo mine\n")
    mine = {path: path.read_bytes() for path in (tmp_path / "text.txt", Path("run.sh"))}
    for name, flag, path in (
        ("output", "-o", tmp_path / "vectors.bin"),
        ("output", "-o", Path.cwd() / ".." / "vectors.bin"),
        ("output", "-o", Path.cwd() / "link" / "vectors.bin"),
        ("output", "-o", "s3://bucket/vectors.bin"),
        ("log_json", "--log-json", tmp_path / "text.txt"),
        ("log_json", "--log-json", Path.cwd() / "run.sh"),
    ):
        changed = {**state, "extra": {**state["extra"], name: str(path)}}
        (where / "state.json").write_bytes(with_checksum(changed))
        result = run("train", "--resume", "kept", "--epochs", "2")
        assert result.status == 2 and f"{flag} {path}" in result.err, result.err
        assert {path: path.read_bytes() for path in mine} == mine
        assert not (tmp_path / "vectors.bin").exists()


def test_what_resume_refuses(run: Run, text: str) -> None:
    assert run("train", text, "--epochs", "1", "--checkpoint", "kept").status == 0
    for more, said in (
        (["--dim", "5"], "--dim cannot be used with --resume"),
        ([text], "CORPUS cannot be used with --resume"),
        (["--config", "large"], "--config cannot be used with --resume"),
        (["--lowercase"], "--lowercase cannot be used with --resume"),
        (["--seed", "1"], "--seed cannot be used with --resume"),
    ):
        result = run("train", "--resume", "kept", *more)
        assert (result.status, result.err.count("\n")) == (2, 1)
        assert said in result.err
    again = run("train", text, "--checkpoint", "kept")
    assert again.status == 1 and "continue that run with --resume" in again.err
    nothing = run("train", "--resume", ".")
    assert nothing.status == 1 and "no checkpoint" in nothing.err
    Path(text).write_text("another text\n" * 50)
    changed = run("train", "--resume", "kept")
    assert changed.status == 1 and "has changed" in changed.err and "text.txt" in changed.err


@pytest.mark.parametrize("text_", ["10", "m", "-5m", "0s", "nan s", "infh", "5d", ""])
def test_a_bad_time_is_refused(run: Run, text: str, text_: str) -> None:
    result = run("train", text, "--checkpoint", "kept", "--checkpoint-every", text_)
    assert result.status == 2 and "--checkpoint-every" in result.err
    assert not Path("kept").exists()


def test_a_checkpoint_that_cannot_be_written_does_not_end_the_run(
    run: Run, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("w2v.checkpoints.checkpoint.write_array", full)
    result = run("train", text, "--epochs", "1", "--checkpoint", "kept")
    assert result.status == 0
    assert "cannot write a checkpoint to kept: No space left" in result.err
    assert os.listdir("kept") == []
    assert Path("vectors.bin").exists()


def test_a_time_between_checkpoints_that_nobody_keeps_is_refused(run: Run, text: str) -> None:
    result = run("train", text, "--checkpoint-every", "2s")
    assert result.status == 2 and "only with --checkpoint" in result.err


@pytest.mark.parametrize("flag", ["-o", "--log-json"])
@pytest.mark.parametrize("link", [None, os.link, os.symlink], ids=["itself", "hard link", "link"])
def test_a_resume_replaces_nothing_that_it_reads(
    run: Run, text: str, flag: str, link: Callable[[str, str], None] | None
) -> None:
    os.rename(text, "corpus.bin")
    assert run("train", "corpus.bin", "--epochs", "1", "--checkpoint", "kept").status == 0
    for read in ("corpus.bin", "kept/checkpoint-000001/input.npy"):
        name = read
        if link is not None:
            name = f"link-{Path(read).name}.bin"
            link(os.path.abspath(read), name)
        before = Path(read).read_bytes()
        result = run("train", "--resume", "kept", "--epochs", "2", flag, name)
        assert result.status == 2 and result.err.count("\n") == 1, result.err
        assert Path(read).read_bytes() == before
        if name.endswith(".bin"):  # else -o says first that there is no such format
            assert f"{flag} and" in result.err and "are the same file" in result.err


def test_the_folder_is_looked_at_before_the_corpus_is_read(
    run: Run, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("train", text, "--epochs", "1", "--checkpoint", "kept").status == 0
    monkeypatch.setattr("w2v.training.backends.OneMachine.encode", lambda *_, **__: pytest.fail("it read the corpus"))
    result = run("train", text, "--checkpoint", "kept")
    assert result.status == 1 and "has checkpoints of another run" in result.err
    with locked(Path("kept")):
        for command in (("train", text, "--checkpoint", "kept"), ("train", "--resume", "kept")):
            result = run(*command)
            assert result.status == 1 and "another run keeps its checkpoints in kept" in result.err


def test_a_run_that_cannot_begin_leaves_no_folder(run: Run) -> None:
    Path("empty.txt").write_text("\n")
    assert run("train", "empty.txt", "--checkpoint", "kept").status == 1
    assert os.listdir() == ["empty.txt"]


@pytest.mark.slow
def test_a_device_is_kept_as_standard_input_is(run: Run, text: str) -> None:
    with open(text) as file:
        command = [*CLI, "/dev/stdin", "--epochs", "1", "--threads", "1", "--checkpoint", "kept", "--quiet"]
        assert subprocess.run(command, stdin=file, check=False).returncode == 0
    first = Path("vectors.bin").read_bytes()
    assert run("train", "--resume", "kept").status == 0
    assert Path("vectors.bin").read_bytes() == first


def test_a_log_that_nobody_reads_is_refused(run: Run, text: str) -> None:
    os.mkfifo("pipe")
    result = run("train", text, "--log-json", "pipe")
    assert (result.status, result.err) == (
        1,
        "w2v: nobody reads the pipe pipe: start its reader first, or name a file\n",
    )


@pytest.mark.slow
def test_a_run_with_much_work_a_step_ends_soon(run: Run, tmp_path: Path) -> None:
    """Of 30,000 words each is an output row: a shard of 2,048 tokens would take some seconds on a fast machine."""
    words = [f"w{n}" for n in np.random.default_rng(1).permutation(np.repeat(np.arange(30_000), 5))]
    Path("many.txt").write_text("\n".join(" ".join(words[n : n + 20]) for n in range(0, len(words), 20)))
    more = ("--loss", "full", "--sample", "0", "--checkpoint", "kept", "--log-json", "log.jsonl")
    process = start("train", "many.txt", *more, cwd=tmp_path)
    try:
        while process.poll() is None and not (os.path.exists("log.jsonl") and os.path.getsize("log.jsonl")):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)
    finally:
        process.kill()
    assert process.returncode == 130
    assert checkpoint.exists(Path("kept"))
