"""The order of the words of a vector file: usually most frequent first."""

import re
from collections.abc import Sequence
from enum import Enum

from w2v.base.arrays import Counts

FIRST = 1_000  # Number of words that are examined: many rarer words have equal counts and may be sorted by name
LEAST = 100  # An order is detected from at least this many pairs of neighbours
SHARE = 0.9  # At least this share of pairs is in alphabetical or reverse order; by chance it is half
DIGITS = re.compile(r"\d+")
COMMON = {
    language: tuple(words.split())
    for language, words in {
        "Arabic": "في من على إلى أن التي",
        "Chinese": "的 在 是 了 和 有",
        "Dutch": "de van het een en in",
        "English": "the of and to in a",
        "French": "de la et le les des",
        "German": "der die und in den von",
        "Hindi": "के में है की और से",
        "Indonesian": "yang dan di dari ini dengan",
        "Italian": "di e che la il in",
        "Japanese": "の に は を た が",
        "Korean": "이 있다 수 것 그 및",
        "Persian": "و در به از که این",
        "Polish": "w i na z się do",
        "Portuguese": "de a o que e do",
        "Russian": "и в не на что с",
        "Spanish": "de la que el en y",
        "Swedish": "och i att det som en",
        "Turkish": "ve bir bu da de için",
        "Ukrainian": "і в на з що не",
        "Vietnamese": "và của là có các được",
    }.items()
}
"""Six of the most frequent words of each language. If sorted by frequency, those of the text's language are among the
first 100 words."""
SOME = 4  # This many of the six words must be in a file to draw a conclusion


class Order(Enum):
    """The order of words."""

    FREQUENCY = 1
    """The order of the counts, as far as is known."""
    COUNTS = 2
    """Not the order of the counts, which are known."""
    ALPHABET = 3
    """Alphabetical order; counts are not known."""
    UNKNOWN = 4
    """Not sorted by frequency: the most frequent words of no language are among the first; counts are not known."""

    @property
    def is_known(self) -> bool:
        """Whether it is known or can be assumed which words are the most frequent."""
        return self in (Order.FREQUENCY, Order.COUNTS)

    @classmethod
    def of(cls, words: Sequence[str], counts: Counts | None) -> "Order":
        """Return the order of words. Names that differ only in a number are ignored: they may be numbered by frequency.

        >>> import numpy as np
        >>> Order.of(["a", "b"], np.array([2, 5])), Order.of([f"w{n}" for n in range(500)], None)
        (<Order.COUNTS: 2>, <Order.FREQUENCY: 1>)
        """
        if counts is not None:
            return cls.FREQUENCY if (counts[:-1] >= counts[1:]).all() else cls.COUNTS
        names = [DIGITS.sub("", word.casefold()) for word in words[:FIRST]]
        pairs = [(left, right) for left, right in zip(names, names[1:], strict=False) if left != right]
        rising = sum(left < right for left, right in pairs)
        is_sorted = len(pairs) >= LEAST and not (1 - SHARE) * len(pairs) < rising < SHARE * len(pairs)
        if is_sorted:
            return cls.ALPHABET
        return cls.UNKNOWN if _has_common_words_late(words) else cls.FREQUENCY


def _has_common_words_late(words: Sequence[str]) -> bool:
    """Return whether frequent words of some language occur, but those of no language are among the FIRST words.

    For items, or a text without such words, nothing is known, and the result is False. A text also contains words of
    other languages, which are rare in it, so one language at the beginning is enough.
    """
    wanted = {word for known in COMMON.values() for word in known}
    found: dict[str, int] = {}
    for row, word in enumerate(words):
        if word in wanted:
            found.setdefault(word, row)
    places = (sorted(found[word] for word in known if word in found) for known in COMMON.values())
    middles = [rows[len(rows) // 2] for rows in places if len(rows) >= SOME]
    return bool(middles) and min(middles) >= FIRST
