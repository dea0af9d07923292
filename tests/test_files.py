"""A file is replaced whole or not at all."""

import os
from pathlib import Path

import pytest

from w2v.errors import W2VError
from w2v.files import check_writable, replacing


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
