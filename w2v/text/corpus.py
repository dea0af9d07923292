"""Corpus: from what the user names to blocks of bytes, each cut between two tokens.

Files are text, or with a column named JSON Lines and Parquet; what the rows of these become is in `rows.py`.

What a file is, its first bytes say, not its name. Files are read in blocks and never mapped: a mapped
file that is cut short while it is read would kill the process.
"""

import bz2
import glob
import gzip
import importlib
import io
import lzma
import os
import re
import stat
import sys
import warnings
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, cast

from w2v.errors import SettingsError, W2VError
from w2v.text.records import Row, json_rows, parquet_rows, text_blocks, token_line

BLOCK = 1 << 21
"""Bytes read at a time: long enough that a block's overhead is nothing, short enough to stay in cache."""
HEAD = 512
"""Bytes looked at to tell what a file is; tar's mark stands at 257."""

SPACE = re.compile(
    rb"[\t-\r\x1c-\x20]|\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80"
)
"""Whitespace as `str.split` sees it, in UTF-8."""

REFUSED = (
    (b"PK\x03\x04", "a ZIP archive", "unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it first"),
    (b"Rar!\x1a\x07", "a RAR archive", "unpack it first"),
    (b"\x04\x22\x4d\x18", "LZ4 data", "unpack it first"),
    (b"LZIP\x01", "lzip data", "unpack it first"),
    (b"\x1f\x9d", "`compress` data", "unpack it first"),
    (b"%PDF-", "a PDF", "extract its text first"),
    (b"\xff\xfe", "UTF-16 text", "convert it with iconv -t UTF-8"),
    (b"\xfe\xff", "UTF-16 text", "convert it with iconv -t UTF-8"),
)
TAR_MARK, TAR_AT = b"ustar", 257
PARQUET = b"PAR1\x15"
JSON_OBJECT = re.compile(rb"(?:\xef\xbb\xbf)?\s*\{\s*\"(?:[^\"\\]|\\.)*\"\s*:")
"""How a file of JSON objects begins, and hardly any text."""

Source = str | Path | Iterable[str | Path] | Iterable[Iterable[str]]
"""What Python takes for a corpus: a path, a list of paths, or an iterable of token lists."""


def _open_zstd(file: IO[bytes]) -> IO[bytes]:
    for name in ("compression.zstd", "backports.zstd"):
        try:
            module: Any = importlib.import_module(name)
        except ImportError:
            continue
        return cast(IO[bytes], module.ZstdFile(file))
    raise W2VError("cannot read .zst files on this Python: pip install 'w2v[zstd]'")


OPENERS: tuple[tuple[bytes | tuple[bytes, ...], Callable[[IO[bytes]], IO[bytes]]], ...] = (
    (b"\x1f\x8b", lambda file: cast(IO[bytes], gzip.GzipFile(fileobj=file))),
    (tuple(b"BZh%d" % level for level in range(1, 10)), lambda file: bz2.BZ2File(file)),
    (b"\xfd7zXZ\x00", lambda file: lzma.LZMAFile(file)),
    (b"\x28\xb5\x2f\xfd", _open_zstd),
)


class Corpus:
    """A corpus to be read once, with how far it has been read.

    Raises:
        W2VError: a file is missing, or a folder or glob has none.
    """

    def __init__(self, source: Source, warn: Callable[[str], None] = warnings.warn) -> None:
        """Find out what is to be read; nothing is opened yet. `warn` is told what looks like a mistake."""
        self.bytes_read = 0
        """Bytes taken so far, compressed where the file is."""
        self.bytes_total: int | None = None
        """Bytes there are to take, where that can be known."""
        self.rows_empty = 0
        """Rows so far that had nothing in the column."""
        self._warn = warn
        self._has_warned = False
        self._paths: list[str] | None = None
        self._token_lists: Iterable[Iterable[str]] = ()
        if isinstance(source, str | Path):
            source = [source]
        if isinstance(source, list) and all(isinstance(item, str | Path) for item in source):
            self._paths = [path for item in source for path in find_files(os.fspath(item))]
            if self.files:
                self.bytes_total = sum(os.path.getsize(path) for path in self.files)
        elif isinstance(source, Iterable):
            self._token_lists = cast(Iterable[Iterable[str]], source)
        else:
            raise W2VError(f"a corpus is a path, a list of paths or token lists, not {source!r}")

    def holds(self, path: str | Path) -> bool:
        """Return whether `path` is one of the corpus' files, under any name."""
        return os.path.exists(path) and any(name != "-" and os.path.samefile(name, path) for name in self._paths or ())

    @property
    def files(self) -> list[str] | None:
        """The files, where all can be read again; None for standard input, pipes and Python's iterables."""
        if self._paths and all(path != "-" and os.path.isfile(path) for path in self._paths):
            return self._paths
        return None

    def blocks(self, column: str | None = None) -> Iterator[bytes]:
        """Yield the text in blocks that end between tokens; each file ends with a newline.

        The bytes are as found, valid UTF-8 or not.

        Args:
            column: the column of JSON Lines or Parquet that holds the text; None reads plain text.

        Raises:
            W2VError: a file cannot be read, is cut short or is no text; or a token is no word.
            SettingsError: Python's token lists have no columns.
        """
        if self._paths is None:
            if column is not None:
                raise SettingsError("column goes with files of JSON Lines or Parquet, not with token lists")
            yield from self._blocks_of_tokens()
            return
        for path in self._paths:
            try:
                if column is not None and _is_parquet(path):
                    yield from self._blocks_of_parquet(path, column)
                    continue
                with self._open(path, column) as file:
                    if column is None:
                        self._look_for_json(file, path)
                        yield from _cut(file)
                    else:
                        yield from self._blocks_of_rows(json_rows(file, column, _shown(path)), path, "line", column)
            except MemoryError as error:
                raise W2VError(f"cannot read {_shown(path)}: no memory to unpack it, or for so long a word") from error
            except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
                reason = getattr(error, "strerror", None) or error
                raise W2VError(f"cannot read {_shown(path)}: {reason}") from error
            except Exception as error:
                if type(error).__name__ != "ZstdError":
                    raise
                raise W2VError(f"cannot read {_shown(path)}: {error}") from error

    @contextmanager
    def _open(self, path: str, column: str | None) -> "Iterator[io.BufferedReader[Any]]":
        """Open a file by what its first bytes say it is; standard input stays open at the end."""
        with ExitStack() as opened:
            if path == "-" and sys.stdin is None:
                raise W2VError("cannot read standard input: it is closed")
            raw = sys.stdin.buffer if path == "-" else opened.enter_context(open(path, "rb", buffering=0))
            size = sys.maxsize if path == "-" else os.fstat(raw.fileno()).st_size or sys.maxsize
            head = _head(raw, path, column)
            file: io.BufferedReader[Any] = opened.enter_context(
                io.BufferedReader(_Counted(self, raw, head, size), 1 << 18)
            )
            for magic, opener in OPENERS:
                if head.startswith(magic):
                    unpacked = opened.enter_context(opener(file))
                    head = _head(unpacked, path, column)
                    file = opened.enter_context(io.BufferedReader(_Rejoined(unpacked, head), 1 << 18))
                    break
            yield file

    def _look_for_json(self, file: "io.BufferedReader[Any]", path: str) -> None:
        """Warn, once, of a file that is read as text and begins as JSON does."""
        if not self._has_warned and JSON_OBJECT.match(file.peek(HEAD)[:HEAD]):
            self._has_warned = True
            self._warn(
                f"{_shown(path)} looks like JSON Lines and is read as plain text, names and braces too; "
                "--column NAME reads the text in a column"
            )

    def _blocks_of_parquet(self, path: str, column: str) -> Iterator[bytes]:
        """Yield a column of a Parquet file as text; bytes_read follows the rows."""
        before, size = self.bytes_read, os.path.getsize(path)

        def progress(share: float) -> None:
            self.bytes_read = before + int(share * size)

        with open(path, "rb") as file:
            yield from self._blocks_of_rows(parquet_rows(file, column, _shown(path), progress), path, "row", column)
        progress(1.0)

    def _blocks_of_rows(self, rows: Iterable[Row], path: str, unit: str, column: str) -> Iterator[bytes]:
        def pass_over() -> None:
            self.rows_empty += 1

        def place(number: int) -> str:
            return f"{_shown(path)}, {unit} {number}: column '{column}'"

        for block in text_blocks(rows, place, pass_over):
            # One row may be as long as a book, or a library.
            yield from (block,) if len(block) <= 4 * BLOCK else _cut(io.BytesIO(block))

    def _blocks_of_tokens(self) -> Iterator[bytes]:
        """Yield an iterable of token lists as text, a list a line."""
        lines: list[str] = []
        size = 0
        for number, tokens in enumerate(self._token_lists):
            if isinstance(tokens, str) or not isinstance(tokens, Iterable):
                raise W2VError(
                    f"item {number} of the corpus is no list of tokens: {repr(tokens)[:60]}; "
                    "pass token lists, such as [['a', 'b'], ['c']], or paths as a list"
                )
            line = token_line(tokens, number, _item)
            lines.append(line)
            size += len(line) + 1
            if size >= BLOCK:
                yield self._joined(lines)
                lines, size = [], 0
        yield self._joined(lines)

    def _joined(self, lines: list[str]) -> bytes:
        block = "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass")
        self.bytes_read += len(block)
        return block


class _Rejoined(io.RawIOBase):
    """A stream of which `head` has been read already, whole again."""

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
    """The same, up to a size, telling the corpus how much has been read.

    The size is what a file had when it was opened: one that grows as fast as it is read would have no end.
    """

    def __init__(self, corpus: Corpus, raw: IO[bytes], head: bytes, size: int) -> None:
        super().__init__(raw, head)
        self._corpus, self._left = corpus, size

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401
        n = super().readinto(memoryview(buffer)[: self._left])
        self._left -= n
        self._corpus.bytes_read += n
        return n


def _head(file: IO[bytes], path: str, column: str | None) -> bytes:
    """Read the first bytes of a file, or raise W2VError where they say that it is no text."""
    head = b""
    while len(head) < HEAD and (piece := file.read(HEAD - len(head))):
        head += piece
    for magic, what, cure in REFUSED:
        if head.startswith(magic):
            raise W2VError(f"{_shown(path)} is {what}; {cure}")
    if head.startswith(PARQUET):
        cure = "name the column to read with --column" if column is None else "save it as a file, not packed or piped"
        raise W2VError(f"{_shown(path)} is a Parquet file; {cure}")
    if head[TAR_AT:].startswith(TAR_MARK):
        raise W2VError(f"{_shown(path)} is a tar archive; unpack it first")
    return head


def _is_parquet(path: str) -> bool:
    """Return whether a file that can be read at any place is Parquet."""
    if path == "-":
        return False
    with open(path, "rb", buffering=0) as file:
        return stat.S_ISREG(os.fstat(file.fileno()).st_mode) and file.read(len(PARQUET)) == PARQUET


def find_files(name: str) -> list[str]:
    """Return the files that a CORPUS argument means, sorted: itself, a folder's, or a glob's.

    Names that begin with a dot are passed over in folders, and linked folders are not entered, so
    that a link to a parent cannot loop; nor are pipes, sockets and devices read, but where they are named themselves.
    A file that is named twice is read twice.

    Raises:
        W2VError: there are none, a link leads to nothing, or a folder cannot be read.
    """
    if name == "-" or (os.path.exists(name) and not os.path.isdir(name)):
        return [name]
    if os.path.isdir(name):
        found = [
            path for folder, files in _walk(name) for file in files if _is_file(path := os.path.join(folder, file))
        ]
        if not found:
            raise W2VError(f"the folder {_shown(name)} has no files")
        return sorted(found)
    if not glob.has_magic(name):
        sentence = ", or pass sentences as token lists" if " " in name else ""
        raise W2VError(f"no file {_shown(name)}; check the path{sentence}")
    found = [path for path in set(_glob(name)) if _is_file(path)]
    if not found:
        raise W2VError(f"no file matches {_shown(name)}; check the pattern")
    return sorted(found)


def _walk(top: str) -> Iterator[tuple[str, list[str]]]:
    """Yield a folder and those in it, but for hidden and linked ones, each with its files that are not hidden."""

    def fail(error: OSError) -> None:
        raise W2VError(f"cannot read the folder {_shown(error.filename)}: {error.strerror}")

    for folder, folders, files in os.walk(top, onerror=fail):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield folder, [name for name in files if not name.startswith(".")]


def _glob(pattern: str) -> list[str]:
    """Return what a pattern matches, some of it maybe twice; `**` enters no linked folder, and so cannot loop."""
    parts = re.split(r"(?:^|(?<=/))\*\*(?:/+|$)", pattern, maxsplit=1)
    if len(parts) == 1:
        return glob.glob(pattern)
    tops, below = (glob.glob(parts[0]) if parts[0] else [""]), parts[1] or "*"
    folders = [folder for top in tops for folder, _ in _walk(top or ".")]
    return [path for folder in folders for path in _glob(os.path.join(glob.escape(folder), below))]


def _is_file(path: str) -> bool:
    """Return whether a path found in a folder is a file; raise W2VError where it is a link to nothing."""
    if not os.path.exists(path):
        raise W2VError(f"the link {_shown(path)} leads to nothing; mend or remove it")
    return os.path.isfile(path)


def _cut(file: IO[bytes]) -> Iterator[bytes]:
    """Yield blocks that end between tokens, the last with a newline after it; drop a leading BOM."""
    pieces = [file.read(BLOCK).removeprefix(b"\xef\xbb\xbf")]
    while more := file.read(BLOCK):
        # Only the newest piece can hold the last space: a token of any length is gathered in pieces.
        cut = _last_space(more)
        if cut == 0:
            pieces.append(more)
            continue
        yield b"".join([*pieces, more[:cut]])
        pieces = [more[cut:]]
    yield b"".join([*pieces, b"\n"])


def _last_space(block: bytes) -> int:
    """Return where the last whitespace of the block ends, 0 where it has none."""
    reach = 256
    while True:
        end = 0
        start = max(0, len(block) - reach)
        for match in SPACE.finditer(block, start):
            end = match.end()
        if end or start == 0:
            return end
        reach *= 16


def _item(number: int) -> str:
    """Name a token list in an error."""
    return f"item {number} of the corpus"


def _shown(path: str) -> str:
    """Return a path as it can be printed on one line."""
    if path == "-":
        return "standard input"
    return "".join(c if c.isprintable() else "?" for c in path)
