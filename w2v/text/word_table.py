"""WordTable: distinct words and their counts, stored in the arrays of the kernels."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from w2v.base.arrays import Ids
from w2v.kernels.text import scan as kernels
from w2v.kernels.text.tables import Table
from w2v.kernels.text.words import separate
from w2v.text.words import class_table


class WordTable:
    """Distinct words and counts, growing as needed; the arrays are the kernels' `Table`."""

    def __init__(self, words: "list[str] | tuple[()]" = ()) -> None:
        """Make a table that contains `words`, numbered from 0, each with count 0."""
        self._table = _empty_table(1 << 14, 1 << 16)
        self._ids = np.empty(0, np.int32)
        self._text = np.empty(0, np.uint8)
        if words:
            self.scan(" ".join(words).encode())
            self._table.counts[:] = 0

    def scan(self, text: bytes, keep_empty: bool = False, words: bool = False) -> Ids:
        """Count the tokens of a text; return their numbers, with SENTENCE_END for newlines (for each, with keep_empty).

        With `words`, a token is a word as defined by `w2v.text.words`.
        """
        end = len(text)
        if len(self._ids) <= end:
            self._ids = np.empty(end + 1, np.int32)
            self._text = np.zeros(end + kernels.PADDING, np.uint8)
        self._text[:end] = np.frombuffer(text, np.uint8)
        if words:
            separate(self._text, end, *class_table())
        self.make_room(0, end)
        at, filled = kernels.scan(self._text, 0, end, self._table, self._ids, 0, keep_empty)
        while at < end:
            self.make_room(len(self), end - at)
            at, filled = kernels.scan(self._text, at, end, self._table, self._ids, filled, keep_empty)
        return self._ids[:filled].copy()

    def number(self, words: Sequence[str]) -> Ids:
        """Return the numbers of words without whitespace, (n,); new ones are added with count 0."""
        ids = self.scan(" ".join(words).encode())
        np.subtract.at(self._table.counts, ids, 1)
        return ids

    def absorb(self, other: "WordTable", least: int = 0, always: int = 0) -> npt.NDArray[np.int64]:
        """Add another table's words and counts; return the new number of each word.

        Words with counts below `least` are left out and have number -1, except those with numbers below `always`.
        """
        mapping = np.empty(len(other), np.int64)
        self.make_room(len(other), other._bytes_used)
        kernels.absorb(self._table, other._table, mapping, least, always)
        return mapping

    def counts(self) -> npt.NDArray[np.int64]:
        """Return the count of every word, by number."""
        return self._table.counts[: len(self)]

    def words(self, wanted: npt.NDArray[np.int64]) -> list[str]:
        """Return the words with these numbers."""
        starts = self._table.starts
        out = np.empty(int((starts[wanted + 1] - starts[wanted]).sum()) + len(wanted), np.uint8)
        kernels.gather_words(self._table, wanted, out)
        return str(out.data, "utf-8").split("\n")[:-1]

    def __len__(self) -> int:
        return int(self._table.size[0])

    @property
    def _bytes_used(self) -> int:
        return int(self._table.starts[len(self)])

    @property
    def arrays(self) -> Table:
        """The arrays; valid until the table grows."""
        return self._table

    def make_room(self, n_words: int, n_bytes: int) -> None:
        """Grow, so that n_words more words with n_bytes bytes in total fit."""
        table = self._table
        n_words += len(self) + 2
        if n_words <= len(table.counts) and self._bytes_used + n_bytes <= len(table.arena) - kernels.PADDING:
            return
        capacity = max(len(table.counts), 1 << (n_words - 1).bit_length())
        # Memory that is never touched costs nothing, so the arena is allocated generously.
        arena = len(table.arena) - kernels.PADDING
        while arena < self._bytes_used + n_bytes:
            arena *= 2
        grown = _empty_table(capacity, arena)
        kernels.absorb(grown, table, np.empty(len(self), np.int64), 0, 0)
        self._table = grown


def _empty_table(capacity: int, arena: int) -> Table:
    return Table(
        slots=np.zeros(2 * capacity, np.uint64),
        starts=np.zeros(capacity + 1, np.int64),
        counts=np.zeros(capacity, np.int64),
        arena=np.empty(arena + kernels.PADDING, np.uint8),
        size=np.zeros(1, np.int64),
    )
