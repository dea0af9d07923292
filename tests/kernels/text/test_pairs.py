"""Pairs are counted as a Counter counts them, and joined and spelled as a loop over lists would do it."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from w2v.kernels.scalars import I32
from w2v.kernels.text import pairs as kernels
from w2v.kernels.text.tables import Pairs

N_TYPES = 5
streams = st.lists(st.integers(-1, N_TYPES - 1), max_size=40).map(lambda ids: np.array(ids, np.int32))
phrases_of = st.sets(st.tuples(st.integers(0, N_TYPES - 1), st.integers(0, N_TYPES - 1)))


def no_pairs(n: int) -> Pairs:
    return Pairs(np.zeros(n + 1, np.int64), np.empty(0, np.int32), np.empty(0, np.int64))


def count(ids: I32, begin: int, end: int, low: int, old: Pairs) -> Pairs:
    n, room = len(old.starts) - 1, len(old.seconds) + end - begin
    new = Pairs(np.empty(n + 1, np.int64), np.empty(room, np.int32), np.empty(room, np.int64))
    tally = np.zeros(N_TYPES, np.int64)
    ends, buckets = np.empty(n + 1, np.int64), np.empty(room, np.int32)
    kernels.count_pairs(ids, ids[1:], begin, end, low, old, new, ends, buckets, tally)
    assert not tally.any()
    filled = new.starts[n]
    return Pairs(new.starts, new.seconds[:filled], new.counts[:filled])


def as_counter(low: int, pairs: Pairs) -> Counter[tuple[int, int]]:
    firsts = np.repeat(np.arange(low, low + len(pairs.starts) - 1), np.diff(pairs.starts)).tolist()
    rows = list(zip(firsts, pairs.seconds.tolist(), strict=True))
    assert len(set(rows)) == len(rows)
    return Counter(dict(zip(rows, pairs.counts.tolist(), strict=True)))


def table_of(phrases: set[tuple[int, int]]) -> Pairs:
    rows = np.array(sorted(phrases), np.int64).reshape(-1, 2)
    starts = np.searchsorted(rows[:, 0], np.arange(N_TYPES + 1))
    return Pairs(starts, rows[:, 1].astype(np.int32), np.zeros(len(rows), np.int64))


@settings(deadline=None, max_examples=100)
@given(ids=streams, cut=st.integers(0, 40), low=st.integers(0, N_TYPES - 1))
@example(ids=np.array([1, 1, 1, -1, 1, 2], np.int32), cut=2, low=1)
def test_pairs_are_those_of_a_counter_whatever_the_chunks_and_shares(ids: I32, cut: int, low: int) -> None:
    cut = min(cut, len(ids))
    total: Counter[tuple[int, int]] = Counter()
    for begin, end in ((0, low), (low, N_TYPES)):
        first = count(ids, 0, cut, begin, no_pairs(end - begin))
        total += as_counter(begin, count(ids, cut, len(ids), begin, first))
    assert total == Counter((a, b) for a, b in pairwise(ids.tolist()) if a >= 0 and b >= 0)


@settings(deadline=None, max_examples=100)
@given(ids=streams, phrases=phrases_of, at=st.integers(0, 40))
@example(ids=np.array([0, 0, 0, 0, 0], np.int32), phrases={(0, 0)}, at=1)
def test_joining_is_greedy_from_the_left_and_pieces_change_nothing(
    ids: I32, phrases: set[tuple[int, int]], at: int
) -> None:
    table = table_of(phrases)
    names = np.arange(100, 100 + len(phrases), dtype=np.int32)
    cut = kernels.next_break(ids, ids[1:], min(at, len(ids)), table)
    expected: list[int] = []
    t = 0
    while t < len(ids):
        pair = (int(ids[t]), int(ids[t + 1])) if t + 1 < len(ids) else (-1, -1)
        is_phrase = pair in phrases
        expected.append(100 + sorted(phrases).index(pair) if is_phrase else int(ids[t]))
        t += 1 + is_phrase
    joined, got = np.zeros(len(names), np.int64), list[int]()
    for piece in (ids[:cut].copy(), ids[cut:].copy()):
        widths = np.ones(len(names), np.int32)
        got += piece[: kernels.join_pairs(piece, piece[1:], table, names, widths, joined)].tolist()
    assert got == expected
    assert joined.tolist() == [expected.count(name) for name in names.tolist()]


@pytest.mark.parametrize("words", [["a", "bb"], ["é" * n for n in range(1, 9)], ["x" * 8, "y" * 16, "z" * 31, "w"]])
def test_words_of_any_length_are_spelled(words: list[str]) -> None:
    encoded = [f"{word}\n".encode() for word in words]
    text = np.array(bytearray(b"".join(encoded) + bytes(kernels.PADDING)))
    starts = np.cumsum([0, *map(len, encoded)])
    n = len(words)
    ids = np.array([-1, *range(n), -1, 0, n - 1, -1, 1, -1], np.int32)
    line = " ".join(words)
    expected = f"\n{line}\n{words[0]} {words[-1]}\n{words[1]}\n".encode()
    for end in (len(ids), len(ids) - 1):  # with and without a sentence end of its own
        out = np.full(len(expected) + kernels.PADDING, 7, np.uint8)
        filled = kernels.spell(ids[:end], 0, end, starts, text, out)
        assert out[:filled].tobytes() == expected
    middle = kernels.spell(ids, 1, 2, starts, text, out)
    assert out[:middle].tobytes() == f"{words[0]} ".encode()
