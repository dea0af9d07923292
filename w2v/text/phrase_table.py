"""PhraseTable: phrases stored in a file, which can be joined in any text. Neither NumPy nor Numba is needed.

A file is text. Its first line has JSON that says how the phrases were found, its second line the names of the columns.
Then comes one line per phrase with pass, words, score, count and joined, separated by tabs. `join` defines which words
are joined.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypedDict

from w2v.base.errors import W2VError
from w2v.base.files import replacing
from w2v.base.stores import local_copy
from w2v.base.typed_json import checked, parse

MAGIC = b"#w2v-phrases "
COLUMNS = ("pass", "words", "score", "count", "joined")
VERSION = 1
MOST_CONNECTORS = 6
"""Largest number of connector words between two words of a phrase."""
MOST_PASSES = 100


@dataclass(frozen=True)
class Phrase:
    """Words that belong together."""

    phrase: str
    """The words, joined."""
    score: float
    count: int
    """How often the words occur side by side. They may be joined less often, if a word is joined to its other
    neighbour."""
    joined: int = 0
    """How often they were joined."""
    words: tuple[str, ...] = ()
    """The first word, connector words if any, and the last word; in later passes, a word can itself be a phrase."""
    number: int = 1
    """The pass that joins them, from 1."""


class Header(TypedDict):
    """The content of the first line of a file."""

    version: int
    delimiter: str
    connector_words: list[str]
    words: bool
    lowercase: bool


HOW_FOUND = [name for name in Header.__annotations__ if name != "version"]


@dataclass(frozen=True)
class PhraseTable:
    """The phrases of each pass, and how the text in which they were found was read."""

    phrases: Sequence[Phrase]
    """The phrases of the first pass, then those of the second pass, and so on."""
    delimiter: str = "_"
    connector_words: frozenset[str] = frozenset()
    words: bool = False
    lowercase: bool = False
    name: str = "the phrases"
    """Name for messages: the file."""
    fold: Callable[[str], str] = str
    """Two words are equal if this function returns the same for both; for example, `str.upper` ignores case."""

    @cached_property
    def passes(self) -> list[dict[tuple[str, ...], Phrase]]:
        """The phrases of each pass, by their words."""
        found: list[dict[tuple[str, ...], Phrase]] = []
        for phrase in self.phrases:
            while len(found) < phrase.number:
                found.append({})
            found[phrase.number - 1][tuple(map(self.fold, phrase.words))] = phrase
        return found

    def join(self, tokens: Sequence[str]) -> list[str]:
        """Return the tokens of a sentence with joined phrases, from left to right, pass by pass.

        >>> PhraseTable([Phrase("new_york", 9.0, 5, words=("new", "york"))]).join(["in", "new", "york"])
        ['in', 'new_york']
        """
        for known in self.passes:
            tokens = list(self._joined(tokens, known))
        return list(tokens)

    def _joined(self, tokens: Sequence[str], known: Mapping[tuple[str, ...], Phrase]) -> Iterator[str]:
        folded, connectors = [*map(self.fold, tokens)], {*map(self.fold, self.connector_words)}
        at = 0
        while at < len(tokens):
            end = at + 1
            while end < len(tokens) and end - at <= MOST_CONNECTORS and folded[end] in connectors:
                end += 1
            phrase = known.get(tuple(folded[at : end + 1]))
            yield phrase.phrase if phrase else tokens[at]
            at = end + 1 if phrase else at + 1

    def save(self, path: str | Path) -> None:
        """Write the file. Raises W2VError if it cannot be written."""
        header = {"version": VERSION} | {name: getattr(self, name) for name in HOW_FOUND}
        with replacing(path) as file:
            file.write(MAGIC + json.dumps(header, ensure_ascii=False, default=sorted).encode() + b"\n")
            file.write("\t".join(COLUMNS).encode() + b"\n")
            for one in self.phrases:
                fields = (one.number, " ".join(one.words), f"{one.score:.6g}", one.count, one.joined)
                file.write("\t".join(map(str, fields)).encode() + b"\n")

    @classmethod
    def load(cls, path: str | Path) -> "PhraseTable":
        """Read a file.

        Raises:
            W2VError: the file cannot be read or is not a file of phrases; the message has the line number.
        """
        try:
            first, *lines = local_copy(path).read_bytes().split(b"\n")
        except OSError as error:
            raise W2VError(f"cannot read the phrases {path}: {error.strerror}") from error
        if not first.startswith(MAGIC):
            raise W2VError(f"{path} is no file of phrases; `w2v phrases CORPUS --save FILE` writes one")
        at = 1
        try:
            header: Header = checked(parse(first[len(MAGIC) :]), Header)
            if header["version"] != VERSION:
                raise ValueError(f"version {header['version']}, and this w2v reads version {VERSION}")
            if header["delimiter"].split() != [header["delimiter"]]:
                raise ValueError("the delimiter is empty or has whitespace")
            found: list[Phrase] = []
            for line in lines[1:]:
                at = len(found) + 3
                if line:
                    found.append(_parse(line.decode(), header["delimiter"]))
        except ValueError as error:
            raise W2VError(f"{path}, line {at}: {error}") from None
        return cls(
            found,
            header["delimiter"],
            frozenset(header["connector_words"]),
            header["words"],
            header["lowercase"],
            str(path),
        )


def _parse(line: str, delimiter: str) -> Phrase:
    """Return the phrase of a line. Raises ValueError if the line is invalid."""
    fields = line.removesuffix("\r").split("\t")
    words = tuple(fields[1].split()) if len(fields) == len(COLUMNS) else ()
    if not 2 <= len(words) <= MOST_CONNECTORS + 2 or not (fields[0].isdecimal() and fields[3].isdecimal()):
        raise ValueError(f"expected {', '.join(COLUMNS)}, found '{line[:80]}'")
    number = int(fields[0]) if len(fields[0]) < 4 else 0
    if not 1 <= number <= MOST_PASSES:
        raise ValueError(f"the pass must be from 1 to {MOST_PASSES}, not {fields[0][:9]}")
    return Phrase(delimiter.join(words), float(fields[2]), int(fields[3]), 0, words, number)
