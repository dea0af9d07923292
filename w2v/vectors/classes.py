"""Classes of words by k-means on the unit sphere (Dhillon and Modha 2001), like `-classes` of word2vec.c."""

import numpy as np

from w2v.base.arrays import Indices, Matrix
from w2v.base.cosines import lengths, row_blocks
from w2v.base.errors import SettingsError, option

ROUNDS = 10
"""As in word2vec.c. On 84,264 words of Wikipedia, round ten raises the mean cosine to the class by .0003."""


def word_classes(matrix: Matrix, n_classes: int, seed: int = 1) -> Indices:
    """Return the class of each row of a matrix (n, dim), (n,) from 0, by the highest cosine to its mean direction.

    A class may be empty. The seed determines the rows from which the classes start.

    Raises:
        SettingsError: there are fewer rows than classes.

    >>> word_classes(np.array([[2, 0], [1, 0.1], [0, 1]], np.float32), 2).tolist() in ([0, 0, 1], [1, 1, 0])
    True
    """
    if not 1 <= n_classes <= len(matrix):
        raise SettingsError(
            f"{option('classes')} must be from 1 to {len(matrix):,}, the number of words, not {n_classes:,}", "classes"
        )
    middles = _first_middles(matrix, n_classes, np.random.default_rng(seed))
    classes = np.zeros(len(matrix), np.int64)
    for _ in range(ROUNDS):
        sums = np.zeros((n_classes, matrix.shape[1]))
        for block in row_blocks(matrix):
            rows = matrix[block] / lengths(matrix[block])[:, None]
            classes[block] = np.argmax(rows @ middles.T, axis=1)
            np.add.at(sums, classes[block], rows)
        has_rows = sums.any(axis=1)  # a class without rows keeps its direction
        middles[has_rows] = sums[has_rows] / lengths(sums[has_rows])[:, None]
    return classes


def _first_middles(matrix: Matrix, n_classes: int, random: np.random.Generator) -> Matrix:
    """Return different rows to start from, (n_classes, dim) of length 1; frequent words are drawn more often.

    Rows are sorted by frequency, as in vector files; half of the classes start from rows in the first tenth.
    """
    first = max(n_classes // 2, len(matrix) // 10)
    chosen = random.choice(first, min(n_classes // 2, first), replace=False)
    others = np.setdiff1d(np.arange(len(matrix)), chosen, assume_unique=True)
    rows = matrix[np.concatenate([chosen, random.choice(others, n_classes - len(chosen), replace=False)])]
    middles: Matrix = rows / lengths(rows)[:, None]
    return middles
