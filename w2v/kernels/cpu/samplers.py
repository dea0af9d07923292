"""Stage 1, second half: samplers, which say what a center is told apart from.

A sampler writes the offsets of the negatives of the next step to scratch.negatives, one step ahead, so that their rows
have this step's time to come. All contexts of a center share them (Ji et al. 2016). `choose_outputs` then puts together
the output rows of a step. A negative that must not count (a word of the same line, say) is replaced by the center,
which `choose_outputs` leaves out.
"""

import numpy as np

from w2v.arrays import SENTENCE_END
from w2v.kernels import inlined
from w2v.kernels.cpu import scalar, simd
from w2v.kernels.cpu.hot_rows import offset_of, word_of
from w2v.kernels.cpu.types import F32, I32, I64, U64, Private, Sampling, Scratch, Shape
from w2v.kernels.rng import below, draw

PICKS, PICK_BITS = 4, np.uint64(16)
"""A draw of 64 bits picks so many words from the pool, whose size is a power of two up to 2**16."""
TRIES = 64
"""Places that are tried for a word of the batch: a stream with one word in two sentence ends fails in 2**-64."""


@inlined
def draw_noise(sampling: Sampling, private: Private, stride: int, state: U64) -> int:
    """Return the offset of a noise word from the alias table (Walker 1977): one draw, two look-ups."""
    bits = draw(state)
    bucket = np.int64(below(bits, np.uint64(len(sampling.prob))))
    other = np.int64(sampling.alias[bucket])
    return offset_of(bucket if np.uint32(bits) <= sampling.prob[bucket] else other, private, stride)


@inlined
def draw_negatives(output: F32, turn: int, shape: Shape, sampling: Sampling, scratch: Scratch) -> None:
    """The noise sampler (Mikolov et al. 2013): words from count ** ns_exponent, whatever the text has here.

    With a pool (recycled noise), one fresh draw takes the place of the pool's oldest word and the negatives
    are picked from the pool at random: each has exactly the noise distribution, and its row is in cache,
    because a drawn word is used about `negative` times before it leaves.
    """
    pool, state = scratch.pool, scratch.state
    if len(pool) > 0:
        pool[turn & (len(pool) - 1)] = draw_noise(sampling, scratch.private, shape.stride, state)
    bits = np.uint64(0)
    for i in range(shape.drawn):
        if len(pool) > 0:
            bits = draw(state) if i % PICKS == 0 else bits >> PICK_BITS
            offset = pool[np.int64(bits & np.uint64(len(pool) - 1))]
        else:
            offset = draw_noise(sampling, scratch.private, shape.stride, state)
        scratch.negatives[i] = offset
        simd.prefetch(output, offset, shape.stride)


@inlined
def take_batch(output: F32, kept: I64, n: int, t: int, shape: Shape, scratch: Scratch) -> None:
    """The in-batch sampler: the negatives of center t are the words at `negative` places far from it, and it is theirs.

    The shard is walked as if from 1 + negative places at once, evenly apart; what stands at these places is a batch
    (as recommenders have it: Hidasi et al. 2016). A negative is then a word with the probability it has in the
    subsampled text, P(w) = count(w) * keep_prob(w) / sum, which is what `--logq` corrects for.
    A place with a sentence's end is replaced by one at random, which keeps that so. The places are n / (negative + 1)
    apart: in a text of a few hundred words near enough to be contexts too.

    Args:
        output: rows to ask for.
        kept: (>= n,) offsets of the shard's words, -1 for a sentence's end.
        n: how many are in use.
        t: where the next center stands.
        shape: negative and stride.
        scratch: negatives and state are mutated.
    """
    gap = max(1, n // (shape.negative + 1))
    for i in range(shape.negative):
        at = (t + (i + 1) * gap) % max(1, n)
        tries = 0
        while kept[at] < 0 and tries < TRIES:
            at = below(draw(scratch.state), np.uint64(n))
            tries += 1
        scratch.negatives[i] = kept[at] if kept[at] >= 0 else offset_of(np.int64(0), scratch.private, shape.stride)
        simd.prefetch(output, scratch.negatives[i], shape.stride)


@inlined
def keep_hardest(scores: F32, center: int, shape: Shape, scratch: Scratch) -> None:
    """The hard sampler (dynamic negative sampling, Zhang et al. 2013): keep the best-scoring of the candidates.

    Of scratch.negatives the first `candidates` are to choose from, the rest are plain draws that stay.

    Args:
        scores: the candidates' scores with the mean of the contexts, laid out as in scalar.py; mutated.
        center: the positive, which is no candidate.
        shape: candidates, negative, n_hard.
        scratch: negatives is mutated: the n_hard best, then the plain ones.
    """
    negatives = scratch.negatives
    for place in range(shape.n_hard):
        best, best_score = -1, np.float32(-np.inf)
        for i in range(place, shape.candidates):
            score = scores[scalar.column_of(i, shape.tile)]
            if negatives[i] != center and score > best_score:
                best, best_score = i, score
        if best < 0:
            negatives[place] = center
            continue
        first, column = scalar.column_of(place, shape.tile), scalar.column_of(best, shape.tile)
        negatives[place], negatives[best] = negatives[best], negatives[place]
        scores[first], scores[column] = scores[column], scores[first]
    for i in range(shape.negative - shape.n_hard):
        negatives[shape.n_hard + i] = negatives[shape.candidates + i]


@inlined
def mark_line(tokens: I32, at: int, line: int, marks: I32) -> int:
    """Mark the words of the line that begins at tokens[at] with its number; return where the next one begins.

    Mutates marks, (n_types,).
    """
    while at < len(tokens) and tokens[at] != SENTENCE_END:
        marks[tokens[at]] = line
        at += 1
    return at + 1


@inlined
def reject_marked(center: int, line: int, shape: Shape, scratch: Scratch) -> None:
    """Let no negative be a word of the line: those become the center, which counts as none."""
    for i in range(shape.drawn):
        if scratch.marks[word_of(scratch.negatives[i], scratch.private, shape.stride)] == line:
            scratch.negatives[i] = center


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
def choose_all(center: int, shape: Shape, scratch: Scratch) -> int:
    """Write the center, every other word, and zero rows up to full tiles, to scratch.outputs: the exact softmax.

    Returns:
        the number of words.
    """
    outputs = scratch.outputs
    outputs[0] = center
    filled = 1
    for word in range(shape.negative + 1):
        offset = offset_of(np.int64(word), scratch.private, shape.stride)
        if offset != center:
            outputs[filled] = offset
            filled += 1
    for i in range(filled, shape.n_tiles * len(shape.tile)):
        outputs[i] = scratch.zero_row[0]
    return filled
