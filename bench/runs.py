"""Compare the time of `w2v train --runs 10` with that of one training, in turns, on your own plain-text corpus.

python bench/runs.py corpus.txt
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent


def seconds(corpus: str, output: Path, *flags: str) -> float:
    """Return the wall time of a training."""
    started = time.perf_counter()
    command = [sys.executable, str(ROOT / "cli.py"), "train", corpus, "-o", str(output), "--quiet", *flags]
    subprocess.run(command, check=True)
    return time.perf_counter() - started


def main(corpus: str, rounds: int = 3, runs: int = 10) -> None:
    """Print the medians, and the median ratio."""
    with tempfile.TemporaryDirectory() as folder:
        one, many = Path(folder) / "one.w2v", Path(folder) / "runs.w2v"
        seconds(corpus, one)  # compiles the kernels
        rows = [(seconds(corpus, one), seconds(corpus, many, "--runs", str(runs))) for _ in range(rounds)]
    single, several = (statistics.median(column) for column in zip(*rows, strict=True))
    print(f"one run {single:.1f} s, {runs} runs {several:.1f} s: {statistics.median(b / a for a, b in rows):.2f} x")


if __name__ == "__main__":
    main(sys.argv[1])
