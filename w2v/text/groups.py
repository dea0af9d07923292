"""Groups of words, such as markets, types of items or languages: a file with a word, a tab and its group per line."""

from pathlib import Path

import numpy as np

from w2v.base.arrays import Ids
from w2v.base.errors import W2VError
from w2v.text.corpus import text_lines
from w2v.text.vocab import Vocab


def read_groups(path: str | Path, vocab: Vocab) -> Ids:
    """Return the number of each word's group, (n_types,), from 0; -1 for words that are not in the file.

    Raises:
        W2VError: the file cannot be read, a line is not a word and a group, or a word has two groups.
    """
    found = np.full(len(vocab), -1, np.int32)
    numbers: dict[str, int] = {}
    for number, line in enumerate(text_lines(path), 1):
        word, tab, group = line.rstrip("\r\n").partition("\t")
        if not (word and tab and group) or "\t" in group:
            raise W2VError(
                f"{path}, line {number:,}: expected a word, a tab and its group, found {line.rstrip()[:40]!r}"
            )
        row = vocab.index.get(word)
        if row is None:
            continue
        of_word = numbers.setdefault(group, len(numbers))
        if found[row] not in (-1, of_word):
            raise W2VError(f"{path}, line {number:,}: {word!r} has two groups; remove one")
        found[row] = of_word
    return found


def check_groups(path: str | Path, vocab: Vocab) -> None:
    """Raise W2VError if the file of groups cannot be read, or contains no word of the vocabulary."""
    if (read_groups(path, vocab) < 0).all():
        raise W2VError(f"{path} has none of the {len(vocab):,} words of the vocabulary")
