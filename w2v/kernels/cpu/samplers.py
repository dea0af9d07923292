"""Samplers: where the negatives of a center come from.

A sampler writes the offsets of the negatives of the step after the next to scratch.later, so that their rows have the
time of two steps to arrive; with one step, CBOW, whose steps are short, takes 10% longer. All contexts of a center
share its negatives (Ji et al. 2016). A negative that must not count, such as a word of the same line, is replaced by
the center, which `outputs.py` leaves out.

A sampler is a function `draw` that is named in SAMPLERS. The hard sampler does additional work just before the step.
"""

from collections.abc import Callable

import numpy as np

from w2v.base.arrays import SENTENCE_END
from w2v.kernels import inlined
from w2v.kernels.cpu.hot_rows import offset_of, row_of
from w2v.kernels.cpu.layout import column_of
from w2v.kernels.cpu.structs import HotRows, Sampling, Scratch, Shape, Walk
from w2v.kernels.llvm import prefetch_far
from w2v.kernels.rng import U32, below, draw
from w2v.kernels.scalars import I32

PICKS, PICK_BITS = 4, np.uint64(16)
"""Number of words that one draw of 64 bits picks from the pool, whose size is a power of two up to 2**16."""
RENEWED = 64
"""Number of words of the pool that are replaced at a time, every 64 steps. They are drawn 64 steps ahead, so that their
entries of the alias table, which no near cache holds, have arrived; waiting for them took 6% of the time."""
TRIES = 64
"""Number of positions that are tried for a word of the batch. If half of a stream are sentence ends, all tries fail
with probability 2**-64."""


@inlined
def noise_word(bits: np.uint64, sampling: Sampling, hot: HotRows, stride: int) -> int:
    """Return the offset of the noise word that 64 random bits select from the alias table (Walker 1977)."""
    bucket = np.int64(below(bits, np.uint64(len(sampling.prob))))
    other = np.int64(sampling.alias[bucket])
    return offset_of(bucket if np.uint32(bits) <= sampling.prob[bucket] else other, hot, stride)


@inlined
def fill_pool(sampling: Sampling, stride: int, scratch: Scratch) -> None:
    """Fill the pool of recycled noise words. Mutates scratch.pool, scratch.drawn and the generator."""
    for i in range(len(scratch.pool)):
        scratch.pool[i] = noise_word(draw(scratch.state), sampling, scratch.hot_rows, stride)
    draw_ahead(sampling, scratch)


@inlined
def draw_ahead(sampling: Sampling, scratch: Scratch) -> None:
    """Draw the next words of the pool, and prefetch their entries of the alias table.

    Mutates scratch.drawn and the generator.
    """
    for i in range(len(scratch.drawn)):
        bits = draw(scratch.state)
        bucket = below(bits, np.uint64(len(sampling.prob)))
        prefetch_far(sampling.prob, bucket)
        prefetch_far(sampling.alias, bucket)
        scratch.drawn[i] = bits


@inlined
def renew_pool(n_steps: int, sampling: Sampling, stride: int, scratch: Scratch) -> None:
    """Replace the oldest words of the pool. Mutates scratch.pool, scratch.drawn and the generator."""
    pool = scratch.pool
    for i in range(len(scratch.drawn)):
        word = noise_word(scratch.drawn[i], sampling, scratch.hot_rows, stride)
        pool[(n_steps + i) & (len(pool) - 1)] = word
    draw_ahead(sampling, scratch)


@inlined
def draw_negatives(walk: Walk, shape: Shape, sampling: Sampling, scratch: Scratch) -> None:
    """The noise sampler (Mikolov et al. 2013): draws words in proportion to count ** ns_exponent.

    The draws do not depend on the text around the center.

    With a pool (recycled noise), new draws replace the pool's oldest words, on average one per step, and negatives are
    picked from the pool at random. Each negative has exactly the noise distribution, and its row is in the cache,
    because a drawn word is used about `negative` times before it leaves the pool.

    Args:
        walk: two steps before the step of the negatives.
        shape: n_draws and stride.
        sampling: the alias table.
        scratch: later, pool, drawn and state are mutated.
    """
    pool, state = scratch.pool, scratch.state
    if len(pool) > 0 and walk.n_steps & (len(scratch.drawn) - 1) == 0:
        renew_pool(walk.n_steps, sampling, shape.stride, scratch)
    bits = np.uint64(0)
    for i in range(shape.n_draws):
        if len(pool) > 0:
            bits = draw(state) if i % PICKS == 0 else bits >> PICK_BITS
            scratch.later[i] = pool[np.int64(bits & np.uint64(len(pool) - 1))]
        else:
            scratch.later[i] = noise_word(draw(state), sampling, scratch.hot_rows, shape.stride)


@inlined
def sample_in_batch(walk: Walk, shape: Shape, sampling: Sampling, scratch: Scratch) -> None:
    """The in-batch sampler: the negatives of a center are the words at `negative` positions far away from it.

    The shard is walked as if from 1 + negative evenly spaced positions at once; the words at these positions are a
    batch (as in recommenders: Hidasi et al. 2016). A negative then has the distribution of the subsampled text,
    P(w) = count(w) * keep_prob(w) / sum, for which `logq` corrects. A position with a sentence end is replaced by a
    random one, which does not change the distribution. The positions are n / (negative + 1) apart, so in a text of a
    few hundred words they can be contexts too.

    Args:
        walk: two steps before the step of the negatives: n, and t, which is two positions before that center.
        shape: negative and stride.
        sampling: not used.
        scratch: later and state are mutated.
    """
    kept, n = scratch.kept, walk.n
    gap = max(1, n // (shape.negative + 1))
    for i in range(shape.negative):
        at = (walk.t + 2 + (i + 1) * gap) % max(1, n)
        tries = 0
        while kept[at] < 0 and tries < TRIES:
            at = below(draw(scratch.state), np.uint64(n))
            tries += 1
        scratch.later[i] = kept[at] if kept[at] >= 0 else offset_of(np.int64(0), scratch.hot_rows, shape.stride)


SAMPLERS: dict[str, Callable[[Walk, Shape, Sampling, Scratch], None]] = {
    "noise": draw_negatives,
    "batch": sample_in_batch,
    "hard": draw_negatives,
}


@inlined
def select_hardest(center: int, shape: Shape, scratch: Scratch) -> None:
    """The hard sampler (dynamic negative sampling, Zhang et al. 2013): keeps the candidates with the highest scores.

    The first `candidates` of scratch.negatives are the candidates; the others are plain draws and are kept.

    Args:
        center: the positive, which is never selected.
        shape: candidates, negative, n_hard.
        scratch: its scores are those of the candidates with the mean of the contexts. Mutates scores and negatives,
            which become the n_hard best, followed by the plain draws.
    """
    negatives, scores = scratch.negatives, scratch.scores
    for i in range(shape.candidates):  # move scores from the columns of tiles to scores[i]; exclude the center
        score = scores[column_of(i, shape.tile_like)]
        scores[i] = np.float32(-np.inf) if negatives[i] == center else score
    for place in range(shape.n_hard):
        best, best_score = place, scores[place]
        for i in range(place + 1, shape.candidates):
            better = scores[i] > best_score  # a branch could not be predicted: 2,105 cycles instead of 2,580
            best = i if better else best
            best_score = scores[i] if better else best_score
        negatives[place], negatives[best] = negatives[best], negatives[place]
        scores[place], scores[best] = scores[best], scores[place]
    for i in range(shape.negative - shape.n_hard):
        negatives[shape.n_hard + i] = negatives[shape.candidates + i]


@inlined
def group_of_center(center: int, shape: Shape, scratch: Scratch) -> int:
    """Return the group of the center, whose row begins at this offset; -1 if it has none."""
    return int(scratch.groups.of_word[row_of(center, scratch.hot_rows, shape.stride)])


@inlined
def group_of_line(center: int, shape: Shape, scratch: Scratch) -> int:
    """Return the group of the line."""
    return int(scratch.groups.of_line[0])


GROUP_OF = {"group": group_of_center, "line": group_of_line}


@inlined
def draw_from_group(group: int, shape: Shape, scratch: Scratch) -> None:
    """Replace negatives, except for a share, by words of a group g: q(w | g) = q(w) / (sum of q over g).

    So a negative is w with probability share * q(w) + (1 - share) * q(w | g). If there is no group (-1) or it is empty,
    the negatives do not change. The row of a replaced negative was not prefetched.

    Args:
        group: the group's number.
        shape: n_draws and stride.
        scratch: its groups; negatives and state are mutated.
    """
    groups = scratch.groups
    if group < 0:
        return
    begin, end = groups.starts[group], groups.starts[group + 1]
    if begin == end:
        return
    for i in range(shape.n_draws):
        if draw(scratch.state) >> U32 > groups.outside[0]:
            bits = draw(scratch.state)
            entry = begin + np.int64(below(bits, np.uint64(end - begin)))
            if np.uint32(bits) > groups.prob[entry]:
                entry = np.int64(groups.alias[entry])
            scratch.negatives[i] = offset_of(np.int64(groups.members[entry]), scratch.hot_rows, shape.stride)


@inlined
def mark_line(tokens: I32, at: int, line: int, marks: I32) -> int:
    """Mark the words of the line that begins at tokens[at] with the line's number; return where the next line begins.

    Mutates marks, (n_types,).
    """
    while at < len(tokens) and tokens[at] != SENTENCE_END:
        marks[tokens[at]] = line
        at += 1
    return at + 1


@inlined
def reject_marked(center: int, line: int, shape: Shape, scratch: Scratch) -> None:
    """Replace negatives that are words of the line by the center, which is ignored as a negative."""
    for i in range(shape.n_draws):
        if scratch.marks[row_of(scratch.negatives[i], scratch.hot_rows, shape.stride)] == line:
            scratch.negatives[i] = center
