"""Compiling the kernel of a run before there is a run: nothing of it depends on the text."""

from dataclasses import replace
from typing import Any

import numpy as np

from w2v.kernels import cache
from w2v.kernels.cpu import step
from w2v.kernels.cpu.step import TrainShard
from w2v.settings.train import TrainConfig
from w2v.text.vocab import Vocab
from w2v.training.plan import Plan, weights_of
from w2v.training.schedule import EMPTY

STAND_IN = Vocab([f"word{n}" for n in range(30)], 2 ** np.arange(29, -1, -1))
"""As in any larger vocabulary, the output rows of `loss="full"` and `loss="hs"` come in tiles of 6."""


def is_compiled(config: TrainConfig) -> bool:
    """Return whether there is compiled code for these settings, in this process or on disk.

    With `loss="hs"` this is a guess: the code depends on the longest path to a word of the vocabulary.
    """
    kernel, arguments = _empty_shard(config)
    return cache.is_compiled(kernel, *arguments)


def prepare(config: TrainConfig) -> None:
    """Compile the kernel for these settings, or load it from disk.

    A run does the same before it trains. Numba compiles one kernel at a time, and holds the GIL for most of it.
    """
    kernel, arguments = _empty_shard(config)
    kernel(*arguments)
    step.all_finite(np.empty(0, np.float32))


def _empty_shard(config: TrainConfig) -> tuple[TrainShard, tuple[Any, ...]]:
    """Return the kernel, and arguments of the types that a run calls it with."""
    plan = Plan.of(replace(config, threads=1), STAND_IN, np.zeros(1, np.int32))
    rows = plan.new_embeddings()
    return plan.train_shard, plan.arguments(np.empty(0, np.int32), weights_of(rows), plan.new_buffers(0), EMPTY)
