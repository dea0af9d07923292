"""Composed vectors: with subwords, the vector of a context is the mean of several input rows.

    v_w = (1 / |R_w|) * (the sum of z_r over the rows r in R_w: the word's own and its n-grams')

(Bojanowski et al. 2017.) fastText composes v_w anew for each pair. Here a thread keeps the composed vectors of the
words that it used last; a step scores and moves them like plain rows. When a word leaves, each of its rows moves as far
as its vector has moved. That is fastText's gradient, which is not divided by the number of rows: if all rows move by g,
their mean moves by g. While a thread keeps several words, they do not see what their common n-grams learn from each
other.
"""

from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import NamedTuple

import numpy as np

from w2v.kernels import inlined
from w2v.kernels.cpu.hot_rows import row_of
from w2v.kernels.cpu.structs import Composed, Scratch, Shape, Variant, Walk
from w2v.kernels.scalars import F32

WHOLE = np.float32(1)
NOTHING = -1


class ContextReader(NamedTuple):
    """A pair of functions that give access to the vectors of contexts."""

    read: Callable[[F32, int, Walk, Shape, Scratch], None]
    """(input, n_contexts, walk, shape, scratch): prepare the vectors of scratch.contexts for scoring and moving, and
    replace the offsets there by those of the vectors."""
    put_back: Callable[[F32, Shape, Scratch], None]
    """(input, shape, scratch): at the end of a shard, add the changes of the vectors to the input rows."""


def context_reader(variant: Variant, arithmetic: ModuleType) -> ContextReader:
    """Return the pair of functions of a variant, with the loops of `scalar` or `simd`."""
    return composed_reader(arithmetic) if variant.subwords else ContextReader(read_rows, put_back_nothing)


@inlined
def read_rows(input: F32, n_contexts: int, walk: Walk, shape: Shape, scratch: Scratch) -> None:
    """Keep the offsets: a context's vector is its input row."""


@inlined
def put_back_nothing(input: F32, shape: Shape, scratch: Scratch) -> None:
    """Do nothing: the steps have moved the input rows themselves."""


@cache
def composed_reader(arithmetic: ModuleType) -> ContextReader:
    """Return the pair of functions that compose vectors and dissolve them again."""
    average, scatter_difference = arithmetic.average, arithmetic.scatter_difference

    @inlined
    def compose(input: F32, word: int, slot: int, shape: Shape, composed: Composed) -> None:
        """Write the vector of a word to a slot twice: once to be moved, and once as a copy of the original."""
        n, at = list_rows(word, shape.stride, composed), 2 * slot * shape.stride
        average(input, composed.offsets, n, shape.stride, composed.vectors[at : at + 2 * shape.stride])
        composed.slots[word] = slot
        composed.words[slot] = word

    @inlined
    def dissolve(input: F32, slot: int, shape: Shape, composed: Composed) -> None:
        """Empty a slot; add the change of its vector to the rows of its word. Mutates input, for which threads race."""
        word = composed.words[slot]
        if word != NOTHING:
            n, at = list_rows(word, shape.stride, composed), 2 * slot * shape.stride
            vector = composed.vectors[at : at + 2 * shape.stride]
            scatter_difference(input, composed.offsets, n, WHOLE, shape.stride, vector)
            composed.slots[word] = NOTHING
            composed.words[slot] = NOTHING

    @inlined
    def read(input: F32, n_contexts: int, walk: Walk, shape: Shape, scratch: Scratch) -> None:
        """Compose the vectors that have no slot yet; replace scratch.contexts by offsets in composed.vectors."""
        composed = scratch.composed
        for c in range(n_contexts):
            word = row_of(scratch.contexts[c], scratch.hot_rows, shape.stride)
            slot = int(composed.slots[word])
            if slot == NOTHING:
                slot = next_slot(walk.t, composed)
                dissolve(input, slot, shape, composed)
                compose(input, word, slot, shape, composed)
            composed.used[slot] = walk.t
            scratch.contexts[c] = 2 * slot * shape.stride

    @inlined
    def put_back(input: F32, shape: Shape, scratch: Scratch) -> None:
        """Dissolve all vectors."""
        for slot in range(len(scratch.composed.words)):
            dissolve(input, slot, shape, scratch.composed)
            scratch.composed.used[slot] = NOTHING
        scratch.composed.next[0] = 0

    return ContextReader(read, put_back)


@inlined
def list_rows(word: int, stride: int, composed: Composed) -> int:
    """Write the offsets of a word's rows to composed.offsets; return the number of rows."""
    begin, end = composed.starts[word], composed.starts[word + 1]
    for i in range(begin, end):
        composed.offsets[i - begin] = np.int64(composed.rows[i]) * stride
    return end - begin  # type: ignore[no-any-return]


@inlined
def next_slot(t: int, composed: Composed) -> int:
    """Return the slot that was filled first, except slots that this step, whose center is at t, already uses."""
    slot = composed.next[0]
    while composed.used[slot] == t:
        slot = slot + 1 if slot + 1 < len(composed.words) else 0
    composed.next[0] = slot + 1 if slot + 1 < len(composed.words) else 0
    return slot  # type: ignore[no-any-return]
