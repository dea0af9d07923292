"""All-but-the-top (Mu and Viswanath 2018): vectors without their mean and without the directions that most share."""

import numpy as np

from w2v.arrays import Matrix
from w2v.cosines import row_blocks
from w2v.errors import SettingsError


def without_top_directions(matrix: Matrix, n_directions: int) -> Matrix:
    """Return vectors less their mean, with nothing left in the directions in which they vary most.

    These directions say mostly how frequent a word is. The authors take dim / 100 of them.

    Args:
        matrix: (n, dim) float32.
        n_directions: how many.

    Returns:
        (n, dim) float32, in which the mean and these directions are 0 but for rounding.

    Raises:
        SettingsError: there are not so many directions.

    Examples:
        >>> without_top_directions(np.array([[9, 1], [-9, 1], [0, 3], [0, -1]], np.float32), 1).tolist()
        [[0.0, 0.0], [0.0, 0.0], [0.0, 2.0], [0.0, -2.0]]
    """
    dim = matrix.shape[1]
    if not 0 <= n_directions < dim:
        raise SettingsError(f"all-but-the-top must be from 0 to {dim - 1}, for vectors of {dim} numbers")
    mean = matrix.mean(axis=0, dtype=np.float64)
    covariance = np.zeros((dim, dim))
    for block in row_blocks(matrix):
        centred = matrix[block] - mean
        covariance += centred.T @ centred
    _, directions = np.linalg.eigh(covariance)  # in ascending order of variance
    top = directions[:, dim - n_directions :]
    found = np.empty(matrix.shape, np.float32)
    for block in row_blocks(matrix):
        centred = matrix[block] - mean
        found[block] = centred - (centred @ top) @ top.T
    return found
