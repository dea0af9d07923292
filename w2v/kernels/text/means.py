"""Means of rows, used for the vectors of lines."""

import numpy as np

from w2v.kernels import inlined, jit
from w2v.kernels.llvm import prefetch_far
from w2v.kernels.scalars import F32, F64, I32

AHEAD = 8
"""Prefetch distance of a word's row, in tokens: with it, summing rows of 84,000 words takes 0.6 of the time."""
CACHE_LINE = 16
"""Number of float32 numbers in a cache line."""


@jit
def mean_rows(tokens: I32, row_of: I32, rows: F32, means: F32) -> None:
    """Write the mean of the rows of each line's words; 0 for a line without words.

    One pass over the tokens: the row of a line stays in the L1 cache while the rows of its words are added to it.
    Sums are float32; with 1,000 words the largest error is about 1e-5 of the largest number.

    Args:
        tokens: (n,) int32, words; a negative number ends a line. The last line may lack it.
        row_of: (n_types,) int32, the row of each word; negative for words that are left out.
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
    """Add rows.T @ rows to the upper half of a matrix. Not with BLAS: on busy machines its threads wait for each other.

    Each sum of four products is float32, and these sums are added in float64: the relative error is below 1e-6.

    Args:
        rows: (n, dim) float32, C-contiguous.
        products: (dim, dim) float64, C-contiguous; mutated. Numbers below the diagonal do not change.
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
    """Subtract from each row its component in a direction.

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
