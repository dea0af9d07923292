"""Hidden vectors: the vectors on the context side against which output rows are scored.

Skip-gram scores the row of each context separately: m contexts give m hidden vectors. CBOW scores their mean,
h = (1/m) sum_c x_c, one hidden vector (Mikolov et al. 2013). By the chain rule each context then moves by 1/m of the
move of the mean, dL/dx_c = (1/m) dL/dh. word2vec.c, and gensim with it, leave out this factor (Irsoy, Benton and
Stratos 2020). So CBOW is skip-gram with the mean as its only context, with a loop before the step and one after it.

A hidden layer is a pair of functions: `compose` before a step, `scatter` after it. To add a layer, write the pair and
return it from `hidden_layer`. `input` contains the contexts' vectors: the input rows, or with subwords the composed
vectors (composed.py).
"""

from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import NamedTuple

import numpy as np

from w2v.kernels import inlined
from w2v.kernels.cpu.fixed import move_free
from w2v.kernels.cpu.lines import scatter_to_line
from w2v.kernels.cpu.structs import Hidden, Scratch, Shape, Variant
from w2v.kernels.scalars import F32


class HiddenLayer(NamedTuple):
    """A hidden layer, as a pair of functions."""

    compose: Callable[[F32, int, Shape, Scratch], Hidden]
    """(input, n_contexts, shape, scratch): return the hidden vectors of the contexts in scratch.contexts."""
    scatter: Callable[[F32, int, Shape, Scratch], None]
    """(input, n_contexts, shape, scratch): add the changes of the hidden vectors to the input rows."""


def hidden_layer(variant: Variant, arithmetic: ModuleType) -> HiddenLayer:
    """Return the hidden layer of a variant, with the loops of `scalar` or `simd`."""
    if variant.hidden == "context":
        return HiddenLayer(compose_contexts, scatter_nothing)
    # With subwords the contexts are composed vectors, which are never frozen.
    return mean_layer(variant.frozen, variant.masked and not variant.subwords, arithmetic)


@inlined
def compose_contexts(input: F32, n_contexts: int, shape: Shape, scratch: Scratch) -> Hidden:
    """Return the context rows themselves, which change in place."""
    return Hidden(input, scratch.contexts, n_contexts)


@inlined
def scatter_nothing(input: F32, n_contexts: int, shape: Shape, scratch: Scratch) -> None:
    """Do nothing: the step has moved the input rows themselves."""


@cache
def mean_layer(is_frozen: bool, is_masked: bool, arithmetic: ModuleType) -> HiddenLayer:
    """Return the layer whose only hidden vector is the mean of the contexts."""
    average, scatter_difference = arithmetic.average, arithmetic.scatter_difference

    @inlined
    def compose(input: F32, n_contexts: int, shape: Shape, scratch: Scratch) -> Hidden:
        """Write the mean of the context rows to scratch.mean twice: to be moved, and as a copy of the original."""
        average(input, scratch.contexts, n_contexts, shape.stride, scratch.mean)
        return Hidden(scratch.mean, scratch.mean_offset, 1)

    @inlined
    def scatter(input: F32, n_contexts: int, shape: Shape, scratch: Scratch) -> None:
        """Add to each context row its share of the change of the mean; mutates input, for which threads race."""
        share = np.float32(1) / np.float32(n_contexts)
        scatter_difference(input, scratch.contexts, n_contexts, share, shape.stride, scratch.mean)

    @inlined
    def scatter_to_free(input: F32, n_contexts: int, shape: Shape, scratch: Scratch) -> None:
        """Do the same as `scatter` for rows that are not frozen; mutates scratch.contexts too."""
        share = np.float32(1) / np.float32(n_contexts)
        n_free = move_free(scratch.contexts, n_contexts, scratch.fixed.input, shape.stride)
        scatter_difference(input, scratch.contexts, n_free, share, shape.stride, scratch.mean)

    return HiddenLayer(compose, scatter_to_line if is_frozen else scatter_to_free if is_masked else scatter)
