"""Score and update in plain loops: the oracle, the fallback and the baseline of the vector kernels.

Matrices are flat, rows are named by the offset of their first number: row r of `input` is
input[r : r + stride], padded with zeros to a multiple of 16 and read whole, for the padding adds 0 to a
dot product and receives 0.

Output rows come in tiles of len(tile) <= 6, which is what the vector kernels hold in registers; a tile has
8 columns of the score buffer, so that output o has column 8 * (o // len(tile)) + o % len(tile). Where the
last tile is not full, the caller fills it with a row of zeros and makes the gradients there 0.
"""

import numpy as np

from w2v.kernels import inlined
from w2v.kernels.cpu.types import F32, I64


@inlined
def column_of(output: int, tile: tuple[int, ...]) -> int:
    """Return the column of the score buffer that belongs to an output."""
    return 8 * (output // len(tile)) + output % len(tile)


@inlined
def score(
    input: F32,
    output: F32,
    contexts: I64,
    n_contexts: int,
    outputs: I64,
    n_tiles: int,
    tile: tuple[int, ...],
    stride: int,
    scores: F32,
) -> None:
    """Compute every dot product of a context and an output row.

    Args:
        input: rows of contexts; other threads may write them meanwhile.
        output: rows of outputs; the same.
        contexts: (>= n_contexts,) offsets into input; may repeat.
        n_contexts: how many are in use.
        outputs: (>= n_tiles * len(tile),) offsets into output.
        n_tiles: how many tiles are in use.
        tile: its length is what matters.
        stride: numbers of a row.
        scores: (>= n_contexts * 8 * n_tiles,) mutated: context c, output o at c * 8 * n_tiles + column_of(o);
            columns of no output become 0.

    The error is that of a float32 sum of `stride` products in any order.
    """
    width = 8 * n_tiles
    for i in range(n_contexts * width):
        scores[i] = np.float32(0)
    for c in range(n_contexts):
        context = input[contexts[c] : contexts[c] + stride]
        for o in range(n_tiles * len(tile)):
            row = output[outputs[o] : outputs[o] + stride]
            total = np.float32(0)
            for j in range(stride):
                total += row[j] * context[j]
            scores[c * width + column_of(o, tile)] = total


@inlined
def update(
    input: F32,
    output: F32,
    contexts: I64,
    n_contexts: int,
    outputs: I64,
    n_tiles: int,
    tile: tuple[int, ...],
    stride: int,
    gradients: F32,
    old: F32,
) -> None:
    """Do C += G.T @ O and O += G @ C, both from the values before the step.

    Args:
        input: mutated; threads race for its rows, and may lose each other's addition.
        output: mutated; the same.
        contexts: (>= n_contexts,) offsets into input; a row that repeats gets the sum.
        n_contexts: how many are in use.
        outputs: (>= n_tiles * len(tile),) offsets into output, all different but for the padding.
        n_tiles: how many tiles are in use.
        tile: its length is what matters.
        stride: numbers of a row.
        gradients: G, laid out as `score` leaves the scores.
        old: (>= n_contexts * stride,) scratch, mutated: the contexts before the step.
    """
    width = 8 * n_tiles
    for c in range(n_contexts):
        context = input[contexts[c] : contexts[c] + stride]
        before = old[c * stride : (c + 1) * stride]
        for j in range(stride):
            before[j] = context[j]
    for c in range(n_contexts):
        context = input[contexts[c] : contexts[c] + stride]
        for o in range(n_tiles * len(tile)):
            row = output[outputs[o] : outputs[o] + stride]
            gradient = gradients[c * width + column_of(o, tile)]
            for j in range(stride):
                context[j] += gradient * row[j]
    for o in range(n_tiles * len(tile)):
        row = output[outputs[o] : outputs[o] + stride]
        for c in range(n_contexts):
            before = old[c * stride : (c + 1) * stride]
            gradient = gradients[c * width + column_of(o, tile)]
            for j in range(stride):
                row[j] += gradient * before[j]


@inlined
def average(input: F32, contexts: I64, n_contexts: int, share: np.float32, stride: int, mean: F32) -> None:
    """Write share * the sum of the context rows to mean[:stride], and to mean[stride:] again; mutates mean."""
    for j in range(stride):
        total = np.float32(0)
        for c in range(n_contexts):
            total += input[contexts[c] + j]
        mean[j] = share * total
        mean[stride + j] = mean[j]


@inlined
def pass_on(input: F32, contexts: I64, n_contexts: int, share: np.float32, stride: int, mean: F32) -> None:
    """Add share * (mean[:stride] - mean[stride:]) to each context row, which threads race for; mutates input."""
    for c in range(n_contexts):
        for j in range(stride):
            input[contexts[c] + j] += share * (mean[j] - mean[stride + j])
