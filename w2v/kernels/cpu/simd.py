"""Score and update on vectors: the same functions as in `scalar.py`, several times faster.

Scores are computed in blocks of 4 or 2 hidden vectors and a tile of up to 6 outputs, as `REGISTERS` says: 10 loads feed
24 multiply-adds. The instructions are in `llvm.py`, where the length of a tuple decides how far a loop is unrolled; so
blocks are tuples of offsets.
"""

import numpy as np

from w2v.kernels import inlined
from w2v.kernels.cpu.structs import Ahead, Hidden, Shape
from w2v.kernels.llvm import (
    LANES,
    REGISTERS,
    add,
    add_combined,
    add_products,
    add_scaled,
    broadcast,
    load,
    prefetch,
    prefetch_far,
    scaled_difference,
    store,
    store_sums,
    take,
    zeros,
)
from w2v.kernels.scalars import F32, I64

BLOCK, TWO, ONE = (0,) * REGISTERS.block, (0, 0), (0,)
HAS_PAIRS = len(BLOCK) > 2
LINE = 16
"""Numbers in a cache line."""
Offsets = tuple[int, ...]


@inlined
def score(hidden: Hidden, output: F32, outputs: I64, n_tiles: int, shape: Shape, scores: F32) -> None:
    """Do the same as `scalar.score`; the sums are in another order."""
    width = 8 * n_tiles
    rows, offsets = hidden.rows, hidden.offsets
    for number in range(n_tiles):
        tile = take(outputs, number * len(shape.tile_like), shape.tile_like)
        c, at = 0, 8 * number
        while c + len(BLOCK) <= hidden.n:
            score_block(rows, output, take(offsets, c, BLOCK), tile, shape.width, scores, at + c * width, width)
            c += len(BLOCK)
        if HAS_PAIRS:
            if c + 2 <= hidden.n:  # noqa: SIM102  (Numba drops the branch on a constant)
                score_block(rows, output, take(offsets, c, TWO), tile, shape.width, scores, at + c * width, width)
                c += 2
        if c < hidden.n:
            score_block(rows, output, take(offsets, c, ONE), tile, shape.width, scores, at + c * width, width)


@inlined
def score_block(
    rows: F32, output: F32, block: Offsets, tile: Offsets, row_width: int, scores: F32, at: int, width: int
) -> None:
    """Score the hidden vectors `block` against the output rows `tile`; write to scores[at + i * width + k]."""
    sums = zeros(block, tile)
    for j in range(0, row_width, LANES):
        sums = add_products(sums, load(rows, block, j), load(output, tile, j))
    store_sums(sums, tile, scores, at, width)


@inlined
def update(hidden: Hidden, output: F32, outputs: I64, shape: Shape, gradients: F32, before: F32, ahead: Ahead) -> None:
    """Do the same as `scalar.update`, and prefetch the rows of `ahead`.

    There is one difference. With one tile, if a hidden vector repeats, its second occurrence moves the output rows by
    its value after the first: a difference of order lr ** 2, in windows that contain a word twice. With more tiles
    there is none.
    """
    if shape.n_tiles == 1:
        update_tile(hidden, output, outputs, shape, gradients, ahead)
    else:
        update_tiles(hidden, output, outputs, shape, gradients, before, ahead)


@inlined
def update_tile(hidden: Hidden, output: F32, outputs: I64, shape: Shape, gradients: F32, ahead: Ahead) -> None:
    """Update if all outputs fit into one tile: each number is loaded and stored once."""
    rows = take(outputs, 0, shape.tile_like)
    for j in range(0, shape.width, LANES):
        if j % LINE == 0:
            ask_for(ahead, output, j)
        old = load(output, rows, j)
        new = old
        for c in range(hidden.n):
            context = take(hidden.offsets, c, ONE)
            gradient = broadcast(gradients, 8 * c, shape.tile_like)
            value = load(hidden.rows, context, j)
            new = add_scaled(new, gradient, value)
            store(hidden.rows, context, j, add_combined(value, gradient, old))
        store(output, rows, j, new)


@inlined
def update_tiles(
    hidden: Hidden, output: F32, outputs: I64, shape: Shape, gradients: F32, before: F32, ahead: Ahead
) -> None:
    """Update tile by tile; `before` holds LANES numbers of each hidden vector from before the step."""
    width = 8 * shape.n_tiles
    for j in range(0, shape.width, LANES):
        if j % LINE == 0:
            ask_for(ahead, output, j)
        for c in range(hidden.n):
            store(before, (c * LANES,), 0, load(hidden.rows, take(hidden.offsets, c, ONE), j))
        for number in range(shape.n_tiles):
            rows = take(outputs, number * len(shape.tile_like), shape.tile_like)
            old = load(output, rows, j)
            new = old
            for c in range(hidden.n):
                context = take(hidden.offsets, c, ONE)
                gradient = broadcast(gradients, c * width + 8 * number, shape.tile_like)
                new = add_scaled(new, gradient, load(before, (c * LANES,), 0))
                store(hidden.rows, context, j, add_combined(load(hidden.rows, context, j), gradient, old))
            store(output, rows, j, new)


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
    """Do the same as `scalar.update_masked`, with the same difference as in `update`, and without branches.

    Rows that nothing reads receive what the frozen rows would become.
    """
    width = 8 * shape.n_tiles
    for j in range(0, shape.width, LANES):
        if j % LINE == 0:
            ask_for(ahead, output, j)
        for c in range(hidden.n):
            value = load(hidden.rows, take(hidden.offsets, c, ONE), j)
            store(before, (c * LANES,), 0, value)
            store(hidden.rows, take(hidden_targets, c, ONE), j, value)  # otherwise the values there would grow
        for number in range(shape.n_tiles):
            at = number * len(shape.tile_like)
            old = load(output, take(outputs, at, shape.tile_like), j)
            new = old
            for c in range(hidden.n):
                target = take(hidden_targets, c, ONE)
                gradient = broadcast(gradients, c * width + 8 * number, shape.tile_like)
                new = add_scaled(new, gradient, load(before, (c * LANES,), 0))
                store(hidden.rows, target, j, add_combined(load(hidden.rows, target, j), gradient, old))
            store(output, take(output_targets, at, shape.tile_like), j, new)


@inlined
def ask_for(ahead: Ahead, output: F32, j: int) -> None:
    """Prefetch the numbers that begin at j of the rows that the next steps need.

    Each iteration of the loop over the dimension asks for a few cache lines. The 7 rows of a step at dim 300 are 133
    lines. If all are requested at once, they exceed the number of outstanding requests, and later loads wait too: 3,300
    instead of 2,850 cycles per step.
    """
    for i in range(ahead.n_outputs):
        prefetch(output, ahead.outputs[i] + j)
    prefetch(output, ahead.center + j)
    prefetch(ahead.input, ahead.context + j)
    prefetch_far(output, ahead.far_center + j)
    prefetch_far(ahead.input, ahead.far_context + j)


@inlined
def scale_to(rows: F32, at: int, length: np.float32, stride: int, sums: F32, spare: int) -> np.float32:
    """Do the same as `scalar.scale_to`."""
    score_block(rows, rows, (at,), (at,), stride, sums, spare, 8)
    total = sums[spare]
    factor = length / np.sqrt(total) if total > 0 else np.float32(1)
    scale(rows, at, factor, stride)
    return factor  # type: ignore[no-any-return]


@inlined
def scale(rows: F32, at: int, factor: np.float32, stride: int) -> None:
    """Do the same as `scalar.scale`."""
    for j in range(0, stride, LANES):
        store(rows, (at,), j, scaled_difference(load(rows, (at,), j), zeros(ONE, ONE), factor))


@inlined
def average(input: F32, contexts: I64, n_contexts: int, stride: int, mean: F32) -> None:
    """Do the same as `scalar.average`."""
    share = np.float32(1) / np.float32(n_contexts)
    for j in range(0, stride, LANES):
        total = load(input, take(contexts, 0, ONE), j)
        for c in range(1, n_contexts):
            total = add(total, load(input, take(contexts, c, ONE), j))
        total = scaled_difference(total, zeros(ONE, ONE), share)
        store(mean, (0,), j, total)
        store(mean, (stride,), j, total)


@inlined
def scatter_difference(input: F32, offsets: I64, n_rows: int, share: np.float32, stride: int, mean: F32) -> None:
    """Do the same as `scalar.scatter_difference`."""
    for j in range(0, stride, LANES):
        moved = scaled_difference(load(mean, (0,), j), load(mean, (stride,), j), share)
        for i in range(n_rows):
            row = take(offsets, i, ONE)
            store(input, row, j, add(load(input, row, j), moved))
