"""Stage 1, first half: which tokens are kept, and which tokens are a center's contexts."""

from collections.abc import Callable
from functools import cache

import numpy as np

from w2v.base.arrays import SENTENCE_END
from w2v.kernels import inlined
from w2v.kernels.cpu.hot_rows import offset_of
from w2v.kernels.cpu.lines import with_line
from w2v.kernels.cpu.structs import Sampling, Scratch, Shape, Variant, Walk
from w2v.kernels.rng import U32 as HALF
from w2v.kernels.rng import below, draw
from w2v.kernels.scalars import I32, I64


@inlined
def subsample(tokens: I32, sampling: Sampling, stride: int, scratch: Scratch) -> tuple[int, int]:
    """Write the offsets of the tokens' rows to scratch.kept; each token is kept with the probability of its word.

    There is no branch on the draw, because it could not be predicted.

    Args:
        tokens: (n,) ids and SENTENCE_END.
        sampling: its `keep` is read.
        stride: numbers in a row.
        scratch: kept, (> n,), and state are mutated.

    Returns:
        the number of entries written, with sentence ends; and the number of words before subsampling.
    """
    kept = scratch.kept
    n, n_ends = 0, 0
    for token in tokens:
        if token == SENTENCE_END:
            kept[n] = -1
            n += 1
            n_ends += 1
        else:
            kept[n] = offset_of(np.int64(token), scratch.hot_rows, stride)
            n += (draw(scratch.state) >> HALF) <= sampling.keep[token]
    return n, len(tokens) - n_ends


@inlined
def sentence_end(tokens: I32 | I64, begin: int, n: int) -> int:
    """Return where the sentence that begins at `begin` ends: ids and offsets are >= 0, its end is negative."""
    end = begin
    while end < n and tokens[end] >= 0:
        end += 1
    return end


def context_chooser(variant: Variant) -> Callable[[Walk, Shape, Scratch], int]:
    """Return the function that chooses a center's contexts for a variant."""
    n_spare = 0 if variant.lines == "none" else 1  # one place is for the line's row
    choose_words = word_chooser(variant.whole_line, variant.shrink_window, variant.only_before, n_spare)
    return with_line(variant.lines, choose_words)


@cache
def word_chooser(
    whole_line: bool, shrinks: bool, only_before: bool, n_spare: int
) -> Callable[[Walk, Shape, Scratch], int]:
    """Return the function that chooses the words among a center's contexts."""

    @inlined
    def choose_words(walk: Walk, shape: Shape, scratch: Scratch) -> int:
        """Write the contexts of a center to scratch.contexts.

        Args:
            walk: the position of the center and its sentence in scratch.kept.
            shape: its window is read.
            scratch: contexts and state are mutated.

        Returns:
            the number of contexts.
        """
        t = walk.t
        last = t + 1 if only_before else walk.end
        if whole_line:
            return sample_contexts(walk.begin, t, last, len(scratch.contexts) - n_spare, scratch)
        radius = 1 + below(draw(scratch.state), np.uint64(shape.window)) if shrinks else shape.window
        return copy_contexts(scratch.kept, max(walk.begin, t - radius), t, min(last, t + radius + 1), scratch.contexts)

    return choose_words


@inlined
def copy_contexts(kept: I64, begin: int, t: int, end: int, contexts: I64) -> int:
    """Copy kept[begin:end] without position t to contexts; return the number of copied entries. Mutates contexts."""
    for i in range(begin, t):
        contexts[i - begin] = kept[i]
    for i in range(t + 1, end):
        contexts[i - begin - 1] = kept[i]
    return end - begin - 1


@inlined
def sample_contexts(begin: int, t: int, end: int, most: int, scratch: Scratch) -> int:
    """Write contexts from the whole sentence to scratch.contexts; return their number.

    These are all other words of the sentence. If there are more than `most`, `most` words are drawn at random with
    replacement, so that the cost of a sentence grows with its length, not with the square of its length.
    """
    others = end - begin - 1
    if others <= most:
        return copy_contexts(scratch.kept, begin, t, end, scratch.contexts)
    for i in range(most):
        at = begin + below(draw(scratch.state), np.uint64(others))
        scratch.contexts[i] = scratch.kept[at + (at >= t)]
    return most
