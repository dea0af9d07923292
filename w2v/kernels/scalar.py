"""Score and update in plain loops: the oracle, the fallback and the baseline of the vector kernels.

Rows are float32, padded with zeros to a multiple of 16, and read whole: the padding adds 0 to a dot
product and receives 0. LLVM vectorises the innermost loops.
"""

import numpy as np

from w2v.kernels import jit
from w2v.kernels.types import F32, I32


@jit
def score(input: F32, output: F32, contexts: I32, n_contexts: int, outputs: I32, n_outputs: int, scores: F32) -> None:
    """Compute scores[o, c] = output[outputs[o]] . input[contexts[c]].

    Args:
        input: (n_types, stride); other threads may write it meanwhile.
        output: (n_types, stride); the same.
        contexts: (>= n_contexts,) rows of input; may repeat.
        n_contexts: how many are in use.
        outputs: (>= n_outputs,) rows of output.
        n_outputs: how many are in use.
        scores: (>= n_outputs, >= n_contexts) mutated.

    The error is that of a float32 sum of `stride` products in any order.
    """
    stride = input.shape[1]
    for o in range(n_outputs):
        row = outputs[o]
        for c in range(n_contexts):
            context = contexts[c]
            total = np.float32(0)
            for j in range(stride):
                total += output[row, j] * input[context, j]
            scores[o, c] = total


@jit
def update(
    input: F32,
    output: F32,
    contexts: I32,
    n_contexts: int,
    outputs: I32,
    n_outputs: int,
    gradients: F32,
    delta: F32,
) -> None:
    """Do C += G.T @ O and O += G @ C, both from the values before the step.

    Args:
        input: (n_types, stride) mutated; threads race for its rows, and may lose each other's addition.
        output: (n_types, stride) mutated; the same.
        contexts: (>= n_contexts,) rows of input; a row that repeats gets the sum.
        n_contexts: how many are in use.
        outputs: (>= n_outputs,) rows of output, all different.
        n_outputs: how many are in use.
        gradients: (>= n_outputs, >= n_contexts) G.
        delta: (>= n_contexts, stride) scratch, mutated.
    """
    stride = input.shape[1]
    for c in range(n_contexts):
        for j in range(stride):
            delta[c, j] = np.float32(0)
        for o in range(n_outputs):
            gradient = gradients[o, c]
            row = outputs[o]
            for j in range(stride):
                delta[c, j] += gradient * output[row, j]
    for o in range(n_outputs):
        row = outputs[o]
        for c in range(n_contexts):
            gradient = gradients[o, c]
            context = contexts[c]
            for j in range(stride):
                output[row, j] += gradient * input[context, j]
    for c in range(n_contexts):
        context = contexts[c]
        for j in range(stride):
            input[context, j] += delta[c, j]
