"""Items: which come next for a person, scored from the items before. NumPy only.

A person is the weighted mean of the input rows of the last items, or the vector of the person's line in the training
corpus, or both. The score of an item is the dot product of the person with the item's output row, plus `prior` times
the logarithm of the item's count: docs/items.md derives it, and says why it is not the cosine of input rows.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from w2v.base.arrays import Indices, Matrix
from w2v.base.errors import W2VError
from w2v.formats.common import check_finite
from w2v.settings.operations import check_request, settings_for
from w2v.settings.train import TrainConfig, load_config
from w2v.vectors.derived import line_vectors
from w2v.vectors.vectors import Vectors

if TYPE_CHECKING:
    from w2v.settings.keywords import ItemSettings


def recommend(
    vectors: Vectors,
    items: Sequence[str],
    n: int = 10,
    line: str | None = None,
    warn: Callable[[str], None] = lambda message: None,
    **changes: "Unpack[ItemSettings]",
) -> list[tuple[str, float]]:
    """Return the n items most likely to come next for a person; see `w2v.recommend`.

    If none of the items has a vector, the most frequent items are returned. `warn` is called with a message if items
    are left out.
    """
    config, (output, log_counts) = scoring_settings(vectors, **changes), scoring_arrays(vectors)
    seen = rows_of(vectors, items)
    if len(seen) < len(items):
        unknown = [item for item in items if vectors.find(item) is None]
        shown = ", ".join(unknown[:3]) + ", ..." * (len(unknown) > 3)
        popular = "" if len(seen) or line is not None else "; the answer is the most popular items"
        warn(f"left out {len(unknown):,} of {len(items):,} items, which have no vector: {shown}{popular}")
    row = None if line is None else line_vectors(vectors)[line]
    scores = output @ person_vector(vectors, seen, config, row) + np.float32(config.prior) * log_counts
    scores[seen] = np.nan
    best = np.argsort(-scores, kind="stable")[: max(0, min(n, len(scores) - len(set(seen.tolist()))))]
    return [(vectors.words[row], float(scores[row])) for row in best]


def scoring_settings(vectors: Vectors, **changes: Any) -> TrainConfig:  # noqa: ANN401
    """Return the settings to score items with: those the vectors were trained with, with changes on top.

    Raises:
        SettingsError: a value is out of range, or a change is to a setting that does not score items.
    """
    check_request("recommend", changes)
    trained = vectors.trained.settings if vectors.trained else {}
    kept = {field.name: trained[field.name] for field in settings_for("recommend") if field.name in trained}
    return load_config(None, kept | changes)


def scoring_arrays(vectors: Vectors) -> tuple[Matrix, Matrix]:
    """Return the output rows, (n_types, dim), and the logarithms of the counts, (n_types,).

    Raises:
        W2VError: there are no output rows or no counts, or a number of the rows is not finite.
    """
    if vectors.output is None or vectors.counts is None:
        missing = "output rows" if vectors.output is None else "counts"
        raise W2VError(f"the vectors have no {missing}, which are needed to score items: train with -o items.w2v")
    check_finite(f"{vectors.name}, output rows", vectors.words, vectors.output)
    return vectors.output, np.log(np.maximum(vectors.counts, 1)).astype(np.float32)


def rows_of(vectors: Vectors, items: Sequence[str]) -> Indices:
    """Return the rows of the items that have a vector, in their order."""
    return np.array([row for item in items if (row := vectors.find(item)) is not None], np.int64)


def person_vector(vectors: Vectors, rows: Indices, config: TrainConfig, line: Matrix | None = None) -> Matrix:
    """Return the vector of a person, (dim,): the mean of the input rows of the last items, weighted by decay ** age.

    It is 0 where there are none. With the vector of the person's line, (dim,), it is the weighted mean of that and the
    items' mean.
    """
    last = rows[::-1][: config.history]
    weights = np.float32(config.decay) ** np.arange(len(last), dtype=np.float32)
    person: Matrix = weights @ vectors.take(last) / max(np.float32(1e-30), weights.sum())
    if line is not None:
        person = np.float32(1 - config.line_weight) * person + np.float32(config.line_weight) * line
    return person
