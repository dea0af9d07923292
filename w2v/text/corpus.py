"""Corpus: blocks of bytes, each cut between two tokens, from files or from Python's token lists.

Files are text, or with a named column JSON Lines, CSV, TSV and Parquet; `records.py` turns their rows into text.
"""

import io
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Protocol, cast

from w2v import reports
from w2v.base.errors import MissingFileError, SettingsError, W2VError, WrongTypeError, option
from w2v.base.files import is_same
from w2v.base.stores import url_of
from w2v.text.kinds import STRUCTURE_HEAD, structure
from w2v.text.records import Row, is_table, json_rows, parquet_rows, table_rows, text_blocks, token_line
from w2v.text.sources import (
    SPLIT,
    Piece,
    find_files,
    is_file,
    is_parquet,
    open_buffered,
    open_file,
    reading,
    shown,
    size_of,
)

BLOCK = 1 << 21
"""Number of bytes read at a time: long enough that the overhead is negligible, short enough to stay in the cache."""

SPACE = re.compile(
    rb"[\t-\r\x1c-\x20]|\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80"
)
"""Whitespace as defined by `str.split`, in UTF-8."""

ITEM = "item {} of the corpus"
"""Name of a token list in error messages."""

STRUCTURES = {
    "JSON Lines": ("names and braces", "{} reads the text in a column"),
    "a JSON array": (
        "brackets and quotes",
        "jq -r '.[] | join(\" \")' makes text of arrays of tokens; {} reads a column of JSON Lines, which jq -c '.[]' "
        "makes of an array of objects",
    ),
    "CSV": ("commas and quotes", "{} reads the text in a column, and `w2v sessions` makes a corpus of an event table"),
    "TSV": ("all columns", "{} reads the text in a column, and `w2v sessions` makes a corpus of an event table"),
}
"""For each kind, what in it is not words, and how to read it."""

LISTED = 5
"""Number of files that a message about several files lists."""


class Frame(Protocol):
    """A data frame of pandas, polars or Arrow."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return the rows, by Arrow's protocol."""


class Line(bytes):
    """A line of a text file without its line end, with a name and a weight before the words if it has them."""


Source = str | Path | Iterable[str | Path] | Iterable[Iterable[str | int]]
"""What can be a corpus in Python: a path, a list of paths, or an iterable of token lists."""


class Corpus:
    """A corpus that can be read once; it counts how much has been read."""

    def __init__(
        self,
        source: Source,
        warn: Callable[[str], None] = reports.warn,
        *,
        column: str | None = None,
        force_text: bool = False,
    ) -> None:
        """Find the files without opening them.

        Args:
            source: the files, or token lists.
            warn: called with a message about probable mistakes.
            column: as for `blocks`. If a file is missing, the other files are opened, so that the error lists all
                errors.
            force_text: as for `blocks`, for the same purpose.

        Raises:
            W2VError: files are missing, or a folder or glob contains no files.
        """
        self.bytes_read = 0
        """Number of bytes read so far, compressed if the file is."""
        self.bytes_total: int | None = None
        """Total number of bytes, if it is known."""
        self.rows_empty = 0
        """Number of rows so far with nothing in the column."""
        self._warn = warn
        self._has_warned = False
        self._pieces: list[Piece] | None = None
        self._found: set[str] = set()
        """Files found in folders and by globs, which may be left out."""
        self._is_examined = False
        self._token_lists: Iterable[Iterable[str | int]] = ()
        if isinstance(source, str | Path):
            source = [source]
        if isinstance(source, list) and all(isinstance(item, str | Path) for item in source):
            self._pieces = []
            missing = list[W2VError]()
            for name in map(os.fspath, source):
                try:
                    paths = find_files(name)
                except MissingFileError as error:
                    missing.append(error)
                    continue
                self._pieces += map(Piece, paths)
                self._found.update(paths if paths != [name] else ())
            if missing:
                named = [piece for piece in self._pieces if piece.path not in self._found]
                raise _all_in_one([*missing, *self._faults(named, column, force_text).values()])
            self._set_total()
        elif isinstance(source, Iterable):
            self._token_lists = cast(Iterable[Iterable[str | int]], source)
        else:
            raise WrongTypeError(f"a corpus is a path, a list of paths or token lists, not {source!r}")

    @classmethod
    def of_pieces(cls, pieces: Sequence[Piece]) -> "Corpus":
        """Return a corpus of parts of files."""
        corpus = cls([])
        corpus._pieces = list(pieces)
        return corpus

    def holds(self, path: str | Path) -> bool:
        """Return whether `path` is one of the corpus' files, also under another name."""
        return any(piece.path != "-" and is_same(piece.path, path) for piece in self._pieces or ())

    @property
    def files(self) -> list[str] | None:
        """The files if all can be read again; None for standard input, pipes and Python's iterables."""
        if self._pieces and all(is_file(piece.path) for piece in self._pieces):
            return [piece.path for piece in self._pieces]
        return None

    @property
    def name(self) -> str:
        """Name of the corpus in messages: the file, if there is only one."""
        return shown(self._pieces[0].path) if self._pieces and len(self._pieces) == 1 else "the corpus"

    def examine(self, column: str | None = None, force_text: bool = False) -> None:
        """Open each file if there are several. Leave out unreadable files of folders and globs, with a warning.

        Args:
            column: as for `blocks`.
            force_text: as for `blocks`.

        Raises:
            W2VError: a file that was named itself cannot be read, or no file can; the message lists the files.
        """
        if self._is_examined or self._pieces is None or len(self._pieces) < 2:
            return
        self._is_examined = True
        faults = self._faults(self._pieces, column, force_text)
        named = [error for path, error in faults.items() if path not in self._found]
        if named or len(faults) == len({piece.path for piece in self._pieces}):
            raise _all_in_one(named or list(faults.values()))
        if faults:
            n = len(self._pieces)
            self._pieces = [piece for piece in self._pieces if piece.path not in faults]
            self._warn(f"skipped {n - len(self._pieces):,} of {n:,} files: {_listed(list(faults.values()))}")
        self._set_total()

    def _faults(self, pieces: Sequence[Piece], column: str | None, force_text: bool) -> dict[str, W2VError]:
        """Return the errors of files that cannot be read, by path; pipes are not opened."""
        faults: dict[str, W2VError] = {}
        for piece in pieces:
            if piece.path in self._found or is_file(piece.path):
                try:
                    self._open_once(piece, column, force_text)
                except W2VError as error:
                    faults[piece.path] = error
        return faults

    def _open_once(self, piece: Piece, column: str | None, force_text: bool) -> None:
        if url_of(piece.path) is not None:  # one request per file of a store would take too long
            return
        with reading(piece.path):
            if column is not None and is_parquet(piece.path):
                return
            with open_file(piece, column=column, force_text=force_text):
                pass

    def _set_total(self) -> None:
        self.bytes_total = sum(map(size_of, self.files)) or None if self.files else None

    def blocks(
        self, column: str | None = None, *, force_text: bool = False, count_lines: bool = False
    ) -> Iterator[bytes]:
        """Yield the text in blocks that end between tokens. Each file ends with a newline. It may be invalid UTF-8.

        Args:
            column: the column of JSON Lines, CSV, TSV or Parquet that contains the text; None reads plain text.
            force_text: whether to read files even if they look like binary data.
            count_lines: whether no second newline is added to a file that ends with one, so that lines can be counted.

        Raises:
            W2VError: a file cannot be read, is cut short or is not text; or a token is not a word. If there are several
                files, the others are read first, so that the message lists all such files.
            SettingsError: token lists do not have columns.
        """
        if self._pieces is None:
            if column is not None:
                raise SettingsError(f"{option('column')} needs files, not token lists", "column")
            for block in text_blocks(self._rows_of_tokens(), ITEM.format, lambda: None):
                self._count(len(block))
                yield block
            return
        self.examine(column, force_text)
        faults: list[W2VError] = []
        for piece in self._pieces:
            try:
                with reading(piece.path):
                    yield from self._blocks_of_file(piece, column, force_text, count_lines)
            except W2VError as error:
                faults.append(error)
        if faults:
            raise _all_in_one(faults)

    def _blocks_of_file(self, piece: Piece, column: str | None, force_text: bool, count_lines: bool) -> Iterator[bytes]:
        path = piece.path
        if column is not None and is_parquet(path):
            yield from self._blocks_of_parquet(piece, column)
            return
        with open_file(piece, column=column, force_text=force_text, count=self._count) as file:
            if column is None:
                self._look_for_structure(file, path)
                yield from _cut(file, count_lines)
            else:
                rows = (table_rows if is_table(file.peek(1)) else json_rows)(file, column, shown(path))
                yield from self._blocks_of_rows(rows, path, "line", column)

    def _count(self, n_bytes: int) -> None:
        self.bytes_read += n_bytes

    def _look_for_structure(self, file: "io.BufferedReader[Any]", path: str) -> None:
        """Warn, once, about a file that is read as text but looks like JSON, CSV or TSV."""
        if self._has_warned or (kind := structure(file.peek(STRUCTURE_HEAD))) is None:
            return
        self._has_warned = True
        column = f"{option('column')} NAME"
        marks, way = STRUCTURES[kind]
        self._warn(f"{shown(path)} looks like {kind} and is read as plain text, {marks} too; {way.format(column)}")

    def _blocks_of_parquet(self, piece: Piece, column: str) -> Iterator[bytes]:
        """Yield a column of a Parquet file as text; updates bytes_read from the number of rows."""
        path, groups = piece.path, None if piece.end is None else range(piece.begin, piece.end)
        before, size = self.bytes_read, size_of(path)

        def progress(share: float) -> None:
            self.bytes_read = before + int(share * size)

        with open_buffered(path) as file:
            rows = parquet_rows(file, column, shown(path), progress, groups)
            yield from self._blocks_of_rows(rows, path, "row", column)
        progress(1.0)

    def _blocks_of_rows(self, rows: Iterable[Row], path: str, unit: str, column: str) -> Iterator[bytes]:
        def pass_over() -> None:
            self.rows_empty += 1

        def place(number: int) -> str:
            return f"{shown(path)}, {unit} {number}: column '{column}'"

        for block in text_blocks(rows, place, pass_over):
            # A row can be as long as a book or a library.
            yield from (block,) if len(block) <= 4 * BLOCK else _cut(io.BytesIO(block), count_lines=True)

    def _rows_of_tokens(self) -> Iterator[Row]:
        """Yield an iterable of token lists as UTF-8, one list per line."""
        for number, tokens in enumerate(self._token_lists):
            if isinstance(tokens, Line):
                yield number, tokens
                continue
            if isinstance(tokens, str) or not isinstance(tokens, Iterable):
                raise W2VError(
                    f"{ITEM.format(number)} is not a list of tokens: {repr(tokens)[:60]}; pass paths as a list, "
                    f"or {SPLIT}"
                )
            yield number, token_line(tokens, number, ITEM.format).encode("utf-8", "surrogatepass")


def text_lines(path: str | Path) -> Iterator[str]:
    """Yield the lines of a plain or compressed text file while it is read; bytes that are not UTF-8 become U+FFFD.

    Raises:
        W2VError: the path is a folder, or the file cannot be read or is not text.
    """
    if Path(path).is_dir():
        raise W2VError(f"{path} is a folder; name a file")
    rest = b""
    # JSON files are read as text here too; the error about a wrong line comes later.
    for block in Corpus(path, warn=lambda _: None).blocks(count_lines=True):
        *lines, rest = (rest + block).split(b"\n")
        yield from (line.decode("utf-8", "replace") for line in lines)


def _all_in_one(faults: Sequence[W2VError]) -> W2VError:
    """Return one error that lists the errors of several files."""
    if len(faults) == 1:
        return faults[0]
    return W2VError(f"{len(faults):,} files cannot be read: {_listed(faults)}")


def _listed(faults: Sequence[W2VError]) -> str:
    """Return the messages of the first errors, and the number of further errors."""
    more = f"; and {len(faults) - LISTED:,} more" if len(faults) > LISTED else ""
    return "; ".join(error.message for error in faults[:LISTED]) + more


def _cut(file: IO[bytes], count_lines: bool = False) -> Iterator[bytes]:
    """Yield blocks that end between tokens; the last gets a newline (with count_lines if missing). Drops a BOM."""
    pieces = [file.read(BLOCK).removeprefix(b"\xef\xbb\xbf")]
    ends_line = pieces[0][-1:] in (b"\n", b"")
    while more := file.read(BLOCK):
        ends_line = more.endswith(b"\n")
        # Only the newest piece can contain the last space; a token of any length is collected in pieces.
        cut = _last_space(more)
        if cut == 0:
            pieces.append(more)
            continue
        yield b"".join([*pieces, more[:cut]])
        pieces = [more[cut:]]
    yield b"".join([*pieces, b"" if count_lines and ends_line else b"\n"])


def _last_space(block: bytes) -> int:
    """Return the position of the last whitespace of the block; 0 if there is none."""
    reach = 256
    while True:
        end = 0
        start = max(0, len(block) - reach)
        for match in SPACE.finditer(block, start):
            end = match.end()
        if end or start == 0:
            return end
        reach *= 16
