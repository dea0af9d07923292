"""What `compiling` prepares is what a run calls."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from helpers import CHECKOUT, python

from w2v.settings.train import TrainConfig
from w2v.text.vocab import Vocab
from w2v.training import compiling
from w2v.training.plan import Plan

VARIANTS: tuple[dict[str, object], ...] = (
    {},
    {"subwords": True},
    {"model": "cbow"},
    {"loss": "full"},
    {"loss": "hs"},
    {"sampler": "hard"},
    {"line_vectors": "with-words"},
)
TRAIN = f"""
import w2v
from w2v.kernels.cpu import step
from w2v.settings.train import TrainConfig
from w2v.training.compiling import is_compiled, prepare
from w2v.training.plan import kernel_name, variant_of

lines = [[f"w{{n}}" for n in range(40)]] * 20
for settings in {VARIANTS}:
    config = TrainConfig(**settings)
    vocab = w2v.build_vocab(lines, min_count=1)
    prepare(config, vocab)
    assert is_compiled(config, vocab)
    kernels = step.train_shard(kernel_name(), variant_of(config)), step.all_finite
    w2v.train(lines, min_count=1, dim=20, epochs=1, threads=2, **settings)
    assert [len(kernel.signatures) for kernel in kernels] == [1, 1], settings
print("prepared")
"""


@pytest.mark.slow
def test_a_run_compiles_nothing_more() -> None:
    assert python(TRAIN) == "prepared\n"


@pytest.mark.slow
def test_with_an_empty_cache_nothing_is_compiled(tmp_path: Path) -> None:
    code = "from w2v.settings.train import TrainConfig; from w2v.training.compiling import is_compiled; "
    code += f"print([is_compiled(TrainConfig(**settings)) for settings in {VARIANTS}])"
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, env=environment, capture_output=True, check=True)
    assert done.stdout.decode() == f"{[False] * len(VARIANTS)}\n"


@pytest.mark.parametrize("loss", ["full", "hs", "bce"])
@pytest.mark.parametrize("n_types", [1, 2, 5, 7, 20, 147, 5_000])
def test_the_tile_is_that_of_the_vocabulary(loss: Literal["full", "hs", "bce"], n_types: int) -> None:
    config = TrainConfig(loss=loss, threads=1)
    vocab = Vocab([f"w{n}" for n in range(n_types)], 10_000 // np.arange(1, n_types + 1))
    _, arguments = compiling._empty_shard(config, vocab)
    assert len(arguments[3].tile_like) == len(Plan.of(config, vocab, np.zeros(1, np.int32)).shape.tile_like)
