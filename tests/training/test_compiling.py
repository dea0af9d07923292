"""What `compiling` prepares is what a run calls."""

import os
import subprocess
import sys
from pathlib import Path

from helpers import CHECKOUT, python

VARIANTS: tuple[dict[str, object], ...] = (
    {},
    {"subwords": True},
    {"model": "cbow"},
    {"loss": "full"},
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
    prepare(config)
    assert is_compiled(config)
    kernels = step.train_shard(kernel_name(), variant_of(config)), step.all_finite
    w2v.train(lines, min_count=1, dim=20, epochs=1, threads=2, **settings)
    assert [len(kernel.signatures) for kernel in kernels] == [1, 1], settings
print("prepared")
"""


def test_a_run_compiles_nothing_more() -> None:
    assert python(TRAIN) == "prepared\n"


def test_with_an_empty_cache_nothing_is_compiled(tmp_path: Path) -> None:
    code = "from w2v.settings.train import TrainConfig; from w2v.training.compiling import is_compiled; "
    code += f"print([is_compiled(TrainConfig(**settings)) for settings in {VARIANTS}])"
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, env=environment, capture_output=True, check=True)
    assert done.stdout.decode() == f"{[False] * len(VARIANTS)}\n"
