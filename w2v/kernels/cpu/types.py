"""The shapes of what kernels take: array types, and the bundles that travel together."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
Array = npt.NDArray[Any]


class Table(NamedTuple):
    """Distinct words and their counts: open addressing over an arena of bytes.

    Word i is arena[starts[i]:starts[i + 1]] and was seen counts[i] times.
    """

    slots: U64
    """(2**b,), at most half full: 0 is empty, else the upper half of the hash, then i + 1."""
    starts: I64
    """(capacity + 1,) where each word begins."""
    counts: I64
    """(capacity,) occurrences."""
    arena: U8
    """(bytes,) the words, end to end."""
    size: I64
    """(1,) number of words."""


class Pairs(NamedTuple):
    """Pairs of words, by the first: those that begin with word i stand at starts[i] .. starts[i + 1] - 1."""

    starts: I64
    """(n_types + 1,)"""
    seconds: I32
    """(n_pairs,) the second word of each."""
    counts: I64
    """(n_pairs,) occurrences."""


class Weights(NamedTuple):
    """What the threads share without locks (Hogwild): two flat matrices of rows padded to 64 bytes.

    A row is named by the offset of its first number, the same in both.
    """

    input: F32
    """(n_rows * stride,) context rows, the vectors that are saved (word2vec.c's syn0)."""
    output: F32
    """(n_rows * stride,) center and noise rows (word2vec.c's syn1neg)."""


class Sampling(NamedTuple):
    """The two distributions a step draws from; read only."""

    keep: U32
    """(n_types,) a token is kept where 32 random bits are <= this."""
    prob: U32
    """(n_types,) alias table: bucket i yields i where 32 random bits are <= this, else alias[i]."""
    alias: I32
    """(n_types,) the other word of the bucket."""
    logq: F32
    """(n_types,) logarithm of the probability a word is drawn with as a negative, less its mean."""


class Variant(NamedTuple):
    """What a kernel is compiled for; the defaults are skip-gram with negative sampling."""

    cbow: bool = False
    """Score the mean of the contexts, not each of them."""
    sampler: str = "noise"
    """Where negatives come from: noise, batch, hard, or all (every other word)."""
    loss: str = "bce"
    """bce, bpr or softmax."""
    logq: bool = False
    """Correct the scores for the sampler's probabilities."""
    whole_line: bool = False
    """Contexts come from the whole line, not from a window."""
    shrink_window: bool = True
    """Draw the radius from 1..window, rather than take all of it."""
    only_before: bool = False
    """Contexts stand before the center."""
    reject_positives: bool = False
    """Let no negative be a word of the same line."""


class Shape(NamedTuple):
    """The settings that a step's loops run over."""

    window: int
    """Largest radius."""
    negative: int
    """Negatives a center."""
    drawn: int
    """Words drawn to get them: negative, or with the hard sampler candidates + negative - n_hard."""
    candidates: int
    """Draws of which the hard sampler takes the hardest, or 0."""
    n_hard: int
    """Negatives that it takes so."""
    stride: int
    """Numbers of a row, padding included."""
    n_tiles: int
    """Tiles that hold the 1 + negative output rows."""
    tile: tuple[int, ...]
    """Its length is the number of output rows in a tile; part of the type, so compiled in."""


class Private(NamedTuple):
    """A thread's own copies of the rows of the most frequent words, merged with the shared ones now and then.

    Written by two threads in turn, a row is on its way between their caches most of the time: with 5,000
    words and no subsampling that left two threads 0.43 of the speed of one. See `merge_private`.
    """

    n_rows: int
    """Words 0..n_rows - 1 have copies; 0 turns this off."""
    shift: int
    """The copy of row r is row r + shift, in both matrices."""
    shares: F32
    """(2 * n_rows,) how much of what a copy has moved goes into the shared row, input and output."""
    base: F32
    """(2 * n_rows * stride,) the copies, input and output, as they were at the last merge."""


class Scratch(NamedTuple):
    """A thread's own buffers; nothing in them outlives a shard."""

    kept: I64
    """(shard,) offsets of the rows of the shard's tokens after subsampling, -1 for a sentence's end."""
    contexts: I64
    """(2 * window,) offsets of this step's input rows."""
    outputs: I64
    """(n_tiles * len(tile),) offsets of this step's output rows: the center, negatives, then zero_row."""
    negatives: I64
    """(drawn, up to full tiles) offsets of the next step's negatives, drawn one step ahead; then zero_row."""
    words: I64
    """(n_tiles * len(tile),) the words of the outputs, for logq; or empty."""
    marks: I32
    """(n_types,) the number of the last line that each word was in, for reject_positives; or empty."""
    zero_row: I64
    """(1,) offset of an output row of zeros that no other thread has, for tiles that are not full."""
    pool: I64
    """(noise_pool,) offsets of recycled noise words."""
    scores: F32
    """(2 * window * 8 * n_tiles,) dot products, then their gradients; laid out as in scalar.py."""
    old: F32
    """(2 * window * stride,) the contexts before the step."""
    mean: F32
    """(2 * stride,) the mean of the contexts, for CBOW and the hard sampler, and as it was before the step."""
    only: I64
    """(1,) where the mean begins in `mean`: 0."""
    private: Private
    """Copies of hot rows."""
    state: U64
    """(1,) the generator."""


class Tally(NamedTuple):
    """What a shard tells about itself; written by the kernel."""

    loss: F64
    """(1,) sum over the sampled centers' pairs of the loss."""
    pairs: I64
    """(1,) number of those pairs."""
    words: I64
    """(1,) tokens of the shard, those that subsampling drops included."""
