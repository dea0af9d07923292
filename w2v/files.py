"""Replacing a file whole or not at all."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from w2v.errors import W2VError


@contextmanager
def replacing(path: str | Path) -> Iterator[BinaryIO]:
    """Open a temporary file beside `path`; at the end it takes the place of `path`, on an error it goes.

    A link is followed, so that the file it names is replaced and not the link.

    Raises:
        W2VError: it cannot be written, or `path` is something other than a file.
    """
    target = Path(os.path.realpath(path))
    if os.path.exists(target) and not os.path.isfile(target):
        raise W2VError(f"cannot write {path}: it is not a file; name a file")
    # A name may be 255 bytes long, and a character 4. Two containers may share a folder and a process' number.
    temporary = target.with_name(f".{target.name[:50]}.{secrets.token_hex(4)}.part")
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


def check_writable(path: str | Path) -> None:
    """Raise W2VError where a file could not be put at `path`; found out by putting one beside it."""
    target = Path(os.path.realpath(path))
    folder = target.parent
    if not os.path.isdir(folder):
        raise W2VError(f"cannot write {path}: there is no folder {folder}; create it first")
    if os.path.exists(target) and not os.path.isfile(target):
        raise W2VError(f"cannot write {path}: it is not a file; name a file")
    probe = folder / f".w2v.{secrets.token_hex(4)}.probe"
    try:
        with suppress(FileNotFoundError):
            os.stat(target)  # where the name is too long, this says so
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise W2VError(f"cannot write {path}: {error.strerror} in {folder}") from error


def check_space(path: str | Path, n_bytes: int) -> None:
    """Raise W2VError where a file of so many bytes would not fit beside what stands at `path` now."""
    folder = Path(os.path.realpath(path)).parent
    free = shutil.disk_usage(folder).free
    if free < n_bytes:
        raise W2VError(
            f"no space for {path}: it takes about {n_bytes / 1e9:.3f} GB, and {free / 1e9:.3f} GB are free in {folder}"
        )
