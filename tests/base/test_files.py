"""A file or a folder is replaced whole or not at all."""

import ctypes
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from helpers import CHECKOUT, files_in, python

from w2v.base import files
from w2v.base.errors import W2VError
from w2v.base.files import check_writable, replacing, replacing_folder

needs_locks = pytest.mark.skipif(vars(files)["fcntl"] is None, reason="on Windows what a killed process leaves stays")


def write(path: Path, data: bytes) -> None:
    with replacing(path) as file:
        file.write(data)


def test_a_new_file_and_an_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    for data in (b"first", b"second"):
        write(path, data)
        assert path.read_bytes() == data
        assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with pytest.raises(error), replacing(path) as file:
        file.write(b"half")
        file.flush()
        assert path.read_bytes() == b"old"
        raise error
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_told_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(W2VError, match="a.bin.*No space left"), replacing(tmp_path / "a.bin"):
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_a_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    target, link = tmp_path / "there/target.bin", tmp_path / "link.bin"
    target.parent.mkdir()
    target.write_bytes(b"old")
    link.symlink_to(target)
    write(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert sorted(os.listdir(tmp_path)) == ["link.bin", "there"]
    assert os.listdir(target.parent) == ["target.bin"]


@pytest.mark.parametrize("name", ["世" * 84, "x" * 255, "with space\nand newline", os.fsdecode(b"caf\xe9")])
def test_any_name_that_a_file_can_have(tmp_path: Path, name: str) -> None:
    check_writable(tmp_path / name)
    write(tmp_path / name, b"data")
    assert os.listdir(tmp_path) == [name]


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path, tmp_path / "none/a", tmp_path / "file/a", tmp_path / ("x" * 300), Path("/dev/null")):
        with pytest.raises(W2VError, match="cannot write"):
            write(path, b"data")
        with pytest.raises(W2VError, match="cannot write"):
            check_writable(path)
    assert os.listdir(tmp_path) == ["file"]


def test_checking_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"old")
    check_writable(tmp_path / "old")
    check_writable(tmp_path / "new")
    assert os.listdir(tmp_path) == ["old"]
    assert (tmp_path / "old").read_bytes() == b"old"


def write_folder(path: Path, **files: bytes) -> None:
    with replacing_folder(path, ("a", "b")) as folder:
        for name, data in files.items():
            (folder / name).write_bytes(data)


@pytest.mark.parametrize("at_once", [True, False])
def test_a_folder_takes_the_place_of_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: bool
) -> None:
    if not at_once:  # another system than Linux, or a file system that cannot
        monkeypatch.setattr(ctypes, "CDLL", lambda _: None)
    write_folder(tmp_path / "new", a=b"1", b=b"2")
    assert files_in(tmp_path) == {"new/a": b"1", "new/b": b"2"}
    (tmp_path / "link").symlink_to("new")
    write_folder(tmp_path / "link", a=b"3")
    assert files_in(tmp_path / "new") == {"a": b"3"}
    assert sorted(os.listdir(tmp_path)) == ["link", "new"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_leaves_the_old_folder_and_nothing_else(tmp_path: Path, error: type[BaseException]) -> None:
    write_folder(tmp_path / "old", a=b"1")
    with pytest.raises(error), replacing_folder(tmp_path / "old", ("a",)) as folder:
        (folder / "a").write_bytes(b"half")
        raise error
    assert files_in(tmp_path) == {"old/a": b"1"} and os.listdir(tmp_path) == ["old"]


def test_a_rename_that_fails_gives_the_old_folder_its_name_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path / "old", a=b"1")
    rename = Path.rename

    def fails(self: Path, target: Path) -> Path:
        if self.suffix == ".part":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(ctypes, "CDLL", lambda _: None)
    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(W2VError, match="No space left"):
        write_folder(tmp_path / "old", a=b"2")
    assert files_in(tmp_path) == {"old/a": b"1"} and os.listdir(tmp_path) == ["old"]


def test_a_folder_with_other_files_and_a_file_are_not_replaced_by_a_folder(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes").write_bytes(b"x")
    (tmp_path / "file").write_bytes(b"x")
    for name, said in (("mine", "other files, such as notes"), ("file", "not a folder"), ("none/new", "cannot write")):
        with pytest.raises(W2VError, match=said):
            write_folder(tmp_path / name, a=b"1")
        with pytest.raises(W2VError, match=said):
            check_writable(tmp_path / name, ("a", "b"))
    assert files_in(tmp_path) == {"mine/notes": b"x", "file": b"x"}


# What a killed process leaves.

KILLED = """
import os, signal, sys
from w2v.base.files import replacing, replacing_folder, trial_path
kind, path = sys.argv[1:]
if kind == "file":
    with replacing(path) as file:
        file.write(b"half")
        file.flush()
        os.kill(os.getpid(), signal.SIGKILL)
with (replacing_folder if kind == "folder" else trial_path)(path, ("a", "b")) as folder:
    (folder if kind == "folder" else folder.parent).joinpath("a").write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(kind: str, path: Path) -> str:
    """Kill a process in the middle of a save to a path; return the name of what it leaves."""
    before = set(os.listdir(path.parent))
    done = subprocess.run([sys.executable, "-c", KILLED, kind, str(path)], cwd=CHECKOUT, check=False)
    assert done.returncode == -signal.SIGKILL
    (left,) = set(os.listdir(path.parent)) - before
    return left


@needs_locks
@pytest.mark.slow
@pytest.mark.parametrize("kind", ["file", "folder", "trial"])
def test_the_next_save_to_a_name_removes_what_a_killed_one_left(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "v.w2v"
    other = killed(kind, tmp_path / "other.w2v")
    for _ in range(2):
        killed(kind, path)
    if kind == "file":
        write(path, b"whole")
    else:
        write_folder(path, a=b"whole")
    assert sorted(os.listdir(tmp_path)) == sorted([other, "v.w2v"])


@needs_locks
def test_what_a_living_process_writes_is_not_touched(tmp_path: Path) -> None:
    with replacing(tmp_path / "a") as first, replacing_folder(tmp_path / "b", ("a", "b")) as folder:
        first.write(b"first")
        (folder / "a").write_bytes(b"first")
        write(tmp_path / "a", b"second")
        write_folder(tmp_path / "b", a=b"second")
        other = "from pathlib import Path; from w2v.base.files import *\nimport sys\n"
        other += f"with replacing({str(tmp_path / 'a')!r}) as file: file.write(b'third')\n"
        other += f"with replacing_folder({str(tmp_path / 'b')!r}, ('a', 'b')) as folder: (folder / 'a').touch()"
        python(other)
        assert (tmp_path / "a").read_bytes() == b"third" and (tmp_path / "b/a").read_bytes() == b""
    assert files_in(tmp_path) == {"a": b"first", "b/a": b"first"}


@needs_locks
def test_what_others_have_made_is_not_touched(tmp_path: Path) -> None:
    names = [".v.w2v.part", ".v.w2v.123.part", ".v.w2v.0123abcd.partial", "v.w2v.0123abcd.part", ".w.w2v.0123abcd.part"]
    for name in names:
        (tmp_path / name).write_bytes(b"mine")
    (tmp_path / ".v.w2v.0000abcd.part").mkdir()  # as ours are called, but with a file that is none of ours
    (tmp_path / ".v.w2v.0000abcd.part/mine").write_bytes(b"mine")
    (tmp_path / ".v.w2v.0001abcd.part").symlink_to(tmp_path / ".v.w2v.part")
    os.mkfifo(tmp_path / ".v.w2v.0002abcd.part")
    before = sorted(os.listdir(tmp_path))
    write_folder(tmp_path / "v.w2v", a=b"whole")
    assert sorted([*before, "v.w2v"]) == sorted(os.listdir(tmp_path))


@needs_locks
def test_an_old_folder_that_a_killed_save_put_aside_is_put_back(tmp_path: Path) -> None:
    aside = tmp_path / ".v.w2v.0123abcd.old"
    aside.mkdir()
    (aside / "a").write_bytes(b"old")
    with suppress(RuntimeError), replacing_folder(tmp_path / "v.w2v", ("a",)):
        raise RuntimeError
    assert files_in(tmp_path) == {"v.w2v/a": b"old"}
    write_folder(tmp_path / "v.w2v", a=b"new")
    write_folder(tmp_path / "v.w2v", a=b"newer")
    assert files_in(tmp_path) == {"v.w2v/a": b"newer"}
