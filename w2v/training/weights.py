"""Embeddings: the two matrices that training writes."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from w2v.base.arrays import own_lines
from w2v.text.subwords import Subwords, WordRows
from w2v.training.draws import Draws

LINE = 16
"""Number of float32 numbers in a cache line."""
FILL_ROWS = 1 << 10
"""Number of rows drawn at a time: with dim 300 the draws take 4 MB."""


@dataclass(frozen=True)
class Embeddings:
    """Input and output rows, each padded with zeros and aligned to 64 bytes.

    After the model's rows there can be spare rows, which training uses internally.
    """

    input: npt.NDArray[np.float32]
    """(n_input + spare, stride) context rows (word2vec.c's syn0); with subwords, the rows of words and n-grams."""
    output: npt.NDArray[np.float32]
    """(n_output + spare, stride) center and noise rows (word2vec.c's syn1neg), or rows of a tree's nodes (syn1)."""
    n_input: int
    """Number of input rows of the model."""
    n_output: int
    """Number of output rows of the model: one per word, or one per inner node and one more."""
    dim: int
    """Used numbers per row; the rest, up to stride, are 0."""
    word_rows: WordRows | None = None
    """With subwords, the input rows of each word."""
    lines: npt.NDArray[np.float32] | None = None
    """(n_lines, stride) the rows of lines, with line vectors."""
    vectors_are_outputs: bool = False
    """Whether the words' vectors are the output rows, because the input rows are not trained."""

    @classmethod
    def create(
        cls,
        n_types: int,
        dim: int,
        seed: int,
        spare_rows: int = 0,
        word_rows: WordRows | None = None,
        lines: npt.NDArray[np.float32] | None = None,
    ) -> "Embeddings":
        """Return output rows of zeros, and input rows uniform in +-0.5 / dim, as in word2vec.c.

        With subwords, the input rows are uniform in +-1 / dim, as in fastText, and there are no spare input rows.
        """
        n_input = n_types if word_rows is None else word_rows.n_rows
        input = aligned_zeros(n_input + (spare_rows if word_rows is None else 0), padded(dim))
        output = aligned_zeros(n_types + spare_rows, padded(dim))
        fill_uniform(input[:n_input, :dim], dim if word_rows is None else dim / 2, np.random.default_rng(seed))
        return cls(input, output, n_input, n_types, dim, word_rows, lines)

    def move_to_sphere(self, radius: float, seed: int) -> None:
        """Scale all rows to the same length, as cosine scores need. Rows of zeros get random directions.

        Mutates the model's rows, but not the spare rows.
        """
        generator = Draws.DIRECTIONS.generator(seed)
        for rows in (self.input_rows, self.output_rows, self.line_rows):
            if rows is not None:
                for start in range(0, len(rows), FILL_ROWS):
                    scale_rows(rows[start : start + FILL_ROWS], radius, generator)

    def without_output(self) -> "Embeddings":
        """Return the same embeddings without output rows, to free their memory."""
        return replace(self, output=np.empty((0, self.stride), np.float32), n_output=0)

    @property
    def stride(self) -> int:
        """Numbers per row, with padding."""
        return int(self.input.shape[1])

    @property
    def vectors(self) -> npt.NDArray[np.float32]:
        """(n_types, dim) the words' vectors: a view of their rows, or with subwords newly composed."""
        if self.vectors_are_outputs:
            return self.output_rows
        return self.input_rows if self.word_rows is None else self.word_rows.compose(self.input_rows)

    @property
    def subwords(self) -> Subwords | None:
        """With subwords, the parts from which the vector of any word is composed."""
        return (
            None if self.word_rows is None else Subwords(self.word_rows.ngrams, self.word_rows.buckets, self.input_rows)
        )

    @property
    def input_rows(self) -> npt.NDArray[np.float32]:
        """(n_input, dim) view of the input rows without padding."""
        return self.input[: self.n_input, : self.dim]

    @property
    def line_rows(self) -> npt.NDArray[np.float32] | None:
        """(n_lines, dim) view of the rows of lines without padding; None without line vectors."""
        return None if self.lines is None else self.lines[:, : self.dim]

    @property
    def output_rows(self) -> npt.NDArray[np.float32]:
        """(n_output, dim) view of the output rows without padding."""
        return self.output[: self.n_output, : self.dim]


def scale_rows(rows: npt.NDArray[np.float32], length: float, generator: np.random.Generator) -> None:
    """Scale rows, (n, dim), to a length; rows of zeros get random directions. Mutates rows."""
    empty = ~rows.any(axis=1)
    rows[empty] = generator.normal(size=(np.count_nonzero(empty), rows.shape[1]))
    rows *= length / np.linalg.norm(rows, axis=1, keepdims=True)


def padded(dim: int) -> int:
    """Return the length of a row of `dim` numbers with padding, a multiple of 16 (a whole number of cache lines)."""
    return -(-dim // LINE) * LINE


def aligned_zeros(n_rows: int, stride: int) -> npt.NDArray[np.float32]:
    """Return zeros, (n_rows, stride) float32, aligned so that they share no cache line with other data."""
    return own_lines(n_rows * stride, np.float32).reshape(n_rows, stride)


def fill_uniform(rows: npt.NDArray[np.float32], width: float, generator: np.random.Generator) -> None:
    """Fill rows, (n, dim), with values uniform in +-0.5 / width. Mutates rows."""
    for start in range(0, len(rows), FILL_ROWS):
        part = rows[start : start + FILL_ROWS]
        part[:] = (generator.random(part.shape, np.float32) - np.float32(0.5)) / np.float32(width)
