"""One step of training, in four stages, and the walk over a shard that takes them.

Convention, said once: as in word2vec.c, the context words own the input rows (the vectors that are
saved) and the center and the negatives own the output rows. For the center at position t,

1. choose: the context rows C, m of them, within a radius drawn from 1..window, and the output rows O:
   the center, then its negatives, shared by all contexts of the window;
2. score:  F = O @ C.T, every dot product from the values before this step;
3. loss:   G = lr * (label - sigmoid(F)), a plain function on the score buffer (`loss.py`);
4. update: C += G.T @ O and O += G @ C, both from the values of stage 2.

A variant of the model is another function for one or two of these. The gradient is that of word2vec
(Mikolov et al. 2013); sharing the negatives within a window is Ji et al. 2016 (pWord2Vec). Rows are named
by offsets, `token * stride`, in both matrices.
"""

from collections.abc import Callable

import numpy as np

from w2v.kernels import STAMP, inlined, jit, scalar, simd
from w2v.kernels.loss import sgns_gradient, sgns_loss
from w2v.kernels.private import merge_private, offset_of, take_private
from w2v.kernels.rng import U32 as HALF
from w2v.kernels.rng import below, draw, seed_shard
from w2v.kernels.types import F32, I32, I64, SENTENCE_END, U64, Private, Sampling, Scratch, Shape, Tally, Weights

LOSS_EVERY = 512
"""The loss is taken at one center in this many: 36 logarithms each would cost a third of a step."""
PICKS, PICK_BITS = 4, np.uint64(16)
"""A draw of 64 bits picks so many words from the pool, whose size is a power of two up to 2**16."""
MERGE_EVERY = 4096
"""Steps between merges of a thread's private rows: at 1,024 the merges themselves take 5% of the time."""
AHEAD = 1
"""Rows are asked for so many centers ahead, some 900 cycles: more gains nothing, and with two threads
the other one takes them away again before they are used (4: 6% slower)."""


@inlined
def subsample(tokens: I32, sampling: Sampling, private: Private, stride: int, state: U64, kept: I64) -> tuple[int, int]:
    """Write the offsets of the tokens' rows to `kept`, each with the probability its word is kept with.

    Mutates kept, (>= len(tokens),), and the generator. There is no branch on the draw: nobody could
    predict it.

    Returns:
        how many were written, sentence ends included; how many words there were before.
    """
    n, ends = 0, 0
    for token in tokens:
        if token == SENTENCE_END:
            kept[n] = -1
            n += 1
            ends += 1
        else:
            kept[n] = offset_of(np.int64(token), private, stride)
            n += (draw(state) >> HALF) <= sampling.keep[token]
    return n, len(tokens) - ends


@inlined
def sentence_end(kept: I64, begin: int, n: int) -> int:
    """Return where the sentence that begins at `begin` ends."""
    end = begin
    while end < n and kept[end] >= 0:
        end += 1
    return end


@inlined
def choose_contexts(kept: I64, begin: int, t: int, end: int, contexts: I64) -> int:
    """Copy kept[begin:end] without position t to contexts; return how many that is."""
    for i in range(begin, t):
        contexts[i - begin] = kept[i]
    for i in range(t + 1, end):
        contexts[i - begin - 1] = kept[i]
    return end - begin - 1


@inlined
def draw_noise(sampling: Sampling, private: Private, stride: int, state: U64) -> int:
    """Return the offset of a noise word from the alias table (Walker 1977): one draw, two look-ups."""
    bits = draw(state)
    bucket = np.int64(below(bits, np.uint64(len(sampling.prob))))
    other = np.int64(sampling.alias[bucket])
    return offset_of(bucket if np.uint32(bits) <= sampling.prob[bucket] else other, private, stride)


@inlined
def add_if_new(outputs: I64, filled: int, offset: int) -> int:
    """Append an output row unless it is there already; return how many there are.

    A negative that equals the center or an earlier negative of this step is left out, which is what
    a gradient of 0 would do: the rows of a step are all different.
    """
    known = False
    for i in range(filled):
        known |= outputs[i] == offset
    outputs[filled] = offset
    return filled if known else filled + 1


@inlined
def choose_outputs(center: int, shape: Shape, scratch: Scratch) -> int:
    """Write the center, the negatives of this step, and zero rows up to full tiles, to scratch.outputs.

    Returns:
        the number of rows before the zero rows.
    """
    outputs = scratch.outputs
    outputs[0] = center
    filled = 1
    for i in range(shape.negative):
        filled = add_if_new(outputs, filled, scratch.negatives[i])
    for i in range(filled, shape.n_tiles * len(shape.tile)):
        outputs[i] = scratch.zero_row[0]
    return filled


@inlined
def draw_negatives(output: F32, turn: int, shape: Shape, sampling: Sampling, scratch: Scratch) -> None:
    """Draw the negatives of the next step, and ask for their rows, which have this step's time to come.

    With a pool (recycled noise), one fresh draw takes the place of the pool's oldest word and the negatives
    are picked from the pool at random: each has exactly the noise distribution, and its row is in cache,
    because a drawn word is used about `negative` times before it leaves.
    """
    pool, state = scratch.pool, scratch.state
    if len(pool) > 0:
        pool[turn & (len(pool) - 1)] = draw_noise(sampling, scratch.private, shape.stride, state)
    bits = np.uint64(0)
    for i in range(shape.negative):
        if len(pool) > 0:
            bits = draw(state) if i % PICKS == 0 else bits >> PICK_BITS
            offset = pool[np.int64(bits & np.uint64(len(pool) - 1))]
        else:
            offset = draw_noise(sampling, scratch.private, shape.stride, state)
        scratch.negatives[i] = offset
        simd.prefetch(output, offset, shape.stride)


@inlined
def clear_padding(scores: F32, n_contexts: int, n_outputs: int, shape: Shape) -> None:
    """Make the gradients of the zero rows 0, so that they stay zero rows."""
    for o in range(n_outputs, shape.n_tiles * len(shape.tile)):
        for c in range(n_contexts):
            scores[c * 8 * shape.n_tiles + scalar.column_of(o, shape.tile)] = np.float32(0)


@inlined
def sum_loss(scores: F32, n_contexts: int, n_outputs: int, shape: Shape) -> float:
    """Return the loss of a step, summed over its contexts, in float64."""
    total = 0.0
    for c in range(n_contexts):
        for o in range(n_outputs):
            score = float(scores[c * 8 * shape.n_tiles + scalar.column_of(o, shape.tile)])
            total += sgns_loss(1 if o == 0 else 0, score)
    return total


@inlined
def score(vectors: bool, weights: Weights, m: int, shape: Shape, scratch: Scratch) -> None:
    """Stage 2: the scores of the chosen rows."""
    input, output = weights
    contexts, outputs, scores = scratch.contexts, scratch.outputs, scratch.scores
    if vectors:
        simd.score(input, output, contexts, m, outputs, shape.n_tiles, shape.tile, shape.stride, scores)
    else:
        scalar.score(input, output, contexts, m, outputs, shape.n_tiles, shape.tile, shape.stride, scores)


@inlined
def update(vectors: bool, weights: Weights, m: int, shape: Shape, scratch: Scratch) -> None:
    """Stage 4: move the chosen rows by the gradients."""
    input, output = weights
    contexts, outputs, scores, old = scratch.contexts, scratch.outputs, scratch.scores, scratch.old
    if vectors:
        simd.update(input, output, contexts, m, outputs, shape.n_tiles, shape.tile, shape.stride, scores, old)
    else:
        scalar.update(input, output, contexts, m, outputs, shape.n_tiles, shape.tile, shape.stride, scores, old)


@inlined
def prefetch_ahead(weights: Weights, kept: I64, t: int, end: int, shape: Shape) -> None:
    """Ask for the rows that the center at t + AHEAD needs and none before it did."""
    input, output = weights
    soon = min(t + AHEAD, end - 1)
    simd.prefetch(output, kept[soon], shape.stride)
    simd.prefetch(input, kept[min(soon + shape.window, end - 1)], shape.stride)


def _compile_train_shard(vectors: bool, stamp: str) -> Callable[..., None]:
    """Return the kernel, on vectors or on scalars.

    Both arguments are in its closure, and so in the key Numba caches it under.
    """

    @jit
    def train_shard(
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
        kept, scores, pool, state = scratch.kept, scratch.scores, scratch.pool, scratch.state
        state[0] = seed_shard(seed, epoch, shard)
        for i in range(len(pool)):
            pool[i] = draw_noise(sampling, scratch.private, shape.stride, state)
        n, words = subsample(tokens, sampling, scratch.private, shape.stride, state, kept)
        draw_negatives(weights.output, -1, shape, sampling, scratch)
        take_private(weights, scratch.private, shape.stride)
        loss, pairs, steps = 0.0, 0, 0
        begin = 0
        while begin < n:
            end = sentence_end(kept, begin, n)
            for t in range(begin, end):
                if vectors:
                    prefetch_ahead(weights, kept, t, end, shape)
                radius = 1 + below(draw(state), np.uint64(shape.window))
                m = choose_contexts(kept, max(begin, t - radius), t, min(end, t + radius + 1), scratch.contexts)
                if m == 0:
                    continue
                k = choose_outputs(kept[t], shape, scratch)
                draw_negatives(weights.output, steps, shape, sampling, scratch)
                score(vectors, weights, m, shape, scratch)
                if steps % LOSS_EVERY == 0:
                    loss += sum_loss(scores, m, k, shape)
                    pairs += m
                sgns_gradient(scores, m, 8 * shape.n_tiles, lr)
                clear_padding(scores, m, k, shape)
                update(vectors, weights, m, shape, scratch)
                steps += 1
                if steps % MERGE_EVERY == 0:
                    merge_private(weights, scratch.private, shape.stride)
            begin = end + 1
        merge_private(weights, scratch.private, shape.stride)
        tally.loss[0] = loss
        tally.pairs[0] = pairs
        tally.words[0] = words

    return train_shard


TRAIN_SHARD = {
    "scalar": _compile_train_shard(False, STAMP),
    "simd": _compile_train_shard(True, STAMP),
}
"""The kernels, by name."""


@jit
def all_finite(numbers: F32) -> bool:
    """Return whether none of numbers, (n,), is NaN or Inf."""
    total = np.float32(0)
    for number in numbers:
        total += number * np.float32(0)  # 0 * NaN and 0 * Inf are NaN, which no addition removes
    return not (total != 0)
