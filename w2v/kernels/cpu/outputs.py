"""Output layers: against which output rows a center is scored.

The sampled layer takes the center and its negatives; the full layer takes the center and every other word (exact
softmax). In both, the center is output 0 with label 1, and all others have label 0. The path layer takes the inner
nodes on the path to the center in a Huffman tree (hierarchical softmax), each with its own label.

An output layer is a pair of functions: `choose` runs before a step, and `prepare` runs two steps ahead, so that the
rows have the time of two steps to arrive. To add a layer, write the pair and return it from `output_kernels`.
"""

from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import NamedTuple

import numpy as np

from w2v.kernels import inlined
from w2v.kernels.cpu.hot_rows import offset_of, row_of
from w2v.kernels.cpu.layout import column_of, fill_tiles, with_tiles
from w2v.kernels.cpu.samplers import GROUP_OF, SAMPLERS, draw_from_group, group_of_line, reject_marked, select_hardest
from w2v.kernels.cpu.structs import Hidden, Sampling, Scratch, Shape, Variant, Walk, Weights
from w2v.kernels.llvm import count_equal
from w2v.kernels.rng import GOLDEN, U32
from w2v.kernels.scalars import I64

SEEN_FROM = 32
"""From this many negatives, duplicates are found with a hash table; below, comparing all pairs is faster."""
LOWER_NODES = 6
"""Number of nodes of the next path that are prefetched, from its lower end; nodes near the root are in the cache."""


class OutputKernels(NamedTuple):
    """An output layer as a pair of functions."""

    choose: Callable[[int, Walk, Weights, Shape, Scratch], int]
    """(n_contexts, walk, weights, shape, scratch): write the offsets of the center's output rows to scratch.outputs,
    without duplicates, followed by rows of zeros that fill the last tile; return the number of rows without these."""
    prepare: Callable[[Walk, Shape, Sampling, Scratch], None]
    """(walk, shape, sampling, scratch): write the known output rows of the step two steps after `walk` to
    scratch.later. Called twice before the first step."""


def output_kernels(variant: Variant, arithmetic: ModuleType) -> OutputKernels:
    """Return the output layer of a variant, with the loops of `scalar` or `simd`."""
    if variant.output == "all":
        return OutputKernels(choose_all, prepare_nothing)
    if variant.output == "path":
        return OutputKernels(choose_path, prepare_path)
    return sampled_layer(variant.sampler, variant.hidden, variant.reject_positives, variant.noise_scope, arithmetic)


@cache
def sampled_layer(sampler: str, hidden: str, rejects: bool, noise_scope: str, arithmetic: ModuleType) -> OutputKernels:
    """Return the layer of the center and its negatives."""
    is_hard, has_mean, has_groups = sampler == "hard", hidden == "mean", noise_scope != "all"
    group_of = GROUP_OF.get(noise_scope, group_of_line)
    average, score = arithmetic.average, arithmetic.score

    @inlined
    def choose(n_contexts: int, walk: Walk, weights: Weights, shape: Shape, scratch: Scratch) -> int:
        """Write the center and its negatives, without duplicates and rejected negatives."""
        center = scratch.kept[walk.t]
        if has_groups:
            draw_from_group(group_of(center, shape, scratch), shape, scratch)
        if rejects:
            reject_marked(center, walk.line, shape, scratch)
        if is_hard:
            if not has_mean:
                average(weights.input, scratch.contexts, n_contexts, shape.stride, scratch.mean)
            mean = Hidden(scratch.mean, scratch.mean_offset, 1)
            n_tiles = -(-shape.candidates // len(shape.tile_like))
            score(mean, weights.output, scratch.negatives, n_tiles, shape, scratch.scores)
            select_hardest(center, shape, scratch)
        scratch.outputs[0] = center
        if shape.negative >= SEEN_FROM:
            n_outputs = add_unseen(shape.negative, scratch)
        else:
            n_outputs = 1 + shape.negative
            for i in range(shape.negative):
                scratch.outputs[1 + i] = scratch.negatives[i]
            fill_tiles(n_outputs, shape, scratch)
            if has_repeats(n_outputs, shape, scratch.outputs):
                n_outputs = 1
                for i in range(shape.negative):
                    n_outputs = add_if_new(scratch.outputs, n_outputs, scratch.negatives[i])
        fill_tiles(n_outputs, shape, scratch)
        return n_outputs

    return OutputKernels(choose, drawing_ahead(sampler))


@cache
def drawing_ahead(sampler: str) -> Callable[[Walk, Shape, Sampling, Scratch], None]:
    """Return the `prepare` of a sampler."""
    draw_later = SAMPLERS[sampler]

    @inlined
    def prepare(walk: Walk, shape: Shape, sampling: Sampling, scratch: Scratch) -> None:
        """Take the negatives that were prepared for the next step, and draw those of the step after it."""
        for i in range(shape.n_draws):
            scratch.negatives[i] = scratch.later[i]
        draw_later(walk, shape, sampling, scratch)

    return prepare


@inlined
def has_repeats(n_outputs: int, shape: Shape, outputs: I64) -> bool:
    """Return whether any output row occurs twice, except the row of zeros."""
    n_zeros = shape.n_tiles * len(shape.tile_like) - n_outputs
    n_equal = 0
    for number in range(shape.n_tiles):
        begin = number * len(shape.tile_like)
        for at in range(0, n_outputs, 8):
            for i in range(len(shape.tile_like)):  # a constant, so this loop is unrolled
                n_equal += count_equal(outputs, at, outputs[begin + i])
    return n_equal > n_outputs + n_zeros * n_zeros


@inlined
def add_if_new(outputs: I64, n_outputs: int, offset: int) -> int:
    """Append an output row unless it is already there; return the number of rows. Mutates outputs.

    A negative that equals the center or an earlier negative of this step is left out, which has the same effect as a
    gradient of 0. So the rows of a step are all different.
    """
    known = False
    for i in range(n_outputs):
        known |= outputs[i] == offset
    outputs[n_outputs] = offset
    return n_outputs if known else n_outputs + 1


@inlined
def add_unseen(n_negatives: int, scratch: Scratch) -> int:
    """Append all negatives that are not there yet; return the number of rows.

    A hash table finds duplicates, so that k negatives take k steps instead of k**2 / 2. It is never cleared (Briggs and
    Torczon 1993): slot s is in use in this step if slots[s] is the number of an output whose slot_of is s.

    Args:
        n_negatives: number of scratch.negatives in use.
        scratch: outputs, slots and slot_of are mutated; outputs[0] is the center.
    """
    outputs, slots, slot_of = scratch.outputs, scratch.slots, scratch.slot_of
    mask, n_outputs = len(slots) - 1, 0
    for i in range(-1, n_negatives):
        offset = outputs[0] if i < 0 else scratch.negatives[i]
        slot = np.int64((np.uint64(offset) * GOLDEN) >> U32) & mask
        while slots[slot] < n_outputs and slot_of[slots[slot]] == slot and outputs[slots[slot]] != offset:
            slot = (slot + 1) & mask
        if slots[slot] >= n_outputs or slot_of[slots[slot]] != slot:
            outputs[n_outputs], slots[slot], slot_of[n_outputs] = offset, n_outputs, slot
            n_outputs += 1
    return n_outputs


@inlined
def choose_all(n_contexts: int, walk: Walk, weights: Weights, shape: Shape, scratch: Scratch) -> int:
    """Write the center and every other word."""
    outputs, center = scratch.outputs, scratch.kept[walk.t]
    outputs[0] = center
    n_outputs = 1
    for word in range(shape.negative + 1):
        offset = offset_of(np.int64(word), scratch.hot_rows, shape.stride)
        if offset != center:
            outputs[n_outputs] = offset
            n_outputs += 1
    fill_tiles(n_outputs, shape, scratch)
    return n_outputs


@inlined
def prepare_nothing(walk: Walk, shape: Shape, sampling: Sampling, scratch: Scratch) -> None:
    """Do nothing: every step uses all rows."""


@inlined
def choose_path(n_contexts: int, walk: Walk, weights: Weights, shape: Shape, scratch: Scratch) -> int:
    """Write the inner nodes on the path to the center, root first, and their labels to scratch.labels."""
    word = row_of(scratch.kept[walk.t], scratch.hot_rows, shape.stride)
    begin, end = scratch.paths.starts[word], scratch.paths.starts[word + 1]
    for i in range(end - begin):
        scratch.outputs[i] = offset_of(np.int64(scratch.paths.nodes[begin + i]), scratch.hot_rows, shape.stride)
        scratch.labels[column_of(i, shape.tile_like)] = scratch.paths.labels[begin + i]
    fill_tiles(end - begin, with_tiles(shape, end - begin), scratch)
    return end - begin  # type: ignore[no-any-return]


@inlined
def prepare_path(walk: Walk, shape: Shape, sampling: Sampling, scratch: Scratch) -> None:
    """Write the lower end of the path of the center two steps later."""
    begin, at = 0, 0
    if walk.t + 2 < walk.end:
        word = row_of(scratch.kept[walk.t + 2], scratch.hot_rows, shape.stride)
        begin, at = scratch.paths.starts[word], scratch.paths.starts[word + 1]
    for i in range(shape.n_draws):
        at -= 1
        scratch.later[i] = scratch.zero_row[0]
        if at >= begin:
            scratch.later[i] = offset_of(np.int64(scratch.paths.nodes[at]), scratch.hot_rows, shape.stride)
