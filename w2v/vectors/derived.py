"""Vectors derived from a model: those of its lines, and those of words outside its vocabulary. NumPy only."""

from collections.abc import Iterable

import numpy as np

from w2v.base.errors import W2VError, option
from w2v.formats.model import Lines, Model
from w2v.vectors.vectors import Vectors


def line_vectors(vectors: Vectors) -> Vectors:
    """Return the vectors of lines, named by the lines' names, or by their numbers from 1 as text.

    Raises:
        W2VError: there are no line vectors.
    """
    if vectors.lines is None:
        raise W2VError(
            f"{vectors.name} has no line vectors: train with {option('line_vectors')}, and save them as .w2v"
        )
    return named_lines(vectors.lines, f"the lines of {vectors.name}")


def named_lines(lines: Lines, title: str = "the lines") -> Vectors:
    """Return the vectors of lines by name, or by number from 1; error messages use `title`."""
    names = [*map(str, range(1, len(lines.vectors) + 1))] if lines.names is None else lines.names
    return Vectors.of(Model(names, lines.vectors), title)


def with_unseen(vectors: Vectors, words: Iterable[str]) -> Vectors:
    """Return vectors with these words added after the others, if they can be composed of n-grams.

    Counts, output rows and n-grams are left out.
    """
    missing = [word for word in dict.fromkeys(words) if vectors.find(word) is None and word in vectors]
    if not missing:
        return vectors
    more = Model([*vectors.words, *missing], np.concatenate([vectors.matrix, vectors[missing]]))
    return Vectors.of(more, vectors.name)
