"""The layout of memory: rows in a matrix, output rows in tiles, scores in their buffer.

Row r of a matrix is matrix[r * stride : (r + 1) * stride], padded with zeros to a multiple of 16 numbers. Loops use
`width` of these numbers, which fill whole registers: the padding adds 0 to a dot product, and stays 0.

Output rows come in tiles of len(tile_like) <= 6, the number that the vector kernels can hold in registers. A tile has 8
columns of the score buffer: the score of hidden vector c and output o is at c * 8 * n_tiles + column_of(o). If the last
tile is not full, it ends with rows of zeros, whose gradients are 0.
"""

import numpy as np

from w2v.kernels import inlined
from w2v.kernels.cpu.structs import Scratch, Shape
from w2v.kernels.scalars import F32


@inlined
def column_of(output: int, tile_like: tuple[int, ...]) -> int:
    """Return the column of an output in the score buffer."""
    return 8 * (output // len(tile_like)) + output % len(tile_like)


@inlined
def with_tiles(shape: Shape, n_outputs: int) -> Shape:
    """Return the shape with the number of tiles that these outputs need."""
    n_tiles = (n_outputs + len(shape.tile_like) - 1) // len(shape.tile_like)
    return Shape(
        shape.window,
        shape.negative,
        shape.negative_weight,
        shape.center_weight,
        shape.margin,
        shape.radius,
        shape.n_draws,
        shape.candidates,
        shape.n_hard,
        shape.stride,
        shape.width,
        n_tiles,
        shape.tile_like,
    )


@inlined
def fill_tiles(n_outputs: int, shape: Shape, scratch: Scratch) -> None:
    """Fill the last tile of scratch.outputs with the row of zeros."""
    for i in range(n_outputs, shape.n_tiles * len(shape.tile_like)):
        scratch.outputs[i] = scratch.zero_row[0]


@inlined
def clear_padding(scores: F32, n_hidden: int, n_outputs: int, shape: Shape) -> None:
    """Set the gradients of the rows of zeros to 0, so that these rows stay zero. Mutates scores."""
    for o in range(n_outputs, shape.n_tiles * len(shape.tile_like)):
        for c in range(n_hidden):
            scores[c * 8 * shape.n_tiles + column_of(o, shape.tile_like)] = np.float32(0)
