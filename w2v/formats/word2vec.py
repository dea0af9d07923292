"""word2vec binary: `words dim`, then for each word its bytes, a space, dim little-endian float32, a newline.

word2vec.c writes the newline and gensim does not; both are read.
"""

from pathlib import Path

import numpy as np

from w2v.base.errors import W2VError
from w2v.formats.common import WORD_LIMIT, Rows, blocks, check_promise, reading, writing
from w2v.formats.model import Model
from w2v.formats.word2vec_text import HEADER_LIMIT, parse_header

BLOCK = 1 << 22


def read(path: Path, limit: int | None = None) -> Model:
    """Return the words and their vectors, or the first `limit`. Bytes of a word that are not UTF-8 become U+FFFD.

    Raises:
        W2VError: the file is cut short, or is not a word2vec binary file.
    """
    with reading(path) as (file, room):
        line = file.readline(HEADER_LIMIT)
        header = parse_header(line)
        if header is None:
            raise W2VError(f"{path} is not a word2vec file: its first line is not `words dim`")
        n_types, dim = header
        width = 4 * dim
        # The last row may lack its newline.
        check_promise(path, n_types, dim, n_types * (1 + width), room - len(line) + 1)
        n_wanted = n_types if limit is None else min(limit, n_types)
        rows = Rows(path, n_wanted, dim)
        buffer = b""
        while len(rows.words) < n_wanted:
            # At least as much as is left over: a long word is not copied again with every piece.
            piece = file.read(max(BLOCK, width - len(buffer), len(buffer)))
            buffer += piece
            at, words, found = 0, list[str](), list[bytes]()
            while len(rows.words) + len(words) < n_wanted:
                space = buffer.find(b" ", at)
                if space < 0 or space + 1 + width > len(buffer):
                    break
                words.append(buffer[at:space].lstrip(b"\n").decode("utf-8", "replace"))
                found.append(buffer[space + 1 : space + 1 + width])
                at = space + 1 + width
            if not words and not piece:
                raise W2VError(f"{path} is cut short: it ends in row {len(rows.words) + 1:,} of {n_types:,}")
            if not words and space < 0 and len(buffer) > WORD_LIMIT:
                raise W2VError(
                    f"{path} is not a word2vec binary file: the word of row {len(rows.words) + 1:,} has no end"
                )
            rows.take(words)[:] = np.frombuffer(b"".join(found), "<f4").reshape(-1, dim)
            buffer = buffer[at:]
        if n_wanted == n_types and (buffer.strip(b"\n") or file.read(2).strip(b"\n")):
            raise W2VError(
                f"{path} goes on behind its last row: if it is word2vec text, say so with --from word2vec-text"
            )
    return Model(*rows.finish())


def write(path: Path, model: Model) -> None:
    """Write words and vectors as word2vec.c does, packed where `path` ends in .gz; completely or not at all."""
    words = iter(model.words)
    with writing(path) as file:
        file.write(b"%d %d\n" % model.vectors.shape)
        for block in blocks(model.vectors):
            # The rows come first: zip asks them first, and takes no word where they have ended.
            file.write(b"".join(b"%s %s\n" % (word.encode(), row.tobytes()) for row, word in zip(block, words)))  # noqa: B905
