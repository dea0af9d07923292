"""Vector files in any form: compressed with gzip, bzip2, xz or Zstandard, alone in a zip archive, or from a pipe."""

import io
import os
import shutil
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from w2v.base import stores
from w2v.base.errors import W2VError
from w2v.base.files import STDOUT
from w2v.text.sources import OPENERS, is_read_error

UNPACKED_RATIO, UNPACKED_FREE = 10, 100_000_000
"""A compressed file may expand to this many times its size plus this many bytes. Vectors expand 1 to 4 times, a
decompression bomb 1,000 times."""
ZIP_MAGIC = b"PK\x03\x04"
BUFFER = 1 << 18
STDIN = STDOUT  # Both are named -
ZIP_ERRORS = (zipfile.BadZipFile, RuntimeError)
"""Errors of damaged zip archives; RuntimeError for archives with a password or an unsupported method."""


def is_unreadable(error: Exception) -> bool:
    """Return whether an error means that a file cannot be read or decompressed."""
    return is_read_error(error) or isinstance(error, ZIP_ERRORS)


@contextmanager
def reading(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """Open a file, decompressed according to its first bytes; yield it and the largest possible number of bytes."""
    with path.open("rb", BUFFER) as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(8)
        file.seek(0)
        room = size * UNPACKED_RATIO + UNPACKED_FREE
        if head.startswith(ZIP_MAGIC):
            with zipfile.ZipFile(file) as archive, archive.open(_only_member(archive, path)) as unpacked:
                yield _bounded(path, unpacked, room), room
            return
        for magic, opener in OPENERS:
            if head.startswith(magic):
                with opener(file) as unpacked:
                    yield _bounded(path, unpacked, room), room
                return
        yield file, size


def _bounded(path: Path, unpacked: Any, room: int) -> BinaryIO:  # noqa: ANN401  (of several libraries)
    """Return a buffered file that raises W2VError as soon as more than `room` bytes are decompressed."""
    return cast(BinaryIO, io.BufferedReader(_Bounded(path, unpacked, room), BUFFER))


class _Bounded(io.RawIOBase):
    """The decompressed content of a file, at most `room` bytes."""

    def __init__(self, path: Path, unpacked: Any, room: int) -> None:  # noqa: ANN401
        super().__init__()
        self._path, self._unpacked, self._room = path, unpacked, room

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return bool(self._unpacked.seekable())

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return int(self._unpacked.seek(offset, whence))

    def tell(self) -> int:
        return int(self._unpacked.tell())

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401  (any writable buffer)
        content = self._unpacked.read(len(buffer))
        buffer[: len(content)] = content
        if self.tell() > self._room:
            raise W2VError(
                f"{self._path} unpacks to more than {UNPACKED_RATIO} times its size; if that is right, unpack it first"
            )
        return len(content)


def plain_file(path: Path) -> Path:
    """Return a file that can be mapped: the file itself, or its content decompressed to a temporary file."""
    with path.open("rb") as file:
        head = file.read(8)
    if not head.startswith(ZIP_MAGIC) and not any(head.startswith(magic) for magic, _ in OPENERS):
        return path
    with reading(path) as (unpacked, _):
        return _kept(unpacked, path.name)


def on_this_machine(path: str | Path, names: tuple[str, ...] = ()) -> Path:
    """Return a local file or folder that can be read more than once; a URL, pipe or standard input (`-`) is copied.

    Args:
        path: what the user named.
        names: the names of its files, if it is a folder.
    """
    if str(path) == STDIN:
        if sys.stdin is None:
            raise W2VError("cannot read standard input: it is closed")
        return _kept(sys.stdin.buffer, "standard input")
    if stores.url_of(path) is None and os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):
        with Path(path).open("rb") as pipe:
            return _kept(pipe, Path(path).name)
    return stores.local_copy(path, names)


def _kept(file: IO[bytes], name: str) -> Path:
    """Return a temporary file with the rest of an open one. It exists as long as the process, as it may be mapped."""
    copy = stores.new_folder() / name
    with copy.open("wb") as target:
        shutil.copyfileobj(file, target, BUFFER)
    return copy


def _only_member(archive: zipfile.ZipFile, path: Path) -> zipfile.ZipInfo:
    """Return the only file in a zip archive.

    Raises:
        W2VError: there are no files, or several.
    """
    members = [one for one in archive.infolist() if not one.is_dir() and not one.filename.startswith("__MACOSX/")]
    if len(members) == 1:
        return members[0]
    names = ", ".join(one.filename for one in members[:5]) + ", ..." * (len(members) > 5)
    raise W2VError(
        f"{path} is an archive of {len(members):,} files ({names}); unpack it, and name one of them"
        if members
        else f"{path} is an empty archive"
    )
