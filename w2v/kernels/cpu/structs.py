"""Tuples of arrays and numbers that the training kernels take."""

from typing import NamedTuple

import numpy as np

from w2v.kernels.scalars import F32, F64, I32, I64, U8, U32, U64


class Weights(NamedTuple):
    """Data that threads share without locks (Hogwild): two flat matrices whose rows are padded to 64 bytes.

    A row is identified by the offset of its first number: row * stride. After the rows of the model, both matrices have
    the threads' spare rows, which begin at the same row: for each thread a row of zeros, and its copies of hot rows.
    """

    input: F32
    """(n_input + spare rows, stride) flattened: context rows, the vectors that are saved (word2vec.c's syn0)."""
    output: F32
    """(n_output + spare rows, stride) flattened: center and noise rows (word2vec.c's syn1neg)."""


class Sampling(NamedTuple):
    """The two distributions that a step draws from; read only."""

    keep: U32
    """(n_types,) a token is kept if 32 random bits are <= this number."""
    prob: U32
    """(n_types,) alias table: bucket i yields i if 32 random bits are <= this number, otherwise alias[i]."""
    alias: I32
    """(n_types,) the other word of the bucket."""
    logq: F32
    """(n_types,) logarithm of the probability that a word is drawn as a negative, minus its mean. If the score of the
    center is not corrected, logarithm of the probability that a word is among the negatives of a step."""


class Variant(NamedTuple):
    """The variant that a kernel is compiled for; the defaults are skip-gram with negative sampling."""

    hidden: str = "context"
    """The hidden vectors: context (each context row separately) or mean (the mean of the contexts: CBOW)."""
    output: str = "sampled"
    """The output rows: sampled (the center and negatives), all (every word) or path (the inner nodes of a Huffman tree
    on the path to the center)."""
    subwords: bool = False
    """Whether the vector of a context is the mean of several input rows."""
    lines: str = "none"
    """Whether a line has its own row: none; alone (it is the only context of each center of the line) or with-words (it
    is an additional context)."""
    frozen: bool = False
    """Whether a step moves nothing but the line's row."""
    sampler: str = "noise"
    """Source of negatives: noise, batch or hard."""
    loss: str = "bce"
    """bce, gbce, bpr, softmax, ccl or hs."""
    logq: bool = False
    """Whether scores are corrected for the sampler's probabilities."""
    logq_center: bool = True
    """Whether the score of the center is corrected too."""
    whole_line: bool = False
    """Whether contexts come from the whole line instead of a window."""
    shrink_window: bool = True
    """Whether the radius is drawn from 1..window instead of always being the full window."""
    only_before: bool = False
    """Whether all contexts are before the center."""
    reject_positives: bool = False
    """Whether words of the center's line are never negatives."""
    noise_scope: str = "all"
    """With group, negatives come from the group of the center; with line, from the group of its line; in both cases a
    share comes from all words."""
    masked: bool = False
    """Whether some rows are frozen: those that Scratch.fixed marks."""
    cosine: bool = False
    """Whether all rows stay on a sphere, so that a score is a cosine divided by a temperature (sphere.py). Not with
    masked."""
    weighted: bool = False
    """Whether the learning rate of each line is multiplied by a weight."""


class Shape(NamedTuple):
    """The bounds and weights that a step's loops use."""

    window: int
    """Largest radius."""
    negative: int
    """Number of output rows per center, without the center's own."""
    negative_weight: np.float32
    """Weight of a negative in the loss bce; weight of their mean in the loss ccl."""
    center_weight: np.float32
    """Weight of the center in the loss gbce."""
    margin: np.float32
    """In the loss ccl, negatives with a larger cosine are pushed away."""
    radius: np.float32
    """Length of all rows with cosine scores; otherwise 0."""
    n_draws: int
    """Number of output rows of a center that are known two steps ahead: negative; with the hard sampler candidates +
    negative - n_hard; with paths the number of prefetched nodes at the lower end."""
    candidates: int
    """Number of draws from which the hard sampler selects, or 0."""
    n_hard: int
    """Number of negatives that the hard sampler selects from its candidates."""
    stride: int
    """Numbers per row, with padding; a multiple of 16."""
    width: int
    """Numbers per row that the loops use: dim rounded up to full registers."""
    n_tiles: int
    """Number of tiles that hold the 1 + negative output rows."""
    tile_like: tuple[int, ...]
    """Its length is the number of output rows per tile. It is part of the type and therefore known at compile time."""


class ShardPass(NamedTuple):
    """One pass over one shard. All its draws follow from seed, epoch and shard."""

    lr: np.float32
    """Learning rate of the whole shard."""
    seed: np.uint64
    """The run's seed."""
    epoch: np.uint64
    """Number of the epoch, from 0."""
    shard: np.uint64
    """Number of the shard in its epoch, from 0."""
    lines: F32 = np.empty(0, np.float32)
    """(rows * stride,) the rows of the shard's lines, which no other thread uses at the same time; if lines share rows,
    those of all lines; empty without line vectors. Mutated."""
    line_rows: I64 = np.empty(0, np.int64)
    """(lines of the shard,) the row of each line in `lines` if lines share rows; empty if line i has row i."""
    line_weights: F32 = np.empty(0, np.float32)
    """(lines of the shard,) with `weighted`, the factor of each line's learning rate."""
    first_line: np.int64 = np.int64(0)
    """Number of the shard's first line, if lines are counted."""


class Walk(NamedTuple):
    """The current position in a shard."""

    n: int
    """Number of entries of scratch.kept in use."""
    begin: int
    """Position in scratch.kept where the center's sentence begins."""
    t: int
    """Position of the center."""
    end: int
    """Position where the sentence ends."""
    n_steps: int
    """Number of steps taken before this one."""
    line: int
    """Number of the center's line, from 1."""


class Hidden(NamedTuple):
    """The hidden vectors of a step: the rows that are scored against the output rows."""

    rows: F32
    """The matrix that contains them."""
    offsets: I64
    """(>= n,) where each vector begins in `rows`."""
    n: int
    """Number of vectors."""


class Ahead(NamedTuple):
    """Rows that the next steps need, which `update` prefetches."""

    input: F32
    """The matrix of the contexts."""
    outputs: I64
    """(>= n_outputs,) where the output rows of the step after the next begin, without the center's row."""
    n_outputs: int
    """Number of these rows."""
    center: int
    """Where the output row of that step's center begins."""
    context: int
    """Where the input row of that center's last context begins."""
    far_center: int
    """Where the output row of a later center begins, or -1 for a sentence end."""
    far_context: int
    """Where the input row of the later center's last context begins, or -1."""


class HotRows(NamedTuple):
    """A thread's own copies of the rows of the most frequent words, merged with the shared rows at intervals.

    A row that two threads write in turn is most of the time in transfer between their caches: with 5,000 words and no
    subsampling, two threads had 0.43 of the speed of one. See `merge_hot_rows`.
    """

    n_rows: int
    """Rows 0..n_rows - 1 have copies; with 0 there are no copies."""
    n_input: int
    """Number of input rows among them that have copies: all, or with subwords none."""
    shift: int
    """The copy of row r is row r + shift in both matrices."""
    shares: F32
    """(2 * n_rows,) share of a copy's change that is added to the shared row, first for input rows, then output
    rows."""
    base: F32
    """(2 * n_rows * stride,) values of the copies after the last merge, first input rows, then output rows."""


class Composed(NamedTuple):
    """With subwords: the input rows of each word, and the composed vectors of a thread."""

    starts: I64
    """(n_types + 1,) the rows of word w are rows[starts[w] : starts[w + 1]], at least one; read only."""
    rows: I32
    """Input rows; read only."""
    slots: I32
    """(n_types,) the slot that contains the vector of each word, or -1."""
    words: I64
    """(n_slots,) the word in each slot, or -1."""
    used: I64
    """(n_slots,) the position of the last center that used each slot, or -1."""
    next: I64
    """(1,) the slot that is filled next."""
    vectors: F32
    """(n_slots * 2 * stride,) for each slot the vector, followed by its value when it was composed."""
    offsets: I64
    """(most rows of a word,) offsets of the rows of one word."""


class Paths(NamedTuple):
    """With hierarchical softmax: the path from the root of the Huffman tree to each word; read only."""

    starts: I64
    """(n_types + 1,) the path of word w is nodes[starts[w] : starts[w + 1]]."""
    nodes: I32
    """Output rows, root first."""
    labels: F32
    """The label of each node: 1 - code, as in word2vec.c."""


class Groups(NamedTuple):
    """The noise distribution within each group, as an alias table; read only; empty without groups.

    Group g has the entries starts[g] : starts[g + 1] of members, prob and alias.
    """

    of_word: I32
    """(n_types,) the group of each word, -1 for none; empty if line i has group i."""
    of_line: I64
    """(1,) the group of the current line; mutated."""
    starts: I64
    """(n_groups + 1,) where the entries of each group begin."""
    members: I32
    """The words, group by group."""
    prob: U32
    """Entry i yields its word if 32 random bits are <= this number, otherwise the word of entry alias[i]."""
    alias: I32
    """The number of the other entry."""
    outside: U32
    """(1,) a negative is not replaced, and comes from all words, if 32 random bits are <= this number."""


class Fixed(NamedTuple):
    """The frozen rows, for a masked variant; otherwise empty."""

    input: U8
    """(input rows, with spare rows,) 1 for a frozen row and for copies of it; read only."""
    output: U8
    """The same for the output rows."""
    sink: I64
    """(1,) offset of a spare row of this thread in both matrices; it receives the new values of frozen rows."""
    input_targets: I64
    """(2 * window,) where the new value of each context of this step is written."""
    output_targets: I64
    """(n_tiles * len(tile_like),) where the new value of each output row of this step is written."""


class Scratch(NamedTuple):
    """A thread's own buffers. Nothing in them is kept after a shard."""

    kept: I64
    """(shard,) offsets of the rows of the shard's tokens after subsampling, -1 for a sentence end."""
    contexts: I64
    """(2 * window,) offsets of this step's input rows; one more with line vectors."""
    outputs: I64
    """(n_tiles * len(tile_like),) offsets of this step's output rows: the center, negatives, then zero_row. They are
    followed by -1 up to a multiple of 8 numbers."""
    slots: I64
    """(a power of two, >= 2 * (1 + negative),) hash table of outputs for `add_unseen`; never negative. It has one
    element if `add_unseen` is not used."""
    slot_of: I64
    """(1 + negative,) the slot of each output in `slots`; or empty."""
    negatives: I64
    """(n_draws, rounded up to full tiles) offsets of the next step's negatives, followed by zero_row."""
    later: I64
    """(n_draws,) offsets of the negatives of the step after the next, or of the nodes at the lower end of its path."""
    marks: I32
    """(n_types,) number of the last line that contained each word, for reject_positives; or empty."""
    line_row: I64
    """(1,) offset of the input row that holds the current line's row, with line vectors."""
    zero_row: I64
    """(1,) offset of an output row of zeros that belongs to this thread, for tiles that are not full."""
    pool: I64
    """(noise_pool,) offsets of recycled noise words."""
    drawn: U64
    """(up to 64,) random bits of the next words of the pool."""
    scores: F32
    """(2 * window * 8 * n_tiles + 8,) dot products, then their gradients; `layout.py` describes the layout."""
    logq: F32
    """(8 * n_tiles,) the correction of each column of the score buffer, for logq; or empty."""
    contexts_before: F32
    """(2 * window * stride,) the contexts before the step."""
    mean: F32
    """(2 * stride,) the mean of the contexts, for CBOW and the hard sampler, and a copy from before the step."""
    mean_offset: I64
    """(1,) where the mean begins in `mean`: 0."""
    lengths: F32
    """(32,) with cosine scores: the factor of the mean, and room for a sum of squares; otherwise empty."""
    labels: F32
    """(8 * n_tiles,) with paths, the label of each column of the score buffer; or empty."""
    hot_rows: HotRows
    """Copies of hot rows."""
    composed: Composed
    """With subwords, the vectors in use; otherwise empty."""
    paths: Paths
    """With paths, the paths of all words; otherwise empty."""
    groups: Groups
    """The groups of words."""
    fixed: Fixed
    """Frozen rows."""
    state: U64
    """(1,) state of the generator."""


class Tally(NamedTuple):
    """Results of a pass over a shard; the kernel writes them."""

    loss: F64
    """(1,) sum of the loss over the pairs of those centers for which it was computed."""
    pairs: I64
    """(1,) number of those pairs."""
    words: I64
    """(1,) number of tokens of the shard, before subsampling."""
