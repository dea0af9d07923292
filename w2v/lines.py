"""Lines: the vectors of lines by name, to look up and to compare. NumPy only."""

from w2v.errors import W2VError
from w2v.formats.common import Lines
from w2v.vectors import Vectors


def line_vectors(vectors: Vectors) -> Vectors:
    """Return the vectors of lines by the lines' names, or by their numbers from 1, as text.

    Raises:
        W2VError: lines have no vectors.
    """
    if vectors.lines is None:
        raise W2VError(f"{vectors.name} has no line vectors: train with --line-vectors -o FILE.w2v")
    found = named_lines(vectors.lines)
    found.name = f"the lines of {vectors.name}"
    return found


def named_lines(lines: Lines) -> Vectors:
    """Return the vectors of lines by name, or by number from 1."""
    names = [*map(str, range(1, len(lines.vectors) + 1))] if lines.names is None else lines.names
    return Vectors(names, lines.vectors)
