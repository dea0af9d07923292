"""Line rows: which rows the lines have, and the matrix of these rows, in memory or in an unnamed memory-mapped file."""

import tempfile
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from w2v.base.arrays import SENTENCE_END, Ids, Indices, Matrix
from w2v.base.errors import W2VError
from w2v.base.files import temporary_folder
from w2v.base.machine import available_memory
from w2v.training.draws import Draws
from w2v.training.weights import aligned_zeros, fill_uniform, padded

MEMORY_SHARE = 0.5
"""Share of the free memory. Rows that take more are mapped from a file."""


@dataclass(frozen=True)
class LineInputs:
    """What training needs to know about the lines, besides their words."""

    rows: Indices | None = None
    """(n_lines,) the row of each line, if several lines share a row; None means that line i has row i."""
    weights: Matrix | None = None
    """(n_lines,) the factor of each line's learning rate."""

    def n_rows(self, n_lines: int) -> int:
        """Return the number of rows of the lines."""
        return n_lines if self.rows is None else int(self.rows.max(initial=-1)) + 1

    def part(self, first: int, end: int) -> tuple[Indices, Matrix]:
        """Return the rows and the weights of the lines first to end - 1; an array is empty if lines have none."""
        rows = NO_ROWS if self.rows is None else self.rows[first:end]
        return rows, NO_WEIGHTS if self.weights is None else self.weights[first:end]


NO_ROWS, NO_WEIGHTS = np.empty(0, np.int64), np.empty(0, np.float32)
NO_LINE_INPUTS = LineInputs()


def count_lines(stream: Ids, bounds: list[int]) -> list[int]:
    """Return the number of the first line of each shard, followed by the number of all lines.

    Args:
        stream: (n,) ids, with a SENTENCE_END after every line, also after empty lines; the last line may have none.
        bounds: where the shards begin, each at the beginning of a line, followed by n.
    """
    ends = np.flatnonzero(stream == SENTENCE_END)
    first = np.searchsorted(ends, bounds)
    if len(stream) and stream[-1] != SENTENCE_END:
        first[-1] += 1
    return [int(line) for line in first]


def n_lines(stream: Ids) -> int:
    """Return the number of lines of a stream, (n,) ids; the last line may have no SENTENCE_END."""
    return count_lines(stream, [0, len(stream)])[-1]


def new_line_rows(n_lines: int, dim: int, seed: int) -> npt.NDArray[np.float32]:
    """Return rows uniform in +-0.5 / dim, (n_lines, stride), like the initial rows of words; padded with zeros.

    Raises:
        W2VError: the rows fit neither into memory nor on the disk.
    """
    stride = padded(dim)
    if 4.0 * n_lines * stride <= MEMORY_SHARE * available_memory():
        rows = aligned_zeros(n_lines, stride)
    else:
        rows = _mapped(n_lines, stride)
    fill_uniform(rows[:, :dim], dim, Draws.LINE_ROWS.generator(seed))
    return rows


def _mapped(n_lines: int, stride: int) -> npt.NDArray[np.float32]:
    """Return zeros in a file that is deleted when the process ends, however it ends."""
    folder = temporary_folder()
    try:
        with tempfile.TemporaryFile(prefix="w2v-", dir=folder) as file:
            file.truncate(4 * n_lines * stride)
            return np.asarray(np.memmap(file, np.float32, "r+", shape=(n_lines, stride)))
    except OSError as error:
        raise W2VError(
            f"no space for the rows of {n_lines:,} lines in {folder}: {error.strerror or error}; "
            f"set TMPDIR to a folder that has {4 * n_lines * stride / 1e9:.1f} GB"
        ) from error
