"""ReadOptions: how vector files are read, and where messages about left out or changed data go."""

import codecs
from collections.abc import Callable
from dataclasses import dataclass

from w2v.base.errors import SettingsError, option
from w2v.reports import warn


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """How a vector file is read.

    Raises:
        SettingsError: the encoding does not exist.
    """

    limit: int | None = None
    """Read at most this many of the first words; files with words and numbers are not read further."""
    skip_bad_rows: bool = False
    """Leave out rows that cannot be read or contain a number that is not finite, instead of refusing the file."""
    encoding: str = "utf-8"
    """The encoding of the words in word2vec's and GloVe's files."""
    warn: Callable[[str], None] = warn
    """Called with one-line messages about what was left out or changed."""

    def __post_init__(self) -> None:
        try:
            codecs.lookup(self.encoding)
        except LookupError:
            raise SettingsError(f"{option('encoding')}: there is no encoding '{self.encoding}'", "encoding") from None


DEFAULTS = ReadOptions()
SKIPPING = f"to leave such rows out, convert the file with {option('skip_bad_rows')}"
"""The advice for a row that cannot be read."""
