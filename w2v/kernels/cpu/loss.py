"""Losses: plain functions from the score buffer to the gradient, in place.

Scores stand where `layout.py` says. Output 0 is the center, outputs 1..k are its negatives, the rest is padding,
where a loss may leave anything.

For a hidden vector, s is the score of the center and s_1..s_k are those of the negatives. A loss is a pair of
functions: `loss`, which is L in float64, and `gradient`, which turns a score f into G = -lr dL/df: descending L, a
step moves the rows by G. To add one: write the pair and name it in LOSSES.

    bce      L = -log sigmoid(s) - sum_i log sigmoid(-s_i)      dL/df = sigmoid(f) - label
    bpr      L = -sum_i log sigmoid(s - s_i)                    dL/ds_i = sigmoid(s_i - s), dL/ds = -sum of these
    softmax  L = -s + log(e^s + sum_i e^s_i)                    dL/df = softmax(f) - label
    hs       L = -sum_i log sigmoid(f_i if label_i else -f_i)   dL/df = sigmoid(f) - label

With hs the outputs are the inner nodes on the path to the center, and `labels` has the label of each column of the
score buffer; the others do not look there. word2vec.c and gensim skip an output with |f| >= 6; here no gradient is
left out. Otherwise the label is 1 for the center and 0 for a negative.

bce is skip-gram with negative sampling (Mikolov et al. 2013), bpr is Rendle et al. 2009, and softmax over a sample is
Bengio and Senecal 2008; over all words it is the softmax itself. hs is Morin and Bengio 2005.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from w2v.kernels import inlined
from w2v.kernels.cpu.hot_rows import row_of
from w2v.kernels.cpu.layout import column_of
from w2v.kernels.cpu.types import Sampling, Scratch, Shape
from w2v.kernels.types import F32


class Loss(NamedTuple):
    """A loss, as a pair of functions."""

    loss: Callable[[F32, F32, int, int, Shape], float]
    """(scores, labels, at, n_outputs, shape): L of the hidden vector whose scores begin at `at`, in float64."""
    gradient: Callable[[F32, F32, int, int, Shape, np.float32], None]
    """(scores, labels, n_hidden, n_outputs, shape, lr): turn scores into G, in place."""


F1, HALF = np.float32(1), np.float32(0.5)
LIMIT, EXP_LIMIT = np.float32(30), np.float32(80)
LOG2_E = np.float32(1.4426950408889634)
# 2**r on -1/2..1/2 with the least largest relative error, 7.5e-8, found by Lawson's iteration.
E0, E1, E2 = np.float32(1.00000007165), np.float32(0.69314696706), np.float32(0.24022119724)
E3, E4, E5 = np.float32(0.05550713275), np.float32(0.00967554133), np.float32(0.00132764715)
BIAS, MANTISSA = np.int32(127), np.int32(23)


@inlined
def exp(x: np.float32) -> np.float32:
    """Return e**x for |x| <= 80, as 2**n times a polynomial; without a call, so that LLVM vectorises it."""
    y = x * LOG2_E
    n = np.float32(math.floor(y + HALF))
    r = y - n
    power = (np.int32(n) + BIAS) << MANTISSA
    polynomial = E0 + r * (E1 + r * (E2 + r * (E3 + r * (E4 + r * E5))))
    return polynomial * np.int32(power).view(np.float32)


@inlined
def sigmoid(x: np.float32) -> np.float32:
    """Return 1 / (1 + e**-x), with x cut to -30..30; the error is below 2e-7."""
    return F1 / (F1 + exp(-min(max(x, -LIMIT), LIMIT)))


@inlined
def softplus(x: float) -> float:
    """Return log(1 + e^x), as max(x, 0) + log1p(e^-|x|), which neither overflows nor cancels."""
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


@inlined
def bce_gradient(scores: F32, labels: F32, n_hidden: int, n_outputs: int, shape: Shape, lr: np.float32) -> None:
    """Turn scores into gradients lr * (label - sigmoid(f)), padding too: a flat loop, which LLVM vectorises."""
    width = 8 * shape.n_tiles
    for i in range(n_hidden * width):
        scores[i] = -lr * sigmoid(scores[i])
    for c in range(n_hidden):
        scores[c * width] += lr


@inlined
def bce_loss(scores: F32, labels: F32, at: int, n_outputs: int, shape: Shape) -> float:
    """Return L of the hidden vector whose scores begin at `at`."""
    total = softplus(-float(scores[at]))
    for o in range(1, n_outputs):
        total += softplus(float(scores[at + column_of(o, shape.tile_like)]))
    return total


@inlined
def bpr_gradient(scores: F32, labels: F32, n_hidden: int, n_outputs: int, shape: Shape, lr: np.float32) -> None:
    """Turn scores into gradients: each negative is pushed by sigmoid(s_i - s), the center by their sum."""
    for c in range(n_hidden):
        at = c * 8 * shape.n_tiles
        total = np.float32(0)
        for o in range(1, n_outputs):
            column = at + column_of(o, shape.tile_like)
            push = lr * sigmoid(scores[column] - scores[at])
            scores[column] = -push
            total += push
        scores[at] = total


@inlined
def bpr_loss(scores: F32, labels: F32, at: int, n_outputs: int, shape: Shape) -> float:
    """Return L of the hidden vector whose scores begin at `at`."""
    total = 0.0
    for o in range(1, n_outputs):
        total += softplus(float(scores[at + column_of(o, shape.tile_like)]) - float(scores[at]))
    return total


@inlined
def softmax_gradient(scores: F32, labels: F32, n_hidden: int, n_outputs: int, shape: Shape, lr: np.float32) -> None:
    """Turn scores into gradients lr * (label - softmax(f)); scores 80 below the largest count as 80 below."""
    for c in range(n_hidden):
        at = c * 8 * shape.n_tiles
        largest = scores[at]
        for o in range(1, n_outputs):
            largest = max(largest, scores[at + column_of(o, shape.tile_like)])
        total = np.float32(0)
        for o in range(n_outputs):
            column = at + column_of(o, shape.tile_like)
            scores[column] = exp(max(scores[column] - largest, -EXP_LIMIT))
            total += scores[column]
        for o in range(n_outputs):
            scores[at + column_of(o, shape.tile_like)] *= -lr / total
        scores[at] += lr


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
def hs_gradient(scores: F32, labels: F32, n_hidden: int, n_outputs: int, shape: Shape, lr: np.float32) -> None:
    """Turn scores into gradients lr * (label - sigmoid(f)), padding too, as in bce."""
    width = 8 * shape.n_tiles
    for c in range(n_hidden):
        for i in range(width):
            scores[c * width + i] = lr * (labels[i] - sigmoid(scores[c * width + i]))


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
    "bpr": Loss(bpr_loss, bpr_gradient),
    "softmax": Loss(softmax_loss, softmax_gradient),
}


@inlined
def correct_scores(n_hidden: int, n_outputs: int, shape: Shape, sampling: Sampling, scratch: Scratch) -> None:
    """Subtract log q(o) from each score: the logQ correction (Bengio and Senecal 2008; Yi et al. 2019).

    q(o) is the probability with which the sampler draws o. A sampled softmax of f - log q estimates the whole
    softmax of f; bce of f - log q is noise-contrastive estimation (Mnih and Teh 2012). Without it a score
    tends to log P(o|c) - log q(o), up to a constant: to how surprising o is with c, and not to how likely.

    Args:
        n_hidden: hidden vectors in use.
        n_outputs: outputs in use, whose rows are words.
        shape: the layout.
        sampling: its logq is log q, less its mean: a constant would only move all scores.
        scratch: its scores are mutated.
    """
    for o in range(n_outputs):
        column = column_of(o, shape.tile_like)
        logq = sampling.logq[row_of(scratch.outputs[o], scratch.hot_rows, shape.stride)]
        for c in range(n_hidden):
            scratch.scores[c * 8 * shape.n_tiles + column] -= logq
