"""One step of training, in four stages, and the walk over a shard that takes them.

Convention, said once: as in word2vec.c, the context words own the input rows (the vectors that are
saved) and the center and the negatives own the output rows. For the center at position t,

1. choose: the context rows C, m of them, within a radius drawn from 1..window, and the output rows O:
   the center, then its negatives, shared by all contexts of the window;
2. score:  F = O @ C.T, every dot product from the values before this step;
3. loss:   G = lr * (label - sigmoid(F)), a plain function on the score buffer (`loss.py`);
4. update: C += G.T @ O and O += G @ C, both from the values of stage 2.

A variant of the model is another function for one or two of these; `Variant` says which. The gradient of the
plain one is that of word2vec (Mikolov et al. 2013); sharing the negatives within a window is Ji et al. 2016
(pWord2Vec). Rows are named by offsets, `token * stride`, in both matrices.

Each stage has its file: windows.py and samplers.py choose, architecture.py scores and updates, loss.py is the loss.
"""

from collections.abc import Callable
from functools import cache

import numpy as np

from w2v.kernels import STAMP, inlined, jit
from w2v.kernels.cpu import simd
from w2v.kernels.cpu.hidden import average, pass_on, score, update
from w2v.kernels.cpu.hot_rows import merge_private, take_private, word_of
from w2v.kernels.cpu.loss import LOSSES, correct_scores, gradient, loss_of
from w2v.kernels.cpu.samplers import (
    choose_all,
    choose_outputs,
    draw_negatives,
    draw_noise,
    keep_hardest,
    mark_line,
    reject_marked,
    take_batch,
)
from w2v.kernels.cpu.types import F32, I32, I64, Sampling, Scratch, Shape, Tally, Variant, Weights
from w2v.kernels.cpu.windows import choose_contexts, sample_contexts, sentence_end, subsample
from w2v.kernels.rng import below, draw, seed_shard

KERNELS = ("scalar", "simd")
SGNS = Variant()
"""Skip-gram with negative sampling."""
LOSS_EVERY = 512
"""The loss is taken at one center in this many: 36 logarithms each would cost a third of a step."""
MERGE_EVERY = 4096
"""Steps between merges of a thread's private rows: at 1,024 the merges themselves take 5% of the time."""
AHEAD = 1
"""Rows are asked for so many centers ahead, some 900 cycles: more gains nothing, and with two threads
the other one takes them away again before they are used (4: 6% slower)."""


@inlined
def prefetch_ahead(weights: Weights, kept: I64, t: int, end: int, shape: Shape) -> None:
    """Ask for the rows that the center at t + AHEAD needs and none before it did."""
    input, output = weights
    soon = min(t + AHEAD, end - 1)
    simd.prefetch(output, kept[soon], shape.stride)
    simd.prefetch(input, kept[min(soon + shape.window, end - 1)], shape.stride)


@cache
def train_shard(kernel: str, variant: Variant) -> Callable[..., None]:
    """Return the kernel `scalar` or `simd` of a variant."""
    return _compile_train_shard(kernel == "simd", variant, STAMP)


def _compile_train_shard(vectors: bool, variant: Variant, stamp: str) -> Callable[..., None]:  # noqa: C901
    """Return the kernel of a variant, on vectors or on scalars.

    The names below are in its closure: so they are in the key that Numba caches it under, and constants to it, such
    that what a variant does without is not in its code.
    """
    is_cbow, has_logq, rejects = variant.cbow, variant.logq, variant.reject_positives
    is_batch, is_hard, is_all = (variant.sampler == name for name in ("batch", "hard", "all"))
    whole_line, shrinks, only_before = variant.whole_line, variant.shrink_window, variant.only_before
    loss_number = LOSSES.index(variant.loss)

    @jit
    def train_shard(  # noqa: C901  (each of its branches is a constant, but for two)
        tokens: I32,
        weights: Weights,
        sampling: Sampling,
        shape: Shape,
        scratch: Scratch,
        tally: Tally,
        lr: np.float32,
        seed: np.uint64,
        epoch: np.uint64,
        shard: np.uint64,
    ) -> None:
        """Take one step for each center of a shard.

        Args:
            tokens: (n,) ids and SENTENCE_END.
            weights: mutated; threads race for rows (Hogwild, Niu et al. 2011).
            sampling: read only.
            shape: the loops' bounds.
            scratch: this thread's own; mutated.
            tally: this thread's own; mutated.
            lr: learning rate of the whole shard.
            seed: with epoch and shard, seeds every draw here.
            epoch: number of the epoch.
            shard: number of the shard in its epoch.
        """
        _ = stamp
        input, output = weights
        kept, scores, pool, state = scratch.kept, scratch.scores, scratch.pool, scratch.state
        contexts, outputs = scratch.contexts, scratch.outputs
        state[0] = seed_shard(seed, epoch, shard)
        for i in range(len(pool)):
            pool[i] = draw_noise(sampling, scratch.private, shape.stride, state)
        n, words = subsample(tokens, sampling, scratch.private, shape.stride, state, kept)
        if is_batch:
            take_batch(output, kept, n, 0, shape, scratch)
        elif not is_all:
            draw_negatives(output, -1, shape, sampling, scratch)
        take_private(weights, scratch.private, shape.stride)
        line, line_begin = 0, 0
        if rejects:
            scratch.marks[:] = 0
        loss, pairs, steps = 0.0, 0, 0
        begin = 0
        while begin < n:
            end = sentence_end(kept, begin, n)
            if rejects:
                line += 1
                line_begin = mark_line(tokens, line_begin, line, scratch.marks)
            for t in range(begin, end):
                if vectors:
                    prefetch_ahead(weights, kept, t, end, shape)
                last = t + 1 if only_before else end
                if whole_line:
                    m = sample_contexts(kept, begin, t, last, len(contexts), state, contexts)
                else:
                    radius = 1 + below(draw(state), np.uint64(shape.window)) if shrinks else shape.window
                    m = choose_contexts(kept, max(begin, t - radius), t, min(last, t + radius + 1), contexts)
                if m == 0:
                    continue
                if is_cbow or is_hard:
                    average(vectors, input, m, shape, scratch)
                if rejects:
                    reject_marked(kept[t], line, shape, scratch)
                if is_hard:
                    tiles = -(-shape.candidates // len(shape.tile))
                    score(vectors, scratch.mean, output, scratch.only, 1, scratch.negatives, tiles, shape, scores)
                    keep_hardest(scores, kept[t], shape, scratch)
                k = choose_all(kept[t], shape, scratch) if is_all else choose_outputs(kept[t], shape, scratch)
                if is_batch:
                    take_batch(output, kept, n, t + 1, shape, scratch)
                elif not is_all:
                    draw_negatives(output, steps, shape, sampling, scratch)
                if is_cbow:
                    rows, row_of, n_rows = scratch.mean, scratch.only, 1
                else:
                    rows, row_of, n_rows = input, contexts, m
                score(vectors, rows, output, row_of, n_rows, outputs, shape.n_tiles, shape, scores)
                if has_logq:
                    for o in range(k):
                        scratch.words[o] = word_of(outputs[o], scratch.private, shape.stride)
                    correct_scores(scores, n_rows, k, shape, sampling.logq, scratch.words)
                if steps % LOSS_EVERY == 0:
                    loss += loss_of(loss_number, scores, n_rows, k, shape)
                    pairs += n_rows
                gradient(loss_number, scores, n_rows, k, shape, lr)
                update(vectors, rows, output, row_of, n_rows, shape, scratch)
                if is_cbow:
                    pass_on(vectors, input, m, shape, scratch)
                steps += 1
                if steps % MERGE_EVERY == 0:
                    merge_private(weights, scratch.private, shape.stride)
            begin = end + 1
        merge_private(weights, scratch.private, shape.stride)
        tally.loss[0] = loss
        tally.pairs[0] = pairs
        tally.words[0] = words

    return train_shard


@jit
def all_finite(numbers: F32) -> bool:
    """Return whether none of numbers, (n,), is NaN or Inf."""
    total = np.float32(0)
    for number in numbers:
        total += number * np.float32(0)  # 0 * NaN and 0 * Inf are NaN, which no addition removes
    return not (total != 0)
