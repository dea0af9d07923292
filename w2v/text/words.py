"""Words: what the setting `words` counts as a word in raw text, a simplification of UAX #29, Unicode's segmentation.

A word consists of letters (category L), digits and letter-like numbers (Nd, Nl) and marks (M), with at most one of
JOINERS between two of these. Unlike in UAX #29, hyphens join words, and points and commas do not join digits. Scripts
without spaces between words are not segmented: a run of letters is one word.
"""

import unicodedata
from functools import lru_cache

import numpy as np

from w2v.kernels.scalars import U8
from w2v.kernels.text import scan
from w2v.kernels.text import words as kernels

JOINERS = frozenset("'-_\u00ad\u00b7\u058a\u05be\u05f3\u05f4\u200c\u200d\u2010\u2011\u2019\uff07")
"""Apostrophes and hyphens, also of Armenian and Hebrew and with full width; `_` of phrases; the middle dot of Catalan;
and invisible characters: the soft hyphen, and the joiner and non-joiner of Indic scripts and Persian."""
CLASSES = {"L": kernels.LETTER, "Nd": kernels.LETTER, "Nl": kernels.LETTER, "M": kernels.MARK}
"""Classes by category or its first letter."""


@lru_cache
def class_table() -> tuple[U8, U8]:
    """Return `pages` and `classes` for `kernels.separate`, for the Unicode version of this Python."""
    page = 1 << kernels.PAGE
    categories = map(unicodedata.category, map(chr, range(0x110000)))
    flat = np.fromiter((CLASSES.get(one, CLASSES.get(one[0], kernels.OTHER)) for one in categories), np.uint8)
    flat[[*map(ord, JOINERS)]] = kernels.JOINER
    rows = flat.reshape(-1, page)
    distinct: dict[bytes, int] = {}
    pages = np.array([distinct.setdefault(row.tobytes(), len(distinct)) for row in rows])
    assert len(distinct) <= 256, "the number of a page is one byte"
    return pages.astype(np.uint8), np.frombuffer(b"".join(distinct), np.uint8)


def split_words(text: str) -> list[str]:
    """Return the words of a text.

    >>> split_words("The cat's well-known 'Egypt'--no, 3.14!")
    ['The', "cat's", 'well-known', 'Egypt', 'no', '3', '14']
    """
    encoded = text.encode("utf-8", "replace")
    padded = np.frombuffer(encoded + bytes(scan.PADDING), np.uint8).copy()
    kernels.separate(padded, len(encoded), *class_table())
    return padded[: len(encoded)].tobytes().decode().split()
