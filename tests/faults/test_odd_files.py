"""Files that are none, and names that nobody expects, wherever a command takes a name.

A command may do what it was asked to, or say on one line why it cannot; what was there stays as it was.
"""

import os
import socket
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from faults.harness import LONG, Nursery, check_words, settled
from toy_corpus import sentences

import w2v

X = "X"
"""Where an odd name stands in for a good one."""
QUICK = ("--threads", "1", "--epochs", "1", "--dim", "8")
TUNE = ("--trials", "1", "--fraction", "1", "--threads", "1")
INPUTS = (
    ("train", X, "-o", "out.bin", *QUICK),
    ("train", X, "-o", "out.w2v", *QUICK),
    ("train", "corpus.txt", "--vocab", X, "-o", "out.bin", *QUICK),
    ("train", "corpus.txt", "--init-from", X, "-o", "out.bin", "--threads", "1"),
    ("train", "corpus.txt", "--config", X, "-o", "out.bin", *QUICK),
    ("train", "corpus.txt", "--similarity", X, "-o", "out.bin", *QUICK),
    ("train", "corpus.txt", "--analogies", X, "-o", "out.bin", *QUICK),
    ("train", "--resume", X, "-o", "out.bin"),
    ("build-vocab", X, "-o", "out.txt"),
    ("phrases", X, "-o", "out.txt"),
    ("tune", X, "--metric", "loss", *TUNE, "-o", "out.toml"),
    ("tune", "corpus.txt", "--metric", "similarity", "--similarity", X, *TUNE, "-o", "out.toml"),
    ("tune", "corpus.txt", "--metric", "next", "--sessions", X, *TUNE, "-o", "out.toml"),
    ("similar", "horse", "--vectors", X),
    ("analogy", "horse", "cat", "dog", "--vectors", X),
    ("evaluate", X, "--similarity", "pairs.tsv"),
    ("evaluate", "v.w2v", "--similarity", X),
    ("evaluate", "v.w2v", "--analogies", X),
    ("evaluate", "v.w2v", "--sessions", X),
    ("convert", X, "out.txt"),
    ("convert", X, "out.txt", "--from", "word2vec"),
    ("convert", X, "out.txt", "--from", "native"),
    ("info", X),
    ("info", X, "--from", "finalfusion"),
    ("plot", X, "-o", "out.html", "--method", "pca"),
    ("plot", "v.w2v", "-o", "out.html", "--method", "pca", "--words", X),
)
OUTPUTS = (
    ("train", "corpus.txt", *QUICK, "-o", X),
    ("train", "corpus.txt", *QUICK, "-o", "out.bin", "--log-json", X),
    ("train", "corpus.txt", *QUICK, "-o", "out.bin", "--checkpoint", X),
    ("build-vocab", "corpus.txt", "-o", X),
    ("phrases", "corpus.txt", "-o", X),
    ("phrases", "corpus.txt", "-o", "out.txt", "--save", X),
    ("tune", "corpus.txt", "--metric", "loss", *TUNE, "-o", X),
    ("convert", "v.w2v", X),
    ("convert", "v.w2v", X, "--to", "native"),
    ("plot", "v.w2v", "-n", "9", "--method", "pca", "-o", X),
    ("plot", "curve.jsonl", "-o", X),
)
SUFFIXES = {"train": ".bin", "tune": ".toml", "plot": ".html", "similar": ".bin", "analogy": ".bin", "evaluate": ".bin"}
"""That the odd names have, so that a command comes as far as to open them."""
NAMES = {
    "long": b"n" * 240,
    "too long": b"n" * 256,
    "not UTF-8": b"caf\xe9",
    "newline": b"a\nb",
    "escape": b"\x1b[2J\x1b]0;title\x07",
    "dash": b"./-x",
    "spaces": b" a  b ",
    "wildcard": b"[a]*?",
}
"""Those of good files."""
THINGS = (
    "missing",
    "empty",
    "folder",
    "fifo",
    "socket",
    "loop",
    "dangling",
    "null",
    "proc",
    "cut",
    "noise",
    "in a file",
)
"""Files that are none, or not good."""


@pytest.fixture(scope="module")
def goods(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the commands read."""
    folder = tmp_path_factory.mktemp("goods")
    (folder / "corpus.txt").write_text("".join(f"{' '.join(tokens)}\n" for tokens in sentences(600)))
    (folder / "curve.jsonl").write_text('{"progress": 0.5, "loss": 2.0}\n{"progress": 1.0, "loss": 1.0}\n')
    (folder / "pairs.tsv").write_text("horse\tcat\t5\nhorse\tdog\t7\ncat\tdog\t6\n")
    words = ["horse", "cat", "dog", *(f"word{number}" for number in range(30))]
    rows = np.random.default_rng(1).normal(size=(33, 8)).astype(np.float32)
    vectors = w2v.Vectors(words, rows, np.arange(33, 0, -1))
    vectors.save(folder / "v.w2v")
    vectors.save(folder / "v.bin")
    return folder


@pytest.fixture
def folder(goods: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    for name, content in settled(goods).items():
        (tmp_path / "work" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "work" / name).write_bytes(content)
    return tmp_path / "work"


def _thing(folder: Path, kind: str, suffix: str) -> tuple[Path, list[socket.socket]]:
    """Make a thing that is no good file, and return its path, and what has to stay open meanwhile."""
    path, held = folder / f"odd{suffix}", list[socket.socket]()
    elsewhere = {
        "null": Path(os.devnull),
        "proc": Path(f"/proc/w2v{suffix}"),  # where not even root may write
        "in a file": folder / "corpus.txt" / f"odd{suffix}",
    }
    contents = {
        "empty": b"",
        "cut": (folder / "v.bin").read_bytes()[:300],
        "noise": np.random.default_rng(2).bytes(5_000),
    }
    links = {"loop": path.name, "dangling": "nothing.there"}
    if kind in contents:
        path.write_bytes(contents[kind])
    elif kind in links:
        path.symlink_to(links[kind])
    elif kind == "folder":
        path.mkdir()
        (path / "inside.txt").write_text("a b c d\n" * 50)
    elif kind == "fifo":
        os.mkfifo(path)
        threading.Thread(target=_feed, args=(path,), daemon=True).start()
    elif kind == "socket":
        held.append(socket.socket(socket.AF_UNIX))
        held[0].bind(os.path.relpath(path) if len(str(path)) > 100 else str(path))
    return elsewhere.get(kind, path), held


def _feed(fifo: Path) -> None:
    """Write a little text to a pipe when it is read, and close it; give up after a second."""
    for _ in range(200):
        with suppress(OSError):
            file = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
            os.write(file, b"a b c d e\n" * 60)
            os.close(file)
            return
        time.sleep(0.005)


def _some(commands: tuple[tuple[str, ...], ...], kinds: Collection[str], kind: str) -> Iterator[tuple[str, ...]]:
    """Yield the commands to try with a kind of name: all, or in the short form a sixth, another for each kind."""
    for number, command in enumerate(commands):
        if LONG or (number + list(kinds).index(kind)) % 6 == 0:
            yield command


def _name(command: tuple[str, ...], arguments: Path | bytes) -> list[str | bytes | Path]:
    return [arguments if part == X else part for part in command]


@pytest.mark.parametrize("kind", THINGS)
def test_an_input_that_is_no_good_file(kind: str, folder: Path, nursery: Nursery) -> None:
    before = settled(folder)
    for command in _some(INPUTS, THINGS, kind):
        with nursery.surviving("an odd input"):
            path, held = _thing(folder, kind, SUFFIXES.get(command[0], ".txt"))
            with_it = settled(folder)
            outcome = nursery.run(folder, *_name(command, path), timeout=30)
            check_words(outcome)
            new = settled(folder).keys() - with_it.keys()
            assert {name: settled(folder).get(name) for name in with_it} == with_it, "inputs changed"
            assert all(name.startswith("out.") for name in new), f"left over: {sorted(new)}"
            assert outcome.status == 0 or not new, "it failed and wrote"
        _clear(folder, before, held)
    nursery.check()


@pytest.mark.parametrize("kind", THINGS)
def test_an_output_that_is_no_good_file(kind: str, folder: Path, nursery: Nursery) -> None:
    before = settled(folder)
    for command in _some(OUTPUTS, THINGS, kind):
        with nursery.surviving("an odd output"):
            path, held = _thing(folder, kind, SUFFIXES.get(command[0], ".txt"))
            was = os.lstat(path).st_mode if os.path.lexists(path) else None
            outcome = nursery.run(folder, *_name(command, path), timeout=30)
            check_words(outcome)
            now = settled(folder)
            assert {name: now.get(name) for name in before} == before, "inputs changed"
            assert not [name for name in now if ".part" in name or ".probe" in name], "left over"
            if outcome.status:
                assert was == (os.lstat(path).st_mode if os.path.lexists(path) else None), "it failed and replaced"
        _clear(folder, before, held)
    nursery.check()


def _clear(folder: Path, before: dict[str, bytes], held: list[socket.socket]) -> None:
    for other in held:
        other.close()
    for path in sorted(folder.rglob("*"), reverse=True):
        name = str(path.relative_to(folder))
        if name in before or any(kept.startswith(f"{name}/") for kept in before):
            continue
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink()


@pytest.mark.parametrize("kind", NAMES)
def test_an_input_of_an_odd_name(kind: str, folder: Path, nursery: Nursery) -> None:
    before = settled(folder)
    for command in _some(INPUTS, NAMES, kind):
        with nursery.surviving("an odd name of an input"):
            name = NAMES[kind] + SUFFIXES.get(command[0], ".txt").encode()
            with suppress(OSError):  # where it is too long
                (folder / os.fsdecode(name)).write_bytes((folder / "v.bin").read_bytes())
            outcome = nursery.run(folder, *_name(command, name))
            check_words(outcome)
        _clear(folder, before, [])
    nursery.check()


@pytest.mark.parametrize("kind", NAMES)
def test_an_output_of_an_odd_name(kind: str, folder: Path, nursery: Nursery) -> None:
    before = settled(folder)
    for command in _some(OUTPUTS, NAMES, kind):
        with nursery.surviving("an odd name of an output"):
            name = NAMES[kind] + SUFFIXES.get(command[0], ".txt").encode()
            outcome = nursery.run(folder, *_name(command, name))
            check_words(outcome)
            new = settled(folder).keys() - before.keys()
            assert {name: settled(folder).get(name) for name in before} == before, "inputs changed"
            assert not [name for name in new if ".part" in name], f"left over: {sorted(new)}"
            if kind == "too long":
                assert outcome.status == 1 and not new
            else:
                assert outcome.status == 0 and (folder / os.fsdecode(name)).exists(), "it cannot have this name"
        _clear(folder, before, [])
    nursery.check()
