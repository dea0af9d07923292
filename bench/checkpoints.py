"""Measure what checkpoints cost a run: how long a thread pauses for one, and how much they slow down the run.

python bench/checkpoints.py FOLDER [--words 1000000] [--dim 300] [--threads N]

The text is synthetic: words are drawn by Zipf's law. A naive save stops training, writes both matrices to FOLDER with
np.save, and waits until they are on the disk.
"""

import argparse
import os
import statistics
import time
from pathlib import Path

import numpy as np

from w2v.checkpoints.folder import reserved
from w2v.checkpoints.snapshots import Position, Snapshot, Snapshotter
from w2v.reports import Progress
from w2v.settings.train import TrainConfig
from w2v.text.vocab import Vocab
from w2v.training import run as runs

TOKENS = 40_000_000


def made_up(n_types: int) -> tuple[np.ndarray, Vocab]:
    """Return a stream with sentences of 25 tokens, and its vocabulary."""
    generator = np.random.default_rng(1)
    share = 1 / np.arange(10, n_types + 10)
    ranks = np.searchsorted(np.cumsum(share / share.sum()), generator.random(TOKENS)).astype(np.int32)
    ranks[25::26] = -1
    counts = np.bincount(ranks[ranks >= 0], minlength=n_types) + 1
    counts[::-1].sort()
    return ranks, Vocab([f"w{i}" for i in range(n_types)], counts)


def naive_save(folder: Path, snapshot: Snapshot) -> float:
    """Return the seconds that np.save needs to write both matrices to the disk."""
    started = time.perf_counter()
    for name, rows in (("input", snapshot.input), ("output", snapshot.output)):
        with (folder / f"naive-{name}.npy").open("wb") as file:
            np.save(file, rows)
            file.flush()
            os.fsync(file.fileno())
    seconds = time.perf_counter() - started
    for path in folder.glob("naive-*.npy"):
        path.unlink()
    return seconds


def main() -> None:
    """Train with and without checkpoints, in turns; print pauses and speeds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--words", type=int, default=1_000_000)
    parser.add_argument("--dim", type=int, default=300)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--every", type=float, default=5.0, help="seconds between checkpoints")
    arguments = parser.parse_args()
    stream, vocab = made_up(arguments.words)
    config = TrainConfig(dim=arguments.dim, epochs=2, threads=arguments.threads)
    run = runs.Run(config, vocab, stream, [])
    pauses: list[float] = []
    copy_if_due = Snapshotter.copy_if_due

    def timed(snapshotter: Snapshotter) -> None:
        started, was_due = time.perf_counter(), snapshotter._is_due.is_set()
        copy_if_due(snapshotter)
        if was_due:
            pauses.append(time.perf_counter() - started)

    Snapshotter.copy_if_due = timed  # type: ignore[assignment, method-assign]
    seconds: dict[str, float] = {}
    for name in ("without", "with"):
        folder = arguments.folder / "kept" if name == "with" else None
        trained: list[Progress] = []
        every = {"checkpoint": folder, "checkpoint_every": arguments.every, "warn": print}
        with reserved(folder):
            vectors = runs.train(run, trained.append, **every, save_output=True)
        seconds[name] = trained[-1].seconds
    assert vectors.output is not None
    snapshot = Snapshot(vectors.matrix, vectors.output, Position())
    naive = statistics.median(naive_save(arguments.folder, snapshot) for _ in range(3))
    pause = statistics.median(pauses)
    print(f"matrices            {2 * snapshot.input.nbytes / 1e9:.2f} GB")
    print(f"naive save          {naive:.2f} s")
    print(f"pause, one thread   {pause:.3f} s, median of {len(pauses)}: {pause / naive:.3f} of the naive save")
    print(f"training            {seconds['without']:.1f} s without, {seconds['with']:.1f} s with checkpoints")


if __name__ == "__main__":
    main()
