"""Score and update in plain loops: the reference for tests of `simd.py`, its fallback and its baseline."""

import numpy as np

from w2v.kernels import inlined
from w2v.kernels.cpu.layout import column_of
from w2v.kernels.cpu.structs import Ahead, Hidden, Shape
from w2v.kernels.scalars import F32, I64


@inlined
def score(hidden: Hidden, output: F32, outputs: I64, n_tiles: int, shape: Shape, scores: F32) -> None:
    """Compute every dot product of a hidden vector and an output row: F = O @ C.T.

    Args:
        hidden: the hidden vectors; may repeat. Other threads may write their rows at the same time.
        output: the matrix of the output rows. Other threads may write them at the same time.
        outputs: (>= n_tiles * len(tile_like),) offsets into output.
        n_tiles: number of tiles in use.
        shape: its stride and the length of its tile_like.
        scores: (>= hidden.n * 8 * n_tiles,) mutated, with the layout of `layout.py`; columns without an output become
            0.

    The error is that of a float32 sum of `stride` products in any order.
    """
    width = 8 * n_tiles
    for i in range(hidden.n * width):
        scores[i] = np.float32(0)
    for c in range(hidden.n):
        context = hidden.rows[hidden.offsets[c] : hidden.offsets[c] + shape.stride]
        for o in range(n_tiles * len(shape.tile_like)):
            row = output[outputs[o] : outputs[o] + shape.stride]
            total = np.float32(0)
            for j in range(shape.stride):
                total += row[j] * context[j]
            scores[c * width + column_of(o, shape.tile_like)] = total


@inlined
def update(hidden: Hidden, output: F32, outputs: I64, shape: Shape, gradients: F32, before: F32, ahead: Ahead) -> None:
    """Do C += G.T @ O and O += G @ C, both from the values before the step.

    Args:
        hidden: its rows are mutated; threads race for them and may lose each other's additions. A row that repeats
            gets the sum.
        output: mutated, with the same races.
        outputs: (n_tiles * len(tile_like),) offsets into output, all different except for the padding.
        shape: its stride, n_tiles and the length of its tile_like.
        gradients: G, with the layout of the scores from `score`.
        before: (>= hidden.n * stride,) mutated: the hidden vectors before the step.
        ahead: not used, because these loops are not bound by memory.
    """
    update_masked(hidden, hidden.offsets, output, outputs, outputs, shape, gradients, before, ahead)


@inlined
def update_masked(
    hidden: Hidden,
    hidden_targets: I64,
    output: F32,
    outputs: I64,
    output_targets: I64,
    shape: Shape,
    gradients: F32,
    before: F32,
    ahead: Ahead,
) -> None:
    """Do the same as `update`, but write to targets, which are the rows themselves or rows that are never read.

    The arguments are those of `update`, and the offsets of the targets: hidden_targets, (>= hidden.n,), and
    output_targets, with the length of outputs.
    """
    stride, width = shape.stride, 8 * shape.n_tiles
    for c in range(hidden.n):
        for j in range(stride):
            before[c * stride + j] = hidden.rows[hidden.offsets[c] + j]
    for c in range(hidden.n):
        target = hidden.rows[hidden_targets[c] : hidden_targets[c] + stride]
        for o in range(shape.n_tiles * len(shape.tile_like)):
            row = output[outputs[o] : outputs[o] + stride]
            gradient = gradients[c * width + column_of(o, shape.tile_like)]
            for j in range(stride):
                target[j] += gradient * row[j]
    for o in range(shape.n_tiles * len(shape.tile_like)):
        target = output[output_targets[o] : output_targets[o] + stride]
        for c in range(hidden.n):
            context = before[c * stride : (c + 1) * stride]
            gradient = gradients[c * width + column_of(o, shape.tile_like)]
            for j in range(stride):
                target[j] += gradient * context[j]


@inlined
def scale_to(rows: F32, at: int, length: np.float32, stride: int, sums: F32, spare: int) -> np.float32:
    """Scale the row that begins at `at` to a length; a row of zeros does not change.

    Args:
        rows: mutated; other threads may write the row at the same time.
        at: where the row begins.
        length: the new length.
        stride: numbers in a row.
        sums: (>= spare + 16,) buffer in which vectors are added up; not used here.
        spare: where the free part of sums begins.

    Returns:
        the factor by which the row was multiplied.
    """
    total = np.float32(0)
    for j in range(stride):
        total += rows[at + j] * rows[at + j]
    factor = length / np.sqrt(total) if total > 0 else np.float32(1)
    scale(rows, at, factor, stride)
    return factor  # type: ignore[no-any-return]


@inlined
def scale(rows: F32, at: int, factor: np.float32, stride: int) -> None:
    """Multiply the row that begins at `at` by a number. Mutates rows."""
    for j in range(stride):
        rows[at + j] *= factor


@inlined
def average(input: F32, contexts: I64, n_contexts: int, stride: int, mean: F32) -> None:
    """Write the mean of the context rows to mean[:stride], and to mean[stride:] again.

    Args:
        input: rows of contexts; other threads may write them at the same time.
        contexts: (>= n_contexts,) offsets into input; may repeat.
        n_contexts: number of contexts in use, at least 1.
        stride: numbers in a row.
        mean: (2 * stride,) mutated.
    """
    share = np.float32(1) / np.float32(n_contexts)
    for j in range(stride):
        total = np.float32(0)
        for c in range(n_contexts):
            total += input[contexts[c] + j]
        mean[j] = share * total
        mean[stride + j] = mean[j]


@inlined
def scatter_difference(input: F32, offsets: I64, n_rows: int, share: np.float32, stride: int, mean: F32) -> None:
    """Add to each row a share of the change of their mean: share * (mean[:stride] - mean[stride:]).

    Args:
        input: mutated; threads race for its rows and may lose each other's additions.
        offsets: (>= n_rows,) offsets into input; a row that repeats gets the sum.
        n_rows: number of rows in use.
        share: 1 / n_rows is the gradient of a mean.
        stride: numbers in a row.
        mean: (2 * stride,) the mean, and a copy from before the step.
    """
    for i in range(n_rows):
        for j in range(stride):
            input[offsets[i] + j] += share * (mean[j] - mean[stride + j])
