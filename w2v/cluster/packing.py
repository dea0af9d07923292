"""Packing: rows are sent with 4 bits per number and a scale per row, an eighth of the bytes of float32.

A packed number is off by at most half a step. The sender keeps the difference and sends it the next time, so nothing is
lost but some changes arrive later. Training is as good with 4 bits as with 8 or 32 (bench/cluster.py).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from w2v.base.arrays import Indices, Matrix
from w2v.kernels import packed as kernels


class Packed(NamedTuple):
    """Packed rows; `w2v.kernels.packed` describes the layout."""

    values: npt.NDArray[np.uint8]
    """(n_rows, ceil(dim / 2))"""
    scales: npt.NDArray[np.float32]
    """(n_rows,) size of a step."""
    dim: int

    @classmethod
    def empty(cls, n_rows: int, dim: int) -> "Packed":
        """Return uninitialized packed rows."""
        return cls(np.empty((n_rows, -(-dim // 2)), np.uint8), np.empty(n_rows, np.float32), dim)

    @property
    def n_bytes(self) -> int:
        """Number of bytes that are sent."""
        return self.values.nbytes + self.scales.nbytes

    def part(self, rows: slice) -> "Packed":
        """Return some of the rows as views."""
        return Packed(self.values[rows], self.scales[rows], self.dim)


def pack_into(packed: Packed, rows: Matrix) -> None:
    """Pack rows, (n_rows, dim); each number is off by at most half a step. Mutates packed."""
    kernels.pack(np.ascontiguousarray(rows), packed.values, packed.scales, *_scratch(packed))


def pack_moved(live: Matrix, base: Matrix, where: Indices) -> Packed:
    """Return the packed changes of the rows `where`, from `base`, (n, dim), to `live`, (n, dim or more)."""
    packed = Packed.empty(len(where), base.shape[1])
    kernels.pack_moved(live, base, where, packed.values, packed.scales, *_scratch(packed))
    return packed


def add_up(parts: Sequence[Packed]) -> Matrix:
    """Return the sum of packed rows, (n_rows, dim), added in their order."""
    total = np.zeros((len(parts[0].scales), parts[0].dim), np.float32)
    for packed in parts:
        kernels.add_packed(packed.values, packed.scales, total)
    return total


def move(live: Matrix, base: Matrix, where: Indices, moved: Packed, sent: Packed) -> None:
    """Add `moved` to some rows of the base, and `moved - sent` to the live rows; see `pack_moved`. Mutates both."""
    kernels.move_packed(live, base, where, moved.values, moved.scales, sent.values, sent.scales)


def _scratch(packed: Packed) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]:
    row = np.zeros(2 * packed.values.shape[1], np.float32)
    return row, row.view(np.int32)
