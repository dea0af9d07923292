"""Heads of lines: the name and the weight before the items of a line, removed from the text before it is scanned."""

import math
from array import array
from collections.abc import Iterable, Iterator

import numpy as np

from w2v.base.arrays import Indices, Matrix
from w2v.base.errors import W2VError

SHOWN = 40
"""Number of characters of a line that an error shows."""


class LineNames:
    """Collects the heads of lines while a text is read: a name and a tab, a weight and a tab, or both."""

    def __init__(self, keeps: bool = True, *, named: bool = True, weighted: bool = False) -> None:
        """Take what a head contains, and whether names are kept or only removed from the text."""
        self._names: list[str] = []
        self._once: dict[str, str] = {}
        """Each distinct name, so that a repeated name is stored only once."""
        self._weights = array("f")
        self._keeps, self._named, self._weighted, self._n_lines = keeps, named, weighted, 0

    def take_from(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield blocks of text without heads; a block may end within a line. Raises W2VError if a line has no head."""
        n_tabs = self._named + self._weighted
        rest, is_named = b"", False  # of the current line: the possible beginning of its head; whether it was taken
        for block in blocks:
            *lines, last = (rest + block).split(b"\n")
            found = []
            for line in lines:
                found.append(line if is_named else self._take(line))
                is_named = False
            if is_named or last.count(b"\t") >= n_tabs:
                found.append(last if is_named else self._take(last))
                rest, is_named = b"", True
            else:
                found.append(b"")
                rest = last
            yield b"\n".join(found)
        if rest:
            yield self._take(rest)

    @property
    def names(self) -> list[str] | None:
        """The name of each line, if names are kept."""
        return self._names if self._named and self._keeps else None

    @property
    def weights(self) -> Matrix | None:
        """(n_lines,) the weight of each line, if lines have weights."""
        return np.array(self._weights, np.float32) if self._weighted else None

    def _take(self, line: bytes) -> bytes:
        """Store the head of a line; return the rest."""
        text = line
        if self._named:
            name, tab, text = text.partition(b"\t")
            if not tab or not name.strip():
                raise W2VError(
                    f"line {self._n_lines + 1:,} has no name: a name and a tab come first, not '{_shown(line)}'"
                )
            if self._keeps:
                known = name.decode("utf-8", "replace")
                self._names.append(self._once.setdefault(known, known))
        if self._weighted:
            number, tab, text = text.partition(b"\t")
            weight = weight_of(number) if tab else None
            if weight is None:
                where = "after its name" if self._named else "at its start"
                raise W2VError(
                    f"line {self._n_lines + 1:,} has no weight: a number above 0 and a tab must stand {where}, not "
                    f"'{_shown(line)}'"
                )
            self._weights.append(weight)
        self._n_lines += 1
        return text


def weight_of(text: bytes | str) -> float | None:
    """Return the weight in a text; None if it is not a number above 0.

    >>> weight_of("2.5"), weight_of("0"), weight_of("nan")
    (2.5, None, None)
    """
    try:
        weight = float(text)
    except ValueError:
        return None
    return weight if 0 < weight < math.inf else None


def check_distinct(names: list[str] | None) -> None:
    """Raise W2VError if two lines have the same name."""
    if names is not None and len(set(names)) < len(names):
        first = {name: number for number, name in reversed([*enumerate(names, 1)])}
        number, name = next((i, name) for i, name in enumerate(names, 1) if first[name] != i)
        raise W2VError(f"lines {first[name]:,} and {number:,} have the same name, '{name[:SHOWN]}'")


def shared_rows(names: list[str]) -> tuple[list[str], Indices | None]:
    """Return the distinct names in the order of the text, and the row of each line; None if all names are distinct.

    >>> shared_rows(["u", "v", "u"])
    (['u', 'v'], array([0, 1, 0]))
    """
    row_of = dict(zip(dict.fromkeys(names), range(len(names)), strict=False))
    if len(row_of) == len(names):
        return names, None
    return [*row_of], np.fromiter(map(row_of.__getitem__, names), np.int64, len(names))


def _shown(line: bytes) -> str:
    return line[:SHOWN].decode("utf-8", "replace")
