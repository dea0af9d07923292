"""Embeddings: the two matrices that training writes."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

LINE_BYTES = 64
"""A cache line, and a vector register of AVX-512."""
LINE = 16
"""float32 numbers in it."""
Number = TypeVar("Number", np.float32, np.int32, np.int64, np.uint64)
FILL_ROWS = 1 << 10
"""Rows drawn at a time: with dim 300 the draws take 4 MB."""


@dataclass(frozen=True)
class Embeddings:
    """Input and output rows, each padded with zeros and aligned to 64 bytes.

    Behind the words' rows there may be spare ones, which training keeps for itself.
    """

    input: npt.NDArray[np.float32]
    """(n_types + spare, stride) context rows: the vectors that are saved (word2vec.c's syn0)."""
    output: npt.NDArray[np.float32]
    """(n_types + spare, stride) center and noise rows (word2vec.c's syn1neg)."""
    n_types: int
    """Rows that belong to words."""
    dim: int
    """Numbers of a row in use; the rest, up to stride, are 0."""

    @classmethod
    def create(cls, n_types: int, dim: int, seed: int, spare_rows: int = 0) -> "Embeddings":
        """Return input rows uniform in +-0.5 / dim and output rows 0, as word2vec.c starts."""
        input, output = (aligned_zeros(n_types + spare_rows, padded(dim)) for _ in range(2))
        generator = np.random.default_rng(seed)
        for start in range(0, n_types, FILL_ROWS):
            rows = input[start : min(start + FILL_ROWS, n_types), :dim]
            rows[:] = (generator.random(rows.shape, np.float32) - np.float32(0.5)) / np.float32(dim)
        return cls(input, output, n_types, dim)

    @property
    def stride(self) -> int:
        """Numbers of a row with its padding."""
        return int(self.input.shape[1])

    @property
    def vectors(self) -> npt.NDArray[np.float32]:
        """(n_types, dim) view of the words' input rows without their padding."""
        return self.input[: self.n_types, : self.dim]

    @property
    def output_vectors(self) -> npt.NDArray[np.float32]:
        """(n_types, dim) view of the words' output rows without their padding."""
        return self.output[: self.n_types, : self.dim]


def padded(dim: int) -> int:
    """Return the numbers of a row of `dim` numbers with its padding, a whole number of cache lines."""
    return -(-dim // LINE) * LINE


def aligned_zeros(n_rows: int, stride: int) -> npt.NDArray[np.float32]:
    """Return zeros, (n_rows, stride) float32, in cache lines of their own."""
    return own_lines(n_rows * stride, np.float32).reshape(n_rows, stride)


def own_lines(n: int, dtype: type[Number]) -> npt.NDArray[Number]:
    """Return n zeros in cache lines that hold nothing else, which another thread might write."""
    size = n * np.dtype(dtype).itemsize
    flat = np.zeros(-(-size // LINE_BYTES) * LINE_BYTES + LINE_BYTES, np.uint8)
    begin = -flat.ctypes.data % LINE_BYTES
    return flat[begin : begin + size].view(dtype)
