"""word2vec binary: `words dim`, then for each word its bytes, a space, dim little-endian float32, a newline.

word2vec.c writes the newline and gensim does not; both are read.
"""

from pathlib import Path

import numpy as np

from w2v.errors import W2VError
from w2v.files import replacing
from w2v.formats.common import Matrix, check_word, read_header

BLOCK = 1 << 22
WRITE_ROWS = 1 << 12


def read(path: Path) -> tuple[list[str], Matrix]:
    """Return the words and their vectors, (n_types, dim) float32.

    Bytes of a word that are not UTF-8 become U+FFFD.

    Raises:
        W2VError: the file is cut short, or is no word2vec binary file.
    """
    with path.open("rb") as file:
        n_types, dim = read_header(file, path, min_row_bytes=1, min_number_bytes=4)
        width = 4 * dim
        vectors = np.empty((n_types, dim), "<f4")
        words: list[str] = []
        buffer, more = b"", True
        while len(words) < n_types:
            piece = file.read(max(BLOCK, width))
            more = len(piece) > 0
            buffer += piece
            at, first, rows = 0, len(words), []
            while len(words) < n_types:
                space = buffer.find(b" ", at)
                if space < 0 or space + 1 + width > len(buffer):
                    break
                words.append(buffer[at:space].lstrip(b"\n").decode("utf-8", "replace"))
                rows.append(buffer[space + 1 : space + 1 + width])
                at = space + 1 + width
            if not rows and not more:
                raise W2VError(f"{path} is cut short: it ends in row {len(words) + 1:,} of {n_types:,}")
            vectors[first : len(words)] = np.frombuffer(b"".join(rows), "<f4").reshape(-1, dim)
            buffer = buffer[at:]
    return words, vectors.astype(np.float32, copy=False)


def write(path: Path, words: list[str], vectors: Matrix) -> None:
    """Write the words and their vectors, (n_types, dim), as word2vec.c does; whole or not at all.

    Raises:
        W2VError: it cannot be written, or a word has a space or a line's end in it.
    """
    with replacing(path) as file:
        file.write(f"{len(words)} {vectors.shape[1]}\n".encode())
        for start in range(0, len(words), WRITE_ROWS):
            rows = np.ascontiguousarray(vectors[start : start + WRITE_ROWS], "<f4")
            for word, row in zip(words[start : start + WRITE_ROWS], rows, strict=True):
                check_word(word, path, " \n")
                file.write(b"%s %s\n" % (word.encode(), row.tobytes()))
