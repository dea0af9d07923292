"""One step of training in four stages, and the walk over a shard.

As in word2vec.c, the context words own the input rows (the vectors that are saved), and the center and the negatives
own the output rows. For the center at position t,

1. choose: the context rows C within a radius drawn from 1..window, and the output rows O: the center, then its
   negatives, shared by all contexts of the window (windows.py, hidden.py, outputs.py, samplers.py);
2. score:  F = O @ C.T, every dot product from the values before this step (scalar.py, simd.py);
3. loss:   G = lr * (label - sigmoid(F)), a plain function on the score buffer (loss.py);
4. update: C += G.T @ O and O += G @ C, both from the values of stage 2 (scalar.py, simd.py).

A variant of the model replaces one or two of these functions; `Variant` describes it. The gradient of the plain variant
is that of word2vec (Mikolov et al. 2013); sharing the negatives within a window is Ji et al. 2016 (pWord2Vec).
tests/naive.py has the same in float64, one function per rule.
"""

from collections.abc import Callable
from functools import cache

import numpy as np

from w2v.kernels import inlined, jit
from w2v.kernels.cpu import scalar, simd
from w2v.kernels.cpu.composed import context_reader
from w2v.kernels.cpu.fixed import masked_update
from w2v.kernels.cpu.hidden import hidden_layer
from w2v.kernels.cpu.hot_rows import merge_hot_rows, take_hot_rows
from w2v.kernels.cpu.layout import clear_padding, with_tiles
from w2v.kernels.cpu.lines import line_kernels, update_hidden
from w2v.kernels.cpu.loss import LOSSES, score_corrector
from w2v.kernels.cpu.outputs import output_kernels
from w2v.kernels.cpu.samplers import fill_pool, mark_line
from w2v.kernels.cpu.sphere import on_sphere, rows_to_sphere
from w2v.kernels.cpu.structs import Ahead, Sampling, Scratch, Shape, ShardPass, Tally, Variant, Walk, Weights
from w2v.kernels.cpu.windows import context_chooser, sentence_end, subsample
from w2v.kernels.rng import seed_shard
from w2v.kernels.scalars import F32, I32

ARITHMETIC = {"scalar": scalar, "simd": simd}
KERNELS = tuple(ARITHMETIC)
SGNS = Variant()
"""Skip-gram with negative sampling."""
LOSS_EVERY = 512
"""The loss is computed for one center in this many: 36 logarithms per center would take a third of a step's time."""
MERGE_EVERY = 4096
"""Number of steps between merges of a thread's hot rows. With 1,024 the merges take 5% of the time."""
SOON, FAR = 2, 3
"""Prefetch distances of a center's rows, in steps: into the L1 cache, and into the L2 cache. With 4 instead of 2, two
threads are 6% slower, because the other thread takes the rows away before they are used."""

TrainShard = Callable[[I32, Weights, Sampling, Shape, Scratch, Tally, ShardPass], None]


@cache
def looking_ahead(of_input: bool, of_output: bool) -> Callable[[Weights, Walk, Shape, Scratch], Ahead]:
    """Return the function that finds the rows that the next steps need and earlier ones did not, if they are single."""

    @inlined
    def look_ahead(weights: Weights, walk: Walk, shape: Shape, scratch: Scratch) -> Ahead:
        """Return rows for the centers SOON and FAR steps later: their own rows, and those of their last contexts."""
        kept, zero, last = scratch.kept, scratch.zero_row[0], walk.end - 1
        soon, later = min(walk.t + SOON, last), min(walk.t + FAR, walk.n - 1)
        center, far_center = (kept[soon], kept[later]) if of_output else (zero, zero)
        if not of_input:
            return Ahead(weights.output, scratch.later, shape.n_draws, center, zero, far_center, zero)
        context, far_context = kept[min(soon + shape.window, last)], kept[min(later + shape.window, walk.n - 1)]
        return Ahead(weights.input, scratch.later, shape.n_draws, center, context, far_center, far_context)

    return look_ahead


def step_of(kernel: str, variant: Variant) -> Callable[..., bool]:
    """Return the step of a variant, with the loops of `scalar` or `simd`.

    The names below are in its closure, so each variant compiles only what it uses, and flags are constants.
    """
    arithmetic = ARITHMETIC[kernel]
    has_logq, composes, has_path = variant.logq, variant.subwords, variant.output == "path"
    is_masked, update_free = variant.masked, masked_update(variant, arithmetic)
    # With subwords, prefetching 20 rows at a time would stall as long as it saves.
    has_one_input = not variant.subwords and variant.lines != "alone"
    look_ahead = looking_ahead(has_one_input, variant.output != "path")
    read_contexts, _ = context_reader(variant, arithmetic)
    choose_contexts = context_chooser(variant)
    compose, scatter = on_sphere(hidden_layer(variant, arithmetic), variant, arithmetic)
    to_sphere, has_sphere = rows_to_sphere(arithmetic), variant.cosine and not variant.frozen
    choose_outputs, prepare_outputs = output_kernels(variant, arithmetic)
    score, update = arithmetic.score, update_hidden if variant.frozen else arithmetic.update
    loss_of, gradient = LOSSES[variant.loss]
    correct_scores = score_corrector(variant)

    @inlined
    def take_step(
        walk: Walk,
        weights: Weights,
        sampling: Sampling,
        shape: Shape,
        scratch: Scratch,
        tally: Tally,
        lr: np.float32,
    ) -> bool:
        """Take the step of one center, and prepare the step after the next; return False if there are no contexts.

        The arguments are those of `train_shard`; walk has the position of the center. Mutates weights, scratch and
        tally.
        """
        output, scores = weights.output, scratch.scores
        # 1. choose
        m = choose_contexts(walk, shape, scratch)
        if m == 0:
            return False
        read_contexts(weights.input, m, walk, shape, scratch)
        vectors = scratch.composed.vectors if composes else weights.input
        hidden = compose(vectors, m, shape, scratch)
        k = choose_outputs(m, walk, Weights(vectors, output), shape, scratch)
        now = with_tiles(shape, k) if has_path else shape
        # 2. score
        score(hidden, output, scratch.outputs, now.n_tiles, now, scores)
        # The processor does this while it adds up the scores: 2% less time than before them.
        prepare_outputs(walk, shape, sampling, scratch)
        if has_logq:
            correct_scores(hidden.n, k, shape, sampling, scratch)
        # 3. loss
        if walk.n_steps % LOSS_EVERY == 0:
            for c in range(hidden.n):
                tally.loss[0] += loss_of(scores, scratch.labels, c * 8 * now.n_tiles, k, now)
            tally.pairs[0] += hidden.n
        gradient(scores, scratch.labels, hidden.n, k, now, lr)
        clear_padding(scores, hidden.n, k, now)
        # 4. update
        ahead = look_ahead(weights, walk, shape, scratch)
        if is_masked:
            update_free(hidden, output, now, scratch, ahead)
        else:
            update(hidden, output, scratch.outputs, now, scores, scratch.contexts_before, ahead)
        scatter(vectors, m, shape, scratch)
        if has_sphere:
            to_sphere(output, scratch.outputs, k, shape, scratch)
        return True

    return take_step


@inlined
def start_shard(
    tokens: I32, weights: Weights, sampling: Sampling, shape: Shape, scratch: Scratch, tally: Tally, shard: ShardPass
) -> int:
    """Seed the generator, fill the pool, copy the hot rows, and subsample.

    Mutates scratch, the copies and tally.

    Returns:
        the number of entries of scratch.kept, with sentence ends.
    """
    scratch.state[0] = seed_shard(shard.seed, shard.epoch, shard.shard)
    fill_pool(sampling, shape.stride, scratch)
    take_hot_rows(weights, scratch.hot_rows, shape.stride)
    tally.loss[0], tally.pairs[0] = 0.0, 0
    n, tally.words[0] = subsample(tokens, sampling, shape.stride, scratch)
    return n


@cache
def train_shard(kernel: str, variant: Variant) -> TrainShard:
    """Return the kernel of a variant, with the loops of `scalar` or `simd`."""
    take_step = step_of(kernel, variant)
    _, prepare_outputs = output_kernels(variant, ARITHMETIC[kernel])
    _, put_back = context_reader(variant, ARITHMETIC[kernel])
    take_line, put_back_line = line_kernels(variant)
    rejects, is_weighted, lines_have_noise = variant.reject_positives, variant.weighted, variant.noise_scope == "line"

    @jit
    def train_shard(
        tokens: I32,
        weights: Weights,
        sampling: Sampling,
        shape: Shape,
        scratch: Scratch,
        tally: Tally,
        shard: ShardPass,
    ) -> None:
        """Take one step for each center of a shard.

        Args:
            tokens: (n,) ids and SENTENCE_END.
            weights: mutated; threads race for rows (Hogwild, Niu et al. 2011).
            sampling: read only.
            shape: the bounds of the loops.
            scratch: belongs to this thread; mutated.
            tally: belongs to this thread; mutated.
            shard: learning rate, the seeds of all draws here, and the rows of the lines, which are mutated.
        """
        n = start_shard(tokens, weights, sampling, shape, scratch, tally, shard)
        for t in range(-2, 0):
            prepare_outputs(Walk(n, 0, t, 0, -1, 0), shape, sampling, scratch)
        line, line_begin = 0, 0
        if rejects:
            scratch.marks[:] = 0
        n_steps, begin = 0, 0
        while begin < n:
            end = sentence_end(scratch.kept, begin, n)
            take_line(weights.input, shard, line, shape.stride, scratch)
            lr = shard.lr * shard.line_weights[line] if is_weighted else shard.lr
            if lines_have_noise:
                scratch.groups.of_line[0] = shard.first_line + line
            line += 1
            if rejects:
                line_begin = mark_line(tokens, line_begin, line, scratch.marks)
            for t in range(begin, end):
                walk = Walk(n, begin, t, end, n_steps, line)
                if take_step(walk, weights, sampling, shape, scratch, tally, lr):
                    n_steps += 1
                    if n_steps % MERGE_EVERY == 0:
                        merge_hot_rows(weights, scratch.hot_rows, shape.stride)
            put_back_line(weights.input, shard, line - 1, shape.stride, scratch)
            begin = end + 1
        put_back(weights.input, shape, scratch)
        merge_hot_rows(weights, scratch.hot_rows, shape.stride)

    return train_shard


@jit
def all_finite(numbers: F32) -> bool:
    """Return whether numbers, (n,), contains neither NaN nor Inf."""
    total = np.float32(0)
    for number in numbers:
        total += number * np.float32(0)  # 0 * NaN and 0 * Inf are NaN, and no addition removes a NaN
    return not (total != 0)
