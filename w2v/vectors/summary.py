"""Facts about vectors, computed in blocks of rows, so that a mapped file is not loaded into memory at once."""

from dataclasses import asdict
from typing import Any

import numpy as np

from w2v.base.arrays import exact_sum
from w2v.vectors.vectors import Vectors

BLOCK_ROWS = 1 << 12
FIRST = 10


def summarize(vectors: Vectors) -> dict[str, Any]:
    """Return facts about vectors in the form for JSON.

    Returns:
        `words` and `dim`; `tokens`, the sum of the counts, and `counts`, their range, or None if they are unknown;
        `norms`, the range of the vectors' lengths, or None if no vector is finite; `nan`, the number of NaN and
        infinite numbers; `first`, the first words; `repeated`, the number of rows left out because an earlier row has
        the same word; `output`, whether there are output rows; with subwords `ngrams`, how they are hashed and their
        number of `rows`; `settings`.

    >>> summarize(Vectors(["a", "b"], np.array([[3, 4], [0, 1]], np.float32)))["norms"]
    [1.0, 5.0]
    """
    low, high, bad = np.inf, -np.inf, 0
    for start in range(0, len(vectors), BLOCK_ROWS):
        rows = vectors.matrix[start : start + BLOCK_ROWS]
        bad += rows.size - int(np.isfinite(rows).sum())
        norms = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64))
        finite = norms[np.isfinite(norms)]
        low, high = min(low, finite.min(initial=np.inf)), max(high, finite.max(initial=-np.inf))
    counts, subwords = vectors.counts, vectors.subwords
    return {
        "words": len(vectors),
        "dim": vectors.dim,
        "tokens": None if counts is None else exact_sum(counts),
        "counts": None if counts is None else [int(counts.min()), int(counts.max())],
        "norms": [round(float(low), 6), round(float(high), 6)] if low <= high else None,
        "nan": bad,
        "first": vectors.words[:FIRST],
        "repeated": vectors.model.n_repeated or 0,
        "output": vectors.output is not None,
        **({} if subwords is None else {"ngrams": {**asdict(subwords.ngrams), "rows": len(subwords.buckets)}}),
        "settings": vectors.settings,
    }
