"""Words outside the vocabulary that n-grams have vectors for, as words of a model."""

from collections.abc import Iterable

import numpy as np

from w2v.vectors import Vectors


def with_unseen(vectors: Vectors, words: Iterable[str]) -> Vectors:
    """Return vectors that have these words too, as far as they can be composed of n-grams, after their own.

    Counts, output rows and n-grams are left out.
    """
    missing = [word for word in dict.fromkeys(words) if vectors.find(word) is None and word in vectors]
    if not missing:
        return vectors
    more = Vectors([*vectors.words, *missing], np.concatenate([vectors.matrix, vectors[missing]]))
    more.name = vectors.name
    return more
