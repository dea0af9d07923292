"""Spool: the token stream during reading, in memory or, above a limit, in an unnamed file."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from typing import IO

import numpy as np

from w2v.base.arrays import SENTENCE_END, Ids
from w2v.base.errors import W2VError
from w2v.base.files import temporary_folder

GROWTH = 1 << 20
"""Initial capacity of the array in ids: 4 MB."""
Renumber = Callable[[int, Ids], int]
"""Rewrites a block with the numbers of a table, in place; returns the new length."""
MapBlocks = Callable[..., Iterable[int]]


class Spool:
    """Blocks of provisional ids, in the order of the text.

    In memory they are one array, which grows as needed. An array with the size of the limit would take no more memory,
    but would count fully if the address space is limited (`ulimit -v`). The file has no name and is removed when the
    process ends.
    """

    def __init__(self, limit: int, keep_empty: bool = False) -> None:
        """Keep up to `limit` bytes in memory. With keep_empty, repeated sentence ends are kept."""
        self._limit = limit // 4
        self._keep_empty = keep_empty
        self._memory = np.empty(0, np.int32)
        self._filled = 0
        self._blocks: list[tuple[int, int]] = []
        self._file: IO[bytes] | None = None

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()  # a stream that is mapped from it remains valid

    def append(self, table: int, ids: Ids) -> None:
        """Add a block with the numbers of table number `table`. Raises W2VError if the disk is full."""
        self._blocks.append((table, len(ids)))
        end = self._filled + len(ids)
        if self._file is None and self._make_room(end):
            self._memory[self._filled : end] = ids
        else:
            self._write(ids)
        self._filled = end

    def _make_room(self, n_ids: int) -> bool:
        """Grow to at least n_ids; return False if that is above the limit or there is not enough memory."""
        if n_ids > self._limit:
            return False
        if n_ids > len(self._memory):
            try:
                # glibc moves the pages of a large array without copying them. New pages are filled with zeros, so the
                # array grows by an eighth instead of doubling. Nothing else refers to the array while blocks are added.
                self._memory.resize(min(self._limit, max(n_ids, n_ids + n_ids // 8, GROWTH)), refcheck=False)
            except MemoryError:
                return False
        return True

    def rewrite(self, renumber: Renumber, map_blocks: MapBlocks) -> None:
        """Rewrite each block by `renumber`, using `map` or a pool's map; afterwards all belong to table 0.

        Repeated sentence ends are removed, except with keep_empty.
        """
        ids = self._ids()
        # The last part is what follows the last block, which is empty.
        blocks = np.split(ids, np.cumsum([length for _, length in self._blocks], dtype=np.int64))[:-1]
        lengths = map_blocks(renumber, [table for table, _ in self._blocks], blocks)
        self._blocks, self._filled = [], 0
        blocks = [block[:length] for block, length in zip(blocks, lengths, strict=True)]
        for block in blocks if self._keep_empty else _joined(blocks):
            ids[self._filled : self._filled + len(block)] = block
            self._filled += len(block)
            self._blocks.append((0, len(block)))
        if self._file is not None:
            self._file.seek(4 * self._filled)  # not truncate, which Windows refuses while the file is mapped

    def change(self, function: Callable[[Ids], Ids]) -> None:
        """Change the whole stream in place; `function` returns the remaining part, which starts at the beginning."""
        self._filled = len(function(self._ids()))
        self._blocks = [(0, min(GROWTH, self._filled - at)) for at in range(0, self._filled, GROWTH)]
        if self._file is not None:
            self._file.seek(4 * self._filled)

    def finish(self, renumber: Renumber, map_blocks: MapBlocks) -> Ids:
        """Rewrite all blocks as `rewrite` does; return them as one stream."""
        self.rewrite(renumber, map_blocks)
        return self._ids()

    def _ids(self) -> Ids:
        if self._file is None or self._filled == 0:
            return self._memory[: self._filled]
        self._file.flush()
        return np.asarray(np.memmap(self._file, np.int32, "r+", shape=(self._filled,)))

    def _write(self, ids: Ids) -> None:
        """Write to the file; the first time, write everything that is in memory before."""
        folder = temporary_folder()
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="w2v-", dir=folder)
                self._file.write(self._memory[: self._filled].data)  # tofile would not report why it failed
                self._memory = np.empty(0, np.int32)
            self._file.write(ids.data)
            self._file.flush()
        except OSError as error:
            raise W2VError(
                f"no space for the token stream in {folder}: {error.strerror or error}; "
                "set TMPDIR to a folder that has 4 bytes a token"
            ) from error


def _joined(blocks: Iterable[Ids]) -> Iterator[Ids]:
    """Yield the blocks that are not empty, without a first SENTENCE_END that repeats the end of the block before."""
    last = 0
    for ids in blocks:
        if len(ids) and ids[0] == SENTENCE_END == last:
            ids = ids[1:]
        if len(ids):
            last = ids[-1]
            yield ids
