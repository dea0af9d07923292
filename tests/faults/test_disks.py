"""Faults of the machine: full disks, folders that vanish, streams that close, and runs that get in each other's way."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from faults.harness import Nursery
from helpers import CHECKOUT, Run, files_in, start

from w2v.checkpoints import checkpoint
from w2v.text import encoding
from w2v.training.backends import OneMachine

TRAIN = ("train", "corpus.txt", "--threads", "1", "--epochs", "2")
FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB, another file system than that of the test's folder."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a small disk is not allowed here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path) -> None:
    """Leave no space on a disk."""
    with (disk / "filler").open("ab", buffering=0) as file:
        while True:
            try:
                file.write(bytes(4096))
            except OSError:
                return


def before_it_ends(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Let something happen when a run has trained and has not yet written its vectors."""
    train = OneMachine.train_embeddings

    def trains(*args: Any, **more: Any) -> object:  # noqa: ANN401
        embeddings = train(*args, **more)
        happens()
        return embeddings

    monkeypatch.setattr(OneMachine, "train_embeddings", staticmethod(trains))


def last_line(err: str) -> str:
    """Return the last line, which is the error's, and see that there is no other."""
    *others, line = err.splitlines()
    assert line.startswith("w2v: ") and "Traceback" not in err
    assert not any("cannot" in other for other in others), err
    return line


# Disks.


def test_a_disk_too_small_for_the_vectors_is_said_before_training(
    run: Run, corpus: Path, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OneMachine, "train_embeddings", lambda *_, **__: pytest.fail("it trained"))
    for name, dim in (("v.bin", "2000"), ("v.txt", "700")):
        status, _, err = run(*TRAIN, "-o", disk / name, "--dim", dim)
        assert status == 1
        assert "no space for" in last_line(err) and name in err and "1.05 MB are free" in err
    assert os.listdir(disk) == []


@pytest.mark.parametrize("name", ["v.bin", "v.txt"])
def test_a_disk_that_fills_leaves_the_old_vectors_and_no_litter(
    run: Run, corpus: Path, disk: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(corpus.parent))
    (disk / name).write_text("old")
    before_it_ends(monkeypatch, lambda: fill(disk))
    status, _, err = run(*TRAIN, "-o", disk / name)
    assert status == 1
    said, _, kept = last_line(err).partition("; the vectors are in ")
    assert said == f"w2v: cannot write {disk / name}: No space left on device"
    assert (disk / name).read_text() == "old"
    assert sorted(os.listdir(disk)) == ["filler", name]
    assert run(*TRAIN, "-o", "whole.w2v", "--no-save-output").status == 0
    assert files_in(Path(kept)) == files_in(Path("whole.w2v"))


def test_with_checkpoints_a_full_disk_loses_nothing(
    run: Run, corpus: Path, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(*TRAIN, "-o", "whole.bin").status == 0
    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(corpus.parent))
        before_it_ends(patch, lambda: fill(disk))
        status, _, err = run(*TRAIN, "-o", disk / "v.bin", "--checkpoint", "kept")
    assert status == 1
    assert "No space left on device; the vectors are in " in last_line(err)
    assert last_line(err).endswith("; correct that, and continue with --resume kept")
    (disk / "filler").unlink()
    assert run("train", "--resume", "kept").status == 0
    assert (disk / "v.bin").read_bytes() == Path("whole.bin").read_bytes()


def test_a_vocabulary_on_a_full_disk(run: Run, corpus: Path, disk: Path) -> None:
    (disk / "vocab.txt").write_text("old")
    fill(disk)
    status, _, err = run("build-vocab", "corpus.txt", "-o", disk / "vocab.txt")
    assert (status, last_line(err)) == (1, f"w2v: cannot write {disk / 'vocab.txt'}: No space left on device")
    assert (disk / "vocab.txt").read_text() == "old"
    assert sorted(os.listdir(disk)) == ["filler", "vocab.txt"]


def test_a_disk_too_small_for_checkpoints_is_said_before_training(
    run: Run, corpus: Path, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OneMachine, "train_embeddings", lambda *_, **__: pytest.fail("it trained"))
    status, _, err = run(*TRAIN, "--checkpoint", disk, "--dim", "400")
    assert status == 1 and "no space for checkpoints" in last_line(err)
    assert os.listdir(disk) == []


@pytest.mark.slow
def test_a_disk_that_fills_keeps_the_last_good_checkpoint(
    run: Run, corpus: Path, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save, saves = checkpoint.save, [0]

    def saves_to_a_disk_that_fills(*args: Any) -> Path:  # noqa: ANN401
        saves[0] += 1
        if saves[0] == 2:
            fill(disk)
        return save(*args)

    monkeypatch.setattr(checkpoint, "save", saves_to_a_disk_that_fills)
    monkeypatch.setattr("w2v.training.loop.REPORT_S", 0.01)
    more = ("--checkpoint", disk, "--checkpoint-every", "0.001s", "--epochs", "60", "--sample", "1e-2")
    status, _, err = run(*TRAIN, *more)
    assert status == 0 and saves[0] >= 2 and Path("vectors.bin").exists()
    assert f"cannot write a checkpoint to {disk}: No space left on device; training goes on" in err
    assert sorted(os.listdir(disk)) == ["checkpoint-000001", "filler"]
    whole = Path("vectors.bin").read_bytes()
    Path("vectors.bin").unlink()
    (disk / "filler").unlink()
    assert run("train", "--resume", disk).status == 0
    assert Path("vectors.bin").read_bytes() == whole


def test_a_token_stream_on_a_full_disk(run: Run, corpus: Path, disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "available_memory", lambda: 0)
    monkeypatch.setenv("TMPDIR", str(disk))
    monkeypatch.setattr(tempfile, "tempdir", None)
    assert run(*TRAIN).status == 0
    assert os.listdir(disk) == []
    fill(disk)
    status, _, err = run(*TRAIN, "-o", "other.bin")
    assert status == 1
    assert last_line(err).startswith(f"w2v: no space for the token stream in {disk}: No space left on device; set")
    assert os.listdir(disk) == ["filler"]
    assert not Path("other.bin").exists()


def test_a_log_on_a_full_disk_does_not_end_the_run(run: Run, corpus: Path, disk: Path) -> None:
    more = ("--epochs", "30", "--log-json", disk / "log.jsonl")
    fill(disk)
    os.truncate(disk / "filler", (disk / "filler").stat().st_size - 4096)
    (disk / "log.jsonl").write_text("")
    status, _, err = run(*TRAIN, *more)
    assert status == 0 and Path("vectors.bin").exists()
    lines = (disk / "log.jsonl").read_text().splitlines()
    assert all(json.loads(line)["words_per_s"] >= 0 for line in lines)
    fill(disk)
    status, _, err = run(*TRAIN, *more)
    assert status == 0
    assert err.count(f"cannot write {disk / 'log.jsonl'}: No space left on device; training goes on without") <= 1


@needs_full
def test_a_log_that_cannot_be_written_is_said_once(run: Run, corpus: Path) -> None:
    status, _, err = run(*TRAIN, "--log-json", FULL)
    assert status == 0 and Path("vectors.bin").exists()
    assert err.count("cannot write /dev/full: No space left on device; training goes on without a log") == 1


def test_an_output_on_another_file_system(run: Run, corpus: Path, disk: Path) -> None:
    assert run(*TRAIN).status == 0
    (disk / "target.bin").write_text("old")
    Path("link.bin").symlink_to(disk / "target.bin")
    Path("kept").symlink_to(disk)
    assert run(*TRAIN, "-o", "link.bin", "--dim", "100").status == 0
    assert Path("link.bin").is_symlink()
    assert (disk / "target.bin").read_bytes() == Path("vectors.bin").read_bytes()
    assert run(*TRAIN, "-o", "other.bin", "--checkpoint", "kept", "--dim", "9").status == 0
    assert sorted(os.listdir(disk)) == ["checkpoint-000001", "target.bin"]
    assert sorted(os.listdir()) == ["corpus.txt", "disk", "kept", "link.bin", "other.bin", "vectors.bin"]


# Folders that vanish.


def test_an_output_folder_that_vanishes(
    run: Run, corpus: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temporary")))
    Path("out").mkdir()
    with monkeypatch.context() as patch:
        before_it_ends(patch, lambda: shutil.rmtree("out"))
        status, _, err = run(*TRAIN, "-o", "out/v.bin", "--checkpoint", "kept")
    assert status == 1
    assert "cannot write out/v.bin: No such file or directory" in last_line(err) and "--resume kept" in err
    assert run("train", "--resume", "kept", "-o", "v.bin").status == 0
    assert sorted(os.listdir()) == ["corpus.txt", "kept", "v.bin"]


def test_a_checkpoint_folder_that_vanishes(run: Run, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save = checkpoint.save

    def saves_after_the_folder_has_gone(folder: Path, *args: Any) -> Path:  # noqa: ANN401
        shutil.rmtree(folder, ignore_errors=True)
        return save(folder, *args)

    monkeypatch.setattr(checkpoint, "save", saves_after_the_folder_has_gone)
    status, _, err = run(*TRAIN, "--checkpoint", "kept")
    assert status == 0
    assert "cannot write a checkpoint to kept: No such file or directory; training goes on" in err
    assert sorted(os.listdir()) == ["corpus.txt", "vectors.bin"]


# Streams.


@pytest.mark.slow
@needs_full
@pytest.mark.parametrize("redirected", ["2>/dev/full", "<&- >&- 2>&-"])
def test_training_does_not_need_a_terminal(corpus: Path, redirected: str) -> None:
    command = f"exec {sys.executable} {CHECKOUT / 'cli.py'} {' '.join(TRAIN)} {redirected}"
    assert subprocess.run(["sh", "-c", command], cwd=corpus.parent, check=False).returncode == 0
    assert sorted(os.listdir(corpus.parent)) == ["corpus.txt", "vectors.bin"]


@needs_full
def test_an_answer_that_cannot_be_written_is_an_error(vectors_file: Path) -> None:
    command = [sys.executable, str(CHECKOUT / "cli.py"), "similar", "horse", "--vectors", str(vectors_file)]
    with FULL.open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "w2v: No space left on device\n")


# Two runs.

LONG = ("train", "corpus.txt", "--threads", "1", "--sample", "1e-2", "--dim", "16", "--epochs")


def begun(folder: Path, *more: str) -> "subprocess.Popen[str]":
    """Start a run of some seconds, and return it when it has written a checkpoint."""
    process = start(*LONG, "300", *more, "--checkpoint-every", "0.01s", "--quiet", cwd=folder)
    while process.poll() is None and not list((folder / "kept").glob("checkpoint-*")):
        time.sleep(0.005)
    return process


@pytest.mark.slow
def test_a_checkpoint_folder_is_one_runs(run: Run, corpus: Path) -> None:
    process = begun(corpus.parent, "--checkpoint", "kept")
    process.send_signal(signal.SIGSTOP)  # or it might end before the others have begun
    for arguments in ((*TRAIN, "--checkpoint", "kept", "-o", "other.bin"), ("train", "--resume", "kept")):
        status, _, err = run(*arguments)
        assert status == 1 and "another run keeps its checkpoints in kept" in last_line(err)
    assert process.poll() is None
    process.kill()
    process.communicate()
    Path("kept/.checkpoint-000099.part").mkdir()
    Path("kept/.checkpoint-000099.part/input.npy").write_text("half")
    assert run("train", "--resume", "kept").status == 0
    assert all(name.startswith("checkpoint-") for name in os.listdir("kept"))
    assert sorted(os.listdir()) == ["corpus.txt", "kept", "vectors.bin"]


def test_a_folder_is_let_go_of_when_a_run_ends(run: Run, corpus: Path) -> None:
    assert run(*TRAIN, "--checkpoint", "kept").status == 0
    assert run("train", "--resume", "kept", "--epochs", "3").status == 0
    status, _, err = run(*TRAIN, "--checkpoint", "kept")
    assert status == 1 and "has checkpoints of another run" in err


@pytest.mark.parametrize("outputs", [("a.bin", "b.bin"), ("a.bin", "a.bin")], ids=["apart", "the same"])
def test_two_runs_in_one_folder(run: Run, corpus: Path, nursery: Nursery, outputs: tuple[str, str]) -> None:
    expected = []
    for seed in ("1", "2"):
        assert run(*LONG, "30", "--seed", seed, "-o", "alone.bin").status == 0
        expected.append(Path("alone.bin").read_bytes())
    Path("alone.bin").unlink()
    runs = [
        nursery.begin(corpus.parent, *LONG, "30", "--seed", seed, "-o", output, "--log-json", f"{seed}.jsonl")
        for seed, output in zip(("1", "2"), outputs, strict=True)
    ]
    assert [nursery.end(child).status for child in runs] == [0, 0]
    written = files_in(corpus.parent)
    assert set(written) == {"corpus.txt", "1.jsonl", "2.jsonl", *outputs}
    if outputs[0] != outputs[1]:
        assert [written[name] for name in outputs] == expected
    assert written["a.bin"] in expected


@pytest.mark.parametrize("threads", ["3", "64"])
def test_more_threads_than_cores_come_to_an_end(corpus: Path, nursery: Nursery, threads: str) -> None:
    outcome = nursery.run(corpus.parent, "train", "corpus.txt", "--threads", threads, "--epochs", "3", timeout=120)
    assert outcome.status == 0, outcome.err
