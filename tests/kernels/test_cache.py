"""The compiled code on disk: found again, shared safely, never stale, and missed with a word."""

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parents[2] / "w2v"
PROGRAM = """
import json, sys
sys.path.insert(0, sys.argv[1])
import w2v
vectors = w2v.train([["a", "b", "c"]] * 300, dim=5, min_count=1, sample=0, threads=1, epochs=1)
from w2v.kernels import cache_is_writable
from w2v.kernels.text import scan
from w2v.training.plan import step, kernel_name
hits, misses = 0, 0
for kernel in (step.train_shard(kernel_name(), step.SGNS), step.all_finite, scan.scan, scan.renumber):
    hits += sum(kernel.stats.cache_hits.values())
    misses += sum(kernel.stats.cache_misses.values())
print(json.dumps({"hits": hits, "misses": misses, "a": vectors["a"].tolist(), "writable": cache_is_writable()}))
"""


def _train(package: Path, cache: Path, program: str = PROGRAM) -> dict[str, Any]:
    """Train in a new process with the package in that folder; return what it says."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program, str(package)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_many_processes_may_start_at_once_and_the_next_compiles_nothing(tmp_path: Path) -> None:
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: _train(PACKAGE.parent, tmp_path), range(3)))
    assert sum(answer["misses"] for answer in answers) >= 4, "one of them may find what another has compiled"
    last = _train(PACKAGE.parent, tmp_path)
    assert (last["hits"], last["misses"]) == (4, 0)
    assert all(answer["a"] == last["a"] for answer in answers)


def test_a_change_in_any_kernel_file_is_compiled_anew(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "w2v", ignore=shutil.ignore_patterns("__pycache__"))
    cache = tmp_path / "cache"
    before = _train(tmp_path, cache)
    assert _train(tmp_path, cache)["a"] == before["a"]
    changed = tmp_path / "w2v/kernels/cpu/loss.py"
    changed.write_text(changed.read_text().replace("scores[i] = -lr *", "scores[i] = -2 * lr *"))
    after = _train(tmp_path, cache)
    assert after["misses"] >= 1
    assert after["a"] != before["a"]


def test_without_a_folder_for_it_everything_still_works(tmp_path: Path) -> None:
    nowhere = "import numba.core.caching as caching\ncaching.CacheImpl._locator_classes = []\n" + PROGRAM
    answer = _train(PACKAGE.parent, tmp_path, nowhere)
    assert not answer["writable"]
    assert list(tmp_path.iterdir()) == []
