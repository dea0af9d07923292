"""Losses: plain functions from the score buffer to the gradient, in place.

A score buffer is flat: the score of context c and output column o stands at c * width + o. Column 0 is the
center, the others are negatives or padding; what a loss leaves in the padding does not matter.

Skip-gram with negative sampling (Mikolov et al. 2013). For a pair of a context c and a center o with
negatives n_1..n_k, the loss is

    L = -log sigmoid(c . o) - sum_i log sigmoid(-c . n_i)

whose derivative by a score f is sigmoid(f) - label, with label 1 for the center and 0 for a negative.
Descending it, a step moves the rows by G = lr * (label - sigmoid(f)).
"""

import math

import numpy as np

from w2v.kernels import inlined
from w2v.kernels.types import F32

F1, HALF = np.float32(1), np.float32(0.5)
LIMIT = np.float32(30)
LOG2_E = np.float32(1.4426950408889634)
# 2**r on -1/2..1/2 with the least largest relative error, 7.5e-8, found by Lawson's iteration.
E0, E1, E2 = np.float32(1.00000007165), np.float32(0.69314696706), np.float32(0.24022119724)
E3, E4, E5 = np.float32(0.05550713275), np.float32(0.00967554133), np.float32(0.00132764715)
BIAS, MANTISSA = np.int32(127), np.int32(23)


@inlined
def exp(x: np.float32) -> np.float32:
    """Return e**x for |x| <= 80, as 2**n times a polynomial; no call, so that LLVM makes vectors of it."""
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
def sgns_gradient(scores: F32, n_contexts: int, width: int, lr: np.float32) -> None:
    """Turn scores F into gradients G = lr * (label - sigmoid(F)), in place.

    Args:
        scores: (>= n_contexts * width,) mutated.
        n_contexts: contexts in use.
        width: columns of a context.
        lr: learning rate.
    """
    for i in range(n_contexts * width):
        scores[i] = -lr * sigmoid(scores[i])
    for c in range(n_contexts):
        scores[c * width] += lr


@inlined
def sgns_loss(label: int, score: float) -> float:
    """Return a score's part of L, in float64.

    log(1 + e^x) is taken as max(x, 0) + log1p(e^-|x|), which neither overflows nor cancels.
    """
    x = -score if label == 1 else score
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))
