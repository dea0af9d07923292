"""A line's own row: an additional context, or the only context, of each center in the line.

The rows of all lines may not fit into memory, and each row is used at one position of the text. So the row of the
current line is copied to a spare input row of this thread when the line begins, and back when it ends. A step scores
and moves it like a word's row. Two threads never write the same line's row at the same time, unless lines with the same
name share a row; then what one thread has learned from a line may be lost (Hogwild).

Alone it is PV-DBOW (Le and Mikolov 2014); with the loss bpr it is the matrix factorization of Rendle et al. (2009), in
which a line is a person. In the mean with the words of the window it is PV-DM.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from w2v.kernels import inlined
from w2v.kernels.cpu.layout import column_of
from w2v.kernels.cpu.structs import Ahead, Hidden, Scratch, Shape, ShardPass, Variant, Walk
from w2v.kernels.scalars import F32, I64


class LineKernels(NamedTuple):
    """A pair of functions for the rows of lines."""

    take: Callable[[F32, ShardPass, int, int, Scratch], None]
    """(input, shard, line, stride, scratch): copy the row of a line, numbered from 0 within its shard, to the input
    rows."""
    put_back: Callable[[F32, ShardPass, int, int, Scratch], None]
    """(input, shard, line, stride, scratch): copy it back."""


def line_kernels(variant: Variant) -> LineKernels:
    """Return the pair of functions of a variant."""
    return LineKernels(do_nothing, do_nothing) if variant.lines == "none" else LineKernels(take_row, put_back_row)


@inlined
def do_nothing(input: F32, shard: ShardPass, line: int, stride: int, scratch: Scratch) -> None:
    """Do nothing: lines have no rows."""


@inlined
def row_of_line(shard: ShardPass, line: int) -> int:
    """Return the row of a line in `shard.lines`."""
    return shard.line_rows[line] if len(shard.line_rows) > 0 else line


@inlined
def take_row(input: F32, shard: ShardPass, line: int, stride: int, scratch: Scratch) -> None:
    """Copy the row of a line to this thread's spare input row. Mutates input."""
    at, begin = scratch.line_row[0], row_of_line(shard, line) * stride
    for j in range(stride):
        input[at + j] = shard.lines[begin + j]


@inlined
def put_back_row(input: F32, shard: ShardPass, line: int, stride: int, scratch: Scratch) -> None:
    """Copy this thread's spare input row back to the row of a line. Mutates shard.lines."""
    at, begin = scratch.line_row[0], row_of_line(shard, line) * stride
    for j in range(stride):
        shard.lines[begin + j] = input[at + j]


@cache
def with_line(lines: str, choose_words: Callable[[Walk, Shape, Scratch], int]) -> Callable[..., int]:
    """Return the function that chooses the contexts of a center: words from `choose_words`, the line's row, or both."""
    if lines == "none":
        return choose_words

    @inlined
    def choose_line(walk: Walk, shape: Shape, scratch: Scratch) -> int:
        """Write the offset of the line's row to scratch.contexts; return 1."""
        scratch.contexts[0] = scratch.line_row[0]
        return 1

    @inlined
    def choose_both(walk: Walk, shape: Shape, scratch: Scratch) -> int:
        """Write the offset of the line's row after those of the words; return the number of contexts."""
        n_words = choose_words(walk, shape, scratch)
        scratch.contexts[n_words] = scratch.line_row[0]
        return n_words + 1

    return choose_line if lines == "alone" else choose_both


@inlined
def update_hidden(
    hidden: Hidden, output: F32, outputs: I64, shape: Shape, gradients: F32, before: F32, ahead: Ahead
) -> None:
    """Do C += G.T @ O without changing the output rows: `update` of scalar.py for frozen output rows.

    Mutates the hidden vectors. `before` and `ahead` are not used.
    """
    stride, width = shape.stride, 8 * shape.n_tiles
    for c in range(hidden.n):
        at = hidden.offsets[c]
        for o in range(shape.n_tiles * len(shape.tile_like)):
            gradient, row = gradients[c * width + column_of(o, shape.tile_like)], outputs[o]
            for j in range(stride):
                hidden.rows[at + j] += gradient * output[row + j]


@inlined
def scatter_to_line(input: F32, n_contexts: int, shape: Shape, scratch: Scratch) -> None:
    """Add to the line's row its share of the change of the mean. Mutates input, only in this thread's spare row."""
    share, at = np.float32(1) / np.float32(n_contexts), scratch.line_row[0]
    for j in range(shape.stride):
        input[at + j] += share * (scratch.mean[j] - scratch.mean[shape.stride + j])
