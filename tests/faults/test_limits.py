"""Little memory, small files, few open files: every command ends well, or with one line that says what was missing."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from faults.harness import LONG, Nursery, check_words, settled
from toy_corpus import sentences

import w2v

TRAIN = ("train", "corpus.txt", "--threads", "1", "--epochs", "1", "--dim", "8", "-o", "v.bin")
COMMANDS = (
    (*TRAIN, "--quiet"),
    (*TRAIN[:3], "2", *TRAIN[4:], "--checkpoint", "kept", "--quiet"),
    ("build-vocab", "corpus.txt", "-o", "words.txt", "--quiet"),
    ("phrases", "corpus.txt", "-o", "p.txt", "--quiet"),
    ("tune", "corpus.txt", "--metric", "loss", "--trials", "1", "--fraction", "1", "--threads", "1", "--quiet"),
    ("similar", "word1", "--vectors", "source.w2v"),
    ("analogy", "word1", "word2", "word3", "--vectors", "source.w2v"),
    ("evaluate", "source.w2v", "--similarity", "pairs.tsv"),
    *(("convert", "source.w2v", f"v{suffix}") for suffix in (".bin", ".txt.gz", ".w2v", ".parquet", ".safetensors")),
    ("info", "source.w2v"),
    ("plot", "source.w2v", "--method", "pca", "-n", "20", "-o", "m.html"),
    ("plot", "curve.jsonl", "-o", "m.png"),
)
OUTPUTS = ("v.bin", "words.txt", "p.txt", "v.txt.gz", "v.parquet", "m.html", "m.png", "tuned.toml")
"""What is there before; a command may put a whole new one in its place."""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the commands read, and what they replace."""
    folder = tmp_path_factory.mktemp("source")
    (folder / "corpus.txt").write_text("".join(f"{' '.join(tokens)}\n" for tokens in sentences(2_000)))
    (folder / "curve.jsonl").write_text('{"progress": 0.5, "loss": 2.0}\n{"progress": 1.0, "loss": 1.0}\n')
    (folder / "pairs.tsv").write_text("word1\tword2\t5\nword2\tword3\t7\nword1\tword3\t6\n")
    rows = np.random.default_rng(1).normal(size=(2_000, 16)).astype(np.float32)
    w2v.Vectors([f"word{number}" for number in range(2_000)], rows, np.arange(2_000, 0, -1)).save(folder / "source.w2v")
    for name in OUTPUTS:
        (folder / name).write_bytes(b"old")
    return folder


def _check(nursery: Nursery, source: Path, folder: Path, *command: str, **limits: int) -> int:
    """Run a command within limits; see that it ends well or says why not, and loses nothing. Return its status."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source, folder)
    before, status = settled(folder), 0
    with nursery.surviving(f"a limit, {limits}"):
        outcome = nursery.run(folder, *command, limits=limits)
        status = outcome.status
        check_words(outcome)
        now = settled(folder)
        assert status in (0, 1)
        changed = {name for name in before if now.get(name) != before[name]}
        assert changed <= set(OUTPUTS), f"{sorted(changed)} changed"
        assert status == 0 or not changed, f"it failed and replaced {sorted(changed)}"
        assert not [name for name in now if ".part" in name or ".probe" in name], f"left over: {sorted(now)}"
        if status == 0 and "RLIMIT_FSIZE" in limits:
            assert all(len(data) <= limits["RLIMIT_FSIZE"] for name, data in now.items() if name in changed)
    return status


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command)[:40])
def test_little_memory(command: tuple[str, ...], source: Path, nursery: Nursery, tmp_path: Path) -> None:
    # With less a thread can start that has no memory to say so, for which Python 3.11 waits without end.
    sizes = [1 << 20, 1 << 22, 1 << 24, 1 << 26, 1 << 28, 1 << 30] if LONG else [1 << 22, 1 << 30]
    statuses = [_check(nursery, source, tmp_path / "work", *command, RLIMIT_AS=size) for size in sizes]
    nursery.check()
    assert statuses[-1] == 0, "a gigabyte is enough"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command)[:40])
def test_files_that_may_not_grow(command: tuple[str, ...], source: Path, nursery: Nursery, tmp_path: Path) -> None:
    for size in (200, 1_000, 5_000, 50_000) if LONG else (1_000,):
        _check(nursery, source, tmp_path / "work", *command, RLIMIT_FSIZE=size)
    nursery.check()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command)[:40])
def test_few_open_files(command: tuple[str, ...], source: Path, nursery: Nursery, tmp_path: Path) -> None:
    if "m.html" in command:
        pytest.skip("joblib, which scikit-learn counts cores with, shows a traceback of its own")
    for n in range(3, 16) if LONG else (5, 9):
        _check(nursery, source, tmp_path / "work", *command, RLIMIT_NOFILE=n)
    nursery.check()
