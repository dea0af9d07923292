"""The lines of an evaluation file: read as any corpus is, so a file may be compressed. NumPy is not needed here."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Generic, TypeVar

from w2v.base.errors import W2VError
from w2v.text.corpus import Corpus

Item = TypeVar("Item")


def lines_of(path: str | Path) -> Iterator[str]:
    """Yield the lines of a text file, plain or compressed, as they are read; a last one without anything in it too.

    Bytes that are not UTF-8 become U+FFFD. Raises W2VError if it is a folder, cannot be read or is not text.
    """
    if Path(path).is_dir():
        raise W2VError(f"{path} is a folder; name a file")
    rest = b""
    # A file of JSON is read as text here too; the line that is not what it should be is named later.
    for block in Corpus(path, warn=lambda _: None).blocks():
        *lines, rest = (rest + block).split(b"\n")
        yield from (line.decode("utf-8", "replace") for line in lines)


def read_lines(path: str | Path) -> list[str]:
    """Return the lines of a text file as `lines_of` yields them, without the last if there is nothing in it."""
    lines = [*lines_of(path)]
    return lines[:-1] if lines and not lines[-1] else lines


class Rows(Generic[Item]):
    """What each line of a file holds, and the line that was taken for a header.

    Empty lines and lines that begin with # are skipped.
    """

    def __init__(
        self,
        path: str | Path,
        parse: Callable[[str], Item | None],
        expected: str,
        is_header: Callable[[str], bool] = lambda line: False,
    ) -> None:
        """Read a file up to its first malformed line. `parse` returns None for one; the first may be a header.

        Raises W2VError if the file cannot be read, is empty, or has a malformed line; the message has its number and
        what was expected.
        """
        self.items: list[Item] = []
        self.header = ""
        for number, line in enumerate(lines_of(path), 1):
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
    """Yield the fields of a line split at tabs, semicolons, commas and whitespace; all but the last allow spaces."""
    bare = line.replace('"', "")
    for fields in (line.split("\t"), bare.split(";"), bare.split(","), line.split()):
        yield [field.strip() for field in fields]
