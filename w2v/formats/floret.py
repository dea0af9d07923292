"""floret's table, `.floret`: the rows of hashed n-grams as text, from which spaCy composes vectors for all words.

The first line is `buckets dim min_n max_n hash_count seed < >`. It is followed by one line per bucket: its number and
its numbers. There are no words in it. spaCy reads it with `spacy init vectors LANG FILE DIR --mode floret`.
"""

from pathlib import Path

import numpy as np

from w2v.base.errors import W2VError, option
from w2v.base.files import check_space, replacing
from w2v.formats.common import not_finite, read_numbers
from w2v.formats.model import Model
from w2v.formats.options import DEFAULTS, ReadOptions
from w2v.formats.unpacking import reading
from w2v.text.subwords import BEGIN, END, FLORET_SEED, LONGEST, NGrams, Subwords

HEADER_LIMIT = 256
NUMBER_LIMIT = 32  # Largest number of bytes of a number in a line
LINES = 1 << 12  # Number of lines read or written at a time


def read(path: Path, options: ReadOptions = DEFAULTS) -> Model:
    """Return the rows; there are no words.

    Raises:
        W2VError: the file is not a floret table, is cut short, or marks or hashes words in another than the default
            way.
    """
    with reading(path) as (file, room):
        fields = file.readline(HEADER_LIMIT).decode("utf-8", "replace").split()
        if len(fields) != 8 or not all(field.isdecimal() for field in fields[:6]):
            raise W2VError(
                f"{path} is not a floret table: its first line is not `buckets dim min_n max_n hash_count seed < >`"
            )
        buckets, dim, min_n, max_n, hash_count, seed = map(int, fields[:6])
        if fields[6:] != [BEGIN, END] or seed != FLORET_SEED:
            raise W2VError(
                f"{path} marks words by {' '.join(fields[6:])} and hashes with the seed {seed}; w2v reads tables with "
                f"{BEGIN} {END} and {FLORET_SEED}"
            )
        is_sound = 1 <= hash_count <= 4 and 1 <= min_n <= max_n <= LONGEST and buckets and dim
        if not is_sound or buckets * (2 + 2 * dim) > room:
            raise W2VError(f"{path} is cut short or damaged: its header says {buckets:,} x {dim:,}")
        rows, is_read = np.zeros((buckets, dim), np.float32), np.zeros(buckets, bool)
        for number in range(2, buckets + 2):
            line = file.readline(NUMBER_LIMIT * (dim + 1)).split()
            try:
                if not line[0].isdigit():
                    raise ValueError(line[0])
                rows[int(line[0])] = row = read_numbers(line[1:], dim)
            except (ValueError, IndexError):
                raise W2VError(f"{path}, line {number:,}: expected a bucket and {dim:,} numbers") from None
            if is_read[int(line[0])]:
                raise W2VError(f"{path}, line {number:,}: the bucket {int(line[0]):,} is there for the second time")
            if not np.isfinite(row).all():
                raise W2VError(f"{path}, line {number:,}: {not_finite(row)}")
            is_read[int(line[0])] = True
        if file.read(1 << 10).strip():
            raise W2VError(f"{path} goes on behind its last line, {buckets + 1:,}: its first line is wrong")
    subwords = Subwords(NGrams("floret", min_n, max_n, buckets, hash_count), np.arange(buckets), rows)
    return Model([], np.empty((0, dim), np.float32), subwords=subwords)


def write(path: Path, model: Model) -> None:
    """Write the rows of all buckets, with zeros for unused buckets, completely or not at all.

    Raises:
        W2VError: the model has no such rows, or has n-grams of one character, which spaCy counts in another way.
    """
    subwords = model.subwords
    if subwords is None or subwords.ngrams.kind != "floret":
        raise W2VError(f"cannot write {path}: these vectors were not trained with {option('subwords', 'floret')}")
    if subwords.ngrams.min_n == 1:
        raise W2VError(f"cannot write {path}: spaCy and floret differ with {option('min_n', 1)}; train with 2 or more")
    ngrams, dim = subwords.ngrams, subwords.input.shape[1]
    with replacing(path) as file:
        check_space(path, 2 * ngrams.buckets * (1 + dim))  # at least a digit and a space for each number
        head = (ngrams.buckets, dim, ngrams.min_n, ngrams.max_n, ngrams.hash_count, FLORET_SEED, BEGIN, END)
        file.write((" ".join(map(str, head)) + "\n").encode())
        line = "%d" + " %.9g" * dim + "\n"
        for numbers, block in subwords.bucket_blocks(LINES):
            file.writelines(
                (line % (number, *row.tolist())).encode() for number, row in zip(numbers, block, strict=True)
            )
