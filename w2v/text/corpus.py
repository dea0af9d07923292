"""Corpus: blocks of bytes, each cut between two tokens, from files or from Python's token lists.

Files are text, or with a column named JSON Lines, CSV, TSV and Parquet; `records.py` turns their rows into text.
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
"""Bytes read at a time: long enough that a block's overhead is nothing, short enough to stay in cache."""

SPACE = re.compile(
    rb"[\t-\r\x1c-\x20]|\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80"
)
"""Whitespace as `str.split` sees it, in UTF-8."""

ITEM = "item {} of the corpus"
"""How an error names a token list."""

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
"""By kind, what of it are no words, and the way to read it."""

LISTED = 5
"""Files that a message about several lists."""


class Frame(Protocol):
    """A data frame of pandas, polars or Arrow."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return the rows, by Arrow's protocol."""


class Line(bytes):
    """A line of text as a file has it, without its end: with a name and a weight before the words, if it has them."""


Source = str | Path | Iterable[str | Path] | Iterable[Iterable[str | int]]
"""What Python takes for a corpus: a path, a list of paths, or an iterable of token lists."""


class Corpus:
    """A corpus to be read once, with how far it has been read."""

    def __init__(
        self,
        source: Source,
        warn: Callable[[str], None] = reports.warn,
        *,
        column: str | None = None,
        force_text: bool = False,
    ) -> None:
        """Find the files, without opening them.

        Args:
            source: the files, or token lists.
            warn: is told what looks like a mistake.
            column: as for `blocks`; where a file is missing, the others are opened, so that the error lists all faults.
            force_text: as for `blocks`, likewise.

        Raises:
            W2VError: files are missing, or a folder or glob has none.
        """
        self.bytes_read = 0
        """Bytes taken so far, compressed where the file is."""
        self.bytes_total: int | None = None
        """Bytes there are to take, where that can be known."""
        self.rows_empty = 0
        """Rows so far that had nothing in the column."""
        self._warn = warn
        self._has_warned = False
        self._pieces: list[Piece] | None = None
        self._found: set[str] = set()
        """Files of folders and globs, which may be left out."""
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
        """Return whether `path` is one of the corpus' files, under any name."""
        return any(piece.path != "-" and is_same(piece.path, path) for piece in self._pieces or ())

    @property
    def files(self) -> list[str] | None:
        """The files, where all can be read again; None for standard input, pipes and Python's iterables."""
        if self._pieces and all(is_file(piece.path) for piece in self._pieces):
            return [piece.path for piece in self._pieces]
        return None

    @property
    def name(self) -> str:
        """What a message calls it: the file, if there is only one."""
        return shown(self._pieces[0].path) if self._pieces and len(self._pieces) == 1 else "the corpus"

    def examine(self, column: str | None = None, force_text: bool = False) -> None:
        """Open each file of several. Leave out, with a warning, the files of folders and globs that cannot be read.

        Args:
            column: as for `blocks`.
            force_text: as for `blocks`.

        Raises:
            W2VError: files that were named one by one cannot be read, or no file can; the message lists them.
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
        """Return why files cannot be read, by path; pipes are not opened."""
        faults: dict[str, W2VError] = {}
        for piece in pieces:
            if piece.path in self._found or is_file(piece.path):
                try:
                    self._open_once(piece, column, force_text)
                except W2VError as error:
                    faults[piece.path] = error
        return faults

    def _open_once(self, piece: Piece, column: str | None, force_text: bool) -> None:
        if url_of(piece.path) is not None:  # a request for each file of a store would take long
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
        """Yield the text in blocks that end between tokens; each file ends with a newline. It may be invalid UTF-8.

        Args:
            column: the column of JSON Lines, CSV, TSV or Parquet that holds the text; None reads plain text.
            force_text: whether to read files even if they look like binary data.
            count_lines: whether a file that ends with a newline gets no second one, so that lines can be counted.

        Raises:
            W2VError: a file cannot be read, is cut short or is not text; or a token is not a word. If there are
                several files, the others are read first, so that the message lists all of these files.
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
        """Warn, once, of a file that is read as text and looks like JSON, CSV or TSV."""
        if self._has_warned or (kind := structure(file.peek(STRUCTURE_HEAD))) is None:
            return
        self._has_warned = True
        column = f"{option('column')} NAME"
        marks, way = STRUCTURES[kind]
        self._warn(f"{shown(path)} looks like {kind} and is read as plain text, {marks} too; {way.format(column)}")

    def _blocks_of_parquet(self, piece: Piece, column: str) -> Iterator[bytes]:
        """Yield a column of a Parquet file as text; bytes_read follows the rows."""
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
            # One row may be as long as a book, or a library.
            yield from (block,) if len(block) <= 4 * BLOCK else _cut(io.BytesIO(block), count_lines=True)

    def _rows_of_tokens(self) -> Iterator[Row]:
        """Yield an iterable of token lists as UTF-8, a list a line."""
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
    """Yield the lines of a text file, plain or compressed, as they are read; bytes that are not UTF-8 become U+FFFD.

    Raises:
        W2VError: it is a folder, cannot be read or is not text.
    """
    if Path(path).is_dir():
        raise W2VError(f"{path} is a folder; name a file")
    rest = b""
    # A file of JSON is read as text here too; the line that is not what it should be is named later.
    for block in Corpus(path, warn=lambda _: None).blocks(count_lines=True):
        *lines, rest = (rest + block).split(b"\n")
        yield from (line.decode("utf-8", "replace") for line in lines)


def _all_in_one(faults: Sequence[W2VError]) -> W2VError:
    """Return one error that lists the errors of several files."""
    if len(faults) == 1:
        return faults[0]
    return W2VError(f"{len(faults):,} files cannot be read: {_listed(faults)}")


def _listed(faults: Sequence[W2VError]) -> str:
    """Return the messages of the first errors, and how many more there are."""
    more = f"; and {len(faults) - LISTED:,} more" if len(faults) > LISTED else ""
    return "; ".join(error.message for error in faults[:LISTED]) + more


def _cut(file: IO[bytes], count_lines: bool = False) -> Iterator[bytes]:
    """Yield blocks that end between tokens, the last with a newline added (with count_lines if missing); drop a BOM."""
    pieces = [file.read(BLOCK).removeprefix(b"\xef\xbb\xbf")]
    ends_line = pieces[0][-1:] in (b"\n", b"")
    while more := file.read(BLOCK):
        ends_line = more.endswith(b"\n")
        # Only the newest piece can hold the last space: a token of any length is gathered in pieces.
        cut = _last_space(more)
        if cut == 0:
            pieces.append(more)
            continue
        yield b"".join([*pieces, more[:cut]])
        pieces = [more[cut:]]
    yield b"".join([*pieces, b"" if count_lines and ends_line else b"\n"])


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
