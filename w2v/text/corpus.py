"""Corpus: blocks of bytes, each cut between two tokens, from files or from Python's token lists.

Files are text, or with a column named JSON Lines and Parquet; `records.py` turns the rows of these into text.
"""

import io
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, cast

from w2v import reports
from w2v.base.errors import SettingsError, W2VError, WrongTypeError, option
from w2v.base.files import is_same
from w2v.text.records import Row, json_rows, parquet_rows, text_blocks, token_line
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

JSON_HEAD = 512
JSON_OBJECT = re.compile(rb"(?:\xef\xbb\xbf)?\s*\{\s*\"(?:[^\"\\]|\\.)*\"\s*:")
"""How a file of JSON objects begins, and hardly any text; JSON_HEAD bytes are searched for it."""
ITEM = "item {} of the corpus"
"""How an error names a token list."""

Source = str | Path | Iterable[str | Path] | Iterable[Iterable[str]]
"""What Python takes for a corpus: a path, a list of paths, or an iterable of token lists."""


class Corpus:
    """A corpus to be read once, with how far it has been read."""

    def __init__(self, source: Source, warn: Callable[[str], None] = reports.warn) -> None:
        """Find the files, without opening them; raise W2VError if one is missing, or a folder or glob has none.

        `warn` is told what looks like a mistake.
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
        self._token_lists: Iterable[Iterable[str]] = ()
        if isinstance(source, str | Path):
            source = [source]
        if isinstance(source, list) and all(isinstance(item, str | Path) for item in source):
            self._pieces = [Piece(path) for item in source for path in find_files(os.fspath(item))]
            if self.files:
                self.bytes_total = sum(map(size_of, self.files)) or None
        elif isinstance(source, Iterable):
            self._token_lists = cast(Iterable[Iterable[str]], source)
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

    def blocks(
        self, column: str | None = None, *, force_text: bool = False, count_lines: bool = False
    ) -> Iterator[bytes]:
        """Yield the text in blocks that end between tokens; each file ends with a newline. It may be invalid UTF-8.

        Args:
            column: the column of JSON Lines or Parquet that holds the text; None reads plain text.
            force_text: whether to read files even if they look like binary data.
            count_lines: whether a file that ends with a newline gets no second one, so that lines can be counted.

        Raises:
            W2VError: a file cannot be read, is cut short or is not text; or a token is not a word.
            SettingsError: token lists do not have columns.
        """
        if self._pieces is None:
            if column is not None:
                raise SettingsError(f"{option('column')} needs JSON Lines or Parquet files, not token lists", "column")
            for block in text_blocks(self._rows_of_tokens(), ITEM.format, lambda: None):
                self._count(len(block))
                yield block
            return
        for piece in self._pieces:
            with reading(piece.path):
                yield from self._blocks_of_file(piece, column, force_text, count_lines)

    def _blocks_of_file(self, piece: Piece, column: str | None, force_text: bool, count_lines: bool) -> Iterator[bytes]:
        path = piece.path
        if column is not None and is_parquet(path):
            yield from self._blocks_of_parquet(piece, column)
            return
        with open_file(piece, column=column, force_text=force_text, count=self._count) as file:
            if column is None:
                self._look_for_json(file, path)
                yield from _cut(file, count_lines)
            else:
                yield from self._blocks_of_rows(json_rows(file, column, shown(path)), path, "line", column)

    def _count(self, n_bytes: int) -> None:
        self.bytes_read += n_bytes

    def _look_for_json(self, file: "io.BufferedReader[Any]", path: str) -> None:
        """Warn, once, of a file that is read as text and begins as JSON does."""
        if not self._has_warned and JSON_OBJECT.match(file.peek(JSON_HEAD)[:JSON_HEAD]):
            self._has_warned = True
            self._warn(
                f"{shown(path)} looks like JSON Lines and is read as plain text, names and braces too; "
                f"{option('column')} NAME reads the text in a column"
            )

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
            if isinstance(tokens, str) or not isinstance(tokens, Iterable):
                raise W2VError(
                    f"{ITEM.format(number)} is not a list of tokens: {repr(tokens)[:60]}; pass paths as a list, "
                    f"or {SPLIT}"
                )
            yield number, token_line(tokens, number, ITEM.format).encode("utf-8", "surrogatepass")


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
