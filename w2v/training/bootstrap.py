"""Bootstrap: draw as many lines as a corpus has, with replacement (Antoniak and Mimno 2018)."""

import numpy as np

from w2v.base.arrays import SENTENCE_END, Ids
from w2v.base.errors import W2VError, option
from w2v.training.draws import Draws

LINES = 1 << 16
"""Number of lines that are copied at a time."""


def resampled_lines(stream: Ids, seed: int) -> Ids:
    """Return a stream of lines drawn with replacement, with the same number of lines. The seed determines the draws.

    Args:
        stream: (n,) ids, with a SENTENCE_END after each line; the last line may have none.
        seed: seed of the draws.

    Raises:
        W2VError: there is only one line, or not enough memory for a second stream.

    >>> resampled_lines(np.array([1, 2, -1, 3, -1, 4, 5, 6], np.int32), 4).tolist()
    [1, 2, -1, 3, -1, 3, -1]
    """
    ends = np.flatnonzero(stream == SENTENCE_END)
    if len(stream) and stream[-1] != SENTENCE_END:
        ends = np.append(ends, len(stream))
    if len(ends) < 2:
        raise W2VError(f"{option('bootstrap', 'lines')} draws lines, and the corpus is one line")
    starts = np.concatenate([[0], ends[:-1] + 1])
    drawn = Draws.LINES.generator(seed).integers(0, len(ends), len(ends))
    sizes = (ends - starts)[drawn] + 1
    try:
        found = np.full(int(sizes.sum()), SENTENCE_END, np.int32)
    except MemoryError:
        raise W2VError(f"no memory for {option('bootstrap')}: it takes 4 bytes per token of the corpus") from None
    begin = 0
    for first in range(0, len(drawn), LINES):
        lines, size = drawn[first : first + LINES], sizes[first : first + LINES]
        n = int(size.sum())
        at = np.arange(n) + np.repeat(starts[lines] - (np.cumsum(size) - size), size)
        is_word = at < ends[np.repeat(lines, size)]
        found[begin : begin + n][is_word] = stream[at[is_word]]
        begin += n
    return found
