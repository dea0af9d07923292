"""Measure whether more threads cost quality: train with 1, 2, 4, ... threads, also more than cores, and score each.

    pip install -e '.[bench]'
    python bench/threads.py corpus.txt --similarity pairs.txt --analogies questions.txt

Threads share the matrices without locks, so they can overwrite each other's steps. If there are more threads than
cores, the system stops a thread in the middle of a step while others continue. Each number of threads is run once per
seed, in turns. The table has means over the seeds; `worst` is the largest loss of a score compared with one thread.
"""

import argparse
import statistics
from pathlib import Path

from compare import Run, measure

KEPT_OUT = ("words_per_s", "train_s", "wall_s", "peak_mb")
SETTINGS = {"dim": 100, "window": 5, "negative": 5, "sample": 1e-4, "min_count": 5}


def main() -> None:
    """Train, score and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, help="plain text, a sentence a line")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2, 4, 8, 16, 32, 64])
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--similarity", type=Path, action="append", default=[], help="pairs with scores; repeatable")
    parser.add_argument("--analogies", type=Path, action="append", default=[], help="a file of questions; repeatable")
    parser.add_argument("--restrict", type=int, default=30_000, help="analogies among this many words")
    arguments = parser.parse_args()
    runs: dict[int, list[Run]] = {threads: [] for threads in arguments.threads}
    for seed in range(1, arguments.seeds + 1):
        for threads in arguments.threads:
            settings = {**SETTINGS, "epochs": arguments.epochs, "threads": threads, "seed": seed}
            runs[threads].append(measure("w2v", arguments.corpus, settings, arguments))
    print(table(runs))


def table(runs: dict[int, list[Run]]) -> str:
    """Return one row per number of threads: its speed, its scores, and its largest loss against the first row."""
    means = {
        threads: {key: statistics.mean(run[key] for run in done) for key in done[0]} for threads, done in runs.items()
    }
    first = next(iter(means.values()))
    scores = [key for key in first if key not in KEPT_OUT]
    rows = [["threads", "words/s", *scores, "worst"], ["---"] * (len(scores) + 3)]
    for threads, mean in means.items():
        worst = max((first[key] - mean[key] for key in scores), default=0.0)
        speed = f"{mean['words_per_s'] / 1e6:.2f} M"
        rows.append([str(threads), speed, *(f"{mean[key]:.3f}" for key in scores), f"{worst:+.3f}"])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    main()
