"""Compare `w2v.embed` with NumPy's gather and mean, in turns, on your own sentences, one per line.

    python bench/embed.py vectors.w2v sentences.txt

Both read the file, split each line, look up each word, take the mean of the vectors found, and write a .npy file. NumPy
uses a dictionary, and computes means line by line (`rows[ids].mean(axis=0)`) or in blocks of 256 lines, whose rows stay
in the cache (`np.add.reduceat`). For the last two figures, NumPy gets the ids of all lines and does not read, split or
look up anything.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

import w2v

BLOCK = 256
Matrix = npt.NDArray[np.float32]
Lines = list[list[int]]


def ids_of(path: Path, index: dict[str, int]) -> Iterator[list[int]]:
    """Yield the rows of the known words of each line."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield [index[word] for word in line.split() if word in index]


def line_by_line(lines: Iterator[list[int]], matrix: Matrix, n: int) -> Matrix:
    """Return the mean of each line, computed line by line."""
    means = np.zeros((n, matrix.shape[1]), np.float32)
    for number, ids in enumerate(lines):
        if ids:
            means[number] = matrix[ids].mean(axis=0)
    return means


def in_blocks(lines: Iterator[list[int]], matrix: Matrix, n: int) -> Matrix:
    """Return the mean of each line; the rows of many lines are gathered in one call."""
    means = np.zeros((n, matrix.shape[1]), np.float32)
    for begin in range(0, n, BLOCK):
        block = [*islice(lines, BLOCK)]
        sizes = np.array([*map(len, block)])
        flat = np.fromiter(chain.from_iterable(block), np.int64, sizes.sum())
        full = np.flatnonzero(sizes)
        starts = np.cumsum(sizes) - sizes
        sums = np.add.reduceat(matrix[flat], starts[full], axis=0)
        means[begin + full] = sums / sizes[full, None].astype(np.float32)
    return means


def main(vectors: str, sentences: str, rounds: int = 5) -> None:
    """Print lines per second, as medians over rounds, and how many times as fast `w2v.embed` is."""
    model, path = w2v.Vectors.load(vectors), Path(sentences)
    words: list[str] = model.words
    index = dict(zip(words, range(len(words)), strict=True))
    matrix = (model.matrix / model.norms[:, None]).astype(np.float32)
    with path.open("rb") as file:
        n = sum(1 for _ in file)
    held: Lines = [*ids_of(path, index)]
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        out = Path(folder) / "out.npy"
        runs: dict[str, Callable[[], object]] = {
            "w2v.embed, mean": lambda: w2v.embed(model, path, out, weights="mean"),
            "w2v.embed, sif": lambda: w2v.embed(model, path, out),
            "NumPy, line by line": lambda: np.save(out, line_by_line(ids_of(path, index), matrix, n)),
            "NumPy, in blocks": lambda: np.save(out, in_blocks(ids_of(path, index), matrix, n)),
            "NumPy, line by line, ids given": lambda: np.save(out, line_by_line(iter(held), matrix, n)),
            "NumPy, in blocks, ids given": lambda: np.save(out, in_blocks(iter(held), matrix, n)),
        }
        runs["w2v.embed, mean"](), runs["w2v.embed, sif"]()  # compiles the kernels
        taken: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(rounds):
            for name, run in runs.items():
                started = time.perf_counter()
                run()
                taken[name].append(time.perf_counter() - started)
    print(f"{n:,} lines, {sum(map(len, held)):,} known words, {matrix.shape[1]} numbers")
    for name, seconds in taken.items():
        ratios = (
            statistics.median(b / a for a, b in zip(taken[f"w2v.embed, {kind}"], seconds, strict=True))
            for kind in ("mean", "sif")
        )
        print(f"{name:32} {n / statistics.median(seconds):12,.0f} lines/s " + "".join(f"{r:8.1f} x" for r in ratios))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:4]))
