"""The words of a table, looked up in its bytes: of three million words none becomes a string before it is asked for."""

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np

from w2v.arrays import Counts, Indices

DIGITS = 18
"""Digits of a count that surely fits int64."""
NEWLINE, TAB, ZERO = b"\n\t0"


class WordTable(Sequence[str]):
    r"""The words of `word`, or `word tab count`, lines.

    Examples:
        >>> table = WordTable.parse(b"the\t9\ncat\t5\n")
        >>> list(table), table.find("cat"), table.find("dog"), table.counts.tolist()
        (['the', 'cat'], 1, None, [9, 5])
    """

    def __init__(self, data: bytes, starts: Indices, ends: Indices, counts: Counts | None) -> None:
        """Take lines, of UTF-8, each of which begins behind a newline.

        Args:
            data: a newline, and then the lines.
            starts: (n,) where the words begin.
            ends: (n,) where they end, at a tab or a newline.
            counts: (n,) or None where they are not known.
        """
        self.data, self.starts, self.ends, self.counts = data, starts, ends, counts

    @classmethod
    def parse(cls, data: bytes) -> "WordTable | None":
        """Return the table of these bytes, or None where a line is not of the usual form, which others must look at.

        Usual is that all lines have one tab and digits behind it, or that none has a tab.
        """
        # Copied once: with a newline in front of it, a word is found as the same bytes wherever it stands.
        data = b"\n" + data.removesuffix(b"\n") + b"\n"
        try:
            data.decode()
        except UnicodeDecodeError:
            return None
        letters = np.frombuffer(data, np.uint8)
        newlines, tabs = np.flatnonzero(letters == NEWLINE), np.flatnonzero(letters == TAB)
        starts, line_ends = newlines[:-1] + 1, newlines[1:]
        if len(tabs) == 0:
            return cls(data, starts, line_ends, None)
        if len(tabs) != len(starts) or (tabs < starts).any() or (tabs > line_ends).any():
            return None
        counts = _counts(letters, tabs + 1, line_ends)
        return None if counts is None else cls(data, starts, tabs, counts)

    def find(self, word: str) -> int | None:
        """Return the row of a word, the first where it is there twice; None where it is not."""
        key = word.encode("utf-8", "surrogatepass")
        if NEWLINE in key or TAB in key:
            return None
        at = self.data.find(b"\n" + key + (b"\n" if self.counts is None else b"\t"))
        return None if at < 0 else int(np.searchsorted(self.starts, at + 1))

    def __len__(self) -> int:
        """Return the number of words."""
        return len(self.starts)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the words, all of which are decoded at once."""
        lines = self.data[1:-1].decode().split("\n")
        return iter(lines) if self.counts is None else (line.partition("\t")[0] for line in lines)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        """Return the word of a row, or the words of some."""
        if isinstance(row, slice):
            return [self[one] for one in range(*row.indices(len(self)))]
        return self.data[self.starts[row] : self.ends[row]].decode()

    def __eq__(self, other: object) -> bool:
        """Return whether another sequence, such as a list, has the same words."""
        return isinstance(other, Sequence) and len(self) == len(other) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # as a list


def _counts(letters: np.typing.NDArray[np.uint8], starts: Indices, ends: Indices) -> Counts | None:
    """Return the numbers written between some places, None where one is not of 1 to DIGITS digits."""
    sizes = ends - starts
    if sizes.min() < 1 or sizes.max() > DIGITS:
        return None
    counts = np.zeros(len(starts), np.int64)
    for place in range(int(sizes.max())):
        has = np.flatnonzero(sizes > place) if place else slice(None)
        digits = letters[starts[has] + place] - np.uint8(ZERO)  # what is no digit wraps to above 9
        if digits.max() > 9:
            return None
        counts[has] = counts[has] * 10 + digits
    return counts
