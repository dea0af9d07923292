"""Vectors: words with their vectors, lookups and neighbours. NumPy only, so that a question is answered at once."""

import difflib
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from w2v import formats
from w2v.arrays import Indices, Matrix
from w2v.errors import SettingsError, UnknownWordError
from w2v.formats.common import check_finite

Key = str | Matrix
"""What one can search with: a word or a vector, (dim,)."""

BLOCK = 1 << 20
"""Numbers of the matrix looked at together: 4 MB, whatever the matrix takes, which may be a mapped file."""


class Vectors:
    """Words with their vectors.

    What it shares with gensim's KeyedVectors has the same name and meaning: `in`, `len`, `[]`, `similarity`,
    `most_similar` and `vectors`. Unlike there, iterating yields the words, and a number is no key.

    Examples:
        >>> vectors = Vectors(["up", "high", "low"], np.array([[1, 0], [1, 0.1], [-1, 0]], np.float32))
        >>> [(word, round(cosine, 3)) for word, cosine in vectors.similar("up", n=1)]
        [('high', 0.995)]
    """

    def __init__(
        self,
        words: list[str],
        matrix: npt.NDArray[np.float32],
        counts: npt.NDArray[np.int64] | None = None,
        output: npt.NDArray[np.float32] | None = None,
        settings: dict[str, Any] | None = None,
    ) -> None:
        """Take words and their vectors, and what else is known; nothing is copied, and the matrix may be mapped.

        Args:
            words: (n_types,)
            matrix: (n_types, dim) float32, their vectors.
            counts: (n_types,) int64, their occurrences.
            output: (n_types, dim) float32, their output rows.
            settings: how they were trained: `w2v` (the version), `settings`, `corpus` (fingerprints of its files).
        """
        if len(words) != len(matrix):
            raise ValueError(f"{len(words)} words and {len(matrix)} vectors")
        self.words = words
        self.matrix = matrix
        self.counts = counts
        self.output = output
        self.settings = settings
        self.name = "the vectors"
        """What errors call them: the file they were read from."""

    @classmethod
    def load(cls, path: str | Path, format: str | None = None) -> "Vectors":
        """Read a vector file.

        Args:
            path: the file or folder. A w2v folder (.w2v) is mapped, and read as it is used.
            format: its format, one of formats.FORMATS, where the suffix does not say it.

        Raises:
            W2VError: the file is missing, is not what its suffix says, or has a number that is not finite; of a mapped
                file the numbers are checked when they are used.
        """
        held = formats.read(path, format)
        vectors = cls(held.words, held.vectors, held.counts, held.output, held.settings)
        vectors.name = str(path)
        return vectors

    def save(self, path: str | Path, format: str | None = None) -> None:
        """Write a vector file, whole or not at all.

        Output rows that the format cannot hold go beside it: into vectors.output.bin for vectors.bin.

        Args:
            path: the file or folder.
            format: the format to write, one of formats.FORMATS, where the suffix does not say it.

        Raises:
            W2VError: it cannot be written.
        """
        held = formats.Contents(self.words, self.matrix, self.counts, self.output, self.settings)
        formats.write(path, held, format)

    @property
    def dim(self) -> int:
        """Numbers in a vector."""
        return int(self.matrix.shape[1])

    @property
    def vectors(self) -> Matrix:
        """The matrix, by the name that gensim has for it."""
        return self.matrix

    @cached_property
    def index(self) -> dict[str, int]:
        """The row of each word; the first of a word that a file of another program has twice."""
        rows = range(len(self.words) - 1, -1, -1)
        return dict(zip(reversed(self.words), rows, strict=True))

    @cached_property
    def norms(self) -> Matrix:
        """(n_types,) the length of each vector; 1 where it is 0, so that its cosines are 0.

        Raises:
            W2VError: a number of a vector is not finite, which for a mapped file is found out here.
        """
        with np.errstate(over="ignore", invalid="ignore"):  # finite numbers can have a length beyond float32
            found = np.concatenate([lengths(self.matrix[block]) for block in self._blocks()])
        for row in np.flatnonzero(~np.isfinite(found)).tolist():
            check_finite(self.name, self.words, self.matrix, row, row + 1)
        return found

    def take(self, rows: Sequence[int] | Indices) -> Matrix:
        """Return some rows, (n, dim).

        Raises:
            W2VError: a number of them is not finite.
        """
        found: Matrix = self.matrix[rows]
        if not np.isfinite(found).all():
            for row in map(int, rows):
                check_finite(self.name, self.words, self.matrix, row, row + 1)
        return found

    def row(self, word: str) -> int:
        """Return the row of a word.

        Raises:
            UnknownWordError: it has none; the message has close spellings.
        """
        try:
            return self.index[word]
        except KeyError:
            raise UnknownWordError(self._unknown(word)) from None

    def similar(self, word: str, n: int = 10) -> list[tuple[str, float]]:
        """Return the n words nearest to a word by cosine, nearest first, the word itself left out.

        Raises:
            UnknownWordError: the word has no vector.
        """
        return self.most_similar([word], topn=n)

    def analogy(self, a: str, b: str, c: str, n: int = 10) -> list[tuple[str, float]]:
        """Return the n words nearest to a - b + c: what is to c as a is to b; none of the three.

        So `analogy("king", "man", "woman")` asks: who is to woman as king is to man? It is 3CosAdd
        (Mikolov et al. 2013): each vector is brought to length 1 before they are added.

        Raises:
            UnknownWordError: a word has no vector.
        """
        return self.most_similar([a, c], [b], n)

    def most_similar(
        self, positive: Key | Sequence[Key] = (), negative: Key | Sequence[Key] = (), topn: int = 10
    ) -> list[tuple[str, float]]:
        """Return the words nearest by cosine to a sum of vectors, as gensim's `most_similar` does.

        Args:
            positive: words to add, each brought to length 1, or vectors (dim,) as they are.
            negative: words or vectors to take away.
            topn: how many words to return; those of the question are left out.

        Raises:
            UnknownWordError: a word has no vector.
            SettingsError: neither positive nor negative has any.
        """
        signed = [(key, sign) for keys, sign in ((positive, 1), (negative, -1)) for key in _listed(keys)]
        if not signed:
            raise SettingsError("name a word to search with, positive or negative")
        query = np.zeros((1, self.dim))
        for key, sign in signed:
            query += sign * (self[key] / lengths(self[[key]]) if isinstance(key, str) else key)
        return self._nearest(
            query[0] / lengths(query), [self.row(key) for key, _ in signed if isinstance(key, str)], topn
        )

    def similarity(self, a: str, b: str) -> float:
        """Return the cosine between two words.

        Raises:
            UnknownWordError: a word has no vector.
        """
        return float(cosines(self[[a]], self[[b]])[0])

    def _nearest(self, query: npt.NDArray[np.float64], without: list[int], n: int) -> list[tuple[str, float]]:
        """Return the n words nearest to a vector of length 1, (dim,), rows `without` left out."""
        direction, found = query.astype(np.float32), np.empty(len(self), np.float32)
        for block in self._blocks():
            # Not by @: on a busy machine BLAS's threads wait for each other; 60 ms in all, where one thread takes 1 ms.
            found[block] = np.vecdot(self.matrix[block], direction)
        found /= self.norms
        found[without] = -np.inf
        n = min(n, len(self) - len(set(without)))
        best = np.argpartition(-found, n - 1)[:n] if n > 0 else np.empty(0, np.int64)
        best = best[np.argsort(-found[best], kind="stable")]
        return [(self.words[i], float(found[i])) for i in best]

    def _blocks(self) -> Iterator[slice]:
        """Yield slices that together are all rows."""
        step = max(1, BLOCK // self.dim)
        return (slice(start, start + step) for start in range(0, len(self), step))

    def __getitem__(self, words: str | Sequence[str]) -> Matrix:
        """Return the vector of a word, (dim,), or those of a list of words, (n, dim)."""
        if isinstance(words, str):
            vector: Matrix = self.take([self.row(words)])[0]
            return vector
        return self.take([self.row(word) for word in words])

    def __contains__(self, word: object) -> bool:
        """Return whether a word has a vector."""
        return word in self.index

    def __len__(self) -> int:
        """Return the number of words."""
        return len(self.words)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the words, most frequent first."""
        return iter(self.words)

    def __repr__(self) -> str:
        """Return the shape."""
        return f"Vectors({len(self):,} words x {self.dim})"

    def _unknown(self, word: str) -> str:
        # difflib takes 10 us a word, so it is shown only words of about this length and beginning.
        near = [
            other for other in self.words if abs(len(other) - len(word)) <= 2 and other[:1].lower() == word[:1].lower()
        ]
        by_lower: dict[str, str] = {}
        for other in near:
            by_lower.setdefault(other.lower(), other)
        close = [by_lower[key] for key in difflib.get_close_matches(word.lower(), by_lower, 3)]
        hint = f"; did you mean {' or '.join(close)}?" if close else f" of {len(self):,} words"
        return f"'{word}' is not in the vocabulary{hint}"


def lengths(rows: npt.NDArray[np.floating]) -> Matrix:
    """Return the length of each row, (n,) float32; 1 where it is 0."""
    # Squares in float64, where those of any float32 can be had.
    found: Matrix = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64)).astype(np.float32)
    found[found == 0] = 1
    return found


def cosines(left: Matrix, right: Matrix) -> Matrix:
    """Return the cosine between each row of one matrix and that of the other, (n,) float32; 0 where one is 0.

    Computed in float64, so that the same two rows have the same cosine wherever they stand.
    """
    a, b = left.astype(np.float64), right.astype(np.float64)
    dots, a_squares, b_squares = (np.einsum("ij,ij->i", x, y) for x, y in ((a, b), (a, a), (b, b)))
    spans = np.sqrt(a_squares) * np.sqrt(b_squares)
    found: Matrix = (dots / np.where(spans > 0, spans, 1)).astype(np.float32)
    return found


def _listed(keys: Key | Sequence[Key]) -> Sequence[Key]:
    return [keys] if isinstance(keys, str | np.ndarray) else keys
