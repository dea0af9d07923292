"""Compile the kernel of a run before the run starts: the compiled code depends very little on the text."""

from dataclasses import replace
from typing import Any

import numpy as np

from w2v.checkpoints.snapshots import FixedRows
from w2v.kernels import cache
from w2v.kernels.cpu import step
from w2v.kernels.cpu.step import TrainShard
from w2v.settings.train import TrainConfig
from w2v.text.vocab import Vocab
from w2v.training.huffman import longest_path
from w2v.training.line_rows import NO_WEIGHTS, LineInputs
from w2v.training.plan import MAX_TILE, NO_GROUPS, Plan, shape_of, weights_of
from w2v.training.schedule import EMPTY


def is_compiled(config: TrainConfig, vocab: Vocab | None = None, *, masked: bool = False) -> bool:
    """Return whether there is compiled code for these settings, in this process or on disk.

    Args:
        config: the settings.
        vocab: with the losses full and hs, the number of words or the longest path to a word decides how many output
            rows the kernel takes at a time. Without a vocabulary, the usual number is assumed.
        masked: whether some rows are frozen.
    """
    kernel, arguments = _empty_shard(config, vocab, masked)
    return cache.is_compiled(kernel, *arguments)


def prepare(config: TrainConfig, vocab: Vocab | None = None, *, masked: bool = False) -> None:
    """Compile the kernel for these settings, or load it from disk. The arguments are those of `is_compiled`.

    A run calls this after it has read the corpus. Compiling in a thread during the reading saves no time, because Numba
    compiles one kernel at a time and holds the GIL. With 1 M words and a cold cache, that took 14.7 s, and one after
    the other took 13.4 s.
    """
    kernel, arguments = _empty_shard(config, vocab, masked)
    kernel(*arguments)
    step.all_finite(np.empty(0, np.float32))


def _empty_shard(config: TrainConfig, vocab: Vocab | None, masked: bool = False) -> tuple[TrainShard, tuple[Any, ...]]:
    """Return the kernel, and arguments of the same types as in a run."""
    is_path = config.output_layer.kernel == "path"
    n_rows = MAX_TILE
    if vocab is not None:
        n_outputs = longest_path(vocab.counts) if is_path else len(vocab)
        n_rows = len(shape_of(config, n_outputs).tile_like)
    n_words = n_rows + is_path  # the longest path, or the number of words, then fills one tile
    stand_in = Vocab([f"word{n}" for n in range(n_words)], 2 ** np.arange(n_words, 0, -1))
    no_rows = np.zeros(len(stand_in), bool)
    fixed = FixedRows(no_rows, no_rows) if masked else None
    lines = LineInputs(weights=NO_WEIGHTS if config.weighted_lines else None)
    groups = None if config.noise_scope == "all" else NO_GROUPS
    one_thread = replace(config, threads=1)
    plan = Plan.of(one_thread, stand_in, np.zeros(1, np.int32), fixed=fixed, lines=lines, groups=groups)
    rows = plan.new_embeddings()
    return plan.train_shard, plan.arguments(np.empty(0, np.int32), weights_of(rows), plan.new_buffers(0), EMPTY)
