"""Each signal at each stage of a run, and of the commands that only read.

The old outputs are as they were or wholly new, the exit status says what happened, no traceback is shown, and a
checkpoint is there where one was asked for: the run that goes on from it ends with the bytes of one that was never
disturbed. What a signal does at each system call of a save is in test_system_calls.py.
"""

import errno
import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from faults.harness import FAIL, LONG, SIGNAL, Fault, Nursery, check_words, settled
from toy_corpus import sentences

from w2v.checkpoints import checkpoint

ENDING = ("SIGINT", "SIGTERM", "SIGHUP")
TRAIN = ("--threads", "1", "--dim", "16", "--sample", "1e-2", "-o", "v.bin", "--checkpoint", "kept")
SHORT = ("--epochs", "40", "--checkpoint-every", "0.02s")
LINES = [" ".join(tokens) for tokens in sentences(3_000)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, nursery: Nursery) -> bytes:
    """The vectors of a run that nothing disturbs."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "corpus.txt").write_text("\n".join(LINES) + "\n")
    assert nursery.run(folder, "train", "corpus.txt", *TRAIN, *SHORT).status == 0
    return (folder / "v.bin").read_bytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a corpus and old vectors."""
    (tmp_path / "work").mkdir()
    (tmp_path / "work/corpus.txt").write_text("\n".join(LINES) + "\n")
    (tmp_path / "work/v.bin").write_bytes(b"old")
    return tmp_path / "work"


def _wait(until: Callable[[], object]) -> None:
    """Wait until something is true, a minute at most."""
    for _ in range(30_000):
        if until():
            return
        time.sleep(0.002)
    raise AssertionError("it never came to this stage")


def _send(child: int, name: str) -> None:
    """Send a signal, or what is like one, to a program that runs or is stopped, and let it go on."""
    first = name.split()[0]
    os.kill(child, getattr(signal, first))
    if name == "SIGSTOP":
        time.sleep(0.1)
    os.kill(child, signal.SIGCONT)
    if name == "SIGINT twice":
        time.sleep(0.03)
        os.kill(child, signal.SIGINT)


STATUSES = {"SIGKILL": -signal.SIGKILL, "SIGSTOP": 0, "SIGCONT": 0, "SIGPIPE": 0, "SIGWINCH": 0}
"""How a run ends after a signal; after all others with 130."""


STAGES = {"training": "mkdir kept/.checkpoint-000002", "a checkpoint being written": "fsync kept/.checkpoint-000002"}
"""The call before which the program stops itself; one checkpoint is complete by then."""


@pytest.mark.parametrize("name", [*ENDING, "SIGINT twice", "SIGKILL", "SIGSTOP", "SIGPIPE"])
@pytest.mark.parametrize("stage", STAGES)
def test_a_signal_in_training(stage: str, name: str, folder: Path, nursery: Nursery, whole: bytes) -> None:
    if not nursery.has_shim:
        pytest.skip("needs a C compiler")
    kept = folder / "kept"
    with nursery.surviving(f"{name} in {stage}"):
        child = nursery.begin_to(folder, STAGES[stage], "train", "corpus.txt", *TRAIN, *SHORT)
        _send(child, name)
        outcome = nursery.end(child)
        assert outcome.status == STATUSES.get(name, 130)
        if outcome.status >= 0:
            check_words(outcome)
            assert not list(kept.glob(".*")), "left over in the folder of checkpoints"
        if outcome.status:
            assert (folder / "v.bin").read_bytes() == b"old"
            if outcome.status > 0:
                checkpoint.load(kept)
            assert nursery.run(folder, "train", "--resume", "kept", "-o", "v.bin").status == 0
        assert (folder / "v.bin").read_bytes() == whole, "other vectors than of a run that nothing disturbed"
        assert {name.split("/")[0] for name in settled(folder)} == {"corpus.txt", "v.bin", "kept"}
    nursery.check()


def test_killed_at_20_random_moments_it_ends_with_the_same_bytes(folder: Path, nursery: Nursery) -> None:
    generator, killed = random.Random(5), 0
    long = ("--epochs", "300", "--checkpoint-every", "0.01s")
    assert nursery.run(folder, "train", "corpus.txt", *TRAIN[:-4], "-o", "whole.bin", *long[:2]).status == 0
    _end_by_kill(nursery, nursery.begin_to(folder, STAGES["training"], "train", "corpus.txt", *TRAIN, *long), 0)
    for _ in range(19):
        child = nursery.begin(folder, "train", "--resume", "kept", "-o", "v.bin", "--checkpoint-every", "0.01s")
        killed += _end_by_kill(nursery, child, 0.02 + 0.08 * generator.random())
    assert killed > 10, "the run must last long enough to be killed in"
    assert nursery.run(folder, "train", "--resume", "kept", "-o", "v.bin").status == 0
    assert (folder / "v.bin").read_bytes() == (folder / "whole.bin").read_bytes()


def _end_by_kill(nursery: Nursery, child: int, after: float) -> bool:
    """Kill a run after so many seconds; return whether it had not ended by itself."""
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    return nursery.end(child).status == -signal.SIGKILL


COMPILES = ("--model", "cbow", "--loss", "softmax", "--sampler", "batch")
"""A kernel that is compiled for seconds, and has to be, because no cache holds it: an interrupted one is not kept."""


@pytest.mark.parametrize("name", [*ENDING, "SIGINT twice", "SIGKILL"] if LONG else ["SIGINT twice"])
def test_a_signal_while_compiling(name: str, folder: Path, nursery: Nursery) -> None:
    for delay in (0.1, 0.3, 0.6, 1, 2, 3) if LONG else (0.6,):
        with nursery.surviving(f"{name} while compiling"):
            _compile_and_send(name, delay, folder, nursery)
        shutil.rmtree(folder / "kept", ignore_errors=True)
    nursery.check()


def _compile_and_send(name: str, delay: float, folder: Path, nursery: Nursery) -> None:
    child = nursery.begin(folder, "train", "corpus.txt", *TRAIN, *COMPILES)
    _wait(lambda: "training" in nursery.stderr())
    time.sleep(delay)
    _send(child, name)
    outcome = nursery.end(child)
    assert outcome.status == STATUSES.get(name, 130)
    if outcome.status >= 0:
        check_words(outcome)
    assert (folder / "v.bin").read_bytes() == b"old"


READING = (
    ("train", "-", *TRAIN),
    ("build-vocab", "-", "-o", "v.bin"),
    ("phrases", "-", "-o", "v.bin"),
    ("tune", "-", "--metric", "loss", "-o", "v.bin"),
)


@pytest.mark.parametrize("command", READING, ids=lambda command: str(command[0]))
def test_a_signal_while_reading(command: tuple[str, ...], folder: Path, nursery: Nursery) -> None:
    names = [*ENDING, "SIGINT twice", "SIGKILL", "SIGSTOP"]
    for name in names if LONG else [names[READING.index(command)], "SIGSTOP"]:
        with nursery.surviving(f"{name} while reading"):
            before = settled(folder)
            os.mkfifo(folder.parent / "fifo")
            writer = os.open(folder.parent / "fifo", os.O_RDWR)
            os.write(writer, "\n".join(LINES[:500]).encode()[:16_000])
            child = nursery.begin(folder, *command, stdin=folder.parent / "fifo", blocks=True)
            time.sleep(0.15)
            _send(child, name)
            if name == "SIGSTOP":
                os.write(writer, b"\nand one more line\n")
                # Only its end ends the program.
                handle = os.open(folder.parent / "fifo", os.O_WRONLY)
                os.close(writer)
                os.close(handle)
            outcome = nursery.end(child)
            if name != "SIGSTOP":
                os.close(writer)
                assert outcome.status == STATUSES.get(name, 130)
                now = settled(folder)
                assert {other: data for other, data in now.items() if other in before} == before
                assert set(now) - set(before) <= {"kept/"}
            elif outcome.status:
                check_words(outcome)
            os.unlink(folder.parent / "fifo")
            (folder / "v.bin").write_bytes(b"old")
            shutil.rmtree(folder / "kept", ignore_errors=True)
    nursery.check()


def test_a_signal_while_tuning(folder: Path, nursery: Nursery) -> None:
    command = ("tune", "corpus.txt", "--metric", "loss", "--fraction", "1", "--trials", "500", "--threads", "1")
    for name in (*ENDING, "SIGKILL") if LONG else ("SIGHUP",):
        with nursery.surviving(f"{name} while tuning"):
            (folder / "t.toml").write_bytes(b"old")
            child = nursery.begin(folder, *command, "-o", "t.toml", "--search", "lr")
            _wait(lambda: "trial 0" in nursery.stderr())
            _send(child, name)
            outcome = nursery.end(child)
            assert outcome.status == STATUSES.get(name, 130)
            if outcome.status >= 0:
                check_words(outcome)
                assert b"lr" in (folder / "t.toml").read_bytes(), "what was found is lost"
            else:
                assert (folder / "t.toml").read_bytes() == b"old"
    nursery.check()


READERS = (
    ("similar", "horse", "--vectors", "v.w2v"),
    ("analogy", "horse", "cat", "dog", "--vectors", "v.txt"),
    ("evaluate", "v.w2v", "--similarity", "pairs.tsv"),
    ("info", "v.bin"),
)


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory, nursery: Nursery) -> Path:
    """A folder with vectors."""
    if not nursery.has_shim:
        pytest.skip("needs a C compiler")
    folder = tmp_path_factory.mktemp("vectors")
    (folder / "corpus.txt").write_text("\n".join(LINES) + "\n")
    (folder / "pairs.tsv").write_text("horse\tcat\t5\nhorse\tdog\t7\ncat\tdog\t6\n")
    for name in ("v.w2v", "v.txt", "v.bin"):
        assert nursery.run(folder, "train", "corpus.txt", "--threads", "1", "--dim", "8", "-o", name).status == 0
    return folder


@pytest.mark.parametrize("command", READERS, ids=lambda command: str(command[0]))
def test_each_call_of_a_reader(command: tuple[str, ...], vectors: Path, nursery: Nursery) -> None:
    before = settled(vectors)
    calls = nursery.run(vectors, *command).calls
    for at in range(1, len(calls) + 1):
        faults = [Fault(at, SIGNAL, getattr(signal, name)) for name in ENDING] + [Fault(at, FAIL, errno.EIO)]
        for fault in faults if LONG else [faults[at % 4]]:
            with nursery.surviving("a reader's system call"):
                outcome = nursery.run(vectors, *command, fault=fault)
                check_words(outcome)
                assert outcome.status == (130 if fault.how == SIGNAL else 1)
                assert not outcome.out
                assert settled(vectors) == before
    nursery.check()


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_stream_that_is_closed_or_full(stream: str, vectors: Path, nursery: Nursery) -> None:
    writes = (("train", "corpus.txt", "--threads", "1", "--epochs", "1", "-o", "new.bin"),)
    for command in (*READERS, *writes, ("convert", "v.bin", "new.txt"), ("build-vocab", "corpus.txt", "-o", "new.tsv")):
        for target in (None, "/dev/full"):
            with nursery.surviving(f"a {stream} that is closed or full"):
                outcome = nursery.run(
                    vectors,
                    *command,
                    stdout=target if stream == "stdout" else "",
                    stderr=target if stream == "stderr" else "",
                )
                check_words(outcome)
                is_answer = stream == "stdout" and command in READERS and target
                assert outcome.status == (1 if is_answer else 0)
    nursery.check()
