"""The bundles of arrays and numbers that the training kernels take."""

from typing import NamedTuple

import numpy as np

from w2v.kernels.scalars import F32, F64, I32, I64, U8, U32, U64


class Weights(NamedTuple):
    """What the threads share without locks (Hogwild): two flat matrices of rows padded to 64 bytes.

    A row is named by the offset of its first number: row * stride. After the rows of the model, from the same row
    on in both matrices, come the threads' spare rows: for each a row of zeros, and its copies of hot rows.
    """

    input: F32
    """(n_input + spare rows, stride) flattened: context rows, the vectors that are saved (word2vec.c's syn0)."""
    output: F32
    """(n_output + spare rows, stride) flattened: center and noise rows (word2vec.c's syn1neg)."""


class Sampling(NamedTuple):
    """The two distributions that a step draws from; read only."""

    keep: U32
    """(n_types,) a token is kept where 32 random bits are <= this."""
    prob: U32
    """(n_types,) alias table: bucket i yields i where 32 random bits are <= this, else alias[i]."""
    alias: I32
    """(n_types,) the other word of the bucket."""
    logq: F32
    """(n_types,) logarithm of the probability that a word is drawn as a negative, less its mean; where the score of the
    center is not corrected, of the probability that it is among the negatives of a step."""


class Variant(NamedTuple):
    """What a kernel is compiled for; the defaults are skip-gram with negative sampling."""

    hidden: str = "context"
    """What is scored: context (each context row on its own) or mean (the mean of the contexts: CBOW)."""
    output: str = "sampled"
    """What it is scored against: sampled (the center and negatives), all (every word) or path (the inner nodes of a
    Huffman tree on the way to the center)."""
    subwords: bool = False
    """The vector of a context is the mean of several input rows."""
    lines: str = "none"
    """Whether a line has a row of its own: none; alone (it is the only context of each center of the line) or
    with-words (it is one more context)."""
    frozen: bool = False
    """A step moves nothing but the line's row."""
    sampler: str = "noise"
    """Where negatives come from: noise, batch or hard."""
    loss: str = "bce"
    """bce, gbce, bpr, softmax, ccl or hs."""
    logq: bool = False
    """Correct the scores for the sampler's probabilities."""
    logq_center: bool = True
    """Correct the score of the center too."""
    whole_line: bool = False
    """Contexts come from the whole line, not from a window."""
    shrink_window: bool = True
    """Draw the radius from 1..window instead of always using the whole window."""
    only_before: bool = False
    """Contexts stand before the center."""
    reject_positives: bool = False
    """A negative is never a word of the center's line."""
    noise_scope: str = "all"
    """group: negatives of a center come from its own group; line: from that of its line; both with a share from
    everywhere."""
    masked: bool = False
    """Some rows stay as they are: those that Scratch.fixed marks."""
    cosine: bool = False
    """All rows stay on a sphere, so that a score is a cosine divided by a temperature (sphere.py). Not masked."""
    weighted: bool = False
    """The learning rate of each line is multiplied by a weight."""


class Shape(NamedTuple):
    """The settings that a step's loops run over."""

    window: int
    """Largest radius."""
    negative: int
    """Output rows per center, without the center's own."""
    negative_weight: np.float32
    """Weight of a negative in the loss bce; weight of their mean in the loss ccl."""
    center_weight: np.float32
    """Weight of the center in the loss gbce."""
    margin: np.float32
    """A negative with a larger cosine is pushed away, in the loss ccl."""
    radius: np.float32
    """Length of all rows with cosine scores, else 0."""
    n_draws: int
    """Output rows of a center that are known two steps before: negative, or with the hard sampler candidates + negative
    - n_hard; with paths the nodes at its lower end."""
    candidates: int
    """Draws of which the hard sampler selects the hardest, or 0."""
    n_hard: int
    """Negatives that the hard sampler selects from its candidates."""
    stride: int
    """Numbers from a row to the next, padding included; a multiple of 16."""
    width: int
    """Numbers of a row that the loops run over: dim, up to full registers."""
    n_tiles: int
    """Tiles that hold the 1 + negative output rows."""
    tile_like: tuple[int, ...]
    """Its length is the number of output rows in a tile. It is part of the type, so it is known when compiling."""


class ShardPass(NamedTuple):
    """One pass over one shard: everything drawn follows from seed, epoch and shard."""

    lr: np.float32
    """Learning rate of the whole shard."""
    seed: np.uint64
    """The run's seed."""
    epoch: np.uint64
    """Number of the epoch, from 0."""
    shard: np.uint64
    """Number of the shard in its epoch, from 0."""
    lines: F32 = np.empty(0, np.float32)
    """(rows * stride,) the rows of the shard's lines, which no other thread has meanwhile; or those of all lines, where
    lines share rows; empty without line vectors. Mutated."""
    line_rows: I64 = np.empty(0, np.int64)
    """(lines of the shard,) the row of each line in `lines`, where lines share rows; or empty: line i has row i."""
    line_weights: F32 = np.empty(0, np.float32)
    """(lines of the shard,) with `weighted`, what the learning rate of each line is multiplied by."""
    first_line: np.int64 = np.int64(0)
    """Number of the shard's first line, where lines are counted."""


class Walk(NamedTuple):
    """Where the walk over a shard is."""

    n: int
    """Entries of scratch.kept in use."""
    begin: int
    """Where the center's sentence begins in scratch.kept."""
    t: int
    """Where the center is."""
    end: int
    """Where its sentence ends."""
    n_steps: int
    """Steps taken before this one."""
    line: int
    """Number of the center's line, from 1."""


class Hidden(NamedTuple):
    """The hidden vectors of a step: the rows that are scored against the output rows."""

    rows: F32
    """The matrix that they are rows of."""
    offsets: I64
    """(>= n,) where each begins in `rows`."""
    n: int
    """How many there are."""


class Ahead(NamedTuple):
    """Rows that the next steps need, for `update` to ask for."""

    input: F32
    """The matrix of the contexts."""
    outputs: I64
    """(>= n_outputs,) where the output rows of the step after the next begin, without the center's."""
    n_outputs: int
    """How many there are."""
    center: int
    """Where the output row of its center begins."""
    context: int
    """Where the input row of its last context begins."""
    far_center: int
    """Where the output row of a later center begins, or -1 at a sentence's end."""
    far_context: int
    """Where the input row of its last context begins, or -1."""


class HotRows(NamedTuple):
    """A thread's own copies of the rows of the most frequent words, merged with the shared ones now and then.

    A row that two threads write in turn spends most of its time on the way between their caches: with 5,000
    words and no subsampling, two threads had 0.43 of the speed of one. See `merge_hot_rows`.
    """

    n_rows: int
    """Rows 0..n_rows - 1 have copies; 0 turns this off."""
    n_input: int
    """Of these the input rows that have copies: all, or with subwords none."""
    shift: int
    """The copy of row r is row r + shift, in both matrices."""
    shares: F32
    """(2 * n_rows,) share of a copy's movement that goes into the shared row, input rows then output rows."""
    base: F32
    """(2 * n_rows * stride,) the copies, input then output, as they were after the last merge."""


class Composed(NamedTuple):
    """With subwords: the input rows of each word, and the vectors that a thread has composed of them."""

    starts: I64
    """(n_types + 1,) the rows of word w are rows[starts[w] : starts[w + 1]], at least one; read only."""
    rows: I32
    """Input rows; read only."""
    slots: I32
    """(n_types,) the slot that holds the vector of each word, or -1."""
    words: I64
    """(n_slots,) the word in each slot, or -1."""
    used: I64
    """(n_slots,) the position of the last center that each slot was used for, or -1."""
    next: I64
    """(1,) the slot that is filled next."""
    vectors: F32
    """(n_slots * 2 * stride,) for each slot the vector, and the vector as it was when it was composed."""
    offsets: I64
    """(most rows of a word,) offsets of the rows of one word."""


class Paths(NamedTuple):
    """With hierarchical softmax: the way from the root of the Huffman tree to each word; read only."""

    starts: I64
    """(n_types + 1,) the path of word w is nodes[starts[w] : starts[w + 1]]."""
    nodes: I32
    """Output rows, root first."""
    labels: F32
    """The label of each: 1 - code, as in word2vec.c."""


class Groups(NamedTuple):
    """The noise distribution within each group, as an alias table; read only, and empty without groups.

    Group g has the entries starts[g] : starts[g + 1] of members, prob and alias.
    """

    of_word: I32
    """(n_types,) the group of each word, -1 for none; empty where line i has group i."""
    of_line: I64
    """(1,) the group of the line that the walk is in; mutated."""
    starts: I64
    """(n_groups + 1,) where the entries of each group begin."""
    members: I32
    """The words, group by group."""
    prob: U32
    """Entry i yields its word where 32 random bits are <= this, else that of entry alias[i]."""
    alias: I32
    """The number of the other entry."""
    outside: U32
    """(1,) a negative stays one from everywhere where 32 random bits are <= this."""


class Fixed(NamedTuple):
    """The rows that training does not move, for a variant that is masked; else empty."""

    input: U8
    """(input rows, spare ones included,) 1 for a row that stays as it is, and for the copies of it; read only."""
    output: U8
    """The same for the output rows."""
    sink: I64
    """(1,) offset of a spare row of this thread, in both matrices: what would move a fixed row is written there."""
    input_targets: I64
    """(2 * window,) where the new value of each context of this step is written."""
    output_targets: I64
    """(n_tiles * len(tile_like),) the same for the output rows of this step."""


class Scratch(NamedTuple):
    """A thread's own buffers; nothing in them outlives a shard."""

    kept: I64
    """(shard,) offsets of the rows of the shard's tokens after subsampling, -1 for a sentence's end."""
    contexts: I64
    """(2 * window,) offsets of this step's input rows; with line vectors one more."""
    outputs: I64
    """(n_tiles * len(tile_like),) offsets of this step's output rows: the center, negatives, then zero_row. Up to a
    multiple of 8 numbers follow, which are -1."""
    slots: I64
    """(a power of two, >= 2 * (1 + negative),) a hash table of outputs, for `add_unseen`; never negative. Of one
    number where that is not called."""
    slot_of: I64
    """(1 + negative,) where each output stands in `slots`; or empty."""
    negatives: I64
    """(n_draws, up to full tiles) offsets of the next step's negatives; then zero_row."""
    later: I64
    """(n_draws,) offsets of the negatives of the step after it, or of the nodes at the lower end of its path."""
    marks: I32
    """(n_types,) the number of the last line that each word was in, for reject_positives; or empty."""
    line_row: I64
    """(1,) offset of the input row in which the row of the line at hand stands, with line vectors."""
    zero_row: I64
    """(1,) offset of an output row of zeros that no other thread has, for tiles that are not full."""
    pool: I64
    """(noise_pool,) offsets of recycled noise words."""
    drawn: U64
    """(up to 64,) random bits of the words that come into the pool next."""
    scores: F32
    """(2 * window * 8 * n_tiles + 8,) dot products, then their gradients; `layout.py` says where each stands."""
    logq: F32
    """(8 * n_tiles,) the correction of each column of the score buffer, for logq; or empty."""
    contexts_before: F32
    """(2 * window * stride,) the contexts before the step."""
    mean: F32
    """(2 * stride,) the mean of the contexts, for CBOW and the hard sampler, and a copy from before the step."""
    mean_offset: I64
    """(1,) where the mean begins in `mean`: 0."""
    lengths: F32
    """(32,) with cosine scores: what the mean was scaled by, and room for a sum of squares; else empty."""
    labels: F32
    """(8 * n_tiles,) with paths, the label of each column of the score buffer; or empty."""
    hot_rows: HotRows
    """Copies of hot rows."""
    composed: Composed
    """With subwords, the vectors in use; else empty."""
    paths: Paths
    """With paths, those of all words; else empty."""
    groups: Groups
    """The groups of words."""
    fixed: Fixed
    """Rows that stay as they are."""
    state: U64
    """(1,) the generator."""


class Tally(NamedTuple):
    """What a pass over a shard reports; written by the kernel."""

    loss: F64
    """(1,) sum of the loss over the pairs of the centers where it was computed."""
    pairs: I64
    """(1,) number of those pairs."""
    words: I64
    """(1,) tokens of the shard, including those that subsampling drops."""
