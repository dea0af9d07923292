"""Architectures: what stands on the side of the contexts when a center is scored.

Skip-gram scores each context's row on its own, so that its m contexts give m rows of scores. CBOW scores their
mean h = (1/m) sum_c x_c, one row (Mikolov et al. 2013). By the chain rule each context then moves by 1/m of what
the mean moves, dL/dx_c = (1/m) dL/dh: what word2vec.c leaves out, and gensim with it (Irsoy, Benton and Stratos
2020). So CBOW is skip-gram with one context, the mean, and two loops around it.
"""

import numpy as np

from w2v.kernels import inlined
from w2v.kernels.cpu import scalar, simd
from w2v.kernels.cpu.types import F32, I64, Scratch, Shape


@inlined
def average(vectors: bool, input: F32, m: int, shape: Shape, scratch: Scratch) -> None:
    """Write the mean of the m context rows to scratch.mean, twice: to be moved, and as it was."""
    share = np.float32(1) / np.float32(m)
    if vectors:
        simd.average(input, scratch.contexts, m, share, shape.stride, scratch.mean)
    else:
        scalar.average(input, scratch.contexts, m, share, shape.stride, scratch.mean)


@inlined
def pass_on(vectors: bool, input: F32, m: int, shape: Shape, scratch: Scratch) -> None:
    """Add to each of the m context rows its share of what the mean has moved, 1/m."""
    share = np.float32(1) / np.float32(m)
    if vectors:
        simd.pass_on(input, scratch.contexts, m, share, shape.stride, scratch.mean)
    else:
        scalar.pass_on(input, scratch.contexts, m, share, shape.stride, scratch.mean)


@inlined
def score(
    vectors: bool, input: F32, output: F32, contexts: I64, m: int, outputs: I64, n_tiles: int, shape: Shape, scores: F32
) -> None:
    """Stage 2: the scores of m rows of input with n_tiles of output rows."""
    if vectors:
        simd.score(input, output, contexts, m, outputs, n_tiles, shape.tile, shape.stride, scores)
    else:
        scalar.score(input, output, contexts, m, outputs, n_tiles, shape.tile, shape.stride, scores)


@inlined
def update(vectors: bool, input: F32, output: F32, contexts: I64, m: int, shape: Shape, scratch: Scratch) -> None:
    """Stage 4: move m rows of input and the output rows of the step by the gradients in scratch.scores."""
    outputs, scores, old = scratch.outputs, scratch.scores, scratch.old
    n_tiles, tile, stride = shape.n_tiles, shape.tile, shape.stride
    if vectors:
        simd.update(input, output, contexts, m, outputs, n_tiles, tile, stride, scores, old)
    else:
        scalar.update(input, output, contexts, m, outputs, n_tiles, tile, stride, scores, old)
