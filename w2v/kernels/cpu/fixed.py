"""Frozen rows, such as the rows of the words of an earlier run.

A frozen row is scored like any other, and the rows that it is scored against move. Its own new value is written to a
spare row of this thread, the sink, which nothing reads; so the vector loops need no branch.
"""

from collections.abc import Callable
from types import ModuleType

import numpy as np

from w2v.kernels import inlined
from w2v.kernels.cpu.structs import Ahead, Hidden, Scratch, Shape, Variant
from w2v.kernels.scalars import F32, I64, U8


@inlined
def is_fixed(offset: int, fixed: U8, stride: int) -> bool:
    """Return whether the row that begins at `offset` is frozen."""
    return fixed[np.int64(offset * (1.0 / stride) + 0.5)] != 0  # type: ignore[no-any-return]


@inlined
def find_targets(offsets: I64, n: int, fixed: U8, sink: int, stride: int, targets: I64) -> None:
    """Write where the new values of n rows go: to the rows themselves or to the sink. Mutates targets, (>= n,)."""
    for i in range(n):
        targets[i] = sink if is_fixed(offsets[i], fixed, stride) else offsets[i]


@inlined
def move_free(offsets: I64, n: int, fixed: U8, stride: int) -> int:
    """Move offsets of rows that are not frozen to the front of the first n; return their number. Mutates offsets."""
    n_free = 0
    for i in range(n):
        offset = offsets[i]
        offsets[n_free] = offset
        n_free += not is_fixed(offset, fixed, stride)
    return n_free


def masked_update(variant: Variant, arithmetic: ModuleType) -> Callable[[Hidden, F32, Shape, Scratch, Ahead], None]:
    """Return stage 4 of a step for a variant that is masked, with the loops of `scalar` or `simd`."""
    update = arithmetic.update_masked
    # Means and composed vectors belong to this thread and always move.
    are_rows = variant.hidden == "context" and not variant.subwords

    @inlined
    def update_free(hidden: Hidden, output: F32, shape: Shape, scratch: Scratch, ahead: Ahead) -> None:
        """Do C += G.T @ O and O += G @ C for rows that are not frozen; mutates the same as `update`, and the sink."""
        fixed, sink, outputs = scratch.fixed, scratch.fixed.sink[0], scratch.outputs
        n_outputs = shape.n_tiles * len(shape.tile_like)
        find_targets(outputs, n_outputs, fixed.output, sink, shape.stride, fixed.output_targets)
        targets = fixed.input_targets if are_rows else hidden.offsets
        if are_rows:
            find_targets(hidden.offsets, hidden.n, fixed.input, sink, shape.stride, targets)
        update(
            hidden,
            targets,
            output,
            outputs,
            fixed.output_targets,
            shape,
            scratch.scores,
            scratch.contexts_before,
            ahead,
        )

    return update_free
