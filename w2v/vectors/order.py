"""The order of the words of a vector file: most frequent first, as nearly always, or another."""

import re
from collections.abc import Sequence
from enum import Enum

from w2v.base.arrays import Counts

FIRST = 1_000  # Words that are looked at: among rarer ones, many have the same count and may be sorted by name
LEAST = 100  # Pairs of neighbours from which on an order is seen
SHARE = 0.9  # At least this share of the pairs is in the order of the alphabet, or in its reverse: by chance half are
DIGITS = re.compile(r"\d+")


class Order(Enum):
    """The order of words."""

    FREQUENCY = 1
    """That of the counts, as far as is known."""
    COUNTS = 2
    """Not that of the counts, which are known."""
    ALPHABET = 3
    """That of the alphabet; counts are not known."""

    @classmethod
    def of(cls, words: Sequence[str], counts: Counts | None) -> "Order":
        """Return the order of words. Names that differ in a number alone say nothing: they may count from the top.

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
        return cls.ALPHABET if is_sorted else cls.FREQUENCY
