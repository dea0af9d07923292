"""How the rows of several replicas are combined: with a share for each row and each direction of curvature.

Each replica has moved a row according to its own part of the text. If the row was used rarely, the moves add up. If it
was used often, all replicas have moved it to about the same minimum of the loss. Then their mean is right, and their
sum overshoots. Between these cases, the right move lies between mean and sum, and depends on the direction.

In a direction with curvature c (how strongly the loss pulls back along it), each use multiplies the distance to the
minimum by 1 - lr c, and u uses multiply it by e^-x with x = lr u c. A single replica that trains on all N parts in turn
would move 1 + e^-x + ... + e^-(N-1)x times as far as on one part. So this share of the sum of the N moves is taken:

    (1 - e^-Nx) / (N (1 - e^-x)): 1 as x goes to 0, which is the sum; 1/N for large x, which is the mean.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from w2v.base.arrays import Matrix

KAPPA = 0.25
"""The largest slope of the sigmoid. Values from .12 to .25 gave the same quality."""
HEAD, STEP = 4_096, 16
"""Rows from which the curvature is computed: the first HEAD rows, and one in STEP of the others, weighted by STEP."""
SETTLED = 0.01
"""If x is below this value divided by n_replicas, the share is taken as 1; the error is less than .5%."""
NEAR_1 = np.float32(1 - 1e-5)
"""Larger values of e^-x are set to this one, because 1 - e^-x would lose its digits. The share is within 1e-5 N of
1."""


@dataclass(frozen=True)
class Curvature:
    """How strongly each direction pulls a row back at each use of the row, times KAPPA."""

    strengths: npt.NDArray[np.float32]
    """(dim,) eigenvalues."""
    directions: Matrix
    """(dim, dim) eigenvectors, in columns."""

    @classmethod
    def of(cls, rows: Matrix, weights: npt.NDArray[np.float32]) -> "Curvature":
        """Return KAPPA times the sum of w r r^T over rows r that a row is scored against, (n_rows, dim), by frequency.

        The weights w, (n_rows,), say how often each row r is used per use of the other row.
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
    """Return how far rows move, (n_rows, dim), from `total`, the sum of the replicas' moves with the same shape.

    `uses`, (n_rows,), is the expected number of uses of each row by one replica since the rows were last combined. `lr`
    is the learning rate during that time, and `curvature` is that of the rows' matrix.
    """
    x = (lr * uses[:, None] * curvature.strengths).astype(np.float32)
    first = int(np.searchsorted(x.max(axis=0), SETTLED / n_replicas))  # strengths rise
    along = curvature.directions[:, first:]
    moved = total + (total @ along * (shares(x[:, first:], n_replicas) - 1)) @ along.T
    return moved.astype(np.float32, copy=False)
