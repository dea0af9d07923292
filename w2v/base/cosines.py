"""Lengths, cosines and the nearest rows of a matrix, block by block: a mapped one is read as it is needed."""

import mmap
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from w2v.base.arguments import check_number
from w2v.base.arrays import Floats, Indices, Matrix
from w2v.base.machine import available_threads

BLOCK = 1 << 20
"""Numbers of a matrix that are looked at together: 4 MB."""
LARGE = 1 << 26
"""Numbers from which all cores share the work, and mapped pages are given back: 256 MB."""


def lengths(rows: npt.NDArray[np.floating]) -> Matrix:
    """Return the length of each row, (n,) float32; 1 where it is 0."""
    # Squares in float64, where those of any float32 can be had.
    found: Matrix = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64)).astype(np.float32)
    found[found == 0] = 1
    return found


def pair_cosines(left: Matrix, right: Matrix) -> Matrix:
    """Return the cosine between each row of one matrix and that of the other, (n,) float32; 0 where one is 0.

    Computed in float64, so that the same two rows have the same cosine wherever they stand.
    """
    a, b = left.astype(np.float64), right.astype(np.float64)
    dots, a_squares, b_squares = (np.einsum("ij,ij->i", x, y) for x, y in ((a, b), (a, a), (b, b)))
    spans = np.sqrt(a_squares) * np.sqrt(b_squares)
    found: Matrix = (dots / np.where(spans > 0, spans, 1)).astype(np.float32)
    return found


def all_lengths(matrix: Matrix) -> Matrix:
    """Return what `lengths` does, (n,), for a matrix of any size; not finite where the row is not."""
    found = np.empty(len(matrix), np.float32)

    def work(block: slice) -> None:
        with np.errstate(over="ignore", invalid="ignore"):  # finite numbers can have a length beyond float32
            found[block] = lengths(matrix[block])

    _each_block(matrix, work)
    return found


def cosines_with(matrix: Matrix, norms: Matrix, query: Floats) -> Matrix:
    """Return the cosine of each row of a matrix, (n, dim), with lengths `norms`, (n,), and a query, (dim,) of length 1.

    The result is (n,) float32, and not finite where the row is not.
    """
    direction, found = query.astype(np.float32), np.empty(len(matrix), np.float32)

    def work(block: slice) -> None:
        # Not by @: on a busy machine BLAS's threads wait for each other; 60 ms in all, where one thread takes 1 ms.
        np.vecdot(matrix[block], direction, out=found[block])

    _each_block(matrix, work)
    found /= norms
    return found


def best_rows(scores: Matrix, without: Sequence[int], n: int) -> Indices:
    """Return the rows with the n highest scores, highest first; fewer if there are no more.

    Rows `without` are left out, and rows with the score -inf.

    >>> best_rows(np.array([0.1, 0.9, 0.5], np.float32), [1], 5).tolist()
    [2, 0]
    """
    check_number("n", n, 0)
    scores = scores.copy()
    scores[list(without)] = -np.inf
    n = min(n, int(np.count_nonzero(scores > -np.inf)))
    if n <= 0:
        return np.empty(0, np.int64)
    best = np.argpartition(-scores, n - 1)[:n]
    ordered: Indices = best[np.argsort(-scores[best], kind="stable")]
    return ordered


def row_blocks(matrix: Matrix) -> Iterator[slice]:
    """Yield slices that together are all rows."""
    step = max(1, BLOCK // max(1, matrix.shape[1]))
    return (slice(start, start + step) for start in range(0, len(matrix), step))


def _each_block(matrix: Matrix, work: Callable[[slice], None]) -> None:
    """Do some work for each block of rows; a large matrix takes all cores, and its mapped pages are given back."""
    if matrix.size < LARGE:
        for block in row_blocks(matrix):
            work(block)
        return
    from concurrent.futures import ThreadPoolExecutor  # 10 ms, which a small question need not wait for

    mapped = _mapping_of(matrix)

    def work_and_release(block: slice) -> None:
        work(block)
        if mapped is not None:
            _release(mapped, matrix[block])

    with ThreadPoolExecutor(available_threads()) as pool:
        for _ in pool.map(work_and_release, row_blocks(matrix)):
            pass


def _mapping_of(matrix: Matrix) -> mmap.mmap | None:
    """Return the file's map that a matrix is part of; None where it is in memory, or pages cannot be given back."""
    base: object = matrix
    while isinstance(base, np.ndarray):
        base = base.base
    return base if isinstance(base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED") else None


def _release(mapped: mmap.mmap, rows: Matrix) -> None:
    """Give back the pages of some rows of a mapped file to the system, which keeps them cached while it has room."""
    begin = rows.ctypes.data - np.frombuffer(mapped, np.uint8).ctypes.data
    first = -(-begin // mmap.PAGESIZE) * mmap.PAGESIZE
    last = (begin + rows.nbytes) // mmap.PAGESIZE * mmap.PAGESIZE
    if last > first:
        mapped.madvise(mmap.MADV_DONTNEED, first, last - first)
