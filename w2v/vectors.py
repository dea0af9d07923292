"""Vectors: words and what was learned of them. NumPy only, so that answering a question starts fast."""

import difflib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from w2v import formats
from w2v.errors import UnknownWordError

Row = npt.NDArray[np.float32]


class Vectors:
    """Words with their vectors.

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
        """Take words and their vectors, and what else is known; nothing is copied.

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

    @classmethod
    def load(cls, path: str | Path, format: str | None = None) -> "Vectors":
        """Read a vector file.

        Args:
            path: the file or folder. A w2v folder (.w2v) is mapped, and read as it is used.
            format: what kind it is, one of formats.FORMATS, where the suffix does not tell.

        Raises:
            W2VError: the file is missing or is not what its suffix says.
        """
        held = formats.read(path, format)
        return cls(held.words, held.vectors, held.counts, held.output, held.settings)

    def save(self, path: str | Path, format: str | None = None) -> None:
        """Write a vector file, whole or not at all.

        Output rows that the format cannot hold go beside it: into vectors.output.bin for vectors.bin.

        Args:
            path: the file or folder.
            format: what kind it is to be, one of formats.FORMATS, where the suffix does not tell.

        Raises:
            W2VError: it cannot be written.
        """
        held = formats.Contents(self.words, self.matrix, self.counts, self.output, self.settings)
        formats.write(path, held, format)

    @property
    def dim(self) -> int:
        """Numbers in a vector."""
        return int(self.matrix.shape[1])

    @cached_property
    def index(self) -> dict[str, int]:
        """The row of each word; of a word that a foreign file has twice, the first."""
        rows = range(len(self.words) - 1, -1, -1)
        return dict(zip(reversed(self.words), rows, strict=True))

    @cached_property
    def norms(self) -> Row:
        """(n_types,) the length of each vector; 1 where it is 0, so that its cosines are 0."""
        # Squares in float64, where those of any float32 can be had.
        squares = np.einsum("ij,ij->i", self.matrix, self.matrix, dtype=np.float64)
        norms: Row = np.sqrt(squares).astype(np.float32)
        norms[norms == 0] = 1
        return norms

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
        row = self.row(word)
        # One division a word, and no normalised copy of the matrix.
        cosines = self.matrix @ (self.matrix[row] / self.norms[row]) / self.norms
        cosines[row] = -np.inf
        n = min(n, len(self) - 1)
        best = np.argpartition(-cosines, n - 1)[:n] if n > 0 else np.empty(0, np.int64)
        best = best[np.argsort(-cosines[best], kind="stable")]
        return [(self.words[i], float(cosines[i])) for i in best]

    def __getitem__(self, word: str) -> Row:
        """Return the vector of a word, (dim,)."""
        vector: Row = self.matrix[self.row(word)]
        return vector

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
