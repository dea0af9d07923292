"""Lengths, cosines and nearest rows of a matrix, block by block, so that a memory-mapped matrix is read as needed."""

import mmap
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from w2v.base.arguments import check_number
from w2v.base.arrays import Floats, Indices, Matrix
from w2v.base.machine import available_threads

BLOCK = 1 << 20
"""Size of a block: 2^20 numbers, 4 MB."""
LARGE = 1 << 26
"""From this many numbers (256 MB), all cores share the work, and mapped pages are released after use."""


def lengths(rows: npt.NDArray[np.floating]) -> Matrix:
    """Return the length of each row, (n,) float32; 1 for rows of length 0."""
    # Squares in float64, in which the square of any float32 is finite.
    found: Matrix = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64)).astype(np.float32)
    found[found == 0] = 1
    return found


def pair_cosines(left: Matrix, right: Matrix) -> Matrix:
    """Return the cosine between row i of one matrix and row i of the other, (n,) float32; 0 if one of them is 0.

    The cosine is computed in float64, so that it does not depend on the position of the rows in the matrices.
    """
    a, b = left.astype(np.float64), right.astype(np.float64)
    dots, a_squares, b_squares = (np.einsum("ij,ij->i", x, y) for x, y in ((a, b), (a, a), (b, b)))
    spans = np.sqrt(a_squares) * np.sqrt(b_squares)
    found: Matrix = (dots / np.where(spans > 0, spans, 1)).astype(np.float32)
    return found


def all_lengths(matrix: Matrix) -> Matrix:
    """Return the same as `lengths`, (n,), for a matrix of any size; not finite for rows that are not finite."""
    found = np.empty(len(matrix), np.float32)

    def work(block: slice) -> None:
        with np.errstate(over="ignore", invalid="ignore"):  # lengths of finite rows can exceed float32
            found[block] = lengths(matrix[block])

    _each_block(matrix, work)
    return found


def cosines_with(matrix: Matrix, norms: Matrix, query: Floats) -> Matrix:
    """Return the cosine of each row of a matrix, (n, dim), to a query, (dim,) of length 1; `norms` are their lengths.

    The result is (n,) float32. It is not finite for rows that are not finite.
    """
    direction, found = query.astype(np.float32), np.empty(len(matrix), np.float32)

    def work(block: slice) -> None:
        # np.vecdot instead of @: on a busy machine the threads of BLAS wait for each other, 60 ms instead of 1 ms.
        np.vecdot(matrix[block], direction, out=found[block])

    _each_block(matrix, work)
    found /= norms
    return found


def best_rows(scores: Matrix, without: Sequence[int], n: int) -> Indices:
    """Return the rows with the n highest scores, highest first; fewer if there are not enough rows.

    Rows in `without` and rows with the score -inf are left out.

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
    """Yield slices that together cover all rows."""
    step = max(1, BLOCK // max(1, matrix.shape[1]))
    return (slice(start, start + step) for start in range(0, len(matrix), step))


def _each_block(matrix: Matrix, work: Callable[[slice], None]) -> None:
    """Call `work` for each block of rows; for a large matrix use all cores and release its mapped pages after use."""
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
    """Return the memory map that a matrix is part of; None if it is not mapped or pages cannot be released."""
    base: object = matrix
    while isinstance(base, np.ndarray):
        base = base.base
    return base if isinstance(base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED") else None


def _release(mapped: mmap.mmap, rows: Matrix) -> None:
    """Release the pages of some rows of a mapped file. The system keeps them cached as long as it has memory."""
    begin = rows.ctypes.data - np.frombuffer(mapped, np.uint8).ctypes.data
    first = -(-begin // mmap.PAGESIZE) * mmap.PAGESIZE
    last = (begin + rows.nbytes) // mmap.PAGESIZE * mmap.PAGESIZE
    if last > first:
        mapped.madvise(mmap.MADV_DONTNEED, first, last - first)
