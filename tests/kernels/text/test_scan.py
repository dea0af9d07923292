"""The scan finds what `str.split` finds; the table keeps words apart even where their hashes are one."""

import sys

import numpy as np
import pytest
from helpers import callable_kernel
from hypothesis import given, settings
from hypothesis import strategies as st

from w2v.base.arrays import SENTENCE_END
from w2v.kernels.scalars import U8
from w2v.kernels.text import scan as kernels
from w2v.kernels.text.bytes import equal_bytes as inlined_equal_bytes
from w2v.kernels.text.bytes import hash_bytes as inlined_hash_bytes
from w2v.kernels.text.tables import Table

hash_bytes, equal_bytes = callable_kernel(inlined_hash_bytes), callable_kernel(inlined_equal_bytes)
find_or_add = callable_kernel(kernels.find_or_add)


def make_table(capacity: int = 64, arena: int = 1 << 12) -> Table:
    return Table(
        slots=np.zeros(2 * capacity, np.uint64),
        starts=np.zeros(capacity + 1, np.int64),
        counts=np.zeros(capacity, np.int64),
        arena=np.empty(arena + kernels.PADDING, np.uint8),
        size=np.zeros(1, np.int64),
    )


def padded(text: "str | bytes", padding: bytes = b"x" * kernels.PADDING) -> U8:
    """The bytes of a text, and behind it what must not matter."""
    return np.frombuffer((text if isinstance(text, bytes) else text.encode()) + padding, np.uint8)


def words_of(table: Table) -> list[bytes]:
    size = int(table.size[0])
    return [table.arena[table.starts[i] : table.starts[i + 1]].tobytes() for i in range(size)]


def scan(text: "str | bytes", table: Table) -> list[int]:
    array = padded(text)
    end = len(array) - kernels.PADDING
    ids = np.empty(end + 1, np.int32)
    at, filled = kernels.scan(array, 0, end, table, ids, 0, False)
    assert at == end
    return [int(token) for token in ids[:filled]]


@pytest.mark.slow
def test_whitespace_is_that_of_str_for_every_character() -> None:
    characters = [chr(c) for c in range(sys.maxunicode + 1) if c != 10 and not 0xD800 <= c < 0xE000]
    text = "\n".join(f"a{c}b" for c in characters)
    ids = np.array(scan(text, make_table(1 << 21, 1 << 23)))
    ends = np.append(np.flatnonzero(ids == SENTENCE_END), len(ids))
    n_tokens = np.diff(ends, prepend=-1) - 1
    assert len(n_tokens) == len(characters)
    assert [c for c, n in zip(characters, n_tokens, strict=True) if n != 1] == [c for c in characters if c.isspace()]
    assert set(n_tokens) == {1, 2}


@pytest.mark.parametrize("text", ["\xa0", "\u3000", "\u2028", "a\u3000", "\u3000a", "é\x85é"])
def test_whitespace_at_the_ends(text: str) -> None:
    table = make_table()
    scan(text, table)
    assert [word.decode() for word in words_of(table)] == list(dict.fromkeys(text.split()))


@pytest.mark.parametrize("tail", [b"\xc2", b"\xe1", b"\xe2\x80", b"\xe3\x80", b"\xe1\x9a"])
def test_a_character_cut_at_the_end_is_no_whitespace_and_nothing_counts_behind_it(tail: bytes) -> None:
    text = padded(b"a " + tail, b"\x80\xa0\x85 \n" * 20)
    table, ids = make_table(), np.empty(8, np.int32)
    assert kernels.scan(text, 0, 2 + len(tail), table, ids, 0, False) == (2 + len(tail), 2)
    assert words_of(table) == [b"a", tail]


@settings(deadline=None, max_examples=100)
@given(st.text(st.sampled_from("ab \n\t\xa0\u2009é世\0"), max_size=80))
def test_ids_and_counts(text: str) -> None:
    table = make_table(256)
    ids = scan(text, table)
    found = [word.decode() for word in words_of(table)]
    assert found == list(dict.fromkeys(text.split()))
    assert [found[i] for i in ids if i >= 0] == text.split()
    assert table.counts[: len(found)].tolist() == [text.split().count(word) for word in found]
    assert not any(a == b == SENTENCE_END for a, b in zip(ids, ids[1:], strict=False))


def test_newlines_end_sentences_and_other_whitespace_does_not() -> None:
    assert scan("a\rb\r\n\n \u2028\n\x85c\n", make_table()) == [0, 1, -1, 2, -1]


def test_a_full_table_stops_the_scan_where_it_can_go_on() -> None:
    text = padded(" ".join(f"w{n}" for n in range(100)))
    end = len(text) - kernels.PADDING
    small, ids = make_table(16), np.empty(end + 1, np.int32)
    at, filled = kernels.scan(text, 0, end, small, ids, 0, False)
    assert (filled, int(small.size[0])) == (15, 15)
    assert text[at:].tobytes().startswith(b"w15 ")
    large = make_table(128)
    kernels.absorb(large, small, np.empty(15, np.int64), 0, 0)
    at, filled = kernels.scan(text, at, end, large, ids, filled, False)
    assert (at, filled) == (end, 100)
    assert ids[:100].tolist() == list(range(100))
    assert words_of(large) == text[:end].tobytes().split()


def test_words_of_one_hash_stay_apart() -> None:
    table, text = make_table(), padded("abacabab")
    spans = [(0, 2), (2, 4), (4, 6), (0, 1), (0, 3), (6, 8)]
    ids = [int(find_or_add(table, text, begin, end, np.uint64(7))) for begin, end in spans]
    assert ids == [0, 1, 0, 2, 3, 0]
    assert words_of(table) == [b"ab", b"ac", b"a", b"aba"]


def test_words_of_one_slot_but_other_hashes_stay_apart() -> None:
    table, text = make_table(), padded("ab")
    hashes = [np.uint64(n) << np.uint64(40) | np.uint64(n) << np.uint64(8) for n in range(1, 60)]
    for n, hashed in enumerate(hashes):
        assert find_or_add(table, text, 0, 2, hashed) == n
    for n, hashed in enumerate(hashes):
        assert find_or_add(table, text, 0, 2, hashed) == n


@given(st.binary(max_size=40), st.binary(max_size=9), st.binary(min_size=64, max_size=70))
@settings(deadline=None, max_examples=200)
def test_the_hash_depends_on_the_word_alone(word: bytes, before: bytes, behind: bytes) -> None:
    here = hash_bytes(padded(word), 0, len(word))
    there = hash_bytes(padded(before + word, behind), len(before), len(before) + len(word))
    assert here == there


def test_hashes_of_many_words_differ_in_both_halves() -> None:
    words = [f"{prefix}{n}" for n in range(20_000) for prefix in ("", "word", "a-longer-prefix-")]
    hashes = [int(hash_bytes(padded(word), 0, len(word))) for word in words]
    assert len(set(hashes)) == len(words)
    for shift in (0, 32, 48):  # the slot takes the low bits, the tag the high ones
        used = np.bincount([h >> shift & 0xFFFF for h in hashes], minlength=1 << 16)
        assert (used == 0).mean() == pytest.approx(np.exp(-len(words) / 2**16), abs=0.01)


@given(st.binary(min_size=1, max_size=40), st.integers(0, 39), st.integers(0, 9))
@settings(deadline=None, max_examples=200)
def test_one_byte_makes_words_unequal(word: bytes, at: int, shift: int) -> None:
    moved = padded(b"-" * shift + word)
    assert equal_bytes(padded(word), 0, moved, shift, len(word))
    other = bytearray(word)
    other[at % len(word)] ^= 1
    assert not equal_bytes(padded(bytes(other)), 0, moved, shift, len(word))


def test_absorb_adds_counts_and_tells_the_new_numbers() -> None:
    left, right = make_table(), make_table()
    scan("a b b", left)
    scan("c b a a", right)
    mapping = np.full(3, -9, np.int64)
    kernels.absorb(left, right, mapping, 0, 0)
    assert mapping.tolist() == [2, 1, 0]
    assert words_of(left) == [b"a", b"b", b"c"]
    assert left.counts[:3].tolist() == [3, 3, 1]
    scan("c a d", left)
    assert left.counts[:4].tolist() == [4, 3, 2, 1]


def test_renumber_leaves_out_what_is_dropped() -> None:
    ids = np.array([-1, 0, 1, -1, 1, -1, -1, 2, 0], np.int32)
    filled = kernels.renumber(ids, np.array([5, -1, 6], np.int32), False)
    assert ids[:filled].tolist() == [-1, 5, -1, 6, 5]


def test_gather_words_in_the_order_asked() -> None:
    table = make_table()
    scan("one 世 three", table)
    out = np.empty(100, np.uint8)
    filled = kernels.gather_words(table, np.array([2, 1], np.int64), out)
    assert out[:filled].tobytes() == "three\n世\n".encode()
