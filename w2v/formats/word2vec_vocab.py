"""A vocabulary for word2vec.c's -read-vocab: `word count` lines, the first of which is for `</s>`.

word2vec.c makes a word of every line end, and uses the first row of any vocabulary for it. It never draws a word with
count 0, so the first line has this count, unless `</s>` itself is a word.
"""

from pathlib import Path

import numpy as np

from w2v.base.errors import W2VError
from w2v.base.files import replacing
from w2v.formats.model import Model
from w2v.formats.options import DEFAULTS, ReadOptions
from w2v.text.vocab import SENTENCE_WORD, Vocab


def read(path: Path, options: ReadOptions = DEFAULTS) -> Model:
    """Return the words and counts of a vocabulary from any program, with vectors of length 0.

    Raises:
        W2VError: the file is not a vocabulary.
    """
    vocab = Vocab.load(path)
    return Model(vocab.words, np.empty((len(vocab), 0), np.float32), vocab.counts)


def write(path: Path, model: Model) -> None:
    """Write the words and their counts, completely or not at all.

    Raises:
        W2VError: there are no counts.
    """
    if model.counts is None:
        raise W2VError(f"cannot write {path}: a vocabulary needs counts, which the source does not have")
    counts = dict(zip(model.words, model.counts.tolist(), strict=True))
    rows = {SENTENCE_WORD: counts.get(SENTENCE_WORD, 0), **counts}
    with replacing(path) as file:
        file.writelines(f"{word} {count}\n".encode() for word, count in rows.items())
