"""The lines of an evaluation file. It is read like a corpus, so it may be compressed. NumPy is not needed here."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Generic, TypeVar

from w2v.base.errors import W2VError
from w2v.text.corpus import text_lines

Item = TypeVar("Item")


class Rows(Generic[Item]):
    """The content of each line of a file, and the line that was taken as a header.

    Empty lines and lines that begin with # are skipped.
    """

    def __init__(
        self,
        path: str | Path,
        parse: Callable[[str], Item | None],
        expected: str,
        is_header: Callable[[str], bool] = lambda line: False,
    ) -> None:
        """Read a file up to its first malformed line. `parse` returns None for such a line; the first may be a header.

        Raises W2VError if the file cannot be read, is empty, or has a malformed line; the message has the line number
        and what was expected.
        """
        self.items: list[Item] = []
        self.header = ""
        for number, line in enumerate(text_lines(path), 1):
            if not line.strip() or line.startswith("#"):
                continue
            if (item := parse(line)) is not None:
                self.items.append(item)
            elif not self.items and not self.header and is_header(line):
                self.header, header_number = line.strip(), number
            else:
                raise W2VError(f"{path}, line {number}: expected {expected}, found '{line.strip()[:80]}'")
        if not self.items and self.header:
            raise W2VError(f"{path}, line {header_number}: expected {expected}, found '{self.header[:80]}'")
        if not self.items:
            raise W2VError(f"{path} is empty: expected lines of {expected}")


def split_fields(line: str) -> Iterator[list[str]]:
    """Yield the fields of a line split at tabs, semicolons, commas and whitespace; all but the last allow quotes."""
    for delimiter in "\t;,":
        fields = next(csv.reader([line], delimiter=delimiter)) if '"' in line else line.split(delimiter)
        yield [field.replace('"', "").strip() for field in fields]
    yield line.split()
