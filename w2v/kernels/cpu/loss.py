"""Losses: plain functions that replace the scores in the score buffer by gradients.

`layout.py` describes the score buffer. Output 0 is the center, outputs 1..k are its negatives, and the rest is padding,
where a loss may leave any value.

For a hidden vector, s is the score of the center and s_1..s_k are the scores of the negatives. A loss is a pair of
functions: `loss` returns L in float64, and `gradient` turns each score f into G = -lr dL/df, by which a step moves the
rows to reduce L. To add a loss, write the pair and name it in LOSSES.

    bce      L = -log sigmoid(s) - w sum_i log sigmoid(-s_i)    dL/df = sigmoid(f) - label, of a negative w times that
    gbce     L = -b log sigmoid(s) - sum_i log sigmoid(-s_i)    dL/df = sigmoid(f) - label, of the center b times that
    bpr      L = -sum_i log sigmoid(s - s_i)                    dL/ds_i = sigmoid(s_i - s), dL/ds = -sum of these
    softmax  L = -s + log(e^s + sum_i e^s_i)                    dL/df = softmax(f) - label
    ccl      L = 1 - s + w mean_i max(0, s_i - margin)          dL/ds = -1, dL/ds_i = w / k where s_i > margin, else 0
    hs       L = -sum_i log sigmoid(f_i if label_i else -f_i)   dL/df = sigmoid(f) - label

With hs the outputs are the inner nodes on the path to the center, and `labels` has the label of each column of the
score buffer; the other losses ignore it. word2vec.c and gensim skip outputs with |f| >= 6; here no gradient is skipped.
In the other losses the label is 1 for the center and 0 for a negative.

bce is skip-gram with negative sampling (Mikolov et al. 2013), gbce is Petrov and Macdonald 2023, bpr is Rendle et al.
2009, and softmax over a sample is Bengio and Senecal 2008; over all words it is the exact softmax. ccl is the cosine
contrastive loss (Mao et al. 2021), whose scores are cosines (sphere.py). hs is Morin and Bengio 2005.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from w2v.kernels import inlined
from w2v.kernels.cpu.hot_rows import row_of
from w2v.kernels.cpu.layout import column_of
from w2v.kernels.cpu.structs import Sampling, Scratch, Shape, Variant
from w2v.kernels.llvm_scores import (
    SCORE_LANES,
    eight_of,
    exp_below,
    larger,
    largest_of,
    load_scores,
    many_of,
    scaled_sigmoid,
    store_scores,
    sum_of,
    where_column,
)
from w2v.kernels.scalars import F32


class Loss(NamedTuple):
    """A loss as a pair of functions."""

    loss: Callable[[F32, F32, int, int, Shape], float]
    """(scores, labels, at, n_outputs, shape): L of the hidden vector whose scores begin at `at`, in float64."""
    gradient: Callable[[F32, F32, int, int, Shape, np.float32], None]
    """(scores, labels, n_hidden, n_outputs, shape, lr): turn scores into G, in place."""


@inlined
def softplus(x: float) -> float:
    """Return log(1 + e^x), computed as max(x, 0) + log1p(e^-|x|), which neither overflows nor cancels."""
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


@inlined
def bce_gradient(scores: F32, labels: F32, n_hidden: int, n_outputs: int, shape: Shape, lr: np.float32) -> None:
    """Turn scores, also those of padding, into gradients lr * weight * (label - sigmoid(f)), in full registers.

    With one tile, up to 8 scores after the last may change.
    """
    width, of_negatives = 8 * shape.n_tiles, many_of(-lr * shape.negative_weight)
    if shape.n_tiles == 1:
        targets = where_column(0, 1, many_of(lr), many_of(np.float32(0)))
        rates = where_column(0, 1, many_of(-lr), of_negatives)
        for i in range(0, 8 * n_hidden, SCORE_LANES):
            store_scores(scores, i, targets + scaled_sigmoid(load_scores(scores, i, rates), rates))
    else:
        for i in range(0, n_hidden * width, SCORE_LANES):
            store_scores(scores, i, scaled_sigmoid(load_scores(scores, i, of_negatives), of_negatives))
        for c in range(n_hidden):
            scores[c * width] = lr + scores[c * width] / shape.negative_weight


@inlined
def bce_loss(scores: F32, labels: F32, at: int, n_outputs: int, shape: Shape) -> float:
    """Return L of the hidden vector whose scores begin at `at`."""
    total = 0.0
    for o in range(1, n_outputs):
        total += softplus(float(scores[at + column_of(o, shape.tile_like)]))
    return softplus(-float(scores[at])) + float(shape.negative_weight) * total


@inlined
def gbce_gradient(scores: F32, labels: F32, n_hidden: int, n_outputs: int, shape: Shape, lr: np.float32) -> None:
    """Turn scores, also those of padding, into gradients lr * weight * (label - sigmoid(f)); negatives have weight 1.

    With one tile, up to 8 scores after the last may change.
    """
    width, minus_lr = 8 * shape.n_tiles, many_of(-lr)
    for i in range(0, n_hidden * width, SCORE_LANES):
        store_scores(scores, i, scaled_sigmoid(load_scores(scores, i, minus_lr), minus_lr))
    for c in range(n_hidden):
        scores[c * width] = shape.center_weight * (lr + scores[c * width])


@inlined
def gbce_loss(scores: F32, labels: F32, at: int, n_outputs: int, shape: Shape) -> float:
    """Return L of the hidden vector whose scores begin at `at`."""
    total = float(shape.center_weight) * softplus(-float(scores[at]))
    for o in range(1, n_outputs):
        total += softplus(float(scores[at + column_of(o, shape.tile_like)]))
    return total


@inlined
def bpr_gradient(scores: F32, labels: F32, n_hidden: int, n_outputs: int, shape: Shape, lr: np.float32) -> None:
    """Turn scores into gradients: each negative is pushed by sigmoid(s_i - s), the center by the sum of these."""
    zero, rate, n_tile = eight_of(np.float32(0)), eight_of(lr), len(shape.tile_like)
    for c in range(n_hidden):
        at = c * 8 * shape.n_tiles
        center, total = eight_of(scores[at]), zero
        for number in range(shape.n_tiles):
            push = scaled_sigmoid(load_scores(scores, at + 8 * number, center) - center, rate)
            push = where_column(number == 0, min(n_tile, n_outputs - number * n_tile), push, zero)
            store_scores(scores, at + 8 * number, zero - push)
            total = total + push
        scores[at] = sum_of(total)


@inlined
def bpr_loss(scores: F32, labels: F32, at: int, n_outputs: int, shape: Shape) -> float:
    """Return L of the hidden vector whose scores begin at `at`."""
    total = 0.0
    for o in range(1, n_outputs):
        total += softplus(float(scores[at + column_of(o, shape.tile_like)]) - float(scores[at]))
    return total


@inlined
def softmax_gradient(scores: F32, labels: F32, n_hidden: int, n_outputs: int, shape: Shape, lr: np.float32) -> None:
    """Turn scores into gradients lr * (label - softmax(f)); scores more than 80 below the largest count as 80 below."""
    zero, n_tile = eight_of(np.float32(0)), len(shape.tile_like)
    for c in range(n_hidden):
        begin, end = c * 8 * shape.n_tiles, (c + 1) * 8 * shape.n_tiles
        largest, total = eight_of(scores[begin]), zero
        n = n_outputs
        for at in range(begin, end, 8):
            largest = larger(largest, where_column(0, min(n, n_tile), load_scores(scores, at, zero), largest))
            n -= n_tile
        largest = eight_of(largest_of(largest))
        n = n_outputs
        for at in range(begin, end, 8):
            power = where_column(0, min(n, n_tile), exp_below(load_scores(scores, at, zero), largest), zero)
            store_scores(scores, at, power)
            total = total + power
            n -= n_tile
        share = eight_of(-lr / sum_of(total))
        for at in range(begin, end, 8):
            store_scores(scores, at, load_scores(scores, at, zero) * share)
        scores[begin] += lr


@inlined
def softmax_loss(scores: F32, labels: F32, at: int, n_outputs: int, shape: Shape) -> float:
    """Return L of the hidden vector whose scores begin at `at`."""
    largest = float(scores[at])
    for o in range(1, n_outputs):
        largest = max(largest, float(scores[at + column_of(o, shape.tile_like)]))
    total = 0.0
    for o in range(n_outputs):
        total += math.exp(float(scores[at + column_of(o, shape.tile_like)]) - largest)
    return largest + math.log(total) - float(scores[at])


@inlined
def ccl_gradient(scores: F32, labels: F32, n_hidden: int, n_outputs: int, shape: Shape, lr: np.float32) -> None:
    """Turn scores into gradients: lr for the center, -lr * weight / k for negatives above the margin, 0 for others."""
    width, push = 8 * shape.n_tiles, -lr * shape.negative_weight / np.float32(max(1, n_outputs - 1))
    for i in range(n_hidden * width):
        scores[i] = push if scores[i] > shape.margin else np.float32(0)
    for c in range(n_hidden):
        scores[c * width] = lr


@inlined
def ccl_loss(scores: F32, labels: F32, at: int, n_outputs: int, shape: Shape) -> float:
    """Return L of the hidden vector whose scores begin at `at`."""
    total = 0.0
    for o in range(1, n_outputs):
        total += max(0.0, float(scores[at + column_of(o, shape.tile_like)]) - float(shape.margin))
    return 1.0 - float(scores[at]) + float(shape.negative_weight) * total / max(1, n_outputs - 1)


@inlined
def hs_gradient(scores: F32, labels: F32, n_hidden: int, n_outputs: int, shape: Shape, lr: np.float32) -> None:
    """Turn scores, also those of padding, into gradients lr * (label - sigmoid(f)), as in bce."""
    width, rate, minus_lr = 8 * shape.n_tiles, eight_of(lr), eight_of(-lr)
    for i in range(0, width, 8):
        target = rate * load_scores(labels, i, rate)
        for at in range(i, n_hidden * width, width):
            store_scores(scores, at, target + scaled_sigmoid(load_scores(scores, at, minus_lr), minus_lr))


@inlined
def hs_loss(scores: F32, labels: F32, at: int, n_outputs: int, shape: Shape) -> float:
    """Return L of the hidden vector whose scores begin at `at`."""
    total = 0.0
    for o in range(n_outputs):
        column = column_of(o, shape.tile_like)
        total += softplus((1.0 - 2.0 * float(labels[column])) * float(scores[at + column]))
    return total


LOSSES = {
    "hs": Loss(hs_loss, hs_gradient),
    "bce": Loss(bce_loss, bce_gradient),
    "gbce": Loss(gbce_loss, gbce_gradient),
    "bpr": Loss(bpr_loss, bpr_gradient),
    "softmax": Loss(softmax_loss, softmax_gradient),
    "ccl": Loss(ccl_loss, ccl_gradient),
}


def score_corrector(variant: Variant) -> Callable[[int, int, Shape, Sampling, Scratch], None]:
    """Return the function that corrects scores by logq, for a variant."""
    first = 0 if variant.logq_center else 1

    @inlined
    def correct_scores(n_hidden: int, n_outputs: int, shape: Shape, sampling: Sampling, scratch: Scratch) -> None:
        """Subtract log q(o) from each score: the logQ correction (Bengio and Senecal 2008; Yi et al. 2019).

        q(o) is the probability that the sampler draws o. A sampled softmax of f - log q estimates the full softmax of
        f; bce of f - log q is noise-contrastive estimation (Mnih and Teh 2012). Without the correction a score tends to
        log P(o|c) - log q(o), up to a constant: it tells how surprising o is next to c, not how likely.

        If the score of the center is not corrected, q(o) is the probability that o is among the negatives of the step.
        Then e^s + sum_i e^(s_i) / q(i) is an unbiased estimate of sum_o e^f(o) (Horvitz and Thompson 1952). The center
        is always present, so its own q would give it too much weight (Khrylchenko et al. 2025, arXiv 2507.09331, whose
        gradient this is).

        Args:
            n_hidden: number of hidden vectors in use.
            n_outputs: number of outputs in use, whose rows are words.
            shape: the layout.
            sampling: its logq is read.
            scratch: its scores and logq are mutated.
        """
        scratch.logq[0] = np.float32(0)
        for o in range(first, n_outputs):
            row = row_of(scratch.outputs[o], scratch.hot_rows, shape.stride)
            scratch.logq[column_of(o, shape.tile_like)] = sampling.logq[row]
        width, like = 8 * shape.n_tiles, eight_of(np.float32(0))
        for c in range(n_hidden):
            for i in range(0, width, 8):
                left = load_scores(scratch.scores, c * width + i, like) - load_scores(scratch.logq, i, like)
                store_scores(scratch.scores, c * width + i, left)

    return correct_scores
