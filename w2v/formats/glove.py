"""GloVe text: one line per word, with the word and its numbers, with spaces; no header (Pennington et al. 2014)."""

from pathlib import Path

from w2v.formats.common import writing
from w2v.formats.model import Model
from w2v.formats.options import DEFAULTS, ReadOptions
from w2v.formats.recognition import BOM
from w2v.formats.unpacking import reading
from w2v.formats.word2vec_text import read_headless, write_lines


def read(path: Path, options: ReadOptions = DEFAULTS) -> Model:
    """Return the words and their vectors; all lines must have as many numbers as the first line.

    Raises:
        W2VError: a line is not a word and that many numbers; the message has the line number.
    """
    with reading(path) as (file, _):
        return read_headless(file, path, options)


def write(path: Path, model: Model) -> None:
    """Write the words and their vectors, compressed if the name ends in .gz; completely or not at all."""
    with writing(path) as file:
        if model.words[:1] and model.words[0].startswith("\ufeff"):  # a reader would take it for a byte order mark
            file.write(BOM)
        write_lines(file, model)
