"""ReadOptions: how vector files are read, and whom a reader tells what it left out or changed."""

import codecs
from collections.abc import Callable
from dataclasses import dataclass

from w2v.base.errors import SettingsError, option
from w2v.reports import warn


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """How a vector file is read.

    Raises:
        SettingsError: there is no such encoding.
    """

    limit: int | None = None
    """Read at most this many words, the first; files of words and numbers are read no further."""
    skip_bad_rows: bool = False
    """Leave out the rows that cannot be read or have a number that is not finite, instead of refusing the file."""
    encoding: str = "utf-8"
    """The encoding of the words in word2vec's and GloVe's files."""
    warn: Callable[[str], None] = warn
    """Is told, one line each, what was left out or changed."""

    def __post_init__(self) -> None:
        try:
            codecs.lookup(self.encoding)
        except LookupError:
            raise SettingsError(f"{option('encoding')}: there is no encoding '{self.encoding}'", "encoding") from None


DEFAULTS = ReadOptions()
SKIPPING = f"to leave such rows out, convert the file with {option('skip_bad_rows')}"
"""The remedy for a row that cannot be read."""
