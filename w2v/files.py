"""Replacing a file or a folder whole or not at all."""

import ctypes
import os
import secrets
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from w2v.errors import W2VError

AT_FDCWD, RENAME_EXCHANGE = -100, 2
"""Of Linux: paths are taken as they stand, and two of them change places."""


@contextmanager
def replacing(path: str | Path) -> Iterator[BinaryIO]:
    """Open a temporary file beside `path`; at the end it takes the place of `path`, on an error it goes.

    A link is followed, so that the file it names is replaced and not the link.

    Raises:
        W2VError: it cannot be written, or `path` is something other than a file.
    """
    target = Path(os.path.realpath(path))
    _check_kind(path, ())
    temporary = _beside(target)
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        raise W2VError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        with suppress(OSError):  # it is gone, or never came to be
            temporary.unlink()


@contextmanager
def replacing_folder(path: str | Path, names: Collection[str]) -> Iterator[Path]:
    """Make a temporary folder beside `path`; at the end it takes the place of `path`, on an error it goes.

    Args:
        path: the folder. A link is followed.
        names: of the files that a folder there may hold and still be replaced.

    Raises:
        W2VError: it cannot be written, or `path` is no folder, or one that holds other files.
    """
    target = Path(os.path.realpath(path))
    _check_kind(path, names)
    temporary = _beside(target)
    try:
        temporary.mkdir()
        yield temporary
        for name in os.listdir(temporary):
            with (temporary / name).open("rb") as file:
                os.fsync(file.fileno())
        if target.exists():
            _exchange(temporary, target)
        else:
            temporary.rename(target)
    except OSError as error:
        raise W2VError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def check_writable(path: str | Path, names: Collection[str] = ()) -> None:
    """Raise W2VError where nothing could be put at `path`; found out by putting a file beside it.

    Args:
        path: to be a file, or a folder where `names` are given.
        names: of the files that a folder there may hold and still be replaced.
    """
    target = Path(os.path.realpath(path))
    folder = target.parent
    if not os.path.isdir(folder):
        raise W2VError(f"cannot write {path}: there is no folder {folder}; create it first")
    _check_kind(path, names)
    probe = folder / f".w2v.{secrets.token_hex(4)}.probe"
    try:
        with suppress(FileNotFoundError):
            os.stat(target)  # where the name is too long, this says so
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise W2VError(f"cannot write {path}: {error.strerror} in {folder}") from error


def is_same(path: str | Path, other: str | Path) -> bool:
    """Return whether two names are one file, by whatever links, or will be once it is written."""
    if os.path.realpath(path) == os.path.realpath(other):
        return True
    try:
        return os.path.samefile(path, other)
    except OSError:  # one of them is not there
        return False


def _check_kind(path: str | Path, names: Collection[str]) -> None:
    """Raise W2VError where what is at `path` is not to be replaced by a file, or by a folder with these names."""
    if not os.path.exists(path):
        return
    if not names and not os.path.isfile(path):
        raise W2VError(f"cannot write {path}: it is not a file; name a file")
    if names and not os.path.isdir(path):
        raise W2VError(f"cannot write {path}: it is not a folder; name a folder")
    others = sorted(set(os.listdir(path)) - set(names)) if names else []
    if others:
        raise W2VError(f"cannot write {path}: it holds other files, such as {others[0]}; name another folder")


def _beside(target: Path) -> Path:
    # A name may be 255 bytes long, and a character 4. Two containers may share a folder and a process' number.
    return target.with_name(f".{target.name[:50]}.{secrets.token_hex(4)}.part")


def _exchange(new: Path, old: Path) -> None:
    """Let two folders change places: at once where the system can, else by way of a third name."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None) if os.name == "posix" else None
    if rename and rename(AT_FDCWD, os.fsencode(new), AT_FDCWD, os.fsencode(old), RENAME_EXCHANGE) == 0:
        return
    aside = new.with_suffix(".old")
    old.rename(aside)
    try:
        new.rename(old)
    except OSError:
        aside.rename(old)
        raise
    aside.rename(new)


def check_space(path: str | Path, n_bytes: int) -> None:
    """Raise W2VError where a file of so many bytes would not fit beside what stands at `path` now."""
    folder = Path(os.path.realpath(path)).parent
    free = shutil.disk_usage(folder).free
    if free < n_bytes:
        raise W2VError(
            f"no space for {path}: it takes about {n_bytes / 1e9:.3f} GB, and {free / 1e9:.3f} GB are free in {folder}"
        )
