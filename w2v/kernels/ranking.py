"""The best items of people, with their scores by a mixture; docs/items.md has the derivation.

The score of a pair is computed by the same instructions in the same order, wherever the item and the person are. So
equal rows have equal scores, and a score does not depend on which people are scored together. Sums are float32. With
100 numbers, a score differs from float64 by about 1e-6 of the product of the lengths.
"""

import math
from typing import NamedTuple

import numpy as np

from w2v.kernels import inlined, jit
from w2v.kernels.llvm import LANES, add_products, broadcast, load, store, zeros
from w2v.kernels.llvm_scores import SCORE_LANES, exp_below, larger, load_scores, many_of, store_scores
from w2v.kernels.scalars import F32, I32, I64

TILE = 2 * LANES
"""Number of items that are scored at a time, for PEOPLE people; their sums take 12 registers."""
PAIR, SIX = (0, LANES), (0,) * 6
PEOPLE = len(SIX)
MORE = SCORE_LANES
"""How many numbers may be written after the scores of a person's parts."""
SIGN, REST = np.int32(31), np.int32(0x7FFFFFFF)
"""The sign bit of a float32 as a shift, and a mask of its other bits."""


class Catalogue(NamedTuple):
    """The candidate items."""

    output: F32
    """(n_items, dim) C-contiguous."""
    log_counts: F32
    """(width,) of which n_items are used; width is a multiple of the number of groups, which is a multiple of 32."""


class Parts(NamedTuple):
    """Some people: the items of each, one person after the other, and the vector of each person's line."""

    input: F32
    """(n_types, dim) C-contiguous, the input rows."""
    rows: I64
    """(n,) row numbers in `input`, by person."""
    begins: I64
    """(people + 1,) where the rows of each person begin."""
    weights: F32
    """(n,) the weight of each row. Those of a person and the line's weight add up to 1; or the person has none."""
    lines: F32
    """(people, dim) C-contiguous; vectors of the lines, used if they have a weight."""
    line_weights: F32
    """(people,) weights of the lines."""
    sharpness: F32
    """(people,) b; 0 for people who are scored by the mean."""
    priors: F32
    """(people,) weight of log_counts."""
    without: I64
    """(m,) items that must not be found, by person."""
    without_begins: I64
    """(people + 1,) where the items of `without` begin for each person."""


class Best(NamedTuple):
    """The best items of each person, in ascending order."""

    items: I64
    """(people, n) -1 after the last item."""
    scores: F32
    """(people, n) -inf after the last item."""


class Spare(NamedTuple):
    """Buffers of a thread. `means`, `tile` and `table` are aligned to 64 bytes."""

    means: F32
    """(people // PEOPLE, dim, PEOPLE) flattened."""
    tile: F32
    """(dim, TILE) flattened."""
    table: F32
    """(people, width) flattened; people is a multiple of PEOPLE."""
    maxima: F32
    """(n_groups,) with n_groups >= n of Best."""
    maxima_bits: I32
    """The same memory as maxima."""
    items: I64
    """(n_items,) candidates of one person."""
    scores: F32
    """(n_items,) their scores."""
    bits: I32
    """The same memory as scores."""


@jit
def rank_people(first: int, end: int, parts: Parts, catalogue: Catalogue, best: Best, spare: Spare, own: F32) -> None:
    """Find the best items of the people first <= p < end; mutates best and spare.

    The best items by the mean get the score of the mixture if the person has a sharpness. Items whose mean score is
    -inf or NaN are left out. `own` has room for the parts of any of these people, and MORE numbers.
    """
    write_means(first, end, parts, spare.means)
    score_by_mean(end - first, catalogue.output, len(catalogue.log_counts), spare)
    for p in range(first, end):
        at = (p - first) * len(catalogue.log_counts)
        for n in range(parts.without_begins[p], parts.without_begins[p + 1]):
            spare.table[at + parts.without[n]] = -np.inf
        count = contenders(at, parts.priors[p], best.items.shape[1], catalogue, spare)
        keep_best(count, p, best, spare)
        if parts.sharpness[p] > 0:
            mix(p, parts, catalogue, best, own)


@inlined
def write_means(first: int, end: int, parts: Parts, means: F32) -> None:
    """Write the weighted means of people's parts to means."""
    dim = parts.input.shape[1]
    for p in range(first, end):
        at = (p - first) // PEOPLE * dim * PEOPLE + (p - first) % PEOPLE
        for d in range(dim):
            means[at + d * PEOPLE] = 0
        for n in range(parts.begins[p], parts.begins[p + 1]):
            for d in range(dim):
                means[at + d * PEOPLE] += parts.weights[n] * parts.input[parts.rows[n], d]
        weight = parts.line_weights[p]
        if weight > 0:
            for d in range(dim):
                means[at + d * PEOPLE] += weight * parts.lines[p, d]


@inlined
def score_by_mean(n_people: int, output: F32, width: int, spare: Spare) -> None:
    """Write the products of spare.means with all output rows to spare.table."""
    dim, table = output.shape[1], spare.table
    for begin in range(0, len(output), TILE):
        for i in range(TILE):
            item = min(begin + i, len(output) - 1)
            for d in range(dim):
                spare.tile[d * TILE + i] = output[item, d]
        for group in range(-(-n_people // PEOPLE)):
            sums = zeros(PAIR, SIX)
            for d in range(dim):
                means = broadcast(spare.means, (group * dim + d) * PEOPLE, SIX)
                sums = add_products(sums, load(spare.tile, PAIR, d * TILE), means)
            a = group * PEOPLE * width
            b, c, w = a + 2 * width, a + 4 * width, width + LANES
            rows = (a, a + width, b, b + width, c, c + width, a + LANES, a + w, b + LANES, b + w, c + LANES, c + w)
            store(table, rows, begin, sums)


@inlined
def contenders(at: int, prior: np.float32, n: int, catalogue: Catalogue, spare: Spare) -> int:
    """Write items that can be among the n best to spare.items, their scores to spare.scores; return their number.

    Item i is in group i % n_groups. Take the n-th highest of the groups' maxima: at least n groups have a maximum that
    is not below it, so at least n scores are not below it. Lower scores are therefore not among the n highest.
    """
    table, maxima, n_items = spare.table, spare.maxima, len(catalogue.output)
    for i in range(n_items, len(catalogue.log_counts)):
        table[at + i] = -np.inf
    for g in range(len(maxima)):
        maxima[g] = -np.inf
    priors = many_of(prior)
    for begin in range(0, len(catalogue.log_counts), len(maxima)):
        for g in range(0, len(maxima), SCORE_LANES):
            i = begin + g
            scores = load_scores(table, at + i, priors) + priors * load_scores(catalogue.log_counts, i, priors)
            store_scores(table, at + i, scores)
            store_scores(maxima, g, larger(scores, load_scores(maxima, g, priors)))
    order_bits(spare.maxima_bits, len(maxima))
    spare.maxima_bits[0] = highest(spare.maxima_bits, len(maxima), n)
    order_bits(spare.maxima_bits, 1)
    bound = max(maxima[0], np.finfo(np.float32).min)
    count = 0
    for i in range(n_items):
        score = table[at + i]
        spare.items[count], spare.scores[count] = i, score
        count += score >= bound
    return count


@inlined
def keep_best(count: int, p: int, best: Best, spare: Spare) -> None:
    """Write the best of `count` items to a row of best; among equal scores, earlier items come first."""
    n, bits = best.items.shape[1], spare.bits
    order_bits(bits, count)
    least = highest(bits, count, n) if count > n else -(1 << 31)
    n_equal = n
    for i in range(count):
        n_equal -= bits[i] > least
    kept = 0
    for i in range(count):
        if bits[i] > least or (bits[i] == least and n_equal > 0):
            n_equal -= bits[i] == least
            bits[kept], best.items[p, kept] = bits[i], spare.items[i]
            kept += 1
    order_bits(bits, kept)
    for i in range(n):
        if i < kept:
            best.scores[p, i] = spare.scores[i]
        else:
            best.scores[p, i], best.items[p, i] = -np.inf, -1


@inlined
def mix(p: int, parts: Parts, catalogue: Catalogue, best: Best, own: F32) -> None:
    """Replace the scores of a person's items by log(sum_c w_c exp(b s_c)) / b + prior * log count; `own` is scratch."""
    b, begin, line_weight = parts.sharpness[p], parts.begins[p], parts.line_weights[p]
    n = parts.begins[p + 1] - begin
    for j in range(best.items.shape[1]):
        item = best.items[p, j]
        if item < 0:
            break
        top = np.float32(-np.inf)
        for c in range(n):
            own[c] = b * dot(parts.input, parts.rows[begin + c], catalogue.output, item)
            top = max(top, own[c])
        of_line = np.float32(0)
        if line_weight > 0:
            of_line = b * dot(parts.lines, p, catalogue.output, item)
            top = max(top, of_line)
        score = top
        if abs(top) < np.inf:
            highest = many_of(top)
            for c in range(0, n, SCORE_LANES):
                store_scores(own, c, exp_below(load_scores(own, c, highest), highest))
            total = line_weight * np.float32(math.exp(of_line - top)) if line_weight > 0 else np.float32(0)
            for c in range(n):
                total += parts.weights[begin + c] * own[c]
            score = np.float32(math.log(total)) + top
        best.scores[p, j] = score / b + parts.priors[p] * catalogue.log_counts[item]


@inlined
def dot(left: F32, i: int, right: F32, j: int) -> np.float32:
    """Return the dot product of row i of one matrix and row j of another, float32."""
    total = np.float32(0)
    for d in range(left.shape[1]):
        total += left[i, d] * right[j, d]
    return total


@inlined
def order_bits(bits: I32, n: int) -> None:
    """Turn the bits of n floats into integers with the same order, or back; mutates bits."""
    for i in range(n):
        bits[i] ^= (bits[i] >> SIGN) & REST


@inlined
def highest(bits: I32, n: int, k: int) -> int:
    """Return the k-th highest of n integers, 1 <= k <= n: the largest number such that k integers are >= it."""
    low, high = -(1 << 31), (1 << 31) - 1
    while low < high:
        middle = (low + high + 1) >> 1
        least, count = np.int32(middle), 0
        for i in range(n):
            count += bits[i] >= least
        if count >= k:
            low = middle
        else:
            high = middle - 1
    return low
