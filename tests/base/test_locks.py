"""A folder has one user at a time, by `flock` and, as on Windows, by a locked byte."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from w2v.base import locks
from w2v.base.locks import locked_folder

needs_flock = pytest.mark.skipif(vars(locks)["fcntl"] is None, reason="Windows has no flock")


@pytest.fixture(params=["this", pytest.param("windows", marks=needs_flock)])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The system that locks: this one, or what stands for Windows, a module msvcrt that locks the file that it gets."""
    if request.param == "windows":
        import fcntl

        def locking(handle: int, mode: int, n_bytes: int) -> None:
            assert (mode, n_bytes) == (2, 1)
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

        monkeypatch.setattr(locks, "fcntl", None)
        monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(LK_NBLCK=2, locking=locking))  # type: ignore[arg-type]
    return str(request.param)


def test_a_second_one_is_refused_until_the_first_ends(tmp_path: Path, system: str) -> None:
    for _ in range(2):
        with locked_folder(tmp_path) as is_locked:
            assert is_locked
            with pytest.raises(BlockingIOError), locked_folder(tmp_path):
                pass
        assert not list(tmp_path.iterdir()), "nothing is left of it"


def test_an_error_ends_the_lock(tmp_path: Path, system: str) -> None:
    with pytest.raises(ZeroDivisionError), locked_folder(tmp_path):
        raise ZeroDivisionError
    with locked_folder(tmp_path) as is_locked:
        assert is_locked


def test_the_end_of_a_process_ends_its_lock(tmp_path: Path) -> None:
    code = "import os, pathlib, w2v.base.locks as l; c = l.locked_folder(pathlib.Path('.')); c.__enter__(); os._exit(9)"
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path).returncode == 9
    with locked_folder(tmp_path) as is_locked:
        assert is_locked


@needs_flock
def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(handle: int, how: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("fcntl.flock", no_locks)
    with locked_folder(tmp_path) as is_locked:
        assert not is_locked
