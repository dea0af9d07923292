"""Embeddings: the two matrices that training writes."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

LINE = 16
"""float32 numbers in 64 bytes: a cache line, and a vector register of AVX-512."""
FILL_ROWS = 1 << 14


@dataclass(frozen=True)
class Embeddings:
    """Input and output rows, each padded with zeros and aligned to 64 bytes."""

    input: npt.NDArray[np.float32]
    """(n_types, stride) context rows: the vectors that are saved (word2vec.c's syn0)."""
    output: npt.NDArray[np.float32]
    """(n_types, stride) center and noise rows (word2vec.c's syn1neg)."""
    dim: int
    """Numbers of a row in use; the rest, up to stride, are 0."""

    @classmethod
    def create(cls, n_types: int, dim: int, seed: int) -> "Embeddings":
        """Return input rows uniform in +-0.5 / dim and output rows 0, as word2vec.c starts."""
        input, output = _aligned_zeros(n_types, dim), _aligned_zeros(n_types, dim)
        generator = np.random.default_rng(seed)
        for start in range(0, n_types, FILL_ROWS):
            rows = input[start : start + FILL_ROWS, :dim]
            rows[:] = (generator.random(rows.shape, np.float32) - np.float32(0.5)) / np.float32(dim)
        return cls(input, output, dim)

    @property
    def vectors(self) -> npt.NDArray[np.float32]:
        """(n_types, dim) view of the input rows without their padding."""
        return self.input[:, : self.dim]


def _aligned_zeros(n_rows: int, dim: int) -> npt.NDArray[np.float32]:
    """Return zeros, (n_rows, dim rounded up to a multiple of 16) float32, rows aligned to 64 bytes."""
    stride = -(-dim // LINE) * LINE
    flat = np.zeros(n_rows * stride + LINE, np.float32)
    offset = -(flat.ctypes.data // 4) % LINE
    return flat[offset : offset + n_rows * stride].reshape(n_rows, stride)
