"""From bytes to word ids: hash while scanning, one lookup per token, no Python objects.

A token is a run of bytes without whitespace; whitespace is the same as for `str.split`, in UTF-8. The text must be
valid UTF-8, which the caller ensures; only whitespace is decoded here. Ids are provisional: they count the words of one
table in the order of their first occurrence. `absorb` maps them to those of another table.
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
    """Return the class of each byte value: (256,) of WORD, SPACE, NEWLINE, or LEAD (first byte of a longer space)."""
    kinds = np.zeros(256, np.uint8)
    kinds[[ord(c) for c in "\t\v\f\r\x1c\x1d\x1e\x1f "]] = SPACE
    kinds[ord("\n")] = NEWLINE
    kinds[[0xC2, 0xE1, 0xE2, 0xE3]] = LEAD
    return kinds


BYTE_CLASSES = _byte_classes()
U32, LOW_HALF = np.uint64(32), np.uint64(0xFFFFFFFF)
PADDING = 66
"""Number of readable bytes required after a text and after a table's words: 64 bytes are examined at a time, and if the
last of them is a LEAD byte, the next two."""


@inlined
def wide_space(text: U8, at: int) -> int:
    """Return the length of the Unicode whitespace that starts at a LEAD byte, or 0.

    These are U+0085, U+00A0, U+1680, U+2000-200A, U+2028, U+2029, U+202F, U+205F and U+3000.
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
    """Return the number of the word text[begin:end]; add the word if it is new.

    `hashed` is the result of hash_bytes for the word.

    Mutates the table, which must have an empty slot and room for the word's bytes and number.
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
    """Write the numbers of the tokens of text[begin:end] to ids[filled:], and count them in the table.

    A run of newlines gives one SENTENCE_END; with keep_empty, each newline gives one. If the table is half full, this
    stops early; the caller enlarges the table and calls again. 64 bytes at a time are searched for whitespace, and 8 at
    a time are hashed or compared.

    Args:
        text: (>= end + PADDING,) valid UTF-8 that ends between tokens, followed by padding, which is ignored.
        begin: where to start, between tokens.
        end: where the text ends.
        table: mutated; its arena must have room for all of text[begin:end], and PADDING.
        ids: (>= end - begin + 1 + filled,) mutated.
        filled: the number of ids that are already used.
        keep_empty: whether each newline gives a SENTENCE_END, so that lines can be counted.

    Returns:
        where the scan stopped (end when done), and the new number of used ids.
    """
    full = len(table.counts) - 1
    start = begin  # of the current token
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
    """Add the words and counts of `other` to `table`; mapping[i] becomes the number in `table` of word i of `other`.

    Words with counts below `least` are left out, with -1 in the mapping, unless their number is below `always`.

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
    """Replace each id by mapping[id], in place; remove ids that are mapped to negative numbers; return the new length.

    Runs of SENTENCE_END are reduced to one; with keep_empty, all are kept.
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
    """Copy the words with the numbers `wanted` to out, each with a newline; return the number of bytes written."""
    at = 0
    for word in wanted:
        for i in range(table.starts[word], table.starts[word + 1]):
            out[at] = table.arena[i]
            at += 1
        out[at] = 10
        at += 1
    return at
