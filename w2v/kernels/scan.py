"""From bytes to word ids: hash while scanning, look up once, make no object for a token.

A token is a run of bytes without whitespace; whitespace is what `str.split` takes for it, in UTF-8.
The text must be valid UTF-8 (the caller sees to it), of which only the whitespace is decoded here.
Ids are provisional: the order in which one table met its words. `absorb` maps them to another's.
"""

import numpy as np

from w2v.kernels import jit
from w2v.kernels.types import I32, I64, SENTENCE_END, U8, Table

WORD, SPACE, NEWLINE, LEAD = 0, 1, 2, 3


def _byte_classes() -> U8:
    """Return what each byte value means: (256,) of WORD, SPACE, NEWLINE, or LEAD of a longer space."""
    kinds = np.zeros(256, np.uint8)
    kinds[[ord(c) for c in "\t\v\f\r\x1c\x1d\x1e\x1f "]] = SPACE
    kinds[ord("\n")] = NEWLINE
    kinds[[0xC2, 0xE1, 0xE2, 0xE3]] = LEAD
    return kinds


BYTE_CLASSES = _byte_classes()
FNV_OFFSET, FNV_PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
U32, LOW_HALF = np.uint64(32), np.uint64(0xFFFFFFFF)


@jit
def wide_space(text: U8, at: int) -> int:
    """Return the length of the Unicode whitespace that starts at a LEAD byte, or 0.

    They are U+0085, U+00A0, U+1680, U+2000-200A, U+2028, U+2029, U+202F, U+205F and U+3000.
    """
    lead = text[at]
    if at + 1 >= len(text):
        return 0
    second = text[at + 1]
    if lead == 0xC2:
        return 2 if second == 0x85 or second == 0xA0 else 0
    if at + 2 >= len(text):
        return 0
    third = text[at + 2]
    if lead == 0xE1:
        return 3 if second == 0x9A and third == 0x80 else 0
    if lead == 0xE3:
        return 3 if second == 0x80 and third == 0x80 else 0
    if second == 0x80:
        return 3 if third <= 0x8A or third == 0xA8 or third == 0xA9 or third == 0xAF else 0
    return 3 if second == 0x81 and third == 0x9F else 0


@jit
def find_or_add(table: Table, text: U8, begin: int, end: int, hashed: np.uint64) -> np.int64:
    """Return the id of the word text[begin:end], adding it where it is new.

    Mutates the table, which must have an empty slot, and room for the word's bytes and number.
    """
    mask = np.uint64(len(table.slots) - 1)
    tag = hashed >> U32
    slot = (hashed ^ tag) & mask
    length = end - begin
    while True:
        entry = table.slots[slot]
        if entry == 0:
            break
        if entry >> U32 == tag:
            word = np.int64(entry & LOW_HALF) - 1
            start = table.starts[word]
            if table.starts[word + 1] - start == length:
                same = 0
                while same < length and table.arena[start + same] == text[begin + same]:
                    same += 1
                if same == length:
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
def scan(text: U8, begin: int, table: Table, ids: I32, filled: int) -> tuple[int, int]:
    """Write the ids of the tokens of text[begin:] to ids[filled:], counting them in the table.

    Runs of newlines give one SENTENCE_END. Stops early where the table is half full; the caller
    grows it and calls again.

    Args:
        text: (n,) valid UTF-8 that ends between tokens.
        begin: where to start, between tokens.
        table: mutated; its arena must have room for all of text[begin:].
        ids: (>= n + 1,) mutated.
        filled: how much of ids is filled.

    Returns:
        where the scan stopped (len(text) when done), and how much of ids is filled.
    """
    n = len(text)
    at = begin
    full = len(table.counts) - 1
    while at < n:
        kind = BYTE_CLASSES[text[at]]
        width = 1
        if kind == LEAD:
            width = wide_space(text, at)
        if kind == WORD or width == 0:
            if table.size[0] >= full:
                return at, filled
            start = at
            hashed = FNV_OFFSET
            while at < n:
                byte = text[at]
                kind = BYTE_CLASSES[byte]
                if kind != WORD and (kind != LEAD or wide_space(text, at) > 0):
                    break
                hashed = (hashed ^ np.uint64(byte)) * FNV_PRIME
                at += 1
            word = find_or_add(table, text, start, at, hashed)
            table.counts[word] += 1
            ids[filled] = word
            filled += 1
        else:
            if kind == NEWLINE and (filled == 0 or ids[filled - 1] != SENTENCE_END):
                ids[filled] = SENTENCE_END
                filled += 1
            at += width
    return at, filled


@jit
def hash_word(text: U8, begin: int, end: int) -> np.uint64:
    """Return the hash that `scan` computes on its way (FNV-1a, 64 bits)."""
    hashed = FNV_OFFSET
    for i in range(begin, end):
        hashed = (hashed ^ np.uint64(text[i])) * FNV_PRIME
    return hashed


@jit
def absorb(table: Table, other: Table, mapping: I64) -> None:
    """Add the words and counts of `other` to `table`; mapping[i] becomes other's word i in table.

    Mutates table, which must have room for all of other, and mapping, (other.size[0],).
    """
    for i in range(other.size[0]):
        begin, end = other.starts[i], other.starts[i + 1]
        word = find_or_add(table, other.arena, begin, end, hash_word(other.arena, begin, end))
        table.counts[word] += other.counts[i]
        mapping[i] = word


@jit
def renumber(ids: I32, mapping: I32) -> int:
    """Replace each id by mapping[id], in place, leaving out those mapped below 0; return the length.

    SENTENCE_END stays, one for a run of them.
    """
    filled = 0
    for i in range(len(ids)):
        token = ids[i]
        if token == SENTENCE_END:
            if filled > 0 and ids[filled - 1] == SENTENCE_END:
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
