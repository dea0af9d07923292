"""Vectors with a share of their words' output rows added to them.

A word has two rows: one as a context, the vector, and one as a center or a negative. That they are closer together the
more often two words stand side by side is what training makes of them; the sum of both says that too, where the vector
alone says which words stand in the same places (Pennington, Socher and Manning 2014 add them up in GloVe).
"""

import numpy as np

from w2v.arrays import Matrix
from w2v.cosines import row_blocks


def with_output_added(vectors: Matrix, output: Matrix, share: float) -> Matrix:
    """Return vectors + share * output.

    Args:
        vectors: (n, dim) float32.
        output: (n, dim) float32, the output rows of the same words.
        share: 0.5 scored best of 0.1 to 1: see docs/inside.md.

    Returns:
        (n, dim) float32.

    Examples:
        >>> with_output_added(np.array([[1, 2]], np.float32), np.array([[4, 0]], np.float32), 0.5).tolist()
        [[3.0, 2.0]]
    """
    found = np.empty(vectors.shape, np.float32)
    for block in row_blocks(vectors):
        np.multiply(output[block], np.float32(share), out=found[block])
        found[block] += vectors[block]
    return found
