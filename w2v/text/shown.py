"""Files of items that people were shown and did not take: one line, possibly empty, per line of the corpus."""

from pathlib import Path

import numpy as np

from w2v.base.arrays import Ids, Indices
from w2v.base.errors import W2VError
from w2v.text.corpus import text_lines
from w2v.text.vocab import Vocab


def read_shown(path: str | Path, vocab: Vocab, n_lines: int) -> tuple[Indices, Ids]:
    """Return where the rows of each line begin, (n_lines + 1,), and all rows; items without a row are left out.

    Raises:
        W2VError: the file cannot be read, does not have one line per line of the corpus, or has no known item.
    """
    lines = [[row for item in line.split() if (row := vocab.index.get(item)) is not None] for line in text_lines(path)]
    if len(lines) != n_lines:
        raise W2VError(f"{path} has {len(lines):,} lines and the corpus {n_lines:,}; each needs its own")
    if not any(lines):
        raise W2VError(f"{path} has none of the {len(vocab):,} words of the vocabulary")
    starts = np.cumsum([0, *map(len, lines)], dtype=np.int64)
    return starts, np.array([row for rows in lines for row in rows], np.int32)
