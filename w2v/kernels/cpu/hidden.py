"""Hidden vectors: what stands on the context side when a center is scored.

Skip-gram scores each context's row on its own: m contexts give m hidden vectors. CBOW scores their mean
h = (1/m) sum_c x_c, one hidden vector (Mikolov et al. 2013). By the chain rule each context then moves by 1/m of what
the mean moves, dL/dx_c = (1/m) dL/dh: what word2vec.c leaves out, and gensim with it (Irsoy, Benton and Stratos
2020). So CBOW is skip-gram with one context, the mean, and two loops around it.

A hidden layer is a pair of functions: `compose` before a step, `scatter` after it. To add one: write the pair and
return it from `hidden_layer`. `input` is what holds the contexts' vectors: the input rows, or with subwords the vectors
composed of them (composed.py).
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
    """(input, n_contexts, shape, scratch): pass on to the input rows what the hidden vectors have moved."""


def hidden_layer(variant: Variant, arithmetic: ModuleType) -> HiddenLayer:
    """Return the hidden layer of a variant, with the loops of `scalar` or `simd`."""
    if variant.hidden == "context":
        return HiddenLayer(compose_contexts, scatter_nothing)
    # With subwords the contexts are composed vectors, which always move.
    return mean_layer(variant.frozen, variant.masked and not variant.subwords, arithmetic)


@inlined
def compose_contexts(input: F32, n_contexts: int, shape: Shape, scratch: Scratch) -> Hidden:
    """Return the context rows themselves, to be changed in place."""
    return Hidden(input, scratch.contexts, n_contexts)


@inlined
def scatter_nothing(input: F32, n_contexts: int, shape: Shape, scratch: Scratch) -> None:
    """Leave the input rows as they are: the step has moved them."""


@cache
def mean_layer(is_frozen: bool, is_masked: bool, arithmetic: ModuleType) -> HiddenLayer:
    """Return the layer whose one hidden vector is the mean of the contexts."""
    average, scatter_difference = arithmetic.average, arithmetic.scatter_difference

    @inlined
    def compose(input: F32, n_contexts: int, shape: Shape, scratch: Scratch) -> Hidden:
        """Write the mean of the context rows to scratch.mean, twice: to be moved, and as it was."""
        average(input, scratch.contexts, n_contexts, shape.stride, scratch.mean)
        return Hidden(scratch.mean, scratch.mean_offset, 1)

    @inlined
    def scatter(input: F32, n_contexts: int, shape: Shape, scratch: Scratch) -> None:
        """Add to each context row its share of what the mean has moved; mutates input, for which threads race."""
        share = np.float32(1) / np.float32(n_contexts)
        scatter_difference(input, scratch.contexts, n_contexts, share, shape.stride, scratch.mean)

    @inlined
    def scatter_to_free(input: F32, n_contexts: int, shape: Shape, scratch: Scratch) -> None:
        """Do what `scatter` does, but for the rows that are not fixed; mutates scratch.contexts too."""
        share = np.float32(1) / np.float32(n_contexts)
        n_free = move_free(scratch.contexts, n_contexts, scratch.fixed.input, shape.stride)
        scatter_difference(input, scratch.contexts, n_free, share, shape.stride, scratch.mean)

    return HiddenLayer(compose, scatter_to_line if is_frozen else scatter_to_free if is_masked else scatter)
