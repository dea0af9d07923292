"""One step of training, in four stages, and the walk over a shard that takes them.

Convention, said once: as in word2vec.c, the context words own the input rows (the vectors that are
saved) and the center and the negatives own the output rows. For the center at position t,

1. choose: the context rows C, m of them, within a radius drawn from 1..window, and the output rows O:
   the center, then its negatives, shared by all contexts of the window;
2. score:  F = O @ C.T, every dot product from the values before this step;
3. loss:   G = lr * (label - sigmoid(F)), a plain function on the score buffer (`loss.py`);
4. update: C += G.T @ O and O += G @ C, both from the values of stage 2.

A variant of the model is another function for one or two of these. The gradient is that of word2vec
(Mikolov et al. 2013); sharing the negatives within a window is Ji et al. 2016 (pWord2Vec).
"""

from collections.abc import Callable

import numpy as np

from w2v.kernels import STAMP, jit
from w2v.kernels.loss import sgns_gradient, sgns_loss
from w2v.kernels.rng import U32 as HALF
from w2v.kernels.rng import below, draw, seed_shard
from w2v.kernels.scalar import score, update
from w2v.kernels.types import F32, I32, SENTENCE_END, U64, Sampling, Scratch, Tally, Weights

LOSS_EVERY = 64
"""The loss is taken at one center in this many: 36 logarithms each would cost a third of a step."""


@jit
def subsample(tokens: I32, sampling: Sampling, state: U64, kept: I32) -> tuple[int, int]:
    """Copy tokens to `kept`, each with the probability its word is kept with.

    Mutates kept, (>= len(tokens),), and the generator.

    Returns:
        how many were copied, sentence ends included; how many words there were before.
    """
    n, words = 0, 0
    for token in tokens:
        words += token != SENTENCE_END
        if token == SENTENCE_END or (draw(state) >> HALF) <= sampling.keep[token]:
            kept[n] = token
            n += 1
    return n, words


@jit
def choose_contexts(tokens: I32, n: int, t: int, radius: np.int64, contexts: I32) -> int:
    """Write the words within `radius` of position t in its sentence to contexts; return how many."""
    m = 0
    at = t - 1
    while at >= 0 and at >= t - radius and tokens[at] != SENTENCE_END:
        contexts[m] = tokens[at]
        m += 1
        at -= 1
    at = t + 1
    while at < n and at <= t + radius and tokens[at] != SENTENCE_END:
        contexts[m] = tokens[at]
        m += 1
        at += 1
    return m


@jit
def draw_noise(sampling: Sampling, state: U64) -> np.int32:
    """Return a noise word from the alias table (Walker 1977): one draw, two look-ups."""
    bits = draw(state)
    bucket = below(bits, np.uint64(len(sampling.prob)))
    if np.uint32(bits) <= sampling.prob[bucket]:
        return np.int32(bucket)
    return np.int32(sampling.alias[bucket])


@jit
def choose_outputs(center: np.int32, negative: int, sampling: Sampling, state: U64, outputs: I32) -> int:
    """Write the center and then its negatives to outputs; return how many rows that is.

    A negative that equals the center or an earlier negative of this step is left out, which is what
    a gradient of 0 would do: the rows of a step are all different.
    """
    outputs[0] = center
    filled = 1
    for _ in range(negative):
        word = draw_noise(sampling, state)
        fresh = True
        for i in range(filled):
            fresh &= outputs[i] != word
        if fresh:
            outputs[filled] = word
            filled += 1
    return filled


def _compile_train_shard(stamp: str) -> Callable[..., None]:
    """Return the kernel; `stamp` is in its closure, and so in the key Numba caches it under."""

    @jit
    def train_shard(
        tokens: I32,
        weights: Weights,
        sampling: Sampling,
        scratch: Scratch,
        tally: Tally,
        window: int,
        negative: int,
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
            scratch: this thread's own; mutated.
            tally: this thread's own; mutated.
            window: largest radius.
            negative: noise words a center.
            lr: learning rate of the whole shard.
            seed: with epoch and shard, seeds every draw here.
            epoch: number of the epoch.
            shard: number of the shard in its epoch.
        """
        _ = stamp
        state, contexts, outputs = scratch.state, scratch.contexts, scratch.outputs
        scores, delta, kept = scratch.scores, scratch.delta, scratch.tokens
        state[0] = seed_shard(seed, epoch, shard)
        n, words = subsample(tokens, sampling, state, kept)
        loss, pairs, countdown = 0.0, 0, 1
        for t in range(n):
            center = kept[t]
            if center == SENTENCE_END:
                continue
            radius = 1 + below(draw(state), np.uint64(window))
            m = choose_contexts(kept, n, t, radius, contexts)
            if m == 0:
                continue
            k = choose_outputs(center, negative, sampling, state, outputs)
            score(weights.input, weights.output, contexts, m, outputs, k, scores)
            countdown -= 1
            if countdown == 0:
                countdown = LOSS_EVERY
                loss += sgns_loss(scores, k, m)
                pairs += m
            sgns_gradient(scores, k, m, lr)
            update(weights.input, weights.output, contexts, m, outputs, k, scores, delta)
        tally.loss[0] = loss
        tally.pairs[0] = pairs
        tally.words[0] = words

    return train_shard


train_shard = _compile_train_shard(STAMP)


@jit
def all_finite(rows: F32) -> bool:
    """Return whether no number of rows, (n, stride) float32, is NaN or Inf."""
    for i in range(rows.shape[0]):
        total = np.float32(0)
        for j in range(rows.shape[1]):
            total += rows[i, j] * np.float32(0)
        if total != 0:  # 0 * NaN and 0 * Inf are NaN, and NaN != 0
            return False
    return True
