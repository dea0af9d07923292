"""The lines of an evaluation file: read as any corpus is, so a file may be compressed. NumPy is not needed here."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from w2v.base.errors import W2VError
from w2v.text.corpus import Corpus

Item = TypeVar("Item")


def read_lines(path: str | Path) -> list[str]:
    """Return the lines of a text file, plain or compressed; bytes that are not UTF-8 become U+FFFD.

    Raises W2VError if it is a folder, cannot be read or is not text.
    """
    if Path(path).is_dir():
        raise W2VError(f"{path} is a folder; name a file")
    # A file of JSON is read as text here too; the line that is not what it should be is named later.
    text = b"".join(Corpus(path, warn=lambda _: None).blocks()).decode("utf-8", "replace")
    lines = text.removesuffix("\n").split("\n")  # a corpus adds a newline at the end
    return lines[:-1] if not lines[-1] else lines


def parse_lines(path: str | Path, parse: Callable[[str], Item | None], expected: str) -> Iterator[Item]:
    """Yield what each line of a file holds. Empty lines, lines that begin with #, and a header are skipped.

    `parse` returns None for a malformed line. If it is the first, it is a header. Raises W2VError if the file cannot
    be read, is empty, or has another malformed line; the message has its number and what was expected.
    """
    lines = [(number, line) for number, line in enumerate(read_lines(path), 1) if line.strip() and line[0] != "#"]
    items = [parse(line) for _, line in lines]
    for place, (item, (number, _)) in enumerate(zip(items, lines, strict=True)):
        if item is not None:
            yield item
        elif place > 0 or len(lines) == 1:
            raise W2VError(f"{path}, line {number}: expected {expected}")
    if not lines:
        raise W2VError(f"{path} is empty: expected lines of {expected}")


def split_fields(line: str) -> Iterator[list[str]]:
    """Yield the fields of a line split at tabs, at commas, at whitespace; with the first two a word may have spaces."""
    for fields in (line.split("\t"), line.replace('"', "").split(","), line.split()):
        yield [field.strip() for field in fields]
