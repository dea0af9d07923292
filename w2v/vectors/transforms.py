"""Transformations of a whole matrix of vectors: add output rows, remove top directions, reduce the dimension."""

import numpy as np

from w2v.base.arrays import Floats, Matrix
from w2v.base.cosines import row_blocks
from w2v.base.errors import SettingsError, option


def with_output_added(vectors: Matrix, output: Matrix, share: float) -> Matrix:
    """Return vectors + share * output.

    A word has two rows: its vector, used when it is a context, and its output row, used when it is a center or a
    negative. The more often two words occur side by side, the closer the vector of one is to the output row of the
    other. The sum includes this information. GloVe also adds its two rows (Pennington, Socher and Manning 2014).

    All arrays are (n, dim) float32. Among shares from 0.1 to 1, 0.5 had the best score: see docs/inside.md.

    >>> with_output_added(np.array([[1, 2]], np.float32), np.array([[4, 0]], np.float32), 0.5).tolist()
    [[3.0, 2.0]]
    """
    found = np.empty(vectors.shape, np.float32)
    for block in row_blocks(vectors):
        np.multiply(output[block], np.float32(share), out=found[block])
        found[block] += vectors[block]
    return found


def main_directions(matrix: Matrix, n: int) -> Floats:
    """Return the n directions with the largest sums of squares, (dim, n), orthogonal and of length 1.

    Vectors projected onto them keep more of their inner products than with any other n directions (Eckart and Young
    1936). This is PCA without removing the mean, because cosines depend on the mean. matrix is (n_types, dim) float32.

    Raises:
        SettingsError: n is above dim or below 1.

    >>> abs(main_directions(np.array([[9, 0], [0, 1], [-9, 0]], np.float32), 1)).round(6).tolist()
    [[1.0], [0.0]]
    """
    dim = matrix.shape[1]
    if not 1 <= n <= dim:
        raise SettingsError(f"{option('dim')} must be from 1 to {dim}, for vectors of {dim} numbers, not {n:,}", "dim")
    squares = np.zeros((dim, dim))
    for block in row_blocks(matrix):
        part = matrix[block].astype(np.float64)
        squares += part.T @ part
    found: Floats = np.linalg.eigh(squares)[1][:, ::-1][:, :n]  # eigh returns them in ascending order
    return found * np.where(found.sum(axis=0) < 0, -1, 1)  # fixes the sign, which is arbitrary


def project(matrix: Matrix, directions: Floats) -> Matrix:
    """Return the coordinates of rows, (n, dim), in directions, (dim, k): (n, k) float32."""
    found = np.empty((len(matrix), directions.shape[1]), np.float32)
    for block in row_blocks(matrix):
        found[block] = matrix[block].astype(np.float64) @ directions
    return found


def without_top_directions(matrix: Matrix, n_directions: int) -> Matrix:
    """Return vectors without their mean and without their components in the directions with the largest variance.

    This is all-but-the-top (Mu and Viswanath 2018). These directions mostly reflect the frequency of a word. The
    authors remove dim / 100 directions. Both matrices are (n, dim) float32.

    Raises:
        SettingsError: n_directions is negative or not below dim.

    >>> without_top_directions(np.array([[9, 1], [-9, 1], [0, 3], [0, -1]], np.float32), 1).tolist()
    [[0.0, 0.0], [0.0, 0.0], [0.0, 2.0], [0.0, -2.0]]
    """
    dim = matrix.shape[1]
    if not 0 <= n_directions < dim:
        raise SettingsError(
            f"{option('all_but_the_top')} must be from 0 to {dim - 1}, for vectors of {dim} numbers", "all_but_the_top"
        )
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
