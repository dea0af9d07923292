"""Code that several formats share: reading and writing rows, and checks."""

import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from w2v.base.arrays import Counts, Floats, Indices, Matrix
from w2v.base.errors import W2VError, counted, option
from w2v.base.files import replacing, replacing_packed
from w2v.formats.model import Model
from w2v.formats.options import DEFAULTS, SKIPPING, ReadOptions

WORD_LIMIT = 1 << 24  # Largest number of bytes of a word; a longer word means a damaged or malicious file
WORD_SHARE = 1 << 10  # Largest mean number of bytes of a word, beyond the first WORD_LIMIT
MENDED_SHARE = 0.05  # A file is refused if more than this share of its words is not in its encoding
PIECE = 1 << 22  # Number of bytes of a matrix that are written at a time


def writing(path: Path) -> AbstractContextManager[BinaryIO]:
    """Open a file that replaces `path` at the end, compressed if the name ends in .gz.

    Higher compression levels take 4 times as long and save a tenth of the size.
    """
    return replacing_packed(path, level=1) if path.suffix.lower() == ".gz" else replacing(path)


def check_promise(path: Path, n_types: int, dim: int, needed: int, room: int) -> None:
    """Raise W2VError if a header promises no vectors, or vectors that need more bytes than can follow it."""
    if n_types == 0 or dim == 0:
        raise W2VError(f"{path} holds no vectors: its header says {n_types} x {dim}")
    if needed > room:
        raise W2VError(
            f"{path} is cut short or damaged: its header says {n_types:,} x {dim:,}, which takes at least {needed:,} "
            f"bytes, and {room:,} follow"
        )


class Decoder:
    """Decodes the words of a file. Words that are not in its encoding are counted and reported."""

    def __init__(self, path: Path, options: ReadOptions = DEFAULTS) -> None:
        """Take the file, for messages, and its encoding."""
        self.path, self.options = path, options
        self.n_words = 0
        self.mended: list[int] = []  # Rows whose words were not in the encoding

    def decode(self, word: bytes) -> str:
        """Return the next word; bytes that are not in the encoding become U+FFFD."""
        self.n_words += 1
        try:
            return word.decode(self.options.encoding)
        except ValueError:
            self.mended.append(self.n_words - 1)
            return word.decode(self.options.encoding, "replace")

    def finish(self, where: Callable[[int], str] = lambda row: f"row {row + 1:,}") -> None:
        """Report the words that were not in the encoding; `where` describes the position of a row.

        Raises:
            W2VError: there are many such words, so the file has another encoding.
        """
        n = len(self.mended)
        if not n:
            return
        name = "UTF-8" if self.options.encoding.lower() in ("utf-8", "utf8") else self.options.encoding
        said = f"{self.path}: {n:,} of {self.n_words:,} words are not {name}, the first in {where(self.mended[0])}"
        if n > 1 and n > MENDED_SHARE * self.n_words:
            raise W2VError(f"{said}; convert the file and name its encoding, such as {option('encoding', 'gb18030')}")
        self.options.warn(f"{said}; the bytes that are not became U+FFFD")


class Rows:
    """Collects words and vectors while they are read.

    Memory for all rows is requested at once, but the system provides it only as it is filled. If no data follow what a
    header promises, no memory is used.
    """

    def __init__(
        self, path: Path, n_types: int, dim: int, options: ReadOptions = DEFAULTS, first_line: int = 0
    ) -> None:
        """Begin with room for n_types rows; `first_line` is the line number of the first row, 0 if not a text.

        Raises:
            W2VError: the rows can never fit into memory.
        """
        self.path, self.options = path, options
        self.words: list[str] = []
        self.n_bad = 0  # Number of rows left out
        self.first_line, self._word_bytes = first_line, 0
        self._skips: list[int] = []  # For each line left out, the number of rows before it
        self.decoder = Decoder(path, options)
        self._first_bad = ""  # Why the first bad row was left out
        try:
            self._vectors: Matrix = np.empty((n_types, dim), np.float32)
        except (MemoryError, ValueError, OverflowError):
            raise W2VError(f"{path} is damaged or too large: {n_types:,} x {dim:,} numbers do not fit") from None

    @property
    def n_left(self) -> int:
        """Number of rows that still fit."""
        return len(self._vectors) - len(self.words) - self.n_bad

    def take(self, words: list[str]) -> Matrix:
        """Add words and return their rows, (len(words), dim), to be filled.

        Raises:
            W2VError: there are more words than promised, or they are too long.
        """
        first, n = len(self.words), len(self.words) + len(words)
        self._word_bytes += sum(map(len, words))
        if self._word_bytes > WORD_LIMIT + WORD_SHARE * n:
            raise W2VError(f"{self.path} is damaged: its words have more than {WORD_SHARE:,} letters on the average")
        if n > len(self._vectors):
            raise W2VError(f"{self.path} is damaged: it has more rows than the {len(self._vectors):,} it should have")
        self.words += words
        return self._vectors[first:n]

    def add(self, word: bytes, numbers: Sequence[float] | Floats) -> None:
        """Add a row."""
        self.take([self.decoder.decode(word)])[0] = numbers

    def bad(self, where: str, why: str, n_rows: int = 1, n_lines: int = 1) -> None:
        """Leave a row out, if that was requested.

        Raises:
            W2VError: it was not requested.
        """
        if not self.options.skip_bad_rows:
            raise W2VError(f"{self.path}, {where}: {why}; {SKIPPING}")
        self.n_bad += n_rows
        self._skips += [len(self.words)] * n_lines
        self._first_bad = self._first_bad or f"{where}: {why}"

    def where(self, row: int) -> str:
        """Return a description of a row's position in the file."""
        if self.first_line == 0:
            return f"row {row + 1 + bisect_right(self._skips, row):,}"
        return f"line {self.first_line + row + bisect_right(self._skips, row):,}"

    def finish(self) -> tuple[list[str], Matrix]:
        """Return the words and their vectors, (n_types, dim).

        Raises:
            W2VError: a number is not finite, too many words are not in the encoding, or no rows are left.
        """
        words, vectors = self.words, self._vectors[: len(self.words)]
        self.decoder.finish(self.where)
        if (rows := bad_rows(vectors)).size:
            for row in rows.tolist():
                self.bad(f"{self.where(row)}, '{words[row][:80]}'", not_finite(vectors[row]), n_lines=0)
            words = [words[row] for row in kept_rows(len(words), rows)]
            vectors = np.delete(vectors, rows, axis=0)
        if self.n_bad:
            if not words:
                raise W2VError(f"{self.path}: none of its {self.n_bad:,} rows can be read; {self._first_bad}")
            self.options.warn(f"{self.path}: left out {counted(self.n_bad, 'bad row')}; {self._first_bad}")
        return words, vectors


def kept_rows(n: int, left_out: Sequence[int] | Indices) -> list[int]:
    """Return the numbers 0 to n - 1 except some."""
    return np.delete(np.arange(n), left_out).tolist()  # type: ignore[no-any-return]


def bad_rows(matrix: Matrix) -> Indices:
    """Return the rows that contain a number that is not finite."""
    step = max(1, PIECE // (4 * max(1, matrix.shape[1])))
    found = [np.empty(0, np.int64)]
    for start in range(0, len(matrix), step):
        good = np.isfinite(matrix[start : start + step])
        if not good.all():
            found.append(start + np.flatnonzero(~good.all(axis=1)))
    return np.concatenate(found)


def not_finite(row: Matrix) -> str:
    """Return a message about a row, (dim,), that contains a number that is not finite."""
    return f"{row[~np.isfinite(row)][0]} is not a finite number"


def blocks(matrix: Matrix) -> Iterator[Matrix]:
    """Yield a matrix in blocks of rows, contiguous and little-endian, of about PIECE bytes."""
    step = max(1, PIECE // (4 * matrix.shape[1]))
    for start in range(0, len(matrix), step):
        yield np.ascontiguousarray(matrix[start : start + step], "<f4")


def write_rows(file: BinaryIO, matrix: Matrix) -> None:
    """Write a matrix as little-endian float32, block by block."""
    for block in blocks(matrix):
        file.write(block.data.cast("B"))


def check_finite(
    source: str | Path,
    words: Sequence[str],
    matrix: Matrix,
    begin: int = 0,
    end: int | None = None,
    remedy: str = "train again with a smaller lr",
) -> None:
    """Raise W2VError if a number of a matrix is NaN or infinite; the message has its row and word.

    Args:
        source: name of the matrix, for the message.
        words: (n,) the words of its rows.
        matrix: (n, dim), checked in pieces of PIECE bytes.
        begin: the first row to check.
        end: the row after the last one; None checks all rows.
        remedy: advice for the message.
    """
    for row in (begin + bad_rows(matrix[begin:end])).tolist():
        where = f"{source}, row {row + 1:,}, '{words[row][:80]}'"
        raise W2VError(f"{where}: {not_finite(matrix[row])}; {remedy}")


def with_finite_rows(path: Path, model: Model, options: ReadOptions) -> Model:
    """Return the requested first rows of a model, without rows that contain a number that is not finite.

    This is for formats that are not read row by row: see Rows.finish. Numbers of mapped files are checked when they are
    used, unless bad rows must be left out.

    Raises:
        W2VError: there are such rows and they must not be left out, or there are no other rows.
    """
    if options.limit is not None and options.limit < len(model.words):
        model = model.first(options.limit)
    if not options.skip_bad_rows:
        if not isinstance(model.vectors, np.memmap):
            check_finite(path, model.words, model.vectors, remedy=SKIPPING)
        return model
    rows = bad_rows(model.vectors)
    if not rows.size:
        return model
    if len(rows) == len(model.words):
        raise W2VError(f"{path}: each of its {len(rows):,} rows has a number that is not finite")
    options.warn(
        f"{path}: left out {len(rows):,} rows with a number that is not finite, the first in row {rows[0] + 1:,}"
    )
    return model.without(rows.tolist())


def read_numbers(fields: Sequence[bytes], dim: int) -> Matrix:
    """Return the numbers of a line, (dim,).

    Raises:
        ValueError: there are not dim numbers, or float32 cannot represent one of them.
    """
    if any(b"_" in field for field in fields):  # Python allows underscores in numbers
        raise ValueError("expected numbers")
    with np.errstate(over="raise"):
        try:
            # The shape is checked, because NumPy would copy a single number to the whole row.
            return np.array(fields, np.float64).reshape(dim).astype(np.float32)
        except FloatingPointError as error:
            raise ValueError(str(error)) from None


def write_words(path: Path, words: Iterable[str], counts: Counts | None, header: str = "") -> None:
    """Write an optional header and one line per word: the word and, if counts are known, a tab and its count."""
    with path.open("wb") as file:
        file.write(f"{header}\n".encode() if header else b"")
        if counts is None:
            file.writelines(f"{word}\n".encode() for word in words)
        else:
            file.writelines(f"{word}\t{count}\n".encode() for word, count in zip(words, counts.tolist(), strict=True))


def to_json(value: Any, indent: int | None = None) -> bytes:  # noqa: ANN401
    """Return JSON in UTF-8. Surrogates, as in a file name in Latin-1, are escaped, because UTF-8 has none."""
    return json.dumps(value, indent=indent, ensure_ascii=False).encode("utf-8", "backslashreplace")


def parse_count(field: str) -> int:
    """Return a count from a table.

    Raises:
        ValueError: the text has other characters than digits, or does not fit int64.
    """
    if not (field.isascii() and field.isdigit() and len(field) < 20):
        raise ValueError(f"{field[:40]!r} is not a count")
    return int(field)


def checked_counts(path: Path, words: Sequence[str], counts: list[int]) -> Counts | None:
    """Return the counts of a table of words; None if it has none. Raises W2VError if only some are missing."""
    if not counts:
        return None
    if len(counts) != len(words) or min(counts) < 0 or max(counts) >= 2**63:
        raise W2VError(f"{path} is damaged: a count is missing or out of range")
    return np.array(counts, np.int64)
