"""Separates words: replaces everything that is not part of a word by spaces, in place.

A word is a run of letters, digits and marks that begins with a letter or a digit. One apostrophe, hyphen or other
joiner between two of these characters is part of the word. The plain scan then finds the words.
"""

import numpy as np

from w2v.kernels import inlined, jit
from w2v.kernels.llvm_bytes import lowest_bit, not_plain
from w2v.kernels.scalars import U8

OTHER, LETTER, MARK, JOINER = 0, 1, 2, 3
"""Classes of code points. LETTER is a letter or a digit; OTHER is never part of a word."""
PAGE = 8
"""A page has the classes of 2 ** PAGE code points."""
SPACE, NON_ASCII = 32, 0x80


@inlined
def width_of(lead: np.uint8) -> int:
    """Return the number of bytes of a UTF-8 character, from its first byte."""
    return 1 + (lead >= 0xC0) + (lead >= 0xE0) + (lead >= 0xF0)  # type: ignore[return-value]


@inlined
def class_at(text: U8, at: int, pages: U8, classes: U8) -> np.uint8:
    """Return the class of the character that begins at text[at]."""
    lead = np.int64(text[at])
    if lead < NON_ASCII:
        return classes[lead]  # type: ignore[no-any-return]
    if lead < 0xE0:
        code = (lead & 0x1F) << 6 | (np.int64(text[at + 1]) & 0x3F)
    elif lead < 0xF0:
        code = (lead & 0x0F) << 12 | (np.int64(text[at + 1]) & 0x3F) << 6 | (np.int64(text[at + 2]) & 0x3F)
    else:
        code = (lead & 0x07) << 18 | (np.int64(text[at + 1]) & 0x3F) << 12
        code |= (np.int64(text[at + 2]) & 0x3F) << 6 | (np.int64(text[at + 3]) & 0x3F)
    page = np.int64(pages[code >> PAGE]) << PAGE
    return classes[page | (code & ((1 << PAGE) - 1))]  # type: ignore[no-any-return]


@jit
def separate(text: U8, end: int, pages: U8, classes: U8) -> None:
    """Replace each byte of text[:end] that is not part of a word by a space; ASCII whitespace does not change.

    64 bytes at a time are searched for bytes that are not plain. Everything before the current position is already part
    of a word or whitespace, so a byte above SPACE there means that a word extends to the current position.

    Args:
        text: (>= end + PADDING,) valid UTF-8 that ends between words, followed by padding, which is ignored; mutated.
        end: where the text ends.
        pages: (0x1100,) the page number of each 256 code points; page 0 is that of ASCII.
        classes: (256 * n_pages,) the class of each code point of each page.
    """
    at = 0
    while at < end:
        bits = not_plain(text, at)
        if bits == 0:
            at += 64
            continue
        at += lowest_bit(bits)
        while at < end:
            lead = text[at]
            width = width_of(lead)
            kind = class_at(text, at, pages, classes)
            keeps = kind == LETTER
            if not keeps and kind != OTHER and at > 0 and text[at - 1] > SPACE:
                keeps = kind == MARK
                if kind == JOINER and at + width < end:
                    after = class_at(text, at + width, pages, classes)
                    keeps = after == LETTER or after == MARK
            if not keeps:
                for i in range(at, at + width):
                    text[i] = SPACE
            at += width
            if text[at] < NON_ASCII:
                break
