"""word2vec text: `words dim`, then a line a word: the word and its numbers, with spaces between."""

from pathlib import Path

import numpy as np

from w2v.errors import W2VError
from w2v.files import replacing
from w2v.formats.common import Matrix, check_word, read_header


def read(path: Path) -> tuple[list[str], Matrix]:
    """Return the words and their vectors, (n_types, dim) float32.

    A word may have spaces in it, as some tools write them: the numbers are counted from the line's end.
    Bytes of a word that are not UTF-8 become U+FFFD.

    Raises:
        W2VError: the file is cut short, or a line is no word and `dim` numbers; the message says which.
    """
    with path.open("rb") as file, np.errstate(over="raise"):  # a number that float32 cannot hold is none
        n_types, dim = read_header(file, path, min_row_bytes=2, min_number_bytes=2)
        vectors = np.empty((n_types, dim), np.float32)
        words: list[str] = []
        for row in range(n_types):
            line = file.readline().rstrip()
            if not line:
                raise W2VError(f"{path} is cut short: it ends before row {row + 1:,} of {n_types:,}")
            fields = line.rsplit(b" ", dim)
            try:
                # Of the shape (dim,), because a single number would be taken for all.
                vectors[row] = np.array(fields[1:], dtype=np.float64).reshape(dim)
            except (ValueError, FloatingPointError):
                raise W2VError(f"{path}, line {row + 2}: expected a word and {dim} numbers") from None
            words.append(fields[0].decode("utf-8", "replace"))
    return words, vectors


def write(path: Path, words: list[str], vectors: Matrix) -> None:
    """Write the words and their vectors, (n_types, dim), whole or not at all.

    Nine significant digits: each float32 is read back as the same number.

    Raises:
        W2VError: it cannot be written, or a word has a line's end in it.
    """
    line = "%s" + " %.9g" * vectors.shape[1] + "\n"
    with replacing(path) as file:
        file.write(f"{len(words)} {vectors.shape[1]}\n".encode())
        for word, row in zip(words, vectors, strict=True):
            check_word(word, path, "\n")
            file.write((line % (word, *row.tolist())).encode())
