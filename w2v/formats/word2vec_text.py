"""word2vec text: `words dim`, then a line a word: the word and its numbers, with spaces between.

A file without the first line is GloVe's, and is read as that.
"""

from pathlib import Path
from typing import BinaryIO

from w2v.base.errors import W2VError
from w2v.formats.common import PIECE, WORD_LIMIT, Rows, check_promise, read_numbers, reading, writing
from w2v.formats.model import Model

HEADER_LIMIT = 64  # Most bytes of a header: two numbers of up to 20 digits fit
NUMBER_LIMIT = 64  # Most bytes of a number in a line


def read(path: Path, limit: int | None = None) -> Model:
    """Return the words and their vectors, or the first `limit`.

    A word may have spaces in it, as some tools write them: the numbers are counted from the line's end.
    Bytes of a word that are not UTF-8 become U+FFFD.

    Raises:
        W2VError: the file is cut short, or a line is not a word and `dim` numbers; the message says which.
    """
    with reading(path) as (file, room):
        line = file.readline(HEADER_LIMIT)
        header = parse_header(line)
        if header is None:
            file.seek(0)
            model = read_headless(file, path, limit)
            if model.vectors.shape[1] == 1:
                raise W2VError(f"{path} has lines of a word and one number: a vocabulary, not vectors")
            return model
        n_types, dim = header
        check_promise(path, n_types, dim, n_types * (2 + 2 * dim), room - len(line) + 1)
        n_wanted = n_types if limit is None else min(limit, n_types)
        rows = Rows(path, n_wanted, dim)
        read_rows(file, rows, n_wanted, dim, first=2)
    if len(rows.words) < n_wanted:
        raise W2VError(f"{path} is cut short: it ends before row {len(rows.words) + 1:,} of {n_types:,}")
    return Model(*rows.finish())


def read_headless(file: BinaryIO, path: Path, limit: int | None = None) -> Model:
    """Return what is in a file without a header, or its first `limit` words; the first line says the size of a vector.

    Raises:
        W2VError: the first line is not a word and numbers, or another has not as many.
    """
    fields = file.readline(WORD_LIMIT).split()[1:]
    try:
        dim = len([float(field) for field in fields])
    except ValueError:
        dim = 0
    if dim == 0:
        raise W2VError(f"{path} holds no vectors: its first line is neither `words dim` nor a word and its numbers")
    if limit is None:
        file.seek(0)
        n_lines = 1 + sum(block.count(b"\n") for block in iter(lambda: file.read(PIECE), b""))
    file.seek(0)
    rows = Rows(path, n_lines if limit is None else limit, dim)
    read_rows(file, rows, limit, dim, first=1)
    return Model(*rows.finish())


def read_rows(file: BinaryIO, rows: Rows, n_types: int | None, dim: int, first: int) -> None:
    """Read lines of a word and its numbers, up to n_types or all there are; `first` is the number of the next line.

    Raises:
        W2VError: a line is not of that kind; the message has its number.
    """
    limit = WORD_LIMIT + dim * NUMBER_LIMIT
    while n_types is None or len(rows.words) < n_types:
        line = file.readline(limit).rstrip()
        if not line and not (n_types is None and file.read(HEADER_LIMIT).strip()):
            return
        fields = line.rsplit(b" ", dim)
        try:
            numbers = read_numbers(fields[1:], dim)
        except ValueError:
            number = first + len(rows.words)
            raise W2VError(f"{rows.path}, line {number:,}: expected a word and {dim:,} numbers") from None
        rows.take([fields[0].decode("utf-8", "replace")])[0] = numbers


def write(path: Path, model: Model) -> None:
    """Write the words and their vectors, packed where `path` ends in .gz; completely or not at all."""
    with writing(path) as file:
        file.write(b"%d %d\n" % model.vectors.shape)
        write_lines(file, model)


def write_lines(file: BinaryIO, model: Model) -> None:
    """Write a line a word. Nine significant digits: each float32 is read back as the same number."""
    line = "%s" + " %.9g" * model.vectors.shape[1] + "\n"
    for word, row in zip(model.words, model.vectors, strict=True):
        file.write((line % (word, *row.tolist())).encode())


def parse_header(line: bytes) -> tuple[int, int] | None:
    """Return the words and the dim of `words dim`, None where the line is something else."""
    fields = line.split()
    if not line.endswith(b"\n") or len(fields) != 2 or not all(field.isdigit() for field in fields):
        return None
    return int(fields[0]), int(fields[1])
