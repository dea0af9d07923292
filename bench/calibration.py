"""Compare predicted probabilities with held-out frequencies: is the sigmoid of a score a probability?

    python bench/calibration.py corpus.txt

The text is reduced to its 1,000 most frequent words. Training uses four fifths of its lines, drawn at random, and
uniform noise. P(o|c) is then predicted for all pairs of words: by the sigmoid of the score, or for the softmax loss by
the softmax over all words. Pairs are put in bins by their prediction. Each row of the tables is one bin: the mean
prediction; the share of the occurrences of c in the other lines that have o as their context; and the ratio of the two.
A pair is weighted by the number of occurrences of c.
"""

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import w2v

Floats = npt.NDArray[np.float64]
WORDS, WINDOW = 1_000, 2
FIXED: dict[str, Any] = {"window": WINDOW, "shrink_window": False, "sample": 0, "min_count": 1, "dim": 50, "epochs": 15}
NOISE: dict[str, Any] = {"ns_exponent": 0, "negative": 20, "noise_pool": 0}
VARIANTS: list[dict[str, Any]] = [
    {"loss": "bce"},
    *({"loss": "gbce", "calibration": t} for t in (0.5, 0.75, 1.0)),
    {"loss": "softmax"},
]
BINS = (0, 1e-4, 1e-3, 1e-2, 1e-1, 1.01)


def pair_counts(lines: list[list[str]], row_of: dict[str, int]) -> Floats:
    """Return how often each word is a context of each other word, (WORDS, WORDS)."""
    counts = np.zeros((WORDS, WORDS))
    for line in lines:
        ids = np.array([row_of[word] for word in line], np.int64)
        for distance in range(1, WINDOW + 1):
            np.add.at(counts, (ids[distance:], ids[:-distance]), 1)
            np.add.at(counts, (ids[:-distance], ids[distance:]), 1)
    return counts


def predictions(vectors: w2v.Vectors, words: list[str], loss: str) -> Floats:
    """Return P(o|c) for all pairs, (WORDS, WORDS); a row is one c."""
    rows = [vectors.words.index(word) for word in words]
    assert vectors.output is not None
    scores = vectors.matrix[rows].astype(np.float64) @ vectors.output[rows].T
    if loss != "softmax":
        sigmoids: Floats = 1 / (1 + np.exp(-scores))
        return sigmoids
    likelihoods: Floats = np.exp(scores - scores.max(axis=1, keepdims=True))
    likelihoods /= likelihoods.sum(axis=1, keepdims=True)
    return likelihoods


def main(path: str) -> None:
    """Train each variant and print its table."""
    lines = [line.split() for line in Path(path).read_text(encoding="utf-8").splitlines()]
    words = [word for word, _ in Counter(word for line in lines for word in line).most_common(WORDS)]
    row_of = {word: row for row, word in enumerate(words)}
    lines = [[word for word in line if word in row_of] for line in lines]
    order = np.random.default_rng(0).permutation(len(lines))
    trained = [lines[i] for i in order[: len(lines) * 4 // 5]]
    seen = pair_counts([lines[i] for i in order[len(lines) * 4 // 5 :]], row_of)
    weights = np.broadcast_to(seen.sum(axis=1, keepdims=True), seen.shape)
    for variant in VARIANTS:
        vectors = w2v.train(trained, **FIXED, **NOISE, **variant)
        predicted = predictions(vectors, words, variant["loss"])
        total = np.average(predicted.sum(axis=1), weights=weights[:, 0])
        print(f"{' '.join(map(str, variant.values()))}: the predictions of a context add up to {total:.2f}")
        for low, high in zip(BINS, BINS[1:], strict=False):
            inside = (predicted >= low) & (predicted < high)
            if weights[inside].sum() > 0:
                mean = np.average(predicted[inside], weights=weights[inside])
                share = seen[inside].sum() / weights[inside].sum()
                print(
                    f"| {low:g} to {high:g} | {mean:.5f} | {share:.5f} | {mean / max(share, 1e-12):.2f} |", flush=True
                )


if __name__ == "__main__":
    main(*sys.argv[1:])
