"""Rows packed to 4 bits a number, with a scale for each row: what replicas of a run send each other.

A row v of dim numbers has the scale s = max |v_i| / 7. Its number i is sent as q_i = floor(v_i / s + 8.5), from 1 to
15, and read as s (q_i - 8): off by s / 2 at most. Byte i of a row has q_i in its low 4 bits and q_(half + i) in its
high ones, half being ceil(dim / 2); where dim is odd the last high bits are 8, a zero. A row that has not moved has
scale 0.

Each goes over the rows once: what a row has moved is packed in half the time of NumPy, which goes over it eight times,
and applied in a quarter. Arrays are C-contiguous; callers have checked all shapes.
"""

import numpy as np

from w2v.kernels import inlined, jit
from w2v.kernels.scalars import F32, I32, I64, U8

LEVELS = 7
"""Steps from 0 to the largest number of a row."""
ZERO = 8
"""What a 0 is sent as."""
SMALLEST = 1e-37
"""A smaller scale is sent as 0: its inverse would not be finite."""


@jit
def pack(rows: F32, values: U8, scales: F32, row: F32, bits: I32) -> None:
    """Pack rows, (n_rows, dim) float32, into values, (n_rows, half) uint8, and scales, (n_rows,) float32.

    Args:
        rows: read only.
        values: written.
        scales: written.
        row: (2 half,) scratch; zeros from dim on.
        bits: the same memory as int32.
    """
    for k in range(len(rows)):
        for i in range(rows.shape[1]):
            row[i] = rows[k, i]
        scales[k] = pack_row(row, bits, values[k])


@jit
def pack_moved(live: F32, base: F32, where: I64, values: U8, scales: F32, row: F32, bits: I32) -> None:
    """Pack what some rows have moved, live - base, as `pack` does.

    Training threads may write to `live` meanwhile: then each number is one that stood there at some time.

    Args:
        live: (n, at least dim) float32, read only.
        base: (n, dim) float32, read only.
        where: (n_rows,) which rows.
        values: (n_rows, half), written.
        scales: (n_rows,), written.
        row: (2 half,) scratch; zeros from dim on.
        bits: the same memory as int32.
    """
    for k in range(len(where)):
        for i in range(base.shape[1]):
            row[i] = live[where[k], i] - base[where[k], i]
        scales[k] = pack_row(row, bits, values[k])


@jit
def add_packed(values: U8, scales: F32, rows: F32) -> None:
    """Add packed rows, values (n_rows, half) and scales (n_rows,), to rows, (n_rows, dim) float32."""
    half = values.shape[1]
    for k in range(len(rows)):
        for i in range(half):
            rows[k, i] += scales[k] * np.float32(np.int32(values[k, i] & 15) - ZERO)
        for i in range(rows.shape[1] - half):
            rows[k, half + i] += scales[k] * np.float32(np.int32(values[k, i] >> 4) - ZERO)


@jit
def move_packed(live: F32, base: F32, where: I64, values: U8, scales: F32, sent_values: U8, sent_scales: F32) -> None:
    """Move rows of the base by packed ones, and the live rows by these less what was sent of them.

    Args:
        live: (n, at least dim) float32, changed: live += moved - sent.
        base: (n, dim) float32, changed: base += moved.
        where: (n_rows,) which rows, each once.
        values: (n_rows, half) what the rows move.
        scales: (n_rows,) of it.
        sent_values: (n_rows, half) what this replica has sent of them.
        sent_scales: (n_rows,) of it.
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
        largest = max(largest, bits[i] & np.int32(0x7FFFFFFF))  # |v|: floats of one sign are in the order of their bits
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
