"""Stage 1, first half: which tokens are kept, and which of them are a center's contexts."""

import numpy as np

from w2v.arrays import SENTENCE_END
from w2v.kernels import inlined
from w2v.kernels.cpu.hot_rows import offset_of
from w2v.kernels.cpu.types import I32, I64, U64, Private, Sampling
from w2v.kernels.rng import U32 as HALF
from w2v.kernels.rng import below, draw


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
def sample_contexts(kept: I64, begin: int, t: int, end: int, most: int, state: U64, contexts: I64) -> int:
    """Write contexts from the whole sentence to `contexts`; return how many that is.

    They are all other words, or where these are more than `most`, so many of them drawn at random with replacement:
    the cost of a sentence grows with its length, and not with its square.
    """
    others = end - begin - 1
    if others <= most:
        return choose_contexts(kept, begin, t, end, contexts)
    for i in range(most):
        at = begin + below(draw(state), np.uint64(others))
        contexts[i] = kept[at + (at >= t)]
    return most
