"""Tuples of arrays that the text kernels take."""

from typing import NamedTuple

from w2v.kernels.scalars import I32, I64, U8, U64


class Table(NamedTuple):
    """Distinct words and their counts: a hash table with open addressing over an arena of bytes.

    Word i is arena[starts[i]:starts[i + 1]] and was seen counts[i] times.
    """

    slots: U64
    """(2**b,), at most half full. 0 means empty; otherwise the upper 32 bits are those of the hash, the lower i + 1."""
    starts: I64
    """(capacity + 1,) where each word begins."""
    counts: I64
    """(capacity,) occurrences."""
    arena: U8
    """(bytes,) the words, end to end."""
    size: I64
    """(1,) number of words."""


class Pairs(NamedTuple):
    """Pairs of words by their first word: those that begin with word i are at starts[i] .. starts[i + 1] - 1."""

    starts: I64
    """(n_types + 1,)"""
    seconds: I32
    """(n_pairs,) the second word of each."""
    counts: I64
    """(n_pairs,) occurrences."""
