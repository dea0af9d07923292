"""The runs of mutants find faults that are planted: a harness that finds nothing must be able to find something."""

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import mutate
import numpy as np
import pytest
from mutants import read_mutants
from mutate import Target, _run

from w2v.base.arrays import Matrix
from w2v.formats import vector_files, word2vec
from w2v.formats.common import Decoder

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is measured by /proc")
SEEDS = [{"": b"2 2\nthe 1 2\ncat 3 4\n"}]


def crash(path: Path) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def hang(path: Path) -> None:
    time.sleep(60)


def fail(path: Path) -> None:
    raise KeyError(str(path))


def fill_memory(path: Path) -> None:
    np.ones(30_000_000)


def leave(path: Path) -> None:
    os._exit(3)


FAULTS: dict[Callable[[Path], None], str] = {
    crash: "crashed by SIGKILL",
    hang: "it takes too long",
    fail: "KeyError",
    fill_memory: "bytes of memory",
    leave: "ended with 3",
}


def on_mutants(fault: Callable[[Path], None]) -> Callable[[Path], None]:
    """Return a reader with a fault that valid files do not show."""

    def read(path: Path) -> None:
        if path.read_bytes() != SEEDS[0][""]:
            fault(path)

    return read


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "found"), FAULTS.items())
def test_a_planted_fault_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Callable[[Path], None], found: str
) -> None:
    if fault is hang:  # others are slow on a busy machine
        monkeypatch.setattr(mutate, "SECONDS", 1)
    wrong = _run(Target("a.vec", SEEDS, on_mutants(fault)), 2, 1, tmp_path)
    assert wrong and all(found in message for message in wrong)


def test_a_reader_without_faults_is_not_accused(tmp_path: Path) -> None:
    assert not _run(Target("a.vec", SEEDS, on_mutants(lambda path: None)), 20, 1, tmp_path)


@pytest.mark.slow
def test_a_fault_in_a_reader_of_vectors_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = Target("a.vec", SEEDS, vector_files.read)
    assert not _run(target, 300, 1, tmp_path)
    monkeypatch.setattr(Decoder, "decode", lambda self, word: word.decode())  # not all words are UTF-8
    wrong = _run(target, 300, 1, tmp_path)
    assert wrong and all("UnicodeDecodeError" in message for message in wrong)


def ignore_size(*_: object) -> None:
    """Rows that follow the last one of the header are lost."""


def lose_the_place(self: word2vec.Places, words: Sequence[bytes], numbers: Matrix) -> list[bytes]:
    """A space in a word makes numbers of letters."""
    return [word.lstrip(b"\n") for word in words]


@pytest.mark.parametrize(
    ("name", "at", "fault"),
    [
        ("word2vec-text", "word2vec_text._check_size", ignore_size),
        ("word2vec", "word2vec.Places.words", lose_the_place),
    ],
)
def test_a_file_that_is_read_wrongly_in_silence_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, at: str, fault: Callable[..., object]
) -> None:
    monkeypatch.setattr(f"w2v.formats.{at}", fault)
    with pytest.raises(AssertionError, match="is read as"):
        read_mutants(tmp_path, name, 1_000)
