"""A vocabulary as word2vec.c's -read-vocab takes it: `word count` lines, of which the first is that of `</s>`.

word2vec.c makes a word of every line's end, and takes the first row of any vocabulary for it. It never draws a word of
count 0, so that is what stands there, unless `</s>` is a word itself.
"""

from pathlib import Path

import numpy as np

from w2v.base.errors import W2VError
from w2v.base.files import replacing
from w2v.formats.model import Model
from w2v.formats.options import DEFAULTS, ReadOptions
from w2v.text.vocab import SENTENCE_WORD, Vocab


def read(path: Path, options: ReadOptions = DEFAULTS) -> Model:
    """Return the words and counts of a vocabulary of any program, with vectors of no numbers.

    Raises:
        W2VError: it is not a vocabulary.
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
