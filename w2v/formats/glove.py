"""GloVe text: a line a word, the word and its numbers, with spaces between; no header (Pennington et al. 2014)."""

from pathlib import Path

from w2v.formats.common import reading, writing
from w2v.formats.model import Model
from w2v.formats.word2vec_text import read_headless, write_lines


def read(path: Path, limit: int | None = None) -> Model:
    """Return the words and their vectors, or the first `limit`; all have as many numbers as the first line.

    Raises:
        W2VError: a line is not a word and as many numbers; the message says which.
    """
    with reading(path) as (file, _):
        return read_headless(file, path, limit)


def write(path: Path, model: Model) -> None:
    """Write the words and their vectors, packed where `path` ends in .gz; completely or not at all."""
    with writing(path) as file:
        write_lines(file, model)
