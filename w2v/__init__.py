"""w2v learns embeddings by negative sampling, from text or from any sequences of tokens.

>>> import w2v
>>> vectors = w2v.train("corpus.txt", dim=100)      # doctest: +SKIP
>>> vectors.similar("king")                         # doctest: +SKIP
"""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from w2v.config import TrainConfig, load_config
from w2v.errors import DivergedError, SettingsError, UnknownWordError, W2VError
from w2v.vectors import Vectors
from w2v.vocab import Vocab

if TYPE_CHECKING:
    from w2v.corpus import Source
    from w2v.encoding import ScanReport
    from w2v.session import Session
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
    "resume",
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
    checkpoint: str | Path | None = None,
    checkpoint_every: float = 600.0,
    **settings: Any,  # noqa: ANN401
) -> Vectors:
    """Train vectors on a corpus.

    Args:
        corpus: a path, a list of paths, or an iterable of token lists.
        vocab: use this vocabulary and its counts in place of the corpus' own; then min_count and
            max_vocab are refused.
        report: called with a Progress about four times a second.
        checkpoint: a folder to keep checkpoints in, for `resume`.
        checkpoint_every: seconds between them.
        settings: dim, window, negative, sample, epochs, lr, ...; see TrainConfig.

    Raises:
        W2VError: the corpus cannot be read, or no word of it is left.
        SettingsError: a setting is unknown or out of range.
        DivergedError: the learning rate was too large.
    """
    from w2v import session
    from w2v.corpus import Corpus

    if vocab is not None:
        refuse_pruning(settings)
    config = load_config(None, settings)
    begun, _ = session.begin(Corpus(corpus), config, vocab)
    return _train(begun, report, checkpoint, checkpoint_every)


def resume(
    checkpoint: str | Path,
    *,
    report: "TrainReport | None" = None,
    checkpoint_every: float = 600.0,
    **changes: Any,  # noqa: ANN401
) -> Vectors:
    """Go on with a run from the newest checkpoint of a folder.

    Args:
        checkpoint: the folder.
        report: called with a Progress about four times a second.
        checkpoint_every: seconds between checkpoints.
        changes: epochs, which may only rise, and threads.

    Raises:
        W2VError: there is no checkpoint, it is damaged, or the corpus has changed.
        SettingsError: another setting is to change.
    """
    from w2v import session

    return _train(session.resume(Path(checkpoint), changes), report, checkpoint, checkpoint_every)


def _train(
    begun: "Session", report: "TrainReport | None", checkpoint: str | Path | None, checkpoint_every: float
) -> Vectors:
    from w2v import session
    from w2v.training import train_embeddings

    folder = None if checkpoint is None else Path(checkpoint)
    with session.keeping(begun, folder, checkpoint_every, dict, warnings.warn) as keeper:
        embeddings = train_embeddings(begun.stream, begun.vocab, begun.config, report, start=begun.start, keeper=keeper)
    return Vectors(begun.vocab.words, embeddings.vectors)


def refuse_pruning(settings: Mapping[str, Any]) -> None:
    """Raise SettingsError for a setting that cannot go with a given vocabulary."""
    for name in ("min_count", "max_vocab"):
        if name in settings:
            raise SettingsError(f"{name} cannot go with a vocabulary, which says itself what the words are")
