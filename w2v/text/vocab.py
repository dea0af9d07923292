"""Vocab: the words of a run with their counts, sorted by descending count, then by bytes."""

from codecs import BOM_UTF8 as BOM
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from w2v.base.arrays import Counts, Ids, Indices
from w2v.base.errors import W2VError
from w2v.base.files import replacing
from w2v.base.stores import local_copy

SENTENCE_WORD = "</s>"
"""The word that word2vec.c and fastText make of the end of a line; w2v does not."""


@dataclass(frozen=True)
class Vocab:
    """Words and their counts. Word i is row i of every matrix.

    Examples:
        >>> Vocab.of({"b": 2, "a": 2, "c": 7}).words
        ['c', 'a', 'b']
    """

    words: list[str]
    """(n_types,) the words, most frequent first; words with equal counts are sorted by their bytes."""
    counts: Counts
    """(n_types,) the occurrences of the words, each at least 1; all 0 if a file has no counts."""

    @property
    def has_counts(self) -> bool:
        """Whether the counts are known."""
        return bool(self.counts.any())

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def index(self) -> dict[str, int]:
        """The row of each word."""
        return {word: row for row, word in enumerate(self.words)}

    def rows_of(self, words: Sequence[str]) -> Ids:
        """Return the row of each word; -1 for words outside the vocabulary."""
        return np.array([self.index.get(word, -1) for word in words], np.int32)

    @property
    def n_tokens(self) -> int:
        """Total number of occurrences of all words."""
        return int(self.counts.sum())

    @classmethod
    def of(cls, counts: dict[str, int]) -> "Vocab":
        """Return the vocabulary of these words and counts. Raises W2VError for an invalid word or count."""
        for word, count in counts.items():
            if word.split() != [word]:
                raise W2VError(f"{word!r} cannot be a word: it is empty or has whitespace in it")
            if count < 1:
                raise W2VError(f"the count of {word!r} must be at least 1, not {count}")
        if sum(counts.values()) >= 2**63:
            raise W2VError("the counts of the vocabulary come to more than 2^63 - 1; use smaller ones in proportion")
        return sorted_vocab(list(counts), np.array(list(counts.values()), np.int64))[0]

    def save(self, path: str | Path) -> None:
        """Write `word count` lines, completely or not at all. Raises W2VError if the file cannot be written."""
        with replacing(path) as file:
            file.writelines(self.lines())

    def lines(self) -> Iterator[bytes]:
        """Yield the `word count` lines of a file."""
        # `load` removes a byte order mark, so one that begins the first word is written twice.
        mark = BOM if "".join(self.words[:1]).startswith("\ufeff") else b""
        for word, count in zip(self.words, self.counts.tolist(), strict=True):
            yield mark + f"{word} {count}\n".encode()
            mark = b""

    @classmethod
    def load(cls, path: str | Path, *, sentence_end: bool = False, may_lack_counts: bool = False) -> "Vocab":
        """Read `word count` lines in any order, as written by w2v, gensim and word2vec.c.

        Args:
            path: the file.
            sentence_end: whether to keep word2vec.c's `</s>` for the end of a sentence.
            may_lack_counts: whether lines may have only words, if all lines do.

        Raises:
            W2VError: the file cannot be read, or a line is not a word and a count; the message has the line number.
        """
        try:
            lines = local_copy(path).read_bytes().removeprefix(BOM).split(b"\n")
        except OSError as error:
            raise W2VError(f"cannot read the vocabulary {path}: {error.strerror}") from error
        counts: dict[str, int] = {}
        is_list = may_lack_counts and all(len(line.split()) < 2 for line in lines)
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            word, count = _parse(line + b" 1" * is_list, f"{path}, line {number}")
            if word in counts:
                raise W2VError(f"{path}, line {number}: '{word}' stands here for the second time")
            if word != SENTENCE_WORD or sentence_end:
                counts[word] = count
        if not counts:
            raise W2VError(f"the vocabulary {path} has no words; build one with `w2v build-vocab`")
        if sum(counts.values()) >= 2**63:
            raise W2VError(f"the counts of {path} come to more than 2^63 - 1; smaller ones in proportion will do")
        return cls([*counts], np.zeros(len(counts), np.int64)) if is_list else cls.of(counts)


def sorted_vocab(words: Sequence[str], counts: Counts, most: int | None = None) -> tuple[Vocab, Indices]:
    """Return the first `most` words, by descending count, then by bytes, and the position of each in `words`."""
    # UTF-8 preserves the order of code points, so sorting the strings sorts their bytes.
    by_bytes = np.argsort(np.array(words, object), kind="stable")
    order = by_bytes[np.argsort(-counts[by_bytes], kind="stable")][:most]
    return Vocab([words[i] for i in order.tolist()], counts[order]), order


def _parse(line: bytes, where: str) -> tuple[str, int]:
    """Return the word and count of a line; `where` names the line in an error."""
    try:
        fields = line.decode().split()
    except UnicodeDecodeError:
        raise W2VError(f"{where}: not UTF-8; save the file as UTF-8") from None
    if len(fields) != 2 or not (fields[1].isascii() and fields[1].isdigit()):
        shown = line.decode()[:60].strip()
        raise W2VError(f"{where}: expected `word count`, found '{shown}'")
    word, count = fields[0], int(fields[1]) if len(fields[1]) < 20 else 2**63
    if word != SENTENCE_WORD and not 1 <= count < 2**63:
        raise W2VError(f"{where}: the count of '{word}' must be from 1 to 2^63 - 1, not {fields[1][:40]}")
    return word, count
