"""Sessions files: one line per person, with the person's items, oldest first."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from w2v.base.errors import W2VError, option
from w2v.text.corpus import text_lines

SHOWN = 40
"""Characters of a line that an error shows."""


class PersonItems(NamedTuple):
    """A person and their items."""

    name: str
    """The name at the start of the line, else the number of the line, from 1."""
    items: list[str]


def read_people(path: str | Path, line_names: bool = False) -> Iterator[PersonItems]:
    """Yield the people of a sessions file, which may be compressed. A line may be empty.

    Args:
        path: the file.
        line_names: whether each line starts with a name and a tab. Consecutive lines of one name are one person.

    Raises:
        W2VError: the file cannot be read or is not text, or a line has no name.
    """
    if not line_names:
        for number, line in enumerate(text_lines(path), 1):
            yield PersonItems(str(number), line.split())
        return
    named = (split_name(line, path, number) for number, line in enumerate(text_lines(path), 1))
    for name, lines in groupby(named, lambda person: person.name):
        yield PersonItems(name, [item for person in lines for item in person.items])


def split_name(line: str, path: str | Path, number: int) -> PersonItems:
    """Return the name and the items of a line; raise W2VError, which names the line, if it has no name."""
    name, tab, text = line.partition("\t")
    if not tab or not name.strip():
        raise W2VError(
            f"{path}, line {number:,}: expected a name and a tab before the items, not '{line[:SHOWN]}'; "
            f"without names, {option('line_names', False)}"
        )
    return PersonItems(name, text.split())
