"""Sessions files: one line per person with the person's items, oldest first."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from w2v.base.errors import W2VError, option
from w2v.text.corpus import text_lines
from w2v.text.line_names import weight_of

SHOWN = 40
"""Number of characters of a line that an error shows."""


class PersonItems(NamedTuple):
    """A person and their items."""

    name: str
    """The name at the start of the line, otherwise the line number, from 1."""
    items: list[str]


def read_people(path: str | Path, line_names: bool = False, weighted: bool = False) -> Iterator[PersonItems]:
    """Yield the people of a sessions file, which may be compressed. A line may be empty.

    Args:
        path: the file.
        line_names: whether each line starts with a name and a tab. Consecutive lines with the same name are one person.
        weighted: whether each line has a weight and a tab before the items.

    Raises:
        W2VError: the file cannot be read or is not text, or a line lacks its name or weight.
    """
    named = (split_head(line, path, number, line_names, weighted) for number, line in enumerate(text_lines(path), 1))
    if not line_names:
        yield from named
        return
    for name, lines in groupby(named, lambda person: person.name):
        yield PersonItems(name, [item for person in lines for item in person.items])


def split_head(
    line: str, path: str | Path, number: int, line_names: bool = False, weighted: bool = False
) -> PersonItems:
    """Return the name or number and the items of a line, without its weight. Raises W2VError if one is missing."""
    name, tab, text = line.partition("\t") if line_names else (str(number), "\t", line)
    if weighted and tab:
        weight, tab, text = text.partition("\t")
        if not tab or weight_of(weight) is None:
            raise W2VError(
                f"{path}, line {number:,}: expected a weight above 0 and a tab before the items, not "
                f"'{line[:SHOWN]}'; without weights, {option('weighted_lines', False)}"
            )
    if not tab or not name.strip():
        raise W2VError(
            f"{path}, line {number:,}: expected a name and a tab before the items, not '{line[:SHOWN]}'; "
            f"without names, {option('line_names', False)}"
        )
    return PersonItems(name, text.split())
