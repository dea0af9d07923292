"""Sources: find, open and decompress the files that the user names.

The kind of a file is recognised from its first bytes, not from its name. Files are read in blocks and never
memory-mapped, because a mapped file that is cut short during reading would kill the process.
"""

import bz2
import glob
import gzip
import importlib
import io
import lzma
import os
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, Any, NamedTuple, cast

from w2v.base import stores
from w2v.base.errors import MissingFileError, W2VError, option
from w2v.text.kinds import HEAD, PARQUET, refusal

SPLIT = "split texts into words: [text.split() for text in texts]"
"""Advice if texts are given instead of paths or token lists."""
BUFFER = 1 << 18
READ_ERRORS = (OSError, EOFError, zlib.error, lzma.LZMAError)


class Piece(NamedTuple):
    """A file or a part of a file."""

    path: str
    begin: int = 0
    """The first byte; for Parquet, the first row group."""
    end: int | None = None
    """The byte or row group after the last one; None reads to the end."""


def _open_zstd(file: IO[bytes]) -> IO[bytes]:
    for name in ("compression.zstd", "backports.zstd"):
        try:
            module: Any = importlib.import_module(name)
        except ImportError:
            continue
        return cast(IO[bytes], module.ZstdFile(file))
    raise W2VError("reading .zst files on this Python needs backports.zstd: pip install backports.zstd")


OPENERS: tuple[tuple[bytes | tuple[bytes, ...], Callable[[IO[bytes]], IO[bytes]]], ...] = (
    (b"\x1f\x8b", lambda file: cast(IO[bytes], gzip.GzipFile(fileobj=file))),
    (tuple(b"BZh%d" % level for level in range(1, 10)), lambda file: bz2.BZ2File(file)),
    (b"\xfd7zXZ\x00", lambda file: lzma.LZMAFile(file)),
    (b"\x28\xb5\x2f\xfd", _open_zstd),
)


def find_files(name: str) -> list[str]:
    """Return the files of a CORPUS argument, sorted: the file, the files of a folder, or those of a glob.

    In folders, names that begin with a dot, pipes, sockets and devices are skipped. Linked folders are not entered, so
    that a link to a parent cannot cause a loop. A file that is named twice is read twice. Raises W2VError if there are
    no files, or if a link or folder cannot be read.
    """
    if url := stores.url_of(name):
        return stores.find(url)
    if name == "-" or (os.path.exists(name) and not os.path.isdir(name)):
        return [name]
    if os.path.isdir(name):
        found = [
            path for folder, files in _walk(name) for file in files if _is_file(path := os.path.join(folder, file))
        ]
        if not found:
            raise W2VError(f"the folder {shown(name)} has no files")
        return sorted(found)
    if_text = f", or {SPLIT}" if len(name.split()) > 1 else ""
    if not glob.has_magic(name):
        raise MissingFileError(f"no file {shown(name)}; check the path{if_text}")
    found = [path for path in set(_glob(name)) if _is_file(path)]
    if not found:
        raise W2VError(f"no file matches {shown(name)}; check the pattern{if_text}")
    return sorted(found)


def _walk(top: str) -> Iterator[tuple[str, list[str]]]:
    """Yield a folder and its subfolders, except hidden and linked ones, each with its files that are not hidden."""

    def fail(error: OSError) -> None:
        raise W2VError(f"cannot read the folder {shown(error.filename)}: {error.strerror}")

    for folder, folders, files in os.walk(top, onerror=fail):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield folder, [name for name in files if not name.startswith(".")]


def _glob(pattern: str) -> list[str]:
    """Return the paths that a pattern matches, possibly twice. `**` does not enter linked folders, to avoid loops."""
    if os.altsep:  # Windows, where both characters are separators
        pattern = pattern.replace(os.sep, os.altsep)
    parts = re.split(r"(?:^|(?<=/))\*\*(?:/+|$)", pattern, maxsplit=1)
    if len(parts) == 1:
        return glob.glob(pattern)
    tops, below = (glob.glob(parts[0]) if parts[0] else [""]), parts[1] or "*"
    folders = [folder for top in tops for folder, _ in _walk(top or ".")]
    return [path for folder in folders for path in _glob(os.path.join(glob.escape(folder), below))]


def _is_file(path: str) -> bool:
    """Return whether a path found in a folder is a file, or a broken link, which `Corpus.examine` reports."""
    return os.path.isfile(path) or not os.path.exists(path)


@contextmanager
def open_file(
    piece: Piece, *, column: str | None = None, force_text: bool = False, count: Callable[[int], None] = lambda n: None
) -> "Iterator[io.BufferedReader[Any]]":
    """Open a file or a part of it, decompressed according to its first bytes; standard input stays open at the end.

    Args:
        piece: the file, or - for standard input. A part must begin and end between two tokens, and is not decompressed.
        column: the column that the user named, or None; used in the message about Parquet files.
        force_text: whether to read binary data too.
        count: called with the number of bytes read, before decompression.

    Raises OSError if the file cannot be opened, W2VError if standard input is closed or the file is not text.
    """
    path = piece.path
    with ExitStack() as opened:
        if path == "-" and sys.stdin is None:
            raise W2VError("cannot read standard input: it is closed")
        raw = sys.stdin.buffer if path == "-" else opened.enter_context(open_raw(path))
        size = sys.maxsize if path == "-" else size_of(path) or sys.maxsize
        if piece.end is not None:
            raw.seek(piece.begin)
            size = piece.end - piece.begin
        head = _read_head(raw)
        file: io.BufferedReader[Any] = opened.enter_context(io.BufferedReader(_Counted(raw, head, size, count), BUFFER))
        for magic, opener in OPENERS if piece.begin == 0 else ():
            if head.startswith(magic):
                unpacked = opened.enter_context(opener(file))
                head = _read_head(unpacked)
                file = opened.enter_context(io.BufferedReader(_Rejoined(unpacked, head), BUFFER))
                break
        if not force_text:
            _check_text(head, path, column)
        yield file


@contextmanager
def reading(path: str) -> Iterator[None]:
    """Turn all errors that reading a file can raise into a W2VError that names the file."""
    try:
        yield
    except Exception as error:
        reason: object = getattr(error, "strerror", None) or error
        if isinstance(error, MemoryError):
            reason = "not enough memory to unpack it, or for so long a word"
        elif not is_read_error(error):
            raise
        raise W2VError(f"cannot read {shown(path)}: {reason}") from error


def is_read_error(error: Exception) -> bool:
    """Return whether reading or decompressing a file can raise an error; for .zst the class depends on the library."""
    return isinstance(error, READ_ERRORS) or type(error).__name__ == "ZstdError"


def open_raw(path: str, block: int = stores.BLOCK) -> IO[bytes]:
    """Open a file without decompressing it; files in a store are requested in blocks of `block` bytes.

    Raises OSError if it cannot be opened, W2VError if this installation cannot read from its store.
    """
    url = stores.url_of(path)
    return open(path, "rb", buffering=0) if url is None else cast(IO[bytes], stores.RemoteFile(url, block))


def open_buffered(path: str) -> "io.BufferedReader[Any]":
    """Open a file as `open_raw` does, for reads of any size."""
    return io.BufferedReader(cast(io.RawIOBase, open_raw(path)), BUFFER)


def size_of(path: str) -> int:
    """Return the number of stored bytes of a file; 0 if unknown."""
    return stores.stat(url).size if (url := stores.url_of(path)) else os.stat(path).st_size


def is_file(path: str) -> bool:
    """Return whether a path names a file that can be read again."""
    return path != "-" and (stores.url_of(path) is not None or os.path.isfile(path))


def is_compressed(path: str) -> bool:
    """Return whether a file must be decompressed."""
    with open_raw(path, HEAD) as file:
        head = _read_head(file)
    return any(head.startswith(magic) for magic, _ in OPENERS)


def is_parquet(path: str) -> bool:
    """Return whether a file is a Parquet file that can be read at any position."""
    if not is_file(path):
        return False
    with open_raw(path, HEAD) as file:
        return file.read(len(PARQUET)) == PARQUET


def shown(path: str) -> str:
    """Return a path in a form that can be printed on one line."""
    if path == "-":
        return "standard input"
    return "".join(c if c.isprintable() else "?" for c in path)


class _Rejoined(io.RawIOBase):
    """A stream from its beginning, although `head` has already been read from it."""

    def __init__(self, raw: IO[bytes], head: bytes) -> None:
        self._raw, self._head = raw, head

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401  (any writable buffer)
        piece = self._head[: len(buffer)] or self._raw.read(len(buffer)) or b""
        self._head = self._head[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)


class _Counted(_Rejoined):
    """The same with a size limit; each read is counted.

    The limit is the size of the file when it was opened. Otherwise a file that grows as fast as it is read would not
    end.
    """

    def __init__(self, raw: IO[bytes], head: bytes, size: int, count: Callable[[int], None]) -> None:
        super().__init__(raw, head)
        self._left, self._count = size, count

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401
        n = super().readinto(memoryview(buffer)[: self._left])
        self._left -= n
        self._count(n)
        return n


def _read_head(file: IO[bytes]) -> bytes:
    head = b""
    while len(head) < HEAD and (piece := file.read(HEAD - len(head))):
        head += piece
    return head


def _check_text(head: bytes, path: str, column: str | None) -> None:
    """Raise W2VError if the first bytes of a file show that it is not text."""
    if head.startswith(PARQUET):
        name = f"name the column to read with {option('column')}"
        cure = name if column is None else "save it as a file, not packed or piped"
        raise W2VError(f"{shown(path)} is a Parquet file; {cure}")
    if found := refusal(head):
        raise W2VError(f"{shown(path)} is {found[0]}; {found[1]}, or read it anyway with {option('force_text')}")
