"""Ranges: a corpus cut into as many parts as there are nodes, of about the same number of bytes.

Plain text and JSON Lines are cut at the ends of lines, Parquet between its groups of rows, compressed
files, CSV and TSV not at all.
"""

from collections.abc import Iterator, Sequence
from typing import IO

import numpy as np

from w2v.base.errors import W2VError
from w2v.text.corpus import SPACE
from w2v.text.records import is_table, row_group_bytes
from w2v.text.sources import Piece, is_compressed, is_parquet, open_buffered, reading, shown, size_of

REACH = 1 << 20
"""Bytes in which the end of a line is looked for; a line that is longer is cut between two tokens."""


def parts_of(files: Sequence[str], n: int, column: str | None) -> list[list[Piece]]:
    """Return n parts of a corpus of files, in its order; a column of None means plain text.

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
    """Yield the pieces of a file with the part that each is of, where part i should end at byte ends[i]."""
    if column is not None and is_parquet(path):
        with open_buffered(path) as file:
            groups = row_group_bytes(file)
        bounds = np.cumsum([0, *groups]) * size / max(1, sum(groups))  # of what is stored, groups are unpacked
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
    """Return the first part that ends behind a byte, or the last."""
    return next((rank for rank, end in enumerate(ends) if end > at), len(ends) - 1)


def _line_end(file: IO[bytes], at: int) -> int:
    """Return where the line ends that the byte before `at` belongs to, or the token if the line is long; 0 for 0."""
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
