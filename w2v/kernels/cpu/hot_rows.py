"""A thread's own copies of hot rows, so that threads do not compete for the rows of the most frequent words.

A row that two threads write is most of the time in transfer between their caches. So each thread has its own copies of
the rows of the most frequent words, and merges them with the shared rows at intervals (Vuurens, Eickhoff and de Vries
2016 cache them like this). With 5,000 words and no subsampling, two threads reached 0.43 of the speed of one thread
without copies, and 1.7 with copies.
"""

import numpy as np

from w2v.kernels import inlined
from w2v.kernels.cpu.structs import HotRows, Weights
from w2v.kernels.scalars import F32


@inlined
def offset_of(row: np.int64, hot: HotRows, stride: int) -> int:
    """Return where a row begins, in both matrices; if the thread has a copy, where the copy begins."""
    return (row + hot.shift if row < hot.n_rows else row) * stride  # type: ignore[return-value]


@inlined
def row_of(offset: int, hot: HotRows, stride: int) -> int:
    """Return the row that begins at `offset`, or whose copy begins there; the inverse of `offset_of`."""
    row: int = np.int64(offset * (1.0 / stride) + 0.5)  # type: ignore[assignment]  # exact, and a third of the time of a division
    return row - hot.shift if hot.n_rows > 0 and row >= hot.shift else row


@inlined
def take_hot_rows(weights: Weights, hot: HotRows, stride: int) -> None:
    """Make the copies equal to the shared rows. Mutates the copies and hot.base."""
    for row in range(hot.n_rows):
        if row < hot.n_input:
            take_row(weights.input, row, hot, row, stride)
        take_row(weights.output, row, hot, row + hot.n_rows, stride)


@inlined
def merge_hot_rows(weights: Weights, hot: HotRows, stride: int) -> None:
    """Merge a thread's copies of hot rows into the shared rows, and copy the results back.

    Mutates hot.base and the weights. If two threads merge the same row at the same time, one change may be lost.
    """
    for row in range(hot.n_rows):
        if row < hot.n_input:
            merge_row(weights.input, row, hot, row, stride)
        merge_row(weights.output, row, hot, row + hot.n_rows, stride)


@inlined
def take_row(rows: F32, row: int, hot: HotRows, number: int, stride: int) -> None:
    """Copy a shared row to the thread's copy and to row `number` of hot.base."""
    shared, copy, base = row * stride, (row + hot.shift) * stride, number * stride
    for j in range(stride):
        now = rows[shared + j]
        rows[copy + j] = now
        hot.base[base + j] = now


@inlined
def merge_row(rows: F32, row: int, hot: HotRows, number: int, stride: int) -> None:
    """Add the share hot.shares[number] of a copy's change since the last merge to the row; copy the row back."""
    shared, copy, base = row * stride, (row + hot.shift) * stride, number * stride
    share = hot.shares[number]
    for j in range(stride):
        now = rows[shared + j] + (rows[copy + j] - hot.base[base + j]) * share
        rows[shared + j] = now
        rows[copy + j] = now
        hot.base[base + j] = now
