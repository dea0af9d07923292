"""w2v learns embeddings by negative sampling, from text or from any sequences of tokens.

>>> import w2v
>>> vectors = w2v.train("corpus.txt", dim=100)      # doctest: +SKIP
>>> vectors.similar("king")                         # doctest: +SKIP
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from w2v.config import TrainConfig, load_config
from w2v.errors import DivergedError, SettingsError, UnknownWordError, W2VError
from w2v.vectors import Vectors
from w2v.vocab import Vocab

if TYPE_CHECKING:
    from w2v.corpus import Source
    from w2v.encoding import ScanReport
    from w2v.training import TrainReport

__version__ = "0.1.0"
__all__ = [
    "DivergedError",
    "SettingsError",
    "TrainConfig",
    "UnknownWordError",
    "Vectors",
    "Vocab",
    "W2VError",
    "build_vocab",
    "load_config",
    "train",
]


def build_vocab(corpus: "Source", *, report: "ScanReport | None" = None, **settings: Any) -> Vocab:  # noqa: ANN401
    """Count the words of a corpus.

    Args:
        corpus: a path, a list of paths, or an iterable of token lists.
        report: called with the bytes read and the bytes there are (None where unknown).
        settings: min_count, max_vocab, lowercase, threads; see TrainConfig.

    Raises:
        W2VError: the corpus cannot be read, or no word of it is left.
        SettingsError: a setting is unknown or out of range.

    >>> build_vocab([["a", "b", "a"]], min_count=2).words
    ['a']
    """
    from w2v.corpus import Corpus
    from w2v.encoding import encode

    config = load_config(None, settings)
    return encode(Corpus(corpus), config, keep_stream=False, report=report).vocab


def train(
    corpus: "Source",
    *,
    vocab: Vocab | None = None,
    report: "TrainReport | None" = None,
    **settings: Any,  # noqa: ANN401
) -> Vectors:
    """Train vectors on a corpus.

    Args:
        corpus: a path, a list of paths, or an iterable of token lists.
        vocab: use this vocabulary and its counts in place of the corpus' own; then min_count and
            max_vocab are refused.
        report: called with a Progress about four times a second.
        settings: dim, window, negative, sample, epochs, lr, ...; see TrainConfig.

    Raises:
        W2VError: the corpus cannot be read, or no word of it is left.
        SettingsError: a setting is unknown or out of range.
        DivergedError: the learning rate was too large.
    """
    from w2v.corpus import Corpus
    from w2v.encoding import encode
    from w2v.training import train_embeddings

    if vocab is not None:
        refuse_pruning(settings)
    config = load_config(None, settings)
    encoded = encode(Corpus(corpus), config, vocab=vocab)
    embeddings = train_embeddings(encoded.stream, encoded.vocab, config, report)
    return Vectors(encoded.vocab.words, embeddings.vectors)


def refuse_pruning(settings: Mapping[str, Any]) -> None:
    """Raise SettingsError for a setting that cannot go with a given vocabulary."""
    for name in ("min_count", "max_vocab"):
        if name in settings:
            raise SettingsError(f"{name} cannot go with a vocabulary, which says itself what the words are")
