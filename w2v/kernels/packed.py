"""Rows packed to 4 bits per number, with one scale per row, for sending them between the replicas of a run.

A row v of dim numbers has the scale s = max |v_i| / 7. Its number i is sent as q_i = floor(v_i / s + 8.5), from 1 to
15, and read as s (q_i - 8); the error is at most s / 2. Byte i of a row has q_i in its low 4 bits and q_(half + i) in
its high bits, with half = ceil(dim / 2); if dim is odd, the last high bits are 8, which means 0. A row that has not
moved has scale 0.

Each kernel passes over the rows once. Packing the changes of rows takes half the time of NumPy, which passes over them
eight times, and applying them takes a quarter. Arrays are C-contiguous; callers have checked all shapes.
"""

import numpy as np

from w2v.kernels import inlined, jit
from w2v.kernels.scalars import F32, I32, I64, U8

LEVELS = 7
"""Number of steps from 0 to the largest absolute value of a row."""
ZERO = 8
"""The code for 0."""
SMALLEST = 1e-37
"""A smaller scale is sent as 0, because its inverse would not be finite."""


@jit
def pack(rows: F32, values: U8, scales: F32, row: F32, bits: I32) -> None:
    """Pack rows, (n_rows, dim) float32, into values, (n_rows, half) uint8, and scales, (n_rows,) float32.

    Args:
        rows: read only.
        values: written.
        scales: written.
        row: (2 half,) scratch; zeros after the first dim numbers.
        bits: the same memory as int32.
    """
    for k in range(len(rows)):
        for i in range(rows.shape[1]):
            row[i] = rows[k, i]
        scales[k] = pack_row(row, bits, values[k])


@jit
def pack_moved(live: F32, base: F32, where: I64, values: U8, scales: F32, row: F32, bits: I32) -> None:
    """Pack the changes of some rows, live - base, as `pack` does.

    Training threads may write to `live` at the same time. Each number is then a value that was there at some moment.

    Args:
        live: (n, at least dim) float32, read only.
        base: (n, dim) float32, read only.
        where: (n_rows,) row numbers.
        values: (n_rows, half), written.
        scales: (n_rows,), written.
        row: (2 half,) scratch; zeros after the first dim numbers.
        bits: the same memory as int32.
    """
    for k in range(len(where)):
        for i in range(base.shape[1]):
            row[i] = live[where[k], i] - base[where[k], i]
        scales[k] = pack_row(row, bits, values[k])


@jit
def add_packed(values: U8, scales: F32, rows: F32) -> None:
    """Add packed rows, values (n_rows, half) and scales (n_rows,), to rows, (n_rows, dim) float32. Mutates rows."""
    half = values.shape[1]
    for k in range(len(rows)):
        for i in range(half):
            rows[k, i] += scales[k] * np.float32(np.int32(values[k, i] & 15) - ZERO)
        for i in range(rows.shape[1] - half):
            rows[k, half + i] += scales[k] * np.float32(np.int32(values[k, i] >> 4) - ZERO)


@jit
def move_packed(live: F32, base: F32, where: I64, values: U8, scales: F32, sent_values: U8, sent_scales: F32) -> None:
    """Add packed rows to some rows of the base, and the same minus the packed rows that were sent to the live rows.

    Args:
        live: (n, at least dim) float32, changed: live += moved - sent.
        base: (n, dim) float32, changed: base += moved.
        where: (n_rows,) row numbers, without duplicates.
        values: (n_rows, half) the changes of the rows, packed.
        scales: (n_rows,) scales of values.
        sent_values: (n_rows, half) the changes that this replica has sent, packed.
        sent_scales: (n_rows,) scales of sent_values.
    """
    half = values.shape[1]
    for k in range(len(where)):
        r, scale, sent_scale = where[k], scales[k], sent_scales[k]
        for i in range(half):
            moved = scale * np.float32(np.int32(values[k, i] & 15) - ZERO)
            base[r, i] += moved
            live[r, i] += moved - sent_scale * np.float32(np.int32(sent_values[k, i] & 15) - ZERO)
        for i in range(base.shape[1] - half):
            moved = scale * np.float32(np.int32(values[k, i] >> 4) - ZERO)
            base[r, half + i] += moved
            live[r, half + i] += moved - sent_scale * np.float32(np.int32(sent_values[k, i] >> 4) - ZERO)


@inlined
def pack_row(row: F32, bits: I32, values: U8) -> np.float32:
    """Pack one row, (2 half,), into values, (half,), and return its scale."""
    half, largest = len(values), np.int32(0)
    for i in range(2 * half):
        largest = max(largest, bits[i] & np.int32(0x7FFFFFFF))  # |v|: floats of one sign have the order of their bits
    scale = np.float32(0)
    for i in range(2 * half):
        if bits[i] & np.int32(0x7FFFFFFF) == largest:
            scale = abs(row[i]) / np.float32(LEVELS)
            break
    inverse = np.float32(0)
    if scale >= np.float32(SMALLEST):
        inverse = np.float32(1) / scale
    else:
        scale = np.float32(0)
    for i in range(half):
        low = np.int32(row[i] * inverse + np.float32(ZERO + 0.5))
        high = np.int32(row[half + i] * inverse + np.float32(ZERO + 0.5))
        values[i] = np.uint8(low | (high << 4))
    return scale
