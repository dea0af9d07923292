"""Means of rows: the vectors of lines from those of their words."""

import numpy as np

from w2v.kernels import inlined, jit
from w2v.kernels.scalars import F32, I32


@jit
def mean_rows(tokens: I32, row_of: I32, rows: F32, means: F32) -> None:
    """Write the mean of the rows of each line's words; 0 for a line without any.

    One pass over the tokens: the row of a line stays in the first cache while the rows of its words are added to it.
    Sums are float32; with 1,000 words the largest error is about 1e-5 of the largest number.

    Args:
        tokens: (n,) int32, words; a negative number ends a line. The last line may have no end.
        row_of: (n_types,) int32, the row of each word; negative for a word that is left out.
        rows: (n_rows, dim) float32, C-contiguous.
        means: (n_lines, dim) float32, C-contiguous zeros; mutated.
    """
    line, n = 0, 0
    for token in tokens:
        if token < 0:
            divide(means, line, n)
            line, n = line + 1, 0
            continue
        row = row_of[token]
        if row >= 0:
            for i in range(rows.shape[1]):
                means[line, i] += rows[row, i]
            n += 1
    divide(means, line, n)


@inlined
def divide(means: F32, line: int, n: int) -> None:
    """Divide the sum of n rows by n; mutates means."""
    if n > 1:
        share = np.float32(1) / np.float32(n)
        for i in range(means.shape[1]):
            means[line, i] *= share
