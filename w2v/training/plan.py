"""Plan: everything that a run's threads and kernels need, made once from (config, vocab, stream)."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from w2v.base.arrays import Floats, Ids, own_lines
from w2v.base.errors import SettingsError
from w2v.base.machine import available_threads
from w2v.checkpoints.snapshots import FixedRows
from w2v.kernels import llvm
from w2v.kernels.cache import STAMP
from w2v.kernels.cpu import step
from w2v.kernels.cpu.outputs import LOWER_NODES, SEEN_FROM
from w2v.kernels.cpu.samplers import RENEWED
from w2v.kernels.cpu.sphere import LENGTHS
from w2v.kernels.cpu.structs import (
    Composed,
    Fixed,
    Groups,
    HotRows,
    Paths,
    Sampling,
    Scratch,
    Shape,
    ShardPass,
    Tally,
    Variant,
    Weights,
)
from w2v.settings.train import TrainConfig
from w2v.text.groups import read_groups
from w2v.text.shown import read_shown
from w2v.text.subwords import NGrams, WordRows
from w2v.text.vocab import Vocab
from w2v.training.distributions import alias_table, group_tables, keep_prob, noise_distribution, thresholds
from w2v.training.huffman import Huffman
from w2v.training.line_rows import NO_LINE_INPUTS, LineInputs, count_lines, n_lines, new_line_rows
from w2v.training.schedule import EMPTY, SHARD_MAX, SHARD_MIN, Job, StepWork, shard_bounds
from w2v.training.weights import Embeddings, padded

HOT_ROWS = 128
"""Number of words whose rows each thread copies. With two threads 64 gain 20%, 128 slightly more, 1,024
no more."""
MERGES_A_THREAD = 32
"""A run copies hot rows only if each thread merges them at least this many times per thread."""
SATURATED = 100
"""From this many uses between two merges, a row moves by the mean of its copies' updates instead of their sum."""
FULL_WINDOW = 5
"""With window="full": half the number of contexts that are drawn from a line."""
SLOTS = 64
"""Number of words whose composed vectors a thread keeps, or more if a step needs more. A quarter of the contexts are
among the last 64 words. Of the last 512 it is 43%, but then the n-gram rows of a word have left the near caches before
its vector is written back."""
NO_GROUPS = Groups(
    np.empty(0, np.int32),
    np.empty(0, np.int64),
    np.empty(0, np.int64),
    np.empty(0, np.int32),
    np.empty(0, np.uint32),
    np.empty(0, np.int32),
    np.empty(0, np.uint32),
)
NO_LINES = np.empty(0, np.float32)
MAX_TILE = 6
"""Number of output rows whose sums with 4 contexts fit into the 32 registers of AVX-512, together with the operands."""
Mask = npt.NDArray[np.uint8]
"""1 for each frozen row."""


@dataclass(frozen=True)
class Plan:
    """The parts of a run that do not change."""

    config: TrainConfig
    """The settings that the plan was made from."""
    kernel: str
    """Name of the kernels: `simd` or `scalar`."""
    variant: Variant
    shape: Shape
    sampling: Sampling
    bounds: list[int]
    """Where the shards of the stream begin, followed by its length."""
    n_threads: int
    shares: npt.NDArray[np.float32]
    """(2, n_rows) shares of the hot rows; see merge_shares."""
    n_types: int
    """Number of words, and of output rows."""
    word_rows: WordRows | None
    """With subwords, the input rows of each word."""
    tree: Huffman | None
    """With hierarchical softmax, the paths to the words."""
    first_lines: list[int]
    """With line vectors or weights, the number of the first line of each shard, followed by the number of all lines;
    otherwise empty."""
    first_shard: int = 0
    """Number of the first shard. Parts of one text that are trained separately have different shard numbers, and so
    different draws."""
    fixed: FixedRows | None = None
    """The frozen rows."""
    lines: LineInputs = NO_LINE_INPUTS
    """Rows that several lines share, and the weights of lines."""
    groups: Groups | None = None
    """The groups from which negatives are drawn."""

    @classmethod
    def of(
        cls,
        config: TrainConfig,
        vocab: Vocab,
        stream: Ids,
        *,
        shard_max: int = SHARD_MAX,
        first_shard: int = 0,
        fixed: FixedRows | None = None,
        lines: LineInputs = NO_LINE_INPUTS,
        groups: Groups | None = None,
    ) -> "Plan":
        """Make the plan of a run.

        Args:
            config: the settings.
            vocab: the words, and the counts that subsampling and the noise distribution follow.
            stream: (n,) rows of vocab and SENTENCE_END (-1).
            shard_max: approximate number of tokens of the longest shard.
            first_shard: number of the first shard.
            fixed: the frozen rows.
            lines: rows that several lines share, and the weights of lines; without weights, all lines have weight 1.
            groups: the groups from which negatives are drawn, as `groups_of` returns them.

        Raises:
            SettingsError: W2V_KERNEL names no kernel.
        """
        n_threads = config.threads or available_threads()
        tree = Huffman.of(vocab.counts) if config.output_layer.kernel == "path" else None
        shape = shape_of(config, tree.longest if tree else len(vocab))
        work = step_work(config, vocab, shape)
        bounds = shard_bounds(stream, work, shard_max, whole_lines=config.counts_lines)
        shard = len(stream) // (len(bounds) - 1)
        # Rows are also merged at the end of a shard. That comes first if shards were cut because of their work.
        merge_every = step.MERGE_EVERY if shard >= SHARD_MIN else shard * work.kept
        return cls(
            config=config,
            kernel=kernel_name(),
            variant=variant_of(config)._replace(
                masked=fixed is not None,
                weighted=lines.weights is not None,
                noise_scope=config.noise_scope if groups is not None else "all",
            ),
            shape=shape,
            sampling=sampling_of(config, vocab),
            bounds=bounds,
            n_threads=n_threads,
            shares=merge_shares(vocab, config, n_threads, len(stream), merge_every, tree),
            n_types=len(vocab),
            word_rows=word_rows_of(config, vocab),
            tree=tree,
            first_lines=count_lines(stream, bounds) if config.counts_lines else [],
            first_shard=first_shard,
            fixed=fixed,
            lines=lines,
            groups=groups,
        )

    @property
    def train_shard(self) -> step.TrainShard:
        """The kernel that trains on one shard."""
        return step.train_shard(self.kernel, self.variant)

    def new_embeddings(self) -> Embeddings:
        """Return rows as they are at the beginning of a run, with spare rows for the threads."""
        n_spare = self.n_threads * self._spare_rows
        config, lines = self.config, None
        if config.has_lines:
            lines = new_line_rows(self.lines.n_rows(self.first_lines[-1]), config.dim, config.seed)
        embeddings = Embeddings.create(self.n_types, config.dim, config.seed, n_spare, self.word_rows, lines)
        if config.radius:
            embeddings.move_to_sphere(config.radius, config.seed)
        are_outputs = self.config.line_vectors == "alone" and self.config.output_layer.outputs_are_words
        return replace(embeddings, vectors_are_outputs=are_outputs)

    def new_buffers(self, thread: int) -> tuple[Scratch, Tally]:
        """Return the buffers of a thread; threads are numbered from 0."""
        longest = max(end - begin for begin, end in zip(self.bounds, self.bounds[1:], strict=False))
        zero_row = self.n_types + thread * self._spare_rows
        scratch = new_scratch(
            self.shape,
            longest,
            self.config,
            zero_row * self.shape.stride,
            new_hot_rows(self.shares, zero_row + 1, self.shape.stride, has_hot_inputs(self.config)),
            self.n_types,
            self.word_rows,
            self.tree,
            self._fixed_masks,
            self.groups,
        )
        return scratch, new_tally()

    @cached_property
    def _fixed_masks(self) -> tuple[Mask, Mask] | None:
        """The masks of the input and the output rows, with spare rows; None if no row is frozen."""
        if self.fixed is None:
            return None
        n_hot, first = int(self.shares.shape[1]), self.n_types + 1
        copies = [first + thread * self._spare_rows for thread in range(self.n_threads)]
        n_spare = self.n_threads * self._spare_rows
        rows = self.fixed.input if self.word_rows is None else np.zeros(self.n_types, bool)
        return row_mask(rows, n_spare, copies, n_hot), row_mask(self.fixed.output, n_spare, copies, n_hot)

    def arguments(
        self,
        tokens: Ids,
        weights: Weights,
        buffers: tuple[Scratch, Tally],
        job: Job,
        lines: npt.NDArray[np.float32] = NO_LINES,
    ) -> tuple[Ids, Weights, Sampling, Shape, Scratch, Tally, ShardPass]:
        """Return the arguments of `train_shard` for a shard with these tokens and these rows of lines.

        The rows are those of the shard's lines, or of all lines if lines share rows.
        """
        seed, number = np.uint64(self.config.seed), np.uint64(self.first_shard + job.shard)
        first, end = self.first_lines[job.shard : job.shard + 2] if self.first_lines and job is not EMPTY else (0, 0)
        rows, line_weights = self.lines.part(first, end)
        shard = ShardPass(
            *(np.float32(job.lr), seed, np.uint64(job.epoch), number, lines, rows, line_weights), np.int64(first)
        )
        return tokens, weights, self.sampling, self.shape, *buffers, shard

    @property
    def _spare_rows(self) -> int:
        """Spare rows of a thread: zeros, copies of the hot rows, with line vectors the line's row, and the sink."""
        return 1 + int(self.shares.shape[1]) + self.config.has_lines + (self.fixed is not None)


def row_mask(fixed: npt.NDArray[np.bool_], n_spare: int, copies: Sequence[int], n_hot: int) -> Mask:
    """Return 1 for each frozen row, (n_types + n_spare,): the model's frozen rows and the threads' copies of them.

    Args:
        fixed: (n_types,) whether each row of the model is frozen.
        n_spare: number of rows after the model's rows.
        copies: for each thread, the row at which its copies of the first rows begin.
        n_hot: number of rows that have copies.
    """
    found = np.zeros(len(fixed) + n_spare, np.uint8)
    for first in (0, *copies):
        n = n_hot if first else len(fixed)
        found[first : first + n] = fixed[:n]
    return found


def kernel_name() -> str:
    """Return the name of the kernels that this machine runs: W2V_KERNEL if set, else the fastest supported ones."""
    wanted = os.environ.get("W2V_KERNEL", "")
    if wanted and wanted not in step.KERNELS:
        raise SettingsError(f"W2V_KERNEL must be one of {', '.join(step.KERNELS)}, not '{wanted}'")
    return wanted or ("simd" if llvm.has_fma() else "scalar")


def kernel_stamp() -> str:
    """Return a stamp that changes with the code of the kernels."""
    return STAMP[:8]


def weights_of(rows: Embeddings) -> Weights:
    """Return both matrices in the form that kernels take."""
    return Weights(rows.input.reshape(-1), rows.output.reshape(-1))


def variant_of(config: TrainConfig) -> Variant:
    """Return the variant of the kernel that these settings need."""
    layer = config.output_layer
    return Variant(
        hidden="mean" if config.model == "cbow" else "context",
        output=layer.kernel,
        subwords=config.subwords != "none",
        lines=config.line_vectors,
        sampler=config.sampler,
        loss=layer.loss,
        logq=config.uses_logq,
        logq_center=config.logq_center,
        whole_line=config.window == "full",
        shrink_window=config.shrink_window,
        only_before=config.window_side == "before",
        reject_positives=config.reject_positives,
        cosine=config.radius > 0,
    )


def word_rows_of(config: TrainConfig, vocab: Vocab) -> WordRows | None:
    """Return the input rows of each word; None without subwords, where word i has row i."""
    ngrams = NGrams.of_config(config)
    if ngrams is None:
        return None
    return WordRows.of(ngrams, vocab.words, keep_prob(vocab.counts, config.sample) * vocab.counts)


def shape_of(config: TrainConfig, most_outputs: int) -> Shape:
    """Return the loop bounds of a step: as few tiles as possible, each with the same number of output rows.

    Args:
        config: the settings.
        most_outputs: output rows of a center if no negatives are drawn: all words, or the longest path.
    """
    negative = config.negative if config.output_layer.has_negatives else max(1, most_outputs) - 1
    n_tiles = -(-(negative + 1) // MAX_TILE)
    tile_like = (0,) * -(-(negative + 1) // n_tiles)
    n_hard, candidates = (config.n_hard, config.candidates) if config.sampler == "hard" else (0, 0)
    window = FULL_WINDOW if isinstance(config.window, str) else config.window
    known = {"sampled": candidates + negative - n_hard, "path": min(LOWER_NODES, negative + 1), "all": 0}
    n_draws = known[config.output_layer.kernel]
    width = -(-config.dim // llvm.LANES) * llvm.LANES
    return Shape(
        window,
        negative,
        np.float32(config.negative_weight),
        np.float32(config.center_weight(most_outputs)),
        np.float32(config.margin),
        np.float32(config.radius),
        n_draws,
        candidates,
        n_hard,
        padded(config.dim),
        width,
        n_tiles,
        tile_like,
    )


def step_work(config: TrainConfig, vocab: Vocab, shape: Shape) -> StepWork:
    """Return the cost of a step in multiply-adds: 3 * stride per pair of hidden vector and output row."""
    against_outputs = 3.0 * shape.n_tiles * len(shape.tile_like) * shape.stride
    average = 2.0 * shape.stride if config.model == "cbow" or config.sampler == "hard" else 0.0
    choosing = float(shape.candidates * shape.stride + shape.n_draws)
    kept = float((keep_prob(vocab.counts, config.sample) * vocab.counts).sum()) / vocab.n_tokens
    if config.model == "cbow":
        return StepWork(choosing + against_outputs, average, mean_contexts(config), kept)
    return StepWork(choosing, average + against_outputs, mean_contexts(config), kept)


def sampling_of(config: TrainConfig, vocab: Vocab) -> Sampling:
    """Return the subsampling probabilities of words and the noise distribution of negatives."""
    keep, noise = keep_prob(vocab.counts, config.sample), noise_of(config, vocab)
    prob, alias = alias_table(noise)
    drawn = keep * vocab.counts if config.sampler == "batch" else noise
    drawn = drawn / drawn.sum()
    if config.logq_center:
        logq = np.log(drawn)
        logq -= logq.mean()
    else:
        logq = np.log(-np.expm1(config.negative * np.log1p(-np.minimum(drawn, 1 - 1e-12))))
    return Sampling(thresholds(keep), thresholds(prob), alias, logq.astype(np.float32))


def noise_of(config: TrainConfig, vocab: Vocab) -> Floats:
    """Return the probability of each word as a noise word."""
    return noise_distribution(vocab.counts, config.ns_exponent, config.uniform_share)


def groups_of(config: TrainConfig, vocab: Vocab, stream: Ids) -> Groups | None:
    """Return the groups from which negatives are drawn; None without groups."""
    outside = thresholds(np.array([config.outside_share]))
    if config.shown is not None:
        starts, members = read_shown(config.shown, vocab, n_lines(stream))
        entries = np.arange(len(members), dtype=np.int32)
        return NO_GROUPS._replace(
            starts=starts, members=members, prob=thresholds(np.ones(len(members))), alias=entries, outside=outside
        )
    if config.negative_groups is None:
        return None
    groups = read_groups(config.negative_groups, vocab)
    starts, members, prob, alias = group_tables(noise_of(config, vocab), groups)
    return NO_GROUPS._replace(
        of_word=groups, starts=starts, members=members, prob=thresholds(prob), alias=alias, outside=outside
    )


def merge_shares(
    vocab: Vocab,
    config: TrainConfig,
    n_threads: int,
    n_tokens: int,
    merge_every: float = step.MERGE_EVERY,
    tree: Huffman | None = None,
) -> npt.NDArray[np.float32]:
    """Return which share of the update of a thread's copy of a hot row is added to the shared row.

    The share is 1 if a row is seldom used between two merges, as if there were no copies. If a row is used often, every
    thread's copy of it has already moved to where it fits best. The sum of these updates would go too far: with 5,000
    words, no subsampling and two threads the loss was 2.48, and 2.30 with one thread. The shared row then gets the mean
    of the updates: a share of 1 / n_threads. In between, the share falls smoothly.

    With means, n_threads times as many merges are needed to get as far, so a short run has no copies. A single thread
    has none either.

    Args:
        vocab: the words.
        config: decides how often a row is used. The hard sampler is treated like plain noise.
        n_threads: number of threads that have copies.
        n_tokens: number of tokens of an epoch, before subsampling.
        merge_every: number of steps between two merges.
        tree: with hierarchical softmax, the tree whose nodes the output rows belong to.

    Returns:
        (2, n_rows) shares of the input and the output rows of the most frequent words.
    """
    kept = keep_prob(vocab.counts, config.sample) * vocab.counts / vocab.n_tokens
    merges = kept.sum() * n_tokens * config.epochs / (merge_every * n_threads)
    if n_threads == 1 or merges < MERGES_A_THREAD * n_threads:
        return np.empty((2, 0), np.float32)
    centers, negatives = use_rates(vocab, config, tree)
    uses = merge_every * np.stack([centers * mean_contexts(config), centers + negatives])
    saturation = np.minimum(1.0, uses[:, :HOT_ROWS] / SATURATED)
    return (1 / (1 + (n_threads - 1) * saturation)).astype(np.float32)


def use_rates(vocab: Vocab, config: TrainConfig, tree: Huffman | None = None) -> tuple[Floats, Floats]:
    """Return the mean uses per step of each word as the center, (n_types,), and of each output row besides."""
    centers = keep_prob(vocab.counts, config.sample) * vocab.counts
    centers /= centers.sum()
    if tree is not None:
        on_path = np.bincount(tree.nodes, weights=np.repeat(centers, np.diff(tree.starts)), minlength=len(vocab))
        return centers, on_path - centers
    if not config.output_layer.has_negatives:
        return centers, np.ones(len(vocab))
    drawn = centers if config.sampler == "batch" else noise_of(config, vocab)
    return centers, config.negative * drawn


def mean_contexts(config: TrainConfig) -> float:
    """Return the mean number of contexts of a center in a long line; a line's row next to words is not counted."""
    if config.line_vectors == "alone":
        return 1.0
    if isinstance(config.window, str):
        return 2.0 * FULL_WINDOW
    radius = (config.window + 1) / 2 if config.shrink_window else config.window
    return radius * (1 if config.window_side == "before" else 2)


def has_hot_inputs(config: TrainConfig) -> bool:
    """Return whether threads also have copies of hot input rows.

    With subwords, input rows also belong to n-grams, and a word's row is written only when its composed vector is
    written back. With line vectors alone, the input rows of words are not used.
    """
    return config.subwords == "none" and config.line_vectors != "alone"


def new_hot_rows(shares: npt.NDArray[np.float32], first: int, stride: int, has_input: bool = True) -> HotRows:
    """Return a thread's copies of the rows that have shares, (2, n_rows). The copies begin at row `first`.

    Without has_input, input rows have no copies.
    """
    n_rows = shares.shape[1]
    n_input = n_rows if has_input else 0
    return HotRows(n_rows, n_input, first, shares.reshape(-1), own_lines(2 * n_rows * stride, np.float32))


def new_composed(word_rows: WordRows | None, n_contexts: int, stride: int) -> Composed:
    """Return a thread's slots for composed vectors, more than a step has contexts; empty without subwords."""
    if word_rows is None:
        none = np.empty(0, np.int64)
        return Composed(
            none, np.empty(0, np.int32), np.empty(0, np.int32), none, none, none, np.empty(0, np.float32), none
        )
    n_slots = max(SLOTS, n_contexts + 1)
    sizes = np.diff(word_rows.starts)
    return Composed(
        starts=word_rows.starts,
        rows=word_rows.rows,
        slots=np.full(len(sizes), -1, np.int32),
        words=np.full(n_slots, -1),
        used=np.full(n_slots, -1),
        next=np.zeros(1, np.int64),
        vectors=own_lines(n_slots * 2 * stride, np.float32),
        offsets=own_lines(int(sizes.max()), np.int64),
    )


def new_paths(tree: Huffman | None) -> Paths:
    """Return the paths of a tree in the form that kernels take; empty without a tree."""
    if tree is None:
        return Paths(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.float32))
    return Paths(tree.starts, tree.nodes, (1 - tree.codes).astype(np.float32))


def new_fixed(masks: tuple[Mask, Mask] | None, sink: int, n_contexts: int, n_outputs: int) -> Fixed:
    """Return the frozen rows in the form that kernels take; empty without masks."""
    if masks is None:
        none, nowhere = np.empty(0, np.uint8), np.empty(0, np.int64)
        return Fixed(none, none, nowhere, nowhere, nowhere)
    targets = (own_lines(n_contexts, np.int64), own_lines(n_outputs, np.int64))
    return Fixed(*masks, np.array([sink]), *targets)


def new_tally() -> Tally:
    """Return a thread's counters, all 0."""
    return Tally(np.zeros(1), np.zeros(1, np.int64), np.zeros(1, np.int64))


def new_scratch(
    shape: Shape,
    longest_shard: int,
    config: TrainConfig,
    zero_row: int,
    hot_rows: HotRows | None = None,
    n_types: int = 0,
    word_rows: WordRows | None = None,
    tree: Huffman | None = None,
    masks: tuple[Mask, Mask] | None = None,
    groups: Groups | None = None,
) -> Scratch:
    """Return a thread's buffers for shards of at most `longest_shard` tokens.

    With masks of frozen input and output rows, the thread has one more spare row, the sink.
    """
    hot_rows = hot_rows or new_hot_rows(np.empty((2, 0), np.float32), 0, shape.stride)
    n_words = 0 if config.line_vectors == "alone" else min(2 * shape.window, longest_shard)
    n_contexts = n_words + config.has_lines
    n_outputs = shape.n_tiles * len(shape.tile_like)
    candidate_tiles = -(-shape.candidates // len(shape.tile_like))
    negatives = own_lines(max(shape.n_draws, candidate_tiles * len(shape.tile_like)), np.int64)
    negatives[:] = zero_row
    noise_pool = config.noise_pool if config.output_layer.has_negatives else 0
    n_hashed = n_outputs if config.output_layer.has_negatives and shape.negative >= SEEN_FROM else 0
    outputs = own_lines(-(-n_outputs // 8) * 8, np.int64)
    outputs[n_outputs:] = -1
    return Scratch(
        kept=own_lines(longest_shard + 1, np.int64),
        contexts=own_lines(n_contexts, np.int64),
        outputs=outputs,
        slots=own_lines(1 << (2 * n_hashed).bit_length(), np.int64),
        slot_of=own_lines(n_hashed, np.int64),
        negatives=negatives,
        later=own_lines(shape.n_draws, np.int64),
        marks=own_lines(n_types if config.reject_positives else 0, np.int32),
        line_row=np.array([zero_row + (1 + hot_rows.n_rows) * shape.stride]),
        zero_row=np.array([zero_row]),
        pool=own_lines(noise_pool, np.int64),
        drawn=own_lines(min(RENEWED, noise_pool), np.uint64),
        scores=own_lines(8 * max(n_contexts * shape.n_tiles, candidate_tiles) + 8, np.float32),
        logq=own_lines(8 * shape.n_tiles if config.uses_logq else 0, np.float32),
        contexts_before=own_lines(n_contexts * shape.stride, np.float32),
        mean=own_lines(2 * shape.stride, np.float32),
        mean_offset=np.zeros(1, np.int64),
        lengths=own_lines(LENGTHS if config.radius else 0, np.float32),
        labels=own_lines(8 * shape.n_tiles if tree else 0, np.float32),
        composed=new_composed(word_rows, n_contexts, shape.stride),
        paths=new_paths(tree),
        groups=(groups or NO_GROUPS)._replace(of_line=np.zeros(1, np.int64)),
        fixed=new_fixed(
            masks, zero_row + (1 + hot_rows.n_rows + config.has_lines) * shape.stride, n_contexts, n_outputs
        ),
        hot_rows=hot_rows,
        state=own_lines(1, np.uint64),
    )
