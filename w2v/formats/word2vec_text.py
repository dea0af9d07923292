"""word2vec text: `words dim`, then one line per word: the word and its numbers, separated by spaces.

A file without the first line is read as GloVe's format. A word may contain spaces, as some tools write them, because
the numbers are counted from the end of the line.
"""

from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from w2v.base.errors import W2VError, counted
from w2v.formats.common import PIECE, WORD_LIMIT, Rows, check_promise, writing
from w2v.formats.model import Model
from w2v.formats.options import DEFAULTS, ReadOptions
from w2v.formats.recognition import BOM, HEADER_LIMIT, is_number, parse_header
from w2v.formats.unpacking import reading

SHOWN = 20  # Number of additional fields that are counted for a message
SLACK = 1 << 20  # If a header promises this many bytes more than there are, little memory is wasted
NUMBER_LIMIT = 64  # Largest number of bytes of a number in a line
COMPILED_FROM = 2_000_000  # From this many numbers, compiled code reads the file; Python takes .8 s for them


def read(path: Path, options: ReadOptions = DEFAULTS) -> Model:
    """Return the words and their vectors. Bytes of a word that are not UTF-8 become U+FFFD; such words are counted.

    Raises:
        W2VError: the header is wrong, the file is cut short, or a line is not a word and `dim` numbers; the message has
            the line number.
    """
    with reading(path) as (file, room):
        line = file.readline(HEADER_LIMIT)
        header = parse_header(line)
        if header is None:
            return read_headless(file, path, options, least=2)
        n_types, dim = header
        needed, room = n_types * (2 + 2 * dim), room - len(line) + 1
        # If only little is missing, the error about the wrong line says more.
        check_promise(path, n_types, dim, needed if needed > room + SLACK else 0, room)
        n_wanted = n_types if options.limit is None else min(options.limit, n_types)
        rows = Rows(path, n_wanted, dim, options, first_line=2)
        n_lines = read_rows(file, rows, n_wanted, dim)
        _check_size(file, rows, n_types, n_wanted, n_lines)
    return Model(*rows.finish())


def read_headless(file: BinaryIO, path: Path, options: ReadOptions, least: int = 1) -> Model:
    """Return the content of a file without a header; the first line shows the size of a vector.

    Raises:
        W2VError: the first line is not a word and at least `least` numbers, or another line has a different number.
    """
    file.seek(0)
    fields = file.readline(WORD_LIMIT).split()
    dim = len(fields) - 1
    while dim > 0 and not all(map(is_number, fields[-dim:])):
        dim -= 1
    if dim < 1:
        raise W2VError(f"{path} holds no vectors: its first line is neither `words dim` nor a word and its numbers")
    if dim < least:
        raise W2VError(f"{path} has lines of a word and one number: a vocabulary, not vectors")
    if options.limit is None:
        file.seek(0)
        n_lines = 1 + sum(block.count(b"\n") for block in iter(lambda: file.read(PIECE), b""))
    file.seek(0)
    rows = Rows(path, n_lines if options.limit is None else options.limit, dim, options, first_line=1)
    if file.read(len(BOM)) != BOM:
        file.seek(0)
    read_rows(file, rows, options.limit, dim)
    return Model(*rows.finish())


def read_rows(file: BinaryIO, rows: Rows, n_rows: int | None, dim: int) -> int:
    """Read lines of a word and its numbers, up to n_rows or all; return the number of lines read.

    Raises:
        W2VError: a line has another form; the message has its number.
    """
    longest = WORD_LIMIT + dim * NUMBER_LIMIT
    first = number = rows.first_line
    empty = 0  # Number of empty lines before this one; they are allowed only at the end
    is_large = rows.n_left * dim >= COMPILED_FROM
    with np.errstate(over="ignore"):  # numbers beyond float32 become infinite, and are refused later
        while n_rows is None or len(rows.words) + rows.n_bad < n_rows:
            if is_large and not empty:
                number += _read_buffered(file, rows, dim)
                if rows.n_left == 0:
                    continue
            line = file.readline(longest)
            if not line:
                break
            word, *fields = line.rstrip().rsplit(b" ", dim)
            try:
                numbers = np.array(fields, np.float64)  # in 5/6 of the time of list(map(float, fields))
            except ValueError:
                numbers = np.empty(0)
            # Python's numbers may contain underscores, and whitespace around them.
            is_odd = b"_" in line or b"\t" in line or b"\r" in line[:-2] or b"\v" in line or b"\f" in line
            is_plain = word and b" " not in word and not is_odd and len(numbers) == dim
            flaw = "" if is_plain else problem(line, dim)
            if not word and not fields:
                empty += 1
            else:
                if empty:
                    rows.bad(f"line {number - empty:,}", "is empty; a word may be a line end", n_rows=0, n_lines=empty)
                    empty = 0
                if flaw:
                    rows.bad(f"line {number:,}", flaw)
                else:
                    rows.add(word, numbers)
            number += 1
    return number - first


def _read_buffered(file: BinaryIO, rows: Rows, dim: int) -> int:
    """Read lines from a file's buffer as long as they have the expected form; return their number.

    This is about 20 times as fast as line by line. The numbers are the same to the bit.
    """
    from w2v.kernels.text.numbers import read_lines  # imports Numba, which takes longer than to read a small file

    buffer = cast(BufferedReader, file).peek()
    n_most = min(rows.n_left, len(buffer) // (2 * dim + 2))  # a line has at least a letter, and a digit per number
    numbers, bounds = np.empty((n_most, dim), np.float32), np.empty((n_most, 2), np.int64)
    n_lines, end = read_lines(np.frombuffer(buffer, np.uint8), numbers, bounds)
    words = [rows.decoder.decode(buffer[begin:end]) for begin, end in bounds[:n_lines].tolist()]
    rows.take(words)[:] = numbers[:n_lines]
    file.read(end)
    return n_lines


def problem(line: bytes, dim: int) -> str:
    """Return what is wrong with a line of a word and dim numbers; an empty string if it is correct.

    A word may contain spaces. It may end in a number if that is a whole number and the others have a decimal point:
    `Windows 95 0.25 -1.5`. Otherwise the line has a number too many, or the header is wrong.
    """
    expected = f"expected a word and {counted(dim, 'number')}"
    fields = line.split(None, dim + SHOWN)[: dim + SHOWN]  # a line can have millions of fields
    numbers = [field for field in fields[1:] if is_number(field)]
    word, *last = line.rstrip().rsplit(b" ", dim)
    wrong = [field for field in last if not is_number(field)]
    if not word.strip() and len(last) == dim:
        return f"{expected}, and the word is missing"
    if len(last) == dim and not wrong:
        before = word.rpartition(b" ")[2]
        if b" " not in word or not is_number(before):
            return ""
        if before.lstrip(b"-").isdigit() and all(b"." in field for field in last):
            return ""
        return f"{expected}, found {len(numbers):,} numbers"
    if b"\t" in line:
        return f"{expected} with single spaces between, found tabs"
    if len(fields) == dim + 1 and len(numbers) == dim:
        return f"{expected} with single spaces between"
    if len(fields) <= dim or not wrong:
        return f"{expected}, found {len(numbers):,}"
    return f"{expected}, found '{wrong[0][:40].decode('utf-8', 'replace')}' among them"


def _check_size(file: BinaryIO, rows: Rows, n_types: int, n_wanted: int, n_lines: int) -> None:
    """Raise W2VError if a file has fewer rows than its header says, or more."""
    n_found = len(rows.words) + rows.n_bad
    if n_found < n_wanted:
        if not rows.options.skip_bad_rows:
            raise W2VError(
                f"{rows.path} is cut short: it ends in line {n_lines + 1:,}, before row {n_found + 1:,} of {n_types:,}"
            )
        rows.options.warn(f"{rows.path} is cut short: it has {n_found:,} rows, and its first line says {n_types:,}")
    elif n_wanted == n_types:
        for number, line in enumerate(iter(lambda: file.readline(WORD_LIMIT), b""), n_lines + 2):
            if line.strip():
                raise W2VError(
                    f"{rows.path}, line {number:,}: the first line says {n_types:,} rows, and more follow; write their "
                    "number there"
                )


def write(path: Path, model: Model) -> None:
    """Write the words and their vectors, compressed if the name ends in .gz; completely or not at all."""
    with writing(path) as file:
        file.write(b"%d %d\n" % model.vectors.shape)
        write_lines(file, model)


def write_lines(file: BinaryIO, model: Model) -> None:
    """Write one line per word. With nine significant digits, each float32 is read back as the same number."""
    line = "%s" + " %.9g" * model.vectors.shape[1] + "\n"
    for word, row in zip(model.words, model.vectors, strict=True):
        file.write((line % (word, *row.tolist())).encode())
