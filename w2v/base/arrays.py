"""Names for the types of arrays that many modules use, and the sentence end. This module imports only NumPy."""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int32]
"""Ids of words, with SENTENCE_END between sentences: the token stream or a part of it."""
Indices = npt.NDArray[np.int64]
"""Positions in another array, or row numbers of a matrix."""
Counts = npt.NDArray[np.int64]
"""(n_types,) occurrences of each word."""
Matrix = npt.NDArray[np.float32]
"""One row per word, or a single row."""
Floats = npt.NDArray[np.float64]
"""Shares, scores and other values in double precision."""

Number = TypeVar("Number", np.float32, np.int32, np.int64, np.uint64)
LINE_BYTES = 64
"""Size of a cache line, and of a vector register of AVX-512."""

SENTENCE_END = np.int32(-1)
"""Marks the end of a sentence in a token stream. Windows do not cross it."""


def exact_sum(counts: Counts) -> int:
    """Return the sum of counts as a Python int; the sum may exceed 2^63.

    >>> exact_sum(np.array([2**63 - 1, 2**63 - 1])) == 2**64 - 2
    True
    """
    low = np.int64(2**32 - 1)  # the sums of the halves stay below 2^63 for up to 2^31 words
    return (int((counts >> 32).sum()) << 32) + int((counts & low).sum())


def own_lines(n: int, dtype: type[Number]) -> npt.NDArray[Number]:
    """Return n zeros that share no cache line with other data, which another thread might write."""
    size = n * np.dtype(dtype).itemsize
    flat = np.zeros(-(-size // LINE_BYTES) * LINE_BYTES + LINE_BYTES, np.uint8)
    begin = -flat.ctypes.data % LINE_BYTES
    return flat[begin : begin + size].view(dtype)
