"""Subwords: the character n-grams of words, and the rows that n-grams share by hashing.

fastText (Bojanowski et al. 2017) writes a word between `<` and `>`, takes all its n-grams of min_n to max_n characters
and hashes each to one of `buckets` rows; each word also has its own row. floret also hashes the whole `<word>`, so that
words need no rows of their own, and uses up to four buckets per hash. The vector of a word is the mean of its rows.

All code is NumPy and works on many words at a time, because queries must not load Numba.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from w2v.base.arrays import Floats, Ids, Indices, Matrix
from w2v.settings.train import TrainConfig
from w2v.text.vocab import SENTENCE_WORD

BEGIN, END = "<", ">"
FNV_START, FNV_PRIME = np.uint32(2166136261), np.uint32(16777619)
FLORET_SEED = 2166136261
LONGEST = 64
"""Largest number of characters of an n-gram."""
WORDS = 1 << 14
"""Number of words hashed at a time; their n-grams take about 30 MB."""
NUMBERS = 1 << 16
"""Number of vector elements composed at a time; the rows that they are made of take twenty times as much memory."""

Bytes = npt.NDArray[np.uint8]
U64 = npt.NDArray[np.uint64]
SMALL_TABLE, TABLE_SHARE = 1 << 22, 64
"""Largest number of buckets of a table, in total and per used bucket; if both are exceeded, buckets are searched."""


@dataclass(frozen=True)
class NGrams:
    """Which n-grams a word has, and how they are hashed.

    >>> starts, buckets = NGrams(min_n=3, max_n=3).of(["is"])
    >>> starts.tolist(), buckets.tolist()
    ([0, 2], [1707199, 1237425])
    """

    kind: str = "fasttext"
    """fasttext, in which a word also has its own row, or floret, in which the whole `<word>` is hashed like an
    n-gram."""
    min_n: int = 3
    max_n: int = 6
    buckets: int = 2_000_000
    hash_count: int = 1
    """Number of buckets of each n-gram; 1 with fasttext."""

    def __post_init__(self) -> None:
        """Raise ValueError for impossible numbers."""
        numbers = (self.min_n, self.max_n, self.buckets, self.hash_count)
        is_known = self.kind in ("fasttext", "floret") and all(type(number) is int for number in numbers)
        if not is_known or not (
            0 <= self.min_n <= LONGEST and 0 <= self.max_n <= LONGEST and 1 <= self.hash_count <= 4
        ):
            raise ValueError(f"there are no n-grams like {self}")
        if not 1 <= self.buckets < 2**31:
            raise ValueError(f"buckets must be from 1 to 2^31 - 1, not {self.buckets}")

    @classmethod
    def of_config(cls, config: TrainConfig) -> "NGrams | None":
        """Return the n-grams of the settings; None without subwords."""
        if config.subwords == "none" or config.buckets is None:
            return None
        hash_count = config.hash_count if config.subwords == "floret" else 1
        return cls(config.subwords, config.min_n, config.max_n, config.buckets, hash_count)

    @property
    def has_word_rows(self) -> bool:
        """Whether each word of the vocabulary has its own row."""
        return self.kind == "fasttext"

    def of(self, words: Sequence[str]) -> tuple[Indices, Indices]:
        """Return starts, (n_words + 1,), and buckets: those of word i are buckets[starts[i] : starts[i + 1]].

        They have the order of fastText: by the beginning of the n-gram, then by its length. An n-gram that occurs twice
        in a word is listed twice.
        """
        counts, found = [np.zeros(1, np.int64)], [np.empty(0, np.int64)]
        for first in range(0, len(words), WORDS):
            text = _Text.of(words[first : first + WORDS])
            word, begin, end = text.spans(self.min_n, self.max_n)
            if not self.has_word_rows:
                word, begin, end = text.with_whole_words(word, begin, end)
            hashed = fnv(text.text, begin, end) if self.has_word_rows else murmur(text.text, begin, end)
            found.append((hashed[:, : self.hash_count] % np.uint64(self.buckets)).astype(np.int64).reshape(-1))
            counts.append(np.bincount(word, minlength=text.n_words) * self.hash_count)
        return np.cumsum(np.concatenate(counts)), np.concatenate(found)


@dataclass(frozen=True)
class WordRows:
    """The input rows of each word of a vocabulary: its own row, if words have rows, then the rows of its n-grams.

    Only buckets that a word uses have a row. Rows 0 .. n_types - 1 are the words' own rows (none with floret). The rows
    of buckets follow, most used first, so that the rows that are always in the caches are neighbours.
    """

    ngrams: NGrams
    starts: Indices
    """(n_types + 1,) the rows of word i are rows[starts[i] : starts[i + 1]], at least one."""
    rows: Ids
    """Input rows; a row that occurs twice in a word is listed twice."""
    n_own: int
    """Number of rows that belong to words: n_types, or 0 with floret."""
    buckets: Indices
    """(n_buckets_used,) the bucket of each row after the words' own rows."""

    @classmethod
    def of(cls, ngrams: NGrams, words: Sequence[str], uses: Floats) -> "WordRows":
        """Return the rows of words; `uses`, (n_types,) above 0, is how often each is used, which orders buckets."""
        starts, hashed = ngrams.of(words)
        per_word = np.diff(starts)
        total = np.bincount(hashed, weights=np.repeat(uses, per_word), minlength=1)
        buckets = np.flatnonzero(total)
        buckets = buckets[np.argsort(-total[buckets], kind="stable")]
        n_own = len(words) if ngrams.has_word_rows else 0
        row_of = np.zeros(len(total), np.int32)
        row_of[buckets] = np.arange(n_own, n_own + len(buckets), dtype=np.int32)
        if n_own == 0:
            return cls(ngrams, starts, row_of[hashed], n_own, buckets)
        rows = np.insert(row_of[hashed], starts[:-1], np.arange(n_own, dtype=np.int32))
        return cls(ngrams, starts + np.arange(len(starts)), rows, n_own, buckets)

    @property
    def n_rows(self) -> int:
        """Number of input rows: the words' own rows and those of the buckets."""
        return self.n_own + len(self.buckets)

    def compose(self, input: Matrix) -> Matrix:
        """Return the vector of each word, (n_types, dim): the mean of its rows of `input`, (n_rows, dim)."""
        return mean_rows(self.starts, self.rows, input)


def mean_rows(starts: Indices, rows: Ids, matrix: Matrix) -> Matrix:
    """Return the mean of the rows of each word, (n_words, dim); zeros for words without rows.

    The rows of word i are rows[starts[i] : starts[i + 1]] of the matrix, (n, dim); a negative row number counts as
    zeros.
    """
    n_words, dim = len(starts) - 1, matrix.shape[1]
    means = np.zeros((n_words, dim), np.float32)
    step = max(1, NUMBERS // dim)
    for first in range(0, n_words, step):
        bounds = starts[first : first + step + 1]
        part = rows[bounds[0] : bounds[-1]]
        values = matrix[part]
        values[part < 0] = 0
        sizes = np.diff(bounds)
        filled = np.flatnonzero(sizes)  # reduceat would treat an empty piece like a piece of length 1
        if len(filled):
            sums = np.add.reduceat(values, bounds[:-1][filled] - bounds[0])
            means[first + filled] = sums / sizes[filled, None].astype(np.float32)
    return means


@dataclass(frozen=True)
class Subwords:
    """Trained input rows, from which the vector of any word is composed."""

    ngrams: NGrams
    buckets: Indices
    """(n_buckets_used,) the bucket of each row after the words' own rows, without duplicates; other buckets are
    zeros."""
    input: Matrix
    """(n_own + n_buckets_used, dim) the words' own rows, if they have any, then the rows of the buckets."""

    @property
    def bucket_rows(self) -> Matrix:
        """(n_buckets_used, dim) the rows of the buckets."""
        return self.input[len(self.input) - len(self.buckets) :]

    @property
    def own_rows(self) -> Matrix:
        """(n_types, dim) the words' own rows; empty with floret."""
        return self.input[: len(self.input) - len(self.buckets)]

    @cached_property
    def _row_of(self) -> Ids | None:
        """(largest bucket + 2,) the row of each bucket in bucket_rows, -1 if it has none; None if too large.

        A file with a few buckets out of 2^31 must not take 8 GB.
        """
        n = int(self.buckets.max(initial=0)) + 2
        if n > max(SMALL_TABLE, TABLE_SHARE * len(self.buckets)):
            return None
        table = np.full(n, -1, np.int32)
        table[self.buckets] = np.arange(len(self.buckets), dtype=np.int32)
        return table

    @cached_property
    def _in_order(self) -> tuple[Indices, Ids]:
        """The buckets in ascending order, and the row of each bucket; both (n_buckets_used,)."""
        order = np.argsort(self.buckets, kind="stable")
        return self.buckets[order], order.astype(np.int32)

    def without_words(self, rows: Sequence[int]) -> "Subwords":
        """Return the same without the own rows of these words."""
        return replace(self, input=np.delete(self.input, rows, axis=0) if len(self.own_rows) else self.input)

    def rows_of(self, buckets: Indices) -> Ids:
        """Return the row of each bucket in bucket_rows, -1 for buckets without one."""
        if (table := self._row_of) is not None:
            return table[np.minimum(buckets, len(table) - 1)]
        known, rows = self._in_order
        at = np.minimum(np.searchsorted(known, buckets), len(known) - 1)
        return np.where(known[at] == buckets, rows[at], np.int32(-1))

    def bucket_blocks(self, n: int) -> Iterator[tuple[Indices, Matrix]]:
        """Yield all buckets, n at a time: their numbers, and their rows, (n, dim), zeros if they have none."""
        for first in range(0, self.ngrams.buckets, n):
            numbers = np.arange(first, min(first + n, self.ngrams.buckets))
            rows = self.rows_of(numbers)
            block = np.zeros((len(numbers), self.input.shape[1]), np.float32)
            block[rows >= 0] = self.bucket_rows[rows[rows >= 0]]
            yield numbers, block

    def of(self, word: str) -> Matrix | None:
        """Return the vector of a word outside the vocabulary, (dim,); None if none of its n-grams has a row.

        It is the mean over all its n-grams; those without a row count as zeros, as in fastText.
        """
        starts, buckets = self.ngrams.of([word])
        rows = self.rows_of(buckets)
        return mean_rows(starts, rows, self.bucket_rows)[0] if (rows >= 0).any() else None

    def why_none(self, word: str) -> str:
        """Return why `of` has no vector for a word."""
        if self.ngrams.of([word])[1].size > 0:
            return "none of its n-grams was seen in training"
        return f"it has no n-gram of {self.ngrams.min_n} characters"

    def compose(self, words: Sequence[str]) -> Matrix:
        """Return the vectors of the vocabulary's words, (n_types, dim): the mean of each word's rows."""
        starts, buckets = self.ngrams.of(words)
        n_own = len(self.own_rows)
        rows = self.rows_of(buckets)
        rows[rows >= 0] += n_own
        if n_own:
            rows = np.insert(rows, starts[:-1], np.arange(n_own, dtype=np.int32))
            starts = starts + np.arange(len(starts))
        return mean_rows(starts, rows, self.input)


@dataclass(frozen=True)
class _Text:
    """Words written one after another, each between `<` and `>`."""

    text: Bytes
    ends: Indices
    """(n_words,) where each word ends."""
    has_none: npt.NDArray[np.bool_]
    """(n_words,) whether the word is `</s>`, which has no n-grams; floret gives it no vector, w2v does."""

    @classmethod
    def of(cls, words: Sequence[str]) -> "_Text":
        pieces = [f"{BEGIN}{word}{END}".encode("utf-8", "replace") for word in words]
        ends = np.cumsum(np.fromiter(map(len, pieces), np.int64, len(pieces)))
        return cls(np.frombuffer(b"".join(pieces), np.uint8), ends, np.array([word == SENTENCE_WORD for word in words]))

    @property
    def n_words(self) -> int:
        return len(self.ends)

    def spans(self, min_n: int, max_n: int) -> tuple[Indices, Indices, Indices]:
        """Return the n-grams: the word of each n-gram, where it begins and where it ends."""
        first = np.flatnonzero((self.text & 0xC0) != 0x80)  # first bytes of characters
        word = np.searchsorted(self.ends, first, side="right")
        n_before = np.searchsorted(first, self.ends)  # number of characters up to the end of each word
        edges = np.append(first, len(self.text))
        min_n, longest = max(1, min_n), int(np.diff(n_before, prepend=0).max(initial=0))
        last = np.arange(len(first))[:, None] + np.arange(min_n, min(max_n, longest) + 1)
        is_inside = (last <= n_before[word][:, None]) & ~self.has_none[word][:, None]
        if min_n == 1 and is_inside.shape[1]:  # `<` and `>` alone carry no information
            is_first = np.append(True, word[1:] != word[:-1])
            is_last = np.append(word[1:] != word[:-1], True)
            is_inside[:, 0] &= ~(is_first | is_last)
        at, _ = np.nonzero(is_inside)
        return word[at], first[at], edges[last[is_inside]]

    def with_whole_words(self, word: Indices, begin: Indices, end: Indices) -> tuple[Indices, Indices, Indices]:
        """Return the spans with each whole word before its n-grams."""
        whole = np.arange(self.n_words)
        words = np.concatenate([whole, word])
        order = np.argsort(words, kind="stable")
        begins = np.concatenate([np.append(0, self.ends[:-1]), begin])
        return words[order], begins[order], np.concatenate([self.ends, end])[order]


def fnv(text: Bytes, begin: Indices, end: Indices) -> U64:
    """Return fastText's hash of each text[begin:end], (n, 1): 32-bit FNV-1a with signed bytes."""
    hashes = np.empty((len(begin), 1), np.uint64)
    for rows, pieces in _by_length(text, begin, end):
        hashed = np.full(len(rows), FNV_START)
        for byte in pieces.T:
            hashed = (hashed ^ byte.view(np.int8).astype(np.int32).view(np.uint32)) * FNV_PRIME
        hashes[rows, 0] = hashed
    return hashes


def murmur(text: Bytes, begin: Indices, end: Indices, seed: int = FLORET_SEED) -> U64:
    """Return Austin Appleby's MurmurHash3_x64_128 of each text[begin:end]: (n, 4), 32 bits each, low half first."""
    hashes = np.empty((len(begin), 4), np.uint64)
    for rows, pieces in _by_length(text, begin, end):
        first, second = _murmur_of(pieces, np.uint64(seed))
        low = np.uint64(0xFFFFFFFF)
        hashes[rows] = np.stack([first & low, first >> np.uint64(32), second & low, second >> np.uint64(32)], axis=1)
    return hashes


C1, C2 = np.uint64(0x87C37B91114253D5), np.uint64(0x4CF5AD432745937F)


def _murmur_of(pieces: Bytes, seed: np.uint64) -> tuple[U64, U64]:
    """Return both halves of the hash of rows of bytes that have the same length."""
    n, length = pieces.shape
    h1, h2 = np.full(n, seed), np.full(n, seed)
    padded = np.zeros((n, -(-length // 16) * 16), np.uint8)
    padded[:, :length] = pieces
    blocks = padded.view("<u8")
    n_whole = length // 16
    for i in range(-(-length // 16)):
        k1, k2 = _rotated(blocks[:, 2 * i] * C1, 31) * C2, _rotated(blocks[:, 2 * i + 1] * C2, 33) * C1
        h1 = h1 ^ k1
        if i < n_whole:
            h1 = (_rotated(h1, 27) + h2) * np.uint64(5) + np.uint64(0x52DCE729)
        h2 = h2 ^ k2
        if i < n_whole:
            h2 = (_rotated(h2, 31) + h1) * np.uint64(5) + np.uint64(0x38495AB5)
    h1, h2 = h1 ^ np.uint64(length), h2 ^ np.uint64(length)
    h1 = h1 + h2
    h2 = h2 + h1
    h1, h2 = _mixed(h1), _mixed(h2)
    h1 = h1 + h2
    return h1, h2 + h1


def _rotated(x: U64, bits: int) -> U64:
    return (x << np.uint64(bits)) | (x >> np.uint64(64 - bits))


def _mixed(k: U64) -> U64:
    k = (k ^ (k >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    k = (k ^ (k >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return k ^ (k >> np.uint64(33))


def _by_length(text: Bytes, begin: Indices, end: Indices) -> Iterator[tuple[Indices, Bytes]]:
    """Yield (rows, bytes) for each length in bytes: bytes[i] is text[begin[rows[i]]:end[rows[i]]]."""
    lengths = end - begin
    order = np.argsort(lengths, kind="stable")
    cuts = np.flatnonzero(np.diff(lengths[order])) + 1
    for rows in np.split(order, cuts):
        if len(rows):
            yield rows, np.ascontiguousarray(text[begin[rows][:, None] + np.arange(lengths[rows[0]])])
