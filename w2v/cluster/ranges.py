"""Ranges: cut a corpus into one part per node, with about the same number of bytes.

Plain text and JSON Lines are cut at line ends, and Parquet between its row groups. Compressed files, CSV and TSV are
not cut.
"""

from collections.abc import Iterator, Sequence
from typing import IO

import numpy as np

from w2v.base.errors import W2VError
from w2v.text.corpus import SPACE
from w2v.text.records import is_table, row_group_bytes
from w2v.text.sources import Piece, is_compressed, is_parquet, open_buffered, reading, shown, size_of

REACH = 1 << 20
"""Number of bytes that are searched for the end of a line. A longer line is cut between two tokens."""


def parts_of(files: Sequence[str], n: int, column: str | None) -> list[list[Piece]]:
    """Return n parts of a corpus of files, in order. A column of None means plain text.

    Raises W2VError if a file cannot be read, or if there are fewer pieces than parts.
    """
    sizes = [size_of(path) for path in files]
    total, before = sum(sizes), 0
    parts: list[list[Piece]] = [[] for _ in range(n)]
    for path, size in zip(files, sizes, strict=True):
        with reading(path):
            ends = [max(0, min(size, total * (rank + 1) // n - before)) for rank in range(n)]
            for rank, piece in _pieces(path, size, ends, column):
                parts[rank].append(piece)
        before += size
    if not all(parts):
        raise W2VError(
            f"the corpus has fewer pieces than there are nodes, {n}: compressed files are not cut, nor groups of rows "
            f"in Parquet; unpack it, split {shown(files[0])}, or name fewer nodes"
        )
    return parts


def _pieces(path: str, size: int, ends: list[int], column: str | None) -> Iterator[tuple[int, Piece]]:
    """Yield the pieces of a file, each with the number of its part. Part i should end at byte ends[i]."""
    if column is not None and is_parquet(path):
        with open_buffered(path) as file:
            groups = row_group_bytes(file)
        bounds = np.cumsum([0, *groups]) * size / max(1, sum(groups))  # in stored bytes; groups has unpacked sizes
        for number in range(len(groups)):
            yield _holder(ends, (bounds[number] + bounds[number + 1]) / 2), Piece(path, number, number + 1)
        return
    with open_buffered(path) as file:
        has_header = column is not None and is_table(file.peek(1))
    if has_header or is_compressed(path):
        yield _holder(ends, size // 2), Piece(path)
        return
    with open_buffered(path) as file:
        begin = 0
        for rank, end in enumerate(ends):
            end = size if end >= size else _line_end(file, end)
            if end > begin:
                yield rank, Piece(path, begin, end)
                begin = end


def _holder(ends: list[int], at: float) -> int:
    """Return the first part that ends after a byte, or the last part."""
    return next((rank for rank, end in enumerate(ends) if end > at), len(ends) - 1)


def _line_end(file: IO[bytes], at: int) -> int:
    """Return the end of the line that contains byte `at` - 1, or of its token if the line is long; 0 for 0."""
    if at == 0:
        return 0
    file.seek(at - 1)
    begin, block = at - 1, file.read(REACH)
    if (found := block.find(b"\n")) >= 0:
        return begin + found + 1
    while block:
        if space := SPACE.search(block):
            return begin + space.end()
        begin += len(block)
        block = file.read(REACH)
    return begin
