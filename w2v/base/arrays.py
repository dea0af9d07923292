"""The arrays that many modules pass on, by their names, and what ends a sentence. NumPy alone."""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int32]
"""Rows of words, and SENTENCE_END between sentences: the token stream, or a part of it."""
Indices = npt.NDArray[np.int64]
"""Places in another array, or rows of a matrix."""
Counts = npt.NDArray[np.int64]
"""(n_types,) occurrences of each word."""
Matrix = npt.NDArray[np.float32]
"""A row for each word, or one row of it."""
Floats = npt.NDArray[np.float64]
"""Shares, scores and whatever else is computed in double precision."""

Number = TypeVar("Number", np.float32, np.int32, np.int64, np.uint64)
LINE_BYTES = 64
"""A cache line, and a vector register of AVX-512."""

SENTENCE_END = np.int32(-1)
"""In a token stream: the end of a sentence, which no window crosses."""


def exact_sum(counts: Counts) -> int:
    """Return the sum of counts, which may be above 2^63.

    >>> exact_sum(np.array([2**63 - 1, 2**63 - 1])) == 2**64 - 2
    True
    """
    low = np.int64(2**32 - 1)  # sums of halves stay below 2^63 for up to 2^31 words
    return (int((counts >> 32).sum()) << 32) + int((counts & low).sum())


def own_lines(n: int, dtype: type[Number]) -> npt.NDArray[Number]:
    """Return n zeros in cache lines that hold nothing else, which another thread might write."""
    size = n * np.dtype(dtype).itemsize
    flat = np.zeros(-(-size // LINE_BYTES) * LINE_BYTES + LINE_BYTES, np.uint8)
    begin = -flat.ctypes.data % LINE_BYTES
    return flat[begin : begin + size].view(dtype)
