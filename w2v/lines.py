"""Lines: the vectors of lines by name, to look up and to compare. NumPy only."""

from w2v.errors import W2VError
from w2v.vectors import Vectors


def line_vectors(vectors: Vectors) -> Vectors:
    """Return the vectors of lines by the lines' names, or by their numbers from 1, as text.

    Raises:
        W2VError: lines have no vectors.
    """
    held = vectors.lines
    if held is None:
        raise W2VError(f"{vectors.name} has no line vectors: train with --line-vectors -o FILE.w2v")
    names = [*map(str, range(1, len(held.vectors) + 1))] if held.names is None else held.names
    found = Vectors(names, held.vectors)
    found.name = f"the lines of {vectors.name}"
    return found
