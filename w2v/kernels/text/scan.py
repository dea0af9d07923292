"""From bytes to word ids: hash while scanning, look up once, make no object for a token.

A token is a run of bytes without whitespace; whitespace is what `str.split` takes for it, in UTF-8.
The text must be valid UTF-8 (the caller sees to it), of which only the whitespace is decoded here.
Ids are provisional: the order in which one table met its words. `absorb` maps them to another's.
"""

import numpy as np

from w2v.base.arrays import SENTENCE_END
from w2v.kernels import inlined, jit
from w2v.kernels.llvm_bytes import lowest_bit, maybe_spaces
from w2v.kernels.scalars import I32, I64, U8
from w2v.kernels.text.bytes import equal_bytes, hash_bytes
from w2v.kernels.text.tables import Table

WORD, SPACE, NEWLINE, LEAD = 0, 1, 2, 3


def _byte_classes() -> U8:
    """Return what each byte value means: (256,) of WORD, SPACE, NEWLINE, or LEAD of a longer space."""
    kinds = np.zeros(256, np.uint8)
    kinds[[ord(c) for c in "\t\v\f\r\x1c\x1d\x1e\x1f "]] = SPACE
    kinds[ord("\n")] = NEWLINE
    kinds[[0xC2, 0xE1, 0xE2, 0xE3]] = LEAD
    return kinds


BYTE_CLASSES = _byte_classes()
U32, LOW_HALF = np.uint64(32), np.uint64(0xFFFFFFFF)
PADDING = 66
"""Bytes that must be readable behind a text and behind a table's words: 64 are looked at at once, and where the last
of them may begin a longer space, the next two."""


@inlined
def wide_space(text: U8, at: int) -> int:
    """Return the length of the Unicode whitespace that starts at a LEAD byte, or 0.

    They are U+0085, U+00A0, U+1680, U+2000-200A, U+2028, U+2029, U+202F, U+205F and U+3000.
    """
    lead, second, third = text[at], text[at + 1], text[at + 2]
    if lead == 0xC2:
        return 2 if second == 0x85 or second == 0xA0 else 0
    if lead == 0xE1:
        return 3 if second == 0x9A and third == 0x80 else 0
    if lead == 0xE3:
        return 3 if second == 0x80 and third == 0x80 else 0
    if second == 0x80:
        return 3 if third <= 0x8A or third == 0xA8 or third == 0xA9 or third == 0xAF else 0
    return 3 if second == 0x81 and third == 0x9F else 0


@inlined
def find_or_add(table: Table, text: U8, begin: int, end: int, hashed: np.uint64) -> np.int64:
    """Return the number of the word text[begin:end], adding it where it is new.

    `hashed` is its hash_bytes.

    Mutates the table, which must have an empty slot, and room for the word's bytes and number.
    """
    mask = np.uint64(len(table.slots) - 1)
    tag, slot = hashed >> U32, hashed & mask
    length = end - begin
    while table.slots[slot] != 0:
        entry = table.slots[slot]
        if entry >> U32 == tag:
            word = np.int64(entry & LOW_HALF) - 1
            start = table.starts[word]
            if table.starts[word + 1] - start == length and equal_bytes(table.arena, start, text, begin, length):
                return word
        slot = (slot + np.uint64(1)) & mask
    word = np.int64(table.size[0])
    start = table.starts[word]
    for i in range(length):
        table.arena[start + i] = text[begin + i]
    table.starts[word + 1] = start + length
    table.counts[word] = 0
    table.slots[slot] = (tag << U32) | np.uint64(word + 1)
    table.size[0] = word + 1
    return word


@jit
def scan(text: U8, begin: int, end: int, table: Table, ids: I32, filled: int, keep_empty: bool) -> tuple[int, int]:
    """Write the numbers of the tokens of text[begin:end] to ids[filled:], counting them in the table.

    Runs of newlines give one SENTENCE_END, but with keep_empty. Stops early where the table is half full; the caller
    grows it and calls again. 64 bytes are looked at for whitespace at once, and 8 are hashed or compared.

    Args:
        text: (>= end + PADDING,) valid UTF-8 that ends between tokens, and padding without meaning.
        begin: where to start, between tokens.
        end: where the text ends.
        table: mutated; its arena must have room for all of text[begin:end], and PADDING.
        ids: (>= end - begin + 1 + filled,) mutated.
        filled: how much of ids is filled.
        keep_empty: whether each newline gives a SENTENCE_END, so that lines can be counted.

    Returns:
        where the scan stopped (end when done), and how much of ids is filled.
    """
    full = len(table.counts) - 1
    start = begin  # of the token at hand
    for block in range(begin, end, 64):
        bits = maybe_spaces(text, block)
        while bits != 0:
            at = block + lowest_bit(bits)
            bits &= bits - np.uint64(1)
            kind = BYTE_CLASSES[text[at]]
            width = wide_space(text, at) if kind == LEAD else 1
            if width == 0 or at + width > end:
                continue
            if at > start:
                if table.size[0] >= full:
                    return start, filled
                word = find_or_add(table, text, start, at, hash_bytes(text, start, at))
                table.counts[word] += 1
                ids[filled] = word
                filled += 1
            if kind == NEWLINE and (keep_empty or filled == 0 or ids[filled - 1] != SENTENCE_END):
                ids[filled] = SENTENCE_END
                filled += 1
            start = at + width
    if start < end:
        if table.size[0] >= full:
            return start, filled
        word = find_or_add(table, text, start, end, hash_bytes(text, start, end))
        table.counts[word] += 1
        ids[filled] = word
        filled += 1
    return end, filled


@jit
def absorb(table: Table, other: Table, mapping: I64, least: int, always: int) -> None:
    """Add words and counts of `other` to `table`; mapping[i] becomes the number there of other's word i.

    Words seen less often than `least` are left out, and -1 in the mapping, unless numbered below `always`.

    Mutates table, which must have room for all of other, and mapping, (other.size[0],).
    """
    for i in range(other.size[0]):
        if i >= always and other.counts[i] < least:
            mapping[i] = -1
            continue
        begin, end = other.starts[i], other.starts[i + 1]
        word = find_or_add(table, other.arena, begin, end, hash_bytes(other.arena, begin, end))
        table.counts[word] += other.counts[i]
        mapping[i] = word


@jit
def renumber(ids: I32, mapping: I32, keep_empty: bool) -> int:
    """Replace each id by mapping[id], in place, leaving out those mapped below 0; return the length.

    SENTENCE_END stays, one for a run of them; with keep_empty all stay.
    """
    filled = 0
    for i in range(len(ids)):
        token = ids[i]
        if token == SENTENCE_END:
            if not keep_empty and filled > 0 and ids[filled - 1] == SENTENCE_END:
                continue
        else:
            token = mapping[token]
            if token < 0:
                continue
        ids[filled] = token
        filled += 1
    return filled


@jit
def gather_words(table: Table, wanted: I64, out: U8) -> int:
    """Copy the words numbered `wanted` to out, a newline after each; return the bytes written."""
    at = 0
    for word in wanted:
        for i in range(table.starts[word], table.starts[word + 1]):
            out[at] = table.arena[i]
            at += 1
        out[at] = 10
        at += 1
    return at
