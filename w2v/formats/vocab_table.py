"""The words of a table, looked up in its bytes: words become strings only when they are requested."""

import mmap
from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np
import numpy.typing as npt

from w2v.base.arrays import Counts, Indices

DIGITS = 18  # Counts with this many digits fit int64
NEWLINE, TAB, ZERO = b"\n\t0"
PIECE = 1 << 20
"""Number of bytes examined at a time, so that intermediate results stay in the cache: 60 MB take 0.15 s, in one piece
0.4 s."""
LINES = 1 << 16  # Number of lines whose counts are parsed at a time

Letters = npt.NDArray[np.uint8]


class VocabTable(Sequence[str]):
    r"""The words of `word`, or `word tab count`, lines.

    >>> table = VocabTable.parse(b"the\t9\ncat\t5\n")
    >>> list(table), table.find("cat"), table.find("dog"), table.counts.tolist()
    (['the', 'cat'], 1, None, [9, 5])
    """

    def __init__(self, data: bytes | mmap.mmap, newlines: Indices, counts: Counts | None) -> None:
        """Take lines in UTF-8, which may be a mapped file, and the positions of newlines, (n,); nothing is copied.

        `counts`, (n,), are the numbers after the tab of each line; None if lines have no counts.
        """
        self.data, self.newlines, self.counts = data, newlines, counts
        self._word_ends = b"\n" if counts is None else b"\t"

    @classmethod
    def parse(cls, data: bytes | mmap.mmap) -> "VocabTable | None":
        """Return the table of these bytes; None if a line does not have the usual form, which other code must read.

        In the usual form each line ends in a newline, and either all lines have one tab followed by digits, or none has
        a tab.
        """
        letters = np.frombuffer(data, np.uint8)
        if len(letters) == 0 or letters[-1] != NEWLINE or not _is_utf8(letters):
            return None
        places, marks = _marks(letters)
        if (marks == NEWLINE).all():
            return cls(data, places, None)
        if (marks[::2] != TAB).any() or (marks[1::2] != NEWLINE).any():  # the last mark is a newline, so they pair up
            return None
        newlines = places[1::2].copy()
        counts = _counts(letters, places[::2] + 1, newlines)
        return None if counts is None else cls(data, newlines, counts)

    def find(self, word: str) -> int | None:
        """Return the row of a word, the first row for duplicates; None if it is missing."""
        key = word.encode("utf-8", "surrogatepass")
        if NEWLINE in key or TAB in key:
            return None
        key += self._word_ends
        if self.data[: len(key)] == key:
            return 0
        at = self.data.find(b"\n" + key)
        return None if at < 0 else int(np.searchsorted(self.newlines, at)) + 1

    def __len__(self) -> int:
        """Return the number of words."""
        return len(self.newlines)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the words; all words are decoded at once."""
        lines = self.data[:-1].decode().split("\n")
        return iter(lines) if self.counts is None else (line.partition("\t")[0] for line in lines)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        """Return the word of a row, or the words of a slice."""
        if isinstance(row, slice):
            return [self[one] for one in range(*row.indices(len(self)))]
        row = range(len(self))[row]
        start = int(self.newlines[row - 1]) + 1 if row else 0
        return self.data[start : self.data.find(self._word_ends, start)].decode()

    def __eq__(self, other: object) -> bool:
        """Return whether another sequence, such as a list, has the same words."""
        return isinstance(other, Sequence) and len(self) == len(other) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # not hashable, like a list


def _is_utf8(letters: Letters) -> bool:
    """Return whether bytes are UTF-8; only pieces with characters outside ASCII are decoded."""
    start = 0
    while start < len(letters):
        piece = letters[start : start + PIECE]
        n = len(piece)
        if piece.max() >= 0x80:
            while n and piece[n - 1] >= 0x80:  # the last character may continue in the next piece
                n -= 1
            try:
                piece[:n].tobytes().decode()
            except UnicodeDecodeError:
                return False
            if n == 0:  # a piece without ASCII characters
                return False
        start += n
    return True


def _marks(letters: Letters) -> tuple[Indices, Letters]:
    """Return the positions of tabs and newlines, (n,), and which of the two each is, (n,)."""
    places, marks = list[Indices](), list[Letters]()
    for start in range(0, len(letters), PIECE):
        piece = letters[start : start + PIECE]
        found = np.flatnonzero(piece - np.uint8(TAB) < 2)  # smaller values wrap around, so one comparison is enough
        places.append(found + start)
        marks.append(piece[found])
    return np.concatenate(places), np.concatenate(marks)


def _counts(letters: Letters, starts: Indices, ends: Indices) -> Counts | None:
    """Return the numbers between pairs of positions; None if one does not have 1 to DIGITS digits."""
    counts = np.zeros(len(starts), np.int64)
    for first in range(0, len(starts), LINES):
        part = slice(first, first + LINES)
        sizes = ends[part] - starts[part]
        least, most = int(sizes.min()), int(sizes.max())
        if least < 1 or most > DIGITS:
            return None
        for place in range(most):
            has = slice(None) if place < least else np.flatnonzero(sizes > place)
            digits = letters[starts[part][has] + place] - np.uint8(ZERO)  # other characters than digits wrap to above 9
            if digits.max() > 9:
                return None
            counts[part][has] = counts[part][has] * 10 + digits
    return counts
