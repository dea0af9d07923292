"""Embeddings: the two matrices that training writes."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

LINE = 16
"""float32 numbers in 64 bytes: a cache line, and a vector register of AVX-512."""
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
        stride = -(-dim // LINE) * LINE
        input, output = (aligned_zeros(n_types + spare_rows, stride) for _ in range(2))
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


def aligned_zeros(n_rows: int, stride: int) -> npt.NDArray[np.float32]:
    """Return zeros, (n_rows, stride) float32, that begin at a multiple of 64 bytes."""
    flat = np.zeros(n_rows * stride + LINE, np.float32)
    offset = -(flat.ctypes.data // 4) % LINE
    return flat[offset : offset + n_rows * stride].reshape(n_rows, stride)
