"""Replacing a file whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
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
    if target.exists() and not target.is_file():
        raise W2VError(f"cannot write {path}: it is not a file; name a file")
    temporary = target.with_name(f".{target.name[:200]}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        raise W2VError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def check_writable(path: str | Path) -> None:
    """Raise W2VError where a file could not be put at `path`; found out by putting one beside it."""
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        raise W2VError(f"cannot write {path}: there is no folder {folder}; create it first")
    if Path(path).exists() and not Path(path).is_file():
        raise W2VError(f"cannot write {path}: it is not a file; name a file")
    probe = folder / f".w2v.{os.getpid()}.probe"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise W2VError(f"cannot write {path}: {error.strerror} in {folder}") from error
