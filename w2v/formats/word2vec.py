"""word2vec binary: `words dim`, then for each word its bytes, a space, dim little-endian float32, a newline.

word2vec.c writes the newlines and gensim does not; both are read. Nothing marks where a row begins. If a word contains
a space, as gensim writes for phrases, the rest of the word would be read as numbers and later numbers as words. Such
files are refused: newlines must follow every row or none, words must not contain newlines, and without newlines after
rows no control characters.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from w2v.base.arrays import Matrix
from w2v.base.errors import W2VError
from w2v.formats.common import WORD_LIMIT, Rows, blocks, check_promise, writing
from w2v.formats.model import Model
from w2v.formats.options import DEFAULTS, ReadOptions
from w2v.formats.recognition import HEADER_LIMIT, parse_header
from w2v.formats.unpacking import reading

BLOCK = 1 << 22
CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
ABSURD = np.float32(1e15)  # Training never makes larger numbers; letters and bytes in another order do
UNUSUAL = np.float32(1e6)  # Training makes few larger numbers, and few below 1 / UNUSUAL
SAMPLE = 10_000  # Number of rows that are checked for another byte order


def read(path: Path, options: ReadOptions = DEFAULTS) -> Model:
    """Return the words and their vectors. Bytes of a word that are not UTF-8 become U+FFFD; such words are counted.

    Raises:
        W2VError: the file is cut short, is not a word2vec binary file, or has spaces in its words.
    """
    with reading(path) as (file, room):
        line = file.readline(HEADER_LIMIT)
        header = parse_header(line)
        if header is None:
            raise W2VError(f"{path} is not a word2vec file: its first line is not `words dim`")
        n_types, dim = header
        width = 4 * dim
        # The newline of the last row may be missing.
        check_promise(path, n_types, dim, n_types * (1 + width), room - len(line) + 1)
        n_wanted = n_types if options.limit is None else min(options.limit, n_types)
        rows, places = Rows(path, n_wanted, dim, options), Places(path)
        buffer = b""
        while len(rows.words) < n_wanted:
            # Read at least as much as is left over, so that a long word is not copied again with every piece.
            piece = file.read(max(BLOCK, width - len(buffer), len(buffer)))
            buffer += piece
            at, words, found = 0, list[bytes](), list[bytes]()
            while len(rows.words) + len(words) < n_wanted:
                space = buffer.find(b" ", at)
                if space < 0 or space + 1 + width > len(buffer):
                    break
                words.append(buffer[at:space])
                found.append(buffer[space + 1 : space + 1 + width])
                at = space + 1 + width
            if not words and not piece:
                raise W2VError(f"{path} is cut short: it ends in row {len(rows.words) + 1:,} of {n_types:,}")
            if not words and space < 0 and len(buffer) > WORD_LIMIT:
                raise W2VError(
                    f"{path} is not a word2vec binary file: the word of row {len(rows.words) + 1:,} has no end"
                )
            if words:
                numbers = np.frombuffer(b"".join(found), "<f4").reshape(-1, dim)
                rows.take([*map(rows.decoder.decode, places.words(words, numbers))])[:] = numbers
            buffer = buffer[at:]
        if n_wanted == n_types and (buffer.strip(b"\n") or file.read(2).strip(b"\n")):
            raise W2VError(
                f"{path} goes on behind its last row, {n_types:,}: its first line is wrong, or a word has a space in it"
            )
    words_, vectors = rows.finish()
    check_order(path, vectors)
    return Model(words_, vectors)


class Places:
    """Checks that a reader is at the beginning of a row."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.n_rows = 0  # Number of rows so far
        self.has_newlines: bool | None = None  # Whether newlines follow rows; None before the second row

    def words(self, words: Sequence[bytes], numbers: Matrix) -> list[bytes]:
        """Return the next words without the newlines of the rows before.

        Args:
            words: the bytes between two rows of numbers.
            numbers: (len(words), dim) the numbers that follow each word.

        Raises:
            W2VError: the reader has lost its position.
        """
        first, following = (words[:1], words[1:]) if self.n_rows == 0 else ([], words)
        if self.has_newlines is None and following:
            self.has_newlines = following[0].startswith(b"\n")
        bare = [*first, *(word[1:] for word in following)] if self.has_newlines else list(words)
        n_newlines = b"".join(words).count(b"\n")
        is_lost = n_newlines != (len(following) if self.has_newlines else 0)
        if self.has_newlines:
            is_lost = is_lost or not all(word.startswith(b"\n") for word in following)
        elif not is_lost and following and CONTROL.search(b"".join(words)):
            is_lost = True
        if is_lost or b"" in bare:
            self._refuse(words, bare)
        if not self.has_newlines:
            self._check_numbers(bare, numbers)
        self.n_rows += len(words)
        return bare

    def _refuse(self, words: Sequence[bytes], bare: Sequence[bytes]) -> None:
        """Raise W2VError for the first word that shows that the position is lost."""
        for row, (found, word) in enumerate(zip(words, bare, strict=True), self.n_rows + 1):
            has_none = self.has_newlines and row > 1 and not found.startswith(b"\n")
            is_odd = b"\n" in word or (not self.has_newlines and CONTROL.search(word))
            if has_none or is_odd or not word:
                what = "has no word" if not word else "does not begin where the one before should end"
                raise self._lost(row, what)

    def _check_numbers(self, words: Sequence[bytes], numbers: Matrix) -> None:
        """Raise W2VError for numbers that are letters: absurdly large, and before a word that is not UTF-8."""
        with np.errstate(invalid="ignore"):
            absurd = np.flatnonzero((np.abs(numbers) > ABSURD).any(axis=1)).tolist()
        for row in absurd:
            if row + 1 < len(words):
                try:
                    words[row + 1].decode()
                except ValueError:
                    raise self._lost(self.n_rows + row + 2, "does not begin where the one before should end") from None

    def _lost(self, row: int, what: str) -> W2VError:
        return W2VError(
            f"{self.path}: row {row:,} {what}; the file is damaged, or the word of row {row - 1 or 1:,} has a space in "
            "it: write it as text, or with _ for spaces"
        )


def check_order(path: Path, vectors: Matrix) -> None:
    """Raise W2VError if the size of the numbers shows another byte order."""
    sample = vectors[:SAMPLE]
    swapped = sample.byteswap()
    n_absurd, n_unusual = _count_beyond(sample, ABSURD), _count_beyond(sample, UNUSUAL)
    is_absurd = n_absurd > sample.size / 2 and _count_beyond(swapped, ABSURD) < n_absurd
    if is_absurd or (n_unusual > sample.size / 2 and 10 * _count_beyond(swapped, UNUSUAL) < n_unusual):
        sizes = np.abs(sample[sample != 0])
        raise W2VError(
            f"{path} has numbers from {sizes.min():.1e} to {sizes.max():.1e}: it is damaged, or was written on a "
            "machine with another byte order"
        )


def _count_beyond(numbers: Matrix, bound: np.float32) -> int:
    """Return how many numbers are NaN, larger than a bound or smaller than 1 / bound; zeros do not count."""
    with np.errstate(invalid="ignore"):
        sizes = np.abs(numbers)
        return int(np.count_nonzero(~((sizes == 0) | ((sizes <= bound) & (sizes >= 1 / bound)))))


def write(path: Path, model: Model) -> None:
    """Write words and vectors as word2vec.c does, compressed if the name ends in .gz; completely or not at all."""
    words = iter(model.words)
    with writing(path) as file:
        file.write(b"%d %d\n" % model.vectors.shape)
        for block in blocks(model.vectors):
            # zip asks the first iterator first: when the rows have ended, it takes no further word.
            file.write(b"".join(b"%s %s\n" % (word.encode(), row.tobytes()) for row, word in zip(block, words)))  # noqa: B905
