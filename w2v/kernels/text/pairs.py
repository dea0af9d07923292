"""Pairs of neighbouring tokens: count them, join pairs that are phrases, and spell the result.

No hash table is needed. It is known how often each word comes first in a pair, so the second words are written into
buckets, one per first word, and each bucket is counted separately. The text is read in order; only the writes to the
buckets are random.

Kernels take the pair that begins at t as (ids[t], seconds[t]); seconds[t] is SENTENCE_END if no pair begins there.
Without connector words, seconds is ids[1:]. With connector words, `link` computes it: a connector word begins no pair,
and "of america" gets its own number, so that "bank of america" is a pair too.
"""

import numpy as np

from w2v.base.arrays import SENTENCE_END
from w2v.kernels import inlined, jit
from w2v.kernels.scalars import I32, I64, U8
from w2v.kernels.text.bytes import copy_bytes, hash_bytes
from w2v.kernels.text.scan import find_or_add
from w2v.kernels.text.tables import Pairs, Table

PADDING = 8
"""Number of readable bytes required after the words, and of writable bytes after the output."""
MOST_CONNECTORS = 6
"""Largest number of connector words between two words of a phrase."""


@jit
def link(ids: I32, at: int, until: int, is_connector: U8, table: Table, key: U8, seconds: I32) -> int:
    """Write to seconds the second part of the pair that begins at each token, from `at` to before `until`.

    The second part is the next word, or a run of up to MOST_CONNECTORS connector words and the word after it. A run has
    the number len(is_connector) + its number in the table. If the table is full, this stops; the caller enlarges the
    table and calls again.

    Args:
        ids: (n,) the token stream.
        at: first token.
        until: end of the tokens.
        is_connector: (n_types,) 1 for a connector word.
        table: the runs, spelled as the bytes of their ids. Mutated; its arena has room for 8 bytes per token.
        key: (4 * (MOST_CONNECTORS + 1) + PADDING,) mutated: the current run.
        seconds: (n,) mutated.

    Returns:
        the token where it stopped; `until` when done.
    """
    n, full = len(ids), len(table.counts) - 1
    for t in range(at, until):
        seconds[t] = SENTENCE_END
        if ids[t] == SENTENCE_END or is_connector[ids[t]]:
            continue
        end = t + 1
        while end < n and end - t <= MOST_CONNECTORS and ids[end] != SENTENCE_END and is_connector[ids[end]]:
            end += 1
        if end == n or ids[end] == SENTENCE_END or is_connector[ids[end]]:
            continue
        if end == t + 1:
            seconds[t] = ids[end]
            continue
        if table.size[0] >= full:
            return t
        length = 0
        for i in range(t + 1, end + 1):
            for shift in range(0, 32, 8):
                key[length] = (ids[i] >> shift) & 0xFF
                length += 1
        run = find_or_add(table, key, 0, length, hash_bytes(key, 0, length))
        seconds[t] = len(is_connector) + run
    return until


@inlined
def fill_buckets(ids: I32, seconds: I32, begin: int, end: int, low: int, ends: I64, buckets: I32) -> None:
    """Write the second parts of the pairs that begin at begin <= t < end into buckets, one per first word.

    Mutates buckets and ends: the bucket of word low + i ends at ends[i], where the next bucket begins.
    """
    n = len(ends) - 1
    ends[:] = 0
    for t in range(begin, end):
        first = ids[t] - low  # negative for SENTENCE_END
        if 0 <= first < n and seconds[t] != SENTENCE_END:
            ends[first + 1] += 1
    for i in range(n):
        ends[i + 1] += ends[i]
    # ends[i] is now where bucket i begins; filling the bucket moves it to where the bucket ends.
    for t in range(begin, end):
        first = ids[t] - low
        if 0 <= first < n and seconds[t] != SENTENCE_END:
            buckets[ends[first]] = seconds[t]
            ends[first] += 1


@jit
def count_pairs(
    ids: I32,
    seconds: I32,
    begin: int,
    end: int,
    low: int,
    old: Pairs,
    new: Pairs,
    ends: I64,
    buckets: I32,
    tally: I64,
) -> None:
    """Add the pairs that begin at begin <= t < end to those of `old`; write all of them to `new`.

    Only pairs with a first word in low .. low + n - 1, n = len(new.starts) - 1, are counted, so threads can share the
    work.

    Args:
        ids: the token stream.
        seconds: the second part of the pair that begins at each token; may be shorter than ids.
        begin: first token.
        end: end of the tokens.
        low: the first word whose pairs are counted; its old pairs begin at old.starts[0].
        old: pairs counted before.
        new: mutated; seconds and counts have room for the pairs of old and one pair per token.
        ends: (n + 1,) mutated.
        buckets: room for each token with a first word in this range; mutated.
        tally: zeros, one for each number in seconds; they are zeros again at the end.
    """
    fill_buckets(ids, seconds, begin, min(end, len(seconds)), low, ends, buckets)
    filled, at = 0, 0
    for first in range(len(new.starts) - 1):
        new.starts[first] = filled
        for i in range(old.starts[first], old.starts[first + 1]):
            new.seconds[filled] = old.seconds[i]
            filled += 1
            tally[old.seconds[i]] = old.counts[i]
        while at < ends[first]:
            second = buckets[at]
            if tally[second] == 0:
                new.seconds[filled] = second
                filled += 1
            tally[second] += 1
            at += 1
        for i in range(new.starts[first], filled):
            new.counts[i] = tally[new.seconds[i]]
            tally[new.seconds[i]] = 0
    new.starts[len(new.starts) - 1] = filled


@inlined
def find_pair(phrases: Pairs, first: np.int32, second: np.int32) -> np.int64:
    """Return the position of a pair, or -1. The seconds of each first word ascend; first must not be SENTENCE_END."""
    low, high = phrases.starts[first], phrases.starts[first + 1]
    end = high
    while low < high:
        middle = (low + high) >> 1
        if phrases.seconds[middle] < second:
            low = middle + 1
        else:
            high = middle
    return low if low < end and phrases.seconds[low] == second else np.int64(-1)


@jit
def next_break(ids: I32, seconds: I32, at: int, phrases: Pairs) -> int:
    """Return the first position >= `at` that is 0 or follows a word that begins no phrase and is no connector word.

    The text can be cut there: joins before such a position do not influence joins after it.
    """
    while 0 < at < len(ids) and ids[at - 1] != SENTENCE_END:
        second = seconds[at - 1]
        if second != SENTENCE_END and find_pair(phrases, ids[at - 1], second) < 0:
            return at
        at += 1
    return at


@jit
def join_pairs(ids: I32, seconds: I32, phrases: Pairs, names: I32, widths: I32, joined: I64) -> int:
    """Join pairs that are phrases, from left to right, in place; return the number of tokens left.

    A token that was joined to the one before is not joined to the next one.

    Args:
        ids: a piece of the token stream, with breaks at both ends; mutated.
        seconds: the second part of the pair that begins at each token, which may be ids[1:].
        phrases: the pairs to join; the seconds of each first word ascend.
        names: (n_phrases,) the word that replaces each phrase.
        widths: (n_phrases,) number of tokens of the second part.
        joined: (n_phrases,) mutated: the number of joins of each phrase is added.
    """
    filled, t = 0, 0
    while t < len(ids):
        token = ids[t]
        if token != SENTENCE_END and t < len(seconds) and seconds[t] != SENTENCE_END:
            phrase = find_pair(phrases, token, seconds[t])
            if phrase >= 0:
                token = names[phrase]
                joined[phrase] += 1
                t += widths[phrase]
        t += 1
        ids[filled] = token
        filled += 1
    return filled


@jit
def spell(ids: I32, begin: int, end: int, starts: I64, text: U8, out: U8) -> int:
    """Write the words of ids[begin:end] to out, with a space between words and a newline for each SENTENCE_END.

    The text always ends with a newline, even if its last id is not a SENTENCE_END.

    Args:
        ids: the token stream; ids[end] is read too if it exists.
        begin: first token.
        end: end of the tokens.
        starts: (n_types + 1,) word i, with one more byte, is text[starts[i]:starts[i + 1]].
        text: the words, followed by PADDING bytes.
        out: mutated; has room for the result and PADDING bytes.

    Returns:
        the number of bytes written.
    """
    filled = 0
    for t in range(begin, end):
        token = ids[t]
        if token == SENTENCE_END:
            out[filled] = 10
            filled += 1
            continue
        copy_bytes(text, starts[token], starts[token + 1], out, filled)
        filled += starts[token + 1] - starts[token]
        if t + 1 == len(ids):
            out[filled - 1] = 10
        elif ids[t + 1] == SENTENCE_END:
            filled -= 1
        else:
            out[filled - 1] = 32
    return filled
