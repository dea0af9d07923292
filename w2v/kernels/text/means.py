"""Means of rows: the vectors of lines from those of their words."""

import numpy as np

from w2v.kernels import inlined, jit
from w2v.kernels.llvm import prefetch_far
from w2v.kernels.scalars import F32, F64, I32

AHEAD = 8
"""Tokens before its turn a word's row is asked for: rows of 84,000 words are summed in 0.6 of the time."""
CACHE_LINE = 16
"""Numbers in it."""


@jit
def mean_rows(tokens: I32, row_of: I32, rows: F32, means: F32) -> None:
    """Write the mean of the rows of each line's words; 0 for a line without any.

    One pass over the tokens: the row of a line stays in the first cache while the rows of its words are added to it.
    Sums are float32; with 1,000 words the largest error is about 1e-5 of the largest number.

    Args:
        tokens: (n,) int32, words; a negative number ends a line. The last line may have no end.
        row_of: (n_types,) int32, the row of each word; negative for a word that is left out.
        rows: (n_rows * dim,) float32, the rows one after the other.
        means: (n_lines, dim) float32, C-contiguous zeros; mutated.
    """
    line, n, dim = 0, 0, means.shape[1]
    for i in range(len(tokens)):
        if i + AHEAD < len(tokens) and tokens[i + AHEAD] >= 0:
            ahead = row_of[tokens[i + AHEAD]]
            for j in range(0, dim, CACHE_LINE):
                prefetch_far(rows, max(0, ahead) * dim + j)
        token = tokens[i]
        if token < 0:
            divide(means, line, n)
            line, n = line + 1, 0
            continue
        row = row_of[token]
        if row >= 0:
            for j in range(dim):
                means[line, j] += rows[row * dim + j]
            n += 1
    divide(means, line, n)


@inlined
def divide(means: F32, line: int, n: int) -> None:
    """Divide the sum of n rows by n; mutates means."""
    if n > 1:
        share = np.float32(1) / np.float32(n)
        for i in range(means.shape[1]):
            means[line, i] *= share


@jit
def add_products(rows: F32, products: F64) -> None:
    """Add rows' @ rows to the upper half of a matrix. Not by BLAS, whose threads wait for each other on a busy machine.

    Four products are summed in float32, and their sums in float64: the relative error is below 1e-6.

    Args:
        rows: (n, dim) float32, C-contiguous.
        products: (dim, dim) float64, C-contiguous; mutated. Below the diagonal it stays as it is.
    """
    n, dim = rows.shape
    for r in range(0, n - 3, 4):
        for i in range(dim):
            a, b, c, d = rows[r, i], rows[r + 1, i], rows[r + 2, i], rows[r + 3, i]
            for j in range(i, dim):
                products[i, j] += a * rows[r, j] + b * rows[r + 1, j] + c * rows[r + 2, j] + d * rows[r + 3, j]
    for r in range(n - n % 4, n):
        for i in range(dim):
            for j in range(i, dim):
                products[i, j] += rows[r, i] * rows[r, j]


@jit
def remove_direction(rows: F32, direction: F32) -> None:
    """Take from each row what lies in a direction.

    Args:
        rows: (n, dim) float32, C-contiguous; mutated.
        direction: (dim,) float32, of length 1.
    """
    n, dim = rows.shape
    for r in range(n):
        share = np.float32(0)
        for j in range(dim):
            share += rows[r, j] * direction[j]
        for j in range(dim):
            rows[r, j] -= share * direction[j]
