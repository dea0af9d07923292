"""Losses: plain functions from the score buffer to the gradient, in place.

Skip-gram with negative sampling (Mikolov et al. 2013). For a pair of a context c and a center o with
negatives n_1..n_k, the loss is

    L = -log sigmoid(c . o) - sum_i log sigmoid(-c . n_i)

whose derivative by a score f is sigmoid(f) - label, with label 1 for the center and 0 for a negative.
Descending it, a step moves the rows by G = lr * (label - sigmoid(f)).
"""

import math

import numpy as np

from w2v.kernels import jit
from w2v.kernels.types import F32


@jit
def sgns_gradient(scores: F32, n_outputs: int, n_contexts: int, lr: np.float32) -> None:
    """Turn scores F into gradients G = lr * (label - sigmoid(F)), in place.

    Args:
        scores: (>= n_outputs, >= n_contexts); row 0 is the center, the others negatives. Mutated.
        n_outputs: rows in use.
        n_contexts: columns in use.
        lr: learning rate.
    """
    one = np.float32(1)
    for o in range(n_outputs):
        label = one if o == 0 else np.float32(0)
        for c in range(n_contexts):
            scores[o, c] = lr * (label - one / (one + math.exp(-scores[o, c])))


@jit
def sgns_loss(scores: F32, n_outputs: int, n_contexts: int) -> float:
    """Return L summed over the contexts, in float64; reads the scores as sgns_gradient gets them.

    log(1 + e^x) is taken as max(x, 0) + log1p(e^-|x|), which neither overflows nor cancels.
    """
    total = 0.0
    for o in range(n_outputs):
        for c in range(n_contexts):
            x = float(scores[o, c])
            if o == 0:
                x = -x
            total += max(x, 0.0) + math.log1p(math.exp(-abs(x)))
    return total
