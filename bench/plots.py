"""Plots for `compare.py`: speed and quality against threads, dim and epochs."""

import statistics
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402  (the backend comes first: there may be no screen)

NOT_QUALITY = ("name", "round", "words_per_s", "train_s", "read_s", "wall_s", "peak_mb")


def plot_sweeps(sweeps: dict[str, dict[int, list[dict[str, Any]]]], path: Path) -> None:
    """Draw one column per setting and one curve per trainer: words/s at the top, mean quality score at the bottom."""
    figure, axes = plt.subplots(2, len(sweeps), figsize=(4 * len(sweeps), 6), squeeze=False, sharex="col")
    for column, (setting, by_value) in enumerate(sweeps.items()):
        names = dict.fromkeys(run["name"] for runs in by_value.values() for run in runs)
        for name in names:
            points = {value: [run for run in runs if run["name"] == name] for value, runs in by_value.items()}
            speed = [statistics.median(run["words_per_s"] for run in runs) / 1e6 for runs in points.values()]
            axes[0][column].plot(list(points), speed, marker="o", label=name)
            axes[1][column].plot(list(points), [_quality(runs) for runs in points.values()], marker="o", label=name)
        axes[1][column].set_xlabel(setting)
        axes[1][column].set_xticks(list(by_value))
        for row in range(2):
            axes[row][column].set_ylim(0, 1.06 * axes[row][column].get_ylim()[1])
            axes[row][column].grid(alpha=0.3)
    axes[0][0].set_ylabel("million words/s")
    axes[1][0].set_ylabel("quality (mean of the test sets)")
    axes[0][0].legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def _quality(runs: list[dict[str, Any]]) -> float:
    """Return the mean of all scores of all runs; 0 if nothing was scored."""
    scores = [score for run in runs for key, score in run.items() if key not in NOT_QUALITY]
    return statistics.mean(scores) if scores else 0.0
