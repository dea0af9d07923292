"""What the formats share: files that may be compressed, rows as they are read and written, checks."""

import gzip
import io
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np

from w2v.base.arrays import Counts, Matrix
from w2v.base.errors import W2VError
from w2v.base.files import replacing

GZIP_MAGIC = b"\x1f\x8b"
GZIP_RATIO, GZIP_FREE = 10, 100_000_000
"""A byte of gzip may become this many, besides so many that any file may: real vectors become 1 to 4, a bomb 1,000."""
WORD_LIMIT = 1 << 24  # Most bytes of a word; a file with a longer one is damaged, or made to fill the memory
WORD_SHARE = 1 << 10  # Most bytes of a word on average, beyond the first WORD_LIMIT
PIECE = 1 << 22  # Bytes of a matrix that are written at a time


@contextmanager
def reading(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """Open a file, unpacked where its first bytes say gzip; yield it and the most bytes that can come of it.

    Raises:
        W2VError: while it is read, more comes of it than a file of vectors has.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        is_gzip = file.read(2) == GZIP_MAGIC
        file.seek(0)
        if not is_gzip:
            yield file, size
            return
        room = size * GZIP_RATIO + GZIP_FREE
        with _Bounded(path, file, room) as unpacked, io.BufferedReader(cast(Any, unpacked), 1 << 18) as buffered:
            yield cast(BinaryIO, buffered), room


class _Bounded(gzip.GzipFile):
    """A packed file of which at most `room` bytes are unpacked."""

    def __init__(self, path: Path, file: BinaryIO, room: int) -> None:
        super().__init__(fileobj=file)
        self._path, self._room = path, room

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401  (any writable buffer)
        n = super().readinto(buffer)
        if self.tell() > self._room:
            raise W2VError(
                f"{self._path} unpacks to more than {GZIP_RATIO} times its size; if that is right, unpack it "
                "with gunzip"
            )
        return n


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """Open a file that takes the place of `path` at the end, packed where that ends in .gz."""
    with replacing(path) as file:
        if path.suffix.lower() != ".gz":
            yield file
            return
        # Without a name and a time in it, the same vectors are the same bytes. Higher levels take 4 times as long
        # and save a tenth.
        with gzip.GzipFile("", "wb", compresslevel=1, fileobj=file, mtime=0) as packed:
            yield cast(BinaryIO, packed)


def check_promise(path: Path, n_types: int, dim: int, needed: int, room: int) -> None:
    """Raise W2VError if a header says that there are no vectors, or if they need more bytes than can follow it."""
    if n_types == 0 or dim == 0:
        raise W2VError(f"{path} holds no vectors: its header says {n_types} x {dim}")
    if needed > room:
        raise W2VError(
            f"{path} is cut short or damaged: its header says {n_types:,} x {dim:,}, which takes at least {needed:,} "
            f"bytes, and {room:,} follow"
        )


class Rows:
    """Words and vectors as they are read.

    Room for all rows is asked for at once, but the system hands out memory only as it is filled: what a header
    promises and no data follow takes none.
    """

    def __init__(self, path: Path, n_types: int, dim: int) -> None:
        """Begin with room for n_types rows.

        Raises:
            W2VError: no memory could ever hold them.
        """
        self.path = path
        self.words: list[str] = []
        self._word_bytes = 0
        try:
            self._vectors: Matrix = np.empty((n_types, dim), np.float32)
        except (MemoryError, ValueError, OverflowError):
            raise W2VError(f"{path} is damaged or too large: {n_types:,} x {dim:,} numbers do not fit") from None

    def take(self, words: list[str]) -> Matrix:
        """Add words and return their rows, (len(words), dim), to be filled.

        Raises:
            W2VError: there are more than was promised, or they are too long to be words.
        """
        first, n = len(self.words), len(self.words) + len(words)
        self._word_bytes += sum(map(len, words))
        if self._word_bytes > WORD_LIMIT + WORD_SHARE * n:
            raise W2VError(f"{self.path} is damaged: its words have more than {WORD_SHARE:,} letters on the average")
        if n > len(self._vectors):
            raise W2VError(f"{self.path} is damaged: it has more rows than the {len(self._vectors):,} it should have")
        self.words += words
        return self._vectors[first:n]

    def finish(self) -> tuple[list[str], Matrix]:
        """Return the words and their vectors, (n_types, dim)."""
        return self.words, self._vectors[: len(self.words)]


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
    source: str | Path, words: Sequence[str], matrix: Matrix, begin: int = 0, end: int | None = None
) -> None:
    """Raise W2VError if a number of a matrix is NaN or infinite; the message has its row and word.

    Args:
        source: where the matrix is from, for the message.
        words: (n,) the words of its rows.
        matrix: (n, dim), checked in pieces of PIECE bytes.
        begin: the first row to check.
        end: the row after the last; None checks all rows.
    """
    step, end = max(1, PIECE // (4 * max(1, matrix.shape[1]))), len(matrix) if end is None else end
    for start in range(begin, end, step):
        good = np.isfinite(matrix[start : min(start + step, end)])
        if not good.all():
            row = start + int(np.flatnonzero(~good.all(axis=1))[0])
            number = matrix[row][~np.isfinite(matrix[row])][0]
            raise W2VError(
                f"{source}, row {row + 1:,}, '{words[row][:80]}': {number} is not a finite number; "
                "train again with a smaller lr"
            )


def read_numbers(fields: Sequence[bytes], dim: int) -> Matrix:
    """Return the numbers of a line, (dim,).

    Raises:
        ValueError: they are not dim numbers, or float32 cannot hold one of them.
    """
    with np.errstate(over="raise"):
        try:
            # The shape is checked, because NumPy would copy a single number to a whole row.
            return np.array(fields, np.float64).reshape(dim).astype(np.float32)
        except FloatingPointError as error:
            raise ValueError(str(error)) from None


def write_words(path: Path, words: Iterable[str], counts: Counts | None, header: str = "") -> None:
    """Write a header, if there is one, and a line per word: the word, and if counts are known a tab and its count."""
    with path.open("wb") as file:
        file.write(f"{header}\n".encode() if header else b"")
        if counts is None:
            file.writelines(f"{word}\n".encode() for word in words)
        else:
            file.writelines(f"{word}\t{count}\n".encode() for word, count in zip(words, counts.tolist(), strict=True))


def to_json(value: Any, indent: int | None = None) -> bytes:  # noqa: ANN401
    """Return JSON in UTF-8. Half a character, as the name of a file in Latin-1 has it, is escaped: UTF-8 has none."""
    return json.dumps(value, indent=indent, ensure_ascii=False).encode("utf-8", "backslashreplace")


def checked_counts(path: Path, words: Sequence[str], counts: list[int]) -> Counts | None:
    """Return the counts of a table of words, None where it has none; raise W2VError where some are missing."""
    if not counts:
        return None
    if len(counts) != len(words) or min(counts) < 0 or max(counts) >= 2**63:
        raise W2VError(f"{path} is damaged: a count is missing or out of range")
    return np.array(counts, np.int64)
