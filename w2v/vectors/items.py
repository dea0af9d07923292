"""Items: how they are scored for a person from the person's earlier items. NumPy only.

A person is the weighted mean of the input rows of the last items, or the vector of the person's line in the training
corpus, or a mixture of both. The score of an item is the dot product of the person with the item's output row, plus
`prior` times the logarithm of the item's count. docs/items.md derives the score and explains why it is not the cosine
of input rows. With a `sharpness` above 0, the best items get the score of a mixture instead: mixtures.py.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from w2v.base.arrays import Indices, Matrix
from w2v.base.errors import W2VError, option
from w2v.formats.common import check_finite
from w2v.settings.config_files import load_config
from w2v.settings.operations import check_request, settings_for
from w2v.settings.train import TrainConfig
from w2v.vectors.derived import line_vectors
from w2v.vectors.vectors import Vectors

TABLE = 1 << 22
"""Number of scores held at a time, of some people with all items: 16 MB."""


class ItemScorer:
    """Scores items for people; a person is a vector and a weight of the counts."""

    def __init__(self, vectors: Vectors, rows: Indices | None = None) -> None:
        """Take vectors, and the rows of the items to score in ascending order; None means all.

        Raises:
            W2VError: there are no output rows or no counts, or a row is not finite.
        """
        output, log_counts = scoring_arrays(vectors)
        self.output: Matrix = output if rows is None else output[rows]
        """(n_items, dim)"""
        self.log_counts: Matrix = log_counts if rows is None else log_counts[rows]
        """(n_items,)"""

    def __len__(self) -> int:
        return len(self.output)

    @property
    def block(self) -> int:
        """Number of people to score at a time."""
        return max(1, TABLE // max(1, len(self)))

    def scores(self, people: Matrix, priors: Matrix, out: Matrix | None = None) -> Matrix:
        """Return the score of each item for each person, (people, n_items).

        Args:
            people: (people, dim) the vectors of the people.
            priors: (people,) the weight of the logarithm of an item's count.
            out: (people, n_items) the result is written to this array, if given.
        """
        with np.errstate(all="ignore"):  # a score can exceed float32
            table: Matrix = np.matmul(people, self.output.T, out=out)
            for person in np.flatnonzero(priors):
                table[person] += priors[person] * self.log_counts
        return table

    def scores_of(self, items: Indices | slice, person: Matrix, prior: np.float32) -> Matrix:
        """Return the scores of items, (n,), for a person, (dim,); their bits do not depend on other items."""
        with np.errstate(all="ignore"):
            found: Matrix = np.vecdot(self.output[items], person) + prior * self.log_counts[items]
        return found


def scoring_settings(vectors: Vectors, **changes: Any) -> TrainConfig:  # noqa: ANN401
    """Return the settings for scoring items: those of the training, updated with changes.

    Raises:
        SettingsError: a value is out of range, or a setting does not affect the scoring of items.
    """
    check_request("recommend", changes)
    trained = vectors.trained.settings if vectors.trained else {}
    kept = {field.name: trained[field.name] for field in settings_for("recommend") if field.name in trained}
    return load_config(None, kept | changes)


def scoring_arrays(vectors: Vectors) -> tuple[Matrix, Matrix]:
    """Return the output rows, (n_types, dim), and the logarithms of the counts, (n_types,).

    Raises:
        W2VError: there are no output rows or no counts, or a row is not finite.
    """
    if vectors.output is None or vectors.counts is None:
        missing = "output rows" if vectors.output is None else "counts"
        raise W2VError(f"the vectors have no {missing}, which are needed to score items: train with -o items.w2v")
    check_finite(f"{vectors.name}, output rows", vectors.words, vectors.output)
    return vectors.output, np.log(np.maximum(vectors.counts, 1)).astype(np.float32)


def rows_of(vectors: Vectors, items: Iterable[str]) -> Indices:
    """Return the rows of the items that have a vector, in the given order."""
    return np.array([row for item in items if (row := vectors.find(item)) is not None], np.int64)


def item_weights(n: int, config: TrainConfig) -> Matrix:
    """Return the weights of a person's last n items, (n,), most recent first: decay ** age."""
    weights: Matrix = np.float32(config.decay) ** np.arange(n, dtype=np.float32)
    return weights


def person_vector(vectors: Vectors, rows: Indices, config: TrainConfig, line: Matrix | None = None) -> Matrix:
    """Return the vector of a person, (dim,): the mean of the input rows of the last items, weighted by decay ** age.

    It is 0 without items. With the vector of the person's line, (dim,), it is the weighted mean of that vector and the
    mean of the items.
    """
    last = rows[::-1][: config.history]
    weights = item_weights(len(last), config)
    person: Matrix = weights @ vectors.take(last) / max(np.float32(1e-30), weights.sum())
    if line is not None:
        person = np.float32(1 - config.line_weight) * person + np.float32(config.line_weight) * line
    return person


def check_n_lines(vectors: Vectors, n_people: int) -> None:
    """Raise W2VError unless the number of line vectors equals the number of people."""
    n_lines = len(line_vectors(vectors))
    if n_lines != n_people:
        raise W2VError(
            f"{vectors.name} has vectors of {n_lines:,} lines for {n_people:,} people: the sessions must be the file "
            f"that it was trained on; or score by items alone, with {option('line_weight', 0)}"
        )


def lines_of(vectors: Vectors, config: TrainConfig) -> Callable[[str], Matrix | None]:
    """Return a function from a line's name to its vector; it returns None for unknown names or if line_weight is 0.

    Raises:
        W2VError: line_weight is not 0, and the vectors have no line vectors.
    """
    if config.line_weight == 0:
        return lambda name: None
    lines = line_vectors(vectors)

    def find(name: str) -> Matrix | None:
        row = lines.find(name)
        return None if row is None else lines.matrix[row]

    return find
