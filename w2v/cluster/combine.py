"""How the rows of several replicas become one: a share for each row and each direction of curvature.

Each replica has moved a row by its own part of the text. If the row was used rarely, the moves add up. If it was used
often, all replicas have moved it to about the same minimum of the loss: then their mean is right, and their sum
overshoots. In between, the right move lies between the two, and depends on the direction.

A direction with curvature c (how strongly the loss pulls back along it) shrinks the distance from its minimum by
1 - lr c at each use, by e^-x after u uses, x = lr u c. One replica alone, training on the parts of all N in turn, would
go as far as 1 + e^-x + ... + e^-(N-1)x times one of them. So of the sum of what N replicas moved this share is taken:

    (1 - e^-Nx) / (N (1 - e^-x)): 1 as x goes to 0, which is the sum; 1/N for large x, which is the mean.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from w2v.base.arrays import Matrix

KAPPA = 0.25
"""The largest slope of the sigmoid; .12 to .25 gave the same quality."""
HEAD, STEP = 4_096, 16
"""Rows that the curvature is taken from: the first, and of the others one in 16 for all of them."""
SETTLED = 0.01
"""Times 1 / n_replicas, the x below which a share is taken for 1, from which it is less than .5% away."""
NEAR_1 = np.float32(1 - 1e-5)
"""Above this e^-x is taken for it: 1 - e^-x would have no digits left. The share is then within 1e-5 N of 1."""


@dataclass(frozen=True)
class Curvature:
    """How strongly each direction pulls a row back, at each use of the row, times KAPPA."""

    strengths: npt.NDArray[np.float32]
    """(dim,) eigenvalues."""
    directions: Matrix
    """(dim, dim) eigenvectors, in columns."""

    @classmethod
    def of(cls, rows: Matrix, weights: npt.NDArray[np.float32]) -> "Curvature":
        """Return KAPPA times the sum of w r r^T over the rows that a row is scored against, (n_rows, dim) by frequency.

        The weights w, (n_rows,), say how often each is met at one use of the other row.
        """

        def moments(part: slice) -> npt.NDArray[np.float64]:
            found: npt.NDArray[np.float64] = ((rows[part] * weights[part, None]).T @ rows[part]).astype(np.float64)
            return found

        total = moments(slice(HEAD)) + STEP * moments(slice(HEAD, None, STEP))
        strengths, directions = np.linalg.eigh(KAPPA * total)
        return cls(np.maximum(strengths, 0).astype(np.float32), directions.astype(np.float32))


def shares(x: npt.NDArray[np.float32], n: int) -> npt.NDArray[np.float32]:
    """Return (1 - e^-nx) / (n (1 - e^-x)) of each x >= 0.

    >>> [f"{share:.3f}" for share in shares(np.array([0, 1, 100], np.float32), 4)]
    ['1.000', '0.388', '0.250']
    """
    kept = np.minimum(np.exp(-x), NEAR_1)
    found: npt.NDArray[np.float32] = (1 - kept**n) / (n * (1 - kept))
    return found


def combine(total: Matrix, uses: npt.NDArray[np.float32], lr: float, curvature: Curvature, n_replicas: int) -> Matrix:
    """Return by how much rows move, from `total`, (n_rows, dim), the sum of what the replicas have moved them.

    `uses`, (n_rows,), are the expected uses of each row by one replica since the rows were last combined, `lr` was the
    learning rate meanwhile, and `curvature` is that of the rows' matrix.
    """
    x = (lr * uses[:, None] * curvature.strengths).astype(np.float32)
    first = int(np.searchsorted(x.max(axis=0), SETTLED / n_replicas))  # strengths rise
    along = curvature.directions[:, first:]
    moved = total + (total @ along * (shares(x[:, first:], n_replicas) - 1)) @ along.T
    return moved.astype(np.float32, copy=False)
