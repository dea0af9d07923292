"""Two models in one space: rotate one onto the other, and find the words that differ. NumPy only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from w2v.base.arrays import Floats, Matrix
from w2v.base.cosines import lengths, pair_cosines
from w2v.base.errors import W2VError
from w2v.formats.model import Lines
from w2v.vectors.estimates import Estimate
from w2v.vectors.runs import Runs
from w2v.vectors.vectors import Vectors


@dataclass(frozen=True)
class Shift:
    """A word of two models, and how similar its vectors are after the alignment."""

    word: str
    cosine: float
    before: list[tuple[str, float]]
    """The nearest words in the first model, with their cosines."""
    after: list[tuple[str, float]]
    """The nearest words in the second model, with their cosines."""
    runs: Estimate | None = None
    """For several runs, the cosine in each pair of runs, with the interval; `cosine` is their mean."""
    within: float | None = None
    """For several runs, the mean cosine of the word between runs of the same model; the smaller value of the two
    models."""


def procrustes(a: Matrix, b: Matrix, weights: Floats) -> Floats:
    """Return the orthogonal R, (dim, dim), with the least sum of weights[i] * |a[i] @ R - b[i]|**2.

    With a' W b = U S V', R is U V' (Schönemann 1966). a and b are (n, dim), weights (n,).

    >>> a = np.array([[1, 0], [0, 1]], np.float32)
    >>> procrustes(a, a[::-1], np.ones(2)).round(6).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    u, _, v = np.linalg.svd((a * weights[:, None]).T.astype(np.float64) @ b.astype(np.float64))
    found: Floats = u @ v
    return found


def shared_rows(a: Vectors, b: Vectors) -> tuple[list[str], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the words that both models have, in the order of b, with their rows in a and in b.

    Raises:
        W2VError: there are fewer than two such words, or the vectors have different lengths.
    """
    if a.dim != b.dim:
        raise W2VError(f"vectors of {a.name} have {a.dim} numbers, those of {b.name} {b.dim}; train both with one dim")
    words = [word for word in dict.fromkeys(b.words) if word in a.index]
    if len(words) < 2:
        raise W2VError(f"{a.name} and {b.name} have {len(words)} words in common; an alignment needs 2 or more")
    return words, np.array([a.index[word] for word in words]), np.array([b.index[word] for word in words])


def weights_of(a: Vectors, b: Vectors, rows_a: npt.NDArray[np.int64], rows_b: npt.NDArray[np.int64]) -> Floats:
    """Return the weight of each shared word: log(1 + the smaller of its counts); 1 if a model has no counts."""
    if a.counts is None or b.counts is None:
        return np.ones(len(rows_a))
    found: Floats = np.log1p(np.minimum(a.counts[rows_a], b.counts[rows_b]).astype(np.float64))
    return found if found.any() else np.ones(len(rows_a))


def align(a: Vectors, b: Vectors) -> tuple[Vectors, str]:
    """Return a rotated onto b, and a message about how well it fits; see `w2v.align`."""
    words, rows_a, rows_b = shared_rows(a, b)
    ours, theirs = a.take(rows_a), b.take(rows_b)
    units = (ours / lengths(ours)[:, None], theirs / lengths(theirs)[:, None])
    turn = procrustes(*units, weights_of(a, b, rows_a, rows_b))

    def turned(rows: Matrix) -> Matrix:
        return (rows @ turn).astype(np.float32)

    held = a.model
    model = replace(
        held,
        vectors=turned(held.vectors),
        output=None if held.output is None else turned(held.output),
        lines=None if held.lines is None else Lines(turned(held.lines.vectors), held.lines.names),
        subwords=None,
        norms=None,
    )
    before, after = (float(pair_cosines(rows, theirs).mean()) for rows in (ours, turned(ours)))
    return Vectors.of(model, a.name), f"{len(words):,} shared words: mean cosine {after:.3f}, {before:.3f} before"


def shift(a: Vectors | Runs, b: Vectors | Runs, n: int, neighbors: int) -> tuple[list[Shift], str]:
    """Return the n shared words that differ most, and a message about how well the models fit; see `w2v.shift`."""
    pairs = _pairs(a, b)
    words, rows_a, rows_b = shared_rows(*pairs[0])
    found, fits = [], []
    for one, other in pairs:
        turned, fit = align(one, other)
        found.append(pair_cosines(turned.take(rows_a), other.take(rows_b)))
        fits.append(fit)
    cosines = np.array(found)
    mean = cosines.mean(axis=0)
    least = np.argsort(mean, kind="stable")[:n].tolist()
    within = _cosines_within([side for side in (a, b) if isinstance(side, Runs)], [words[i] for i in least])
    is_bootstrap = any(side.is_bootstrap for side in (a, b) if isinstance(side, Runs))
    shifts = [
        Shift(
            words[i],
            float(mean[i]),
            before=[(found[0], found[1]) for found in a.similar(words[i], neighbors)],
            after=[(found[0], found[1]) for found in b.similar(words[i], neighbors)],
            runs=Estimate.of(cosines[:, i].tolist(), is_bootstrap) if len(pairs) > 1 else None,
            within=None if within is None else float(within[place]),
        )
        for place, i in enumerate(least)
    ]
    return shifts, fits[0]


def _pairs(a: Vectors | Runs, b: Vectors | Runs) -> list[tuple[Vectors, Vectors]]:
    """Return the pairs of models to compare: run i with run i of two sets of runs, or a single model with each run."""
    if not isinstance(a, Runs):
        return [(a, other) for other in (b if isinstance(b, Runs) else [b])]
    return [*zip(a, b, strict=False)] if isinstance(b, Runs) else [(one, b) for one in a]


def _cosines_within(sides: Sequence[Runs], words: Sequence[str]) -> Floats | None:
    """Return the mean cosine of words between each run and the next one of the same model; the smaller of two sides.

    This shows how far words move if the text changes only as it does between runs. None without runs.
    """
    means = []
    for runs in sides:
        rows = [runs[0].index[word] for word in words]
        turned = [align(one, other)[0].take(rows) for one, other in pairwise(runs)]
        found = [pair_cosines(rows_of, other.take(rows)) for rows_of, other in zip(turned, runs[1:], strict=True)]
        means.append(np.mean(found, axis=0))
    return np.min(means, axis=0) if means else None
