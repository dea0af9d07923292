"""Inference: rows for new lines, while all other rows are frozen.

The loss of a line is then convex in its row, which begins at 0. The draws for a line follow only from the seed and its
words, so the same line gets the same row at any position and on any thread. For this reason the pool of noise words,
which follows from the seed, is the same for all lines and does not change.
"""

from collections.abc import Callable
from functools import cache

import numpy as np

from w2v.kernels import inlined, jit
from w2v.kernels.cpu.lines import put_back_row, take_row
from w2v.kernels.cpu.outputs import output_kernels
from w2v.kernels.cpu.samplers import fill_pool, mark_line
from w2v.kernels.cpu.step import ARITHMETIC, step_of
from w2v.kernels.cpu.structs import Sampling, Scratch, Shape, ShardPass, Tally, Variant, Walk, Weights
from w2v.kernels.cpu.windows import sentence_end, subsample
from w2v.kernels.rng import mix, seed_shard
from w2v.kernels.scalars import I32

STEP = 1
"""The step number of every step; with this number, the pool of noise words is not renewed and no loss is computed."""

InferLines = Callable[[I32, Weights, Sampling, Shape, Scratch, Tally, ShardPass, int], None]


@inlined
def hash_tokens(tokens: I32) -> np.uint64:
    """Return a hash of a line."""
    found = np.uint64(len(tokens))
    for token in tokens:
        found = mix(found ^ np.uint64(token))
    return found


@cache
def infer_lines(kernel: str, variant: Variant) -> InferLines:
    """Return the kernel that infers rows for a frozen variant, with the loops of `scalar` or `simd`."""
    take_step = step_of(kernel, variant)
    _, prepare_outputs = output_kernels(variant, ARITHMETIC[kernel])
    rejects = variant.reject_positives

    @jit
    def infer_lines(
        tokens: I32,
        weights: Weights,
        sampling: Sampling,
        shape: Shape,
        scratch: Scratch,
        tally: Tally,
        how: ShardPass,
        epochs: int,
    ) -> None:
        """Train the row of each line by `epochs` passes over its words.

        Args:
            tokens: (n,) ids, with a SENTENCE_END after each line.
            weights: this thread's spare input row is mutated; output rows are read only.
            sampling: read only.
            shape: the bounds of the loops.
            scratch: belongs to this thread; mutated.
            tally: belongs to this thread; mutated, but without meaning.
            how: the initial learning rate, which falls linearly; the seed; and the rows of the lines, which are
                mutated.
            epochs: number of passes.
        """
        scratch.state[0] = seed_shard(how.seed, how.epoch, how.shard)
        fill_pool(sampling, shape.stride, scratch)
        begin, line = 0, 0
        while begin < len(tokens):
            end = sentence_end(tokens, begin, len(tokens))
            words, hashed = tokens[begin:end], hash_tokens(tokens[begin:end])
            take_row(weights.input, how, line, shape.stride, scratch)
            line += 1
            if rejects:
                mark_line(tokens, begin, line, scratch.marks)
            for epoch in range(epochs):
                scratch.state[0] = seed_shard(how.seed, np.uint64(epoch), hashed)
                lr = how.lr * np.float32(1 - epoch / epochs)
                n, _ = subsample(words, sampling, shape.stride, scratch)
                for t in range(-2, 0):
                    prepare_outputs(Walk(n, 0, t, n, STEP, line), shape, sampling, scratch)
                for t in range(n):
                    take_step(Walk(n, 0, t, n, STEP, line), weights, sampling, shape, scratch, tally, lr)
            put_back_row(weights.input, how, line - 1, shape.stride, scratch)
            begin = end + 1

    return infer_lines
