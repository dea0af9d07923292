"""A lock on a folder. It ends with the process that holds it, however the process ends."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

LOCK_FILE = "w2v.lock"
"""Used on Windows, where a folder cannot be opened: the first byte of this file is locked. It is removed at the end."""


@contextmanager
def locked_folder(folder: Path) -> Iterator[bool]:
    """Lock a folder until the end of the block; yield whether it is locked, because some file systems have no locks.

    Raises BlockingIOError if another process has the lock, OSError if the folder cannot be opened.
    """
    if fcntl is None:
        with _locked_byte(folder / LOCK_FILE):
            yield True
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        is_locked = True
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:  # the file system has no locks
            is_locked = False
        yield is_locked
    finally:
        os.close(handle)


@contextmanager
def _locked_byte(path: Path) -> Iterator[None]:
    """Lock the first byte of a file, on Windows."""
    import msvcrt  # type: ignore[import-not-found,unused-ignore]

    handle = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    except OSError as error:
        os.close(handle)
        raise BlockingIOError(error.errno, "another process has the lock", str(path)) from None
    try:
        yield
    finally:
        os.close(handle)
        with suppress(OSError):  # another process has opened it in the meantime
            path.unlink()
