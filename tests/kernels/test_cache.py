"""The compiled code on disk: found again, shared safely, never stale, and no cache where it is damaged."""

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from w2v.kernels.cache import KernelFiles, signing_key

PACKAGE = Path(__file__).parents[2] / "w2v"
SPELL = """
import json, sys
sys.path.insert(0, sys.argv[1])
import numpy as np
from w2v.kernels import cache_is_writable
from w2v.kernels.text.pairs import PADDING, spell
text = np.frombuffer(b"two long-words " + bytes(PADDING), np.uint8)
out = np.zeros(len(text), np.uint8)
n = spell(np.array([1, 0], np.int32), 0, 2, np.array([0, 4, 15]), text, out)
print(json.dumps({
    "hits": sum(spell.stats.cache_hits.values()), "misses": sum(spell.stats.cache_misses.values()),
    "answer": out[:n].tobytes().decode(), "writable": cache_is_writable(),
}))
"""
"""One small kernel, with a part in another file (bytes.py)."""
TRAIN = """
import json, sys
sys.path.insert(0, sys.argv[1])
import w2v
vectors = w2v.train([["a", "b", "c"]] * 300, dim=5, min_count=1, sample=0, threads=1, epochs=1)
from w2v.kernels.cpu import step
from w2v.kernels.text import scan
from w2v.training.plan import kernel_name
kernels = (step.train_shard(kernel_name(), step.SGNS), step.all_finite, scan.scan, scan.renumber)
print(json.dumps({"misses": sum(sum(kernel.stats.cache_misses.values()) for kernel in kernels),
                  "hits": sum(sum(kernel.stats.cache_hits.values()) for kernel in kernels),
                  "answer": vectors["a"].tolist()}))
"""
FULL_DISK = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
NO_FOLDER = "from w2v.kernels.cache import KernelCacheImpl\nKernelCacheImpl._locator_classes = ()\n"


def _run(program: str, cache: Path | None, folder: Path = PACKAGE.parent) -> dict[str, Any]:
    """Run a program in a new process with the package in that folder; return its answer."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    if cache:
        environment["NUMBA_CACHE_DIR"] = str(cache)
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _found(answer: dict[str, Any]) -> tuple[int, int]:
    return answer["hits"], answer["misses"]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with the code of one kernel, which three processes have compiled at once; read only."""
    cache = tmp_path_factory.mktemp("cache")
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: _run(SPELL, cache), range(3)))
    assert {answer["answer"] for answer in answers} == {"long-words two\n"}
    assert sum(answer["misses"] for answer in answers) >= 1
    return cache


@pytest.mark.slow
def test_the_next_process_compiles_nothing(compiled: Path) -> None:
    assert len([path for path in compiled.rglob("*") if path.is_file()]) == 1, "no index, no temporary files"
    answer = _run(SPELL, compiled)
    assert _found(answer) == (1, 0)
    assert answer["answer"] == "long-words two\n"


@pytest.mark.slow
def test_a_kernel_that_closes_over_others_is_found_again() -> None:
    first, second = _run(TRAIN, None), _run(TRAIN, None)  # in the cache that other tests fill too
    assert _found(second) == (4, 0)
    assert first["answer"] == second["answer"]


@pytest.mark.slow
def test_a_change_in_any_kernel_file_is_compiled_anew(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "w2v", ignore=shutil.ignore_patterns("__pycache__"))
    cache = tmp_path / "cache"
    assert _found(_run(SPELL, cache, tmp_path)) == (0, 1)
    changed = tmp_path / "w2v/kernels/text/bytes.py"
    changed.write_text(changed.read_text().replace("load_word(text, begin + i))", "load_word(text, begin))"))
    after = _run(SPELL, cache, tmp_path)
    assert _found(after) == (0, 1)
    assert after["answer"] != "long-words two\n"
    assert len(list(cache.rglob("*.nbc"))) == 1, "code that is out of date is deleted"


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda content: content[: len(content) // 2],
    "empty": lambda content: b"",
    "random": lambda content: random.Random(1).randbytes(len(content)),
    "one byte": lambda content: content[:5000] + bytes([content[5000] ^ 1]) + content[5001:],
}


@pytest.mark.slow
@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_code_is_compiled_again_and_replaced(damage: str, compiled: Path, tmp_path: Path) -> None:
    shutil.copytree(compiled, tmp_path / "cache")
    (path,) = (path for path in (tmp_path / "cache").rglob("*") if path.is_file())
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    answer = _run(SPELL, tmp_path / "cache")
    assert _found(answer) == (0, 1)
    assert answer["answer"] == "long-words two\n"
    assert answer["writable"]
    KernelFiles(str(path.parent), "spell", "", signing_key(path.parent)).load_file(path)  # which would find it damaged


@pytest.mark.slow
def test_what_can_neither_be_read_nor_replaced_is_no_cache(compiled: Path, tmp_path: Path) -> None:
    shutil.copytree(compiled, tmp_path / "cache")
    (path,) = (path for path in (tmp_path / "cache").rglob("*") if path.is_file())
    path.unlink()
    path.mkdir()
    answer = _run(SPELL, tmp_path / "cache")
    assert answer["answer"] == "long-words two\n"
    assert not answer["writable"]


@pytest.mark.slow
@pytest.mark.parametrize("trouble", [FULL_DISK, NO_FOLDER], ids=["full disk", "no folder"])
def test_without_room_for_it_everything_still_works(trouble: str, tmp_path: Path) -> None:
    answer = _run(trouble + SPELL, tmp_path)
    assert answer["answer"] == "long-words two\n"
    assert not answer["writable"]
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
