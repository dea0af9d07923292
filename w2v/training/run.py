"""Sessions: what training works on, begun from a corpus or taken up again from a checkpoint."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from w2v import formats
from w2v.arrays import Ids
from w2v.config import TrainConfig
from w2v.errors import SettingsError, W2VError
from w2v.text.corpus import Corpus
from w2v.text.encoding import Encoded, ScanReport, encode, renumber
from w2v.text.vocab import Vocab
from w2v.training import checkpoint
from w2v.training.checkpoint import Checkpoint, Fingerprint
from w2v.training.schedule import Position
from w2v.training.snapshots import CheckpointPolicy, Snapshot
from w2v.training.weights import Embeddings
from w2v.vectors import Vectors
from w2v.version import __version__

MAY_CHANGE = ("epochs", "threads")
"""Settings that a resumed run may have other values of; epochs may only rise."""


@dataclass(frozen=True)
class Session:
    """A token stream and all that is needed to train on it."""

    config: TrainConfig
    vocab: Vocab
    stream: Ids
    files: list[Fingerprint] | None
    """The files the stream came from, where they can be read again."""
    start: Snapshot | None
    """Where to go on from."""
    extra: dict[str, Any]
    """What the caller left in the checkpoint."""
    is_resumed: bool = False
    """Whether this goes on with a run, whose checkpoints it may replace."""


def begin(
    corpus: Corpus, config: TrainConfig, vocab: Vocab | None = None, report: ScanReport | None = None
) -> tuple[Session, Encoded]:
    """Read a corpus; return a session that starts at the beginning, and what became of the tokens.

    Raises:
        W2VError: as `encode` does.
    """
    files = None if corpus.files is None else [Fingerprint.of(path) for path in corpus.files]
    encoded = encode(corpus, config, vocab=vocab, report=report)
    if encoded.dropped_count:  # read again with this vocabulary, the text would have words that were dropped
        files = None
    if vocab is not None:
        config = replace(config, min_count=1, max_vocab=None)  # which the vocabulary has decided
    return Session(config, encoded.vocab, encoded.stream, files, None, {}), encoded


def begin_from(
    earlier: Path, corpus: Corpus, config: TrainConfig, grow: bool, report: ScanReport | None = None
) -> tuple[Session, Encoded]:
    """Read a new corpus, to train on from earlier vectors: those of a checkpoint's folder or a vector file.

    All earlier words stay. Words that are not among them are left out, or with `grow` join them where they
    reach min_count. Counts, where they are known, and those of the new text add up. A vector file without output
    rows has them begin at 0, as those of new words do.

    Args:
        earlier: the folder or file.
        corpus: the new text.
        config: its dim is replaced by that of the earlier vectors.
        grow: whether new words join.
        report: told how far the reading is.

    Raises:
        W2VError: as `encode`, `checkpoint.load` and `formats.read` do.
    """
    if earlier.is_dir() and earlier.suffix.lower() not in formats.SUFFIXES:
        kept = checkpoint.load(earlier)
        words, counts, input, output = kept.vocab.words, kept.vocab.counts, kept.input, kept.output
    else:
        held = formats.read(earlier)
        words, input = held.words, held.vectors
        counts = np.zeros(len(words), np.int64) if held.counts is None else held.counts
        output = np.zeros_like(input) if held.output is None else held.output
    session, encoded = begin(corpus, replace(config, dim=input.shape[1], min_count=1, max_vocab=None), report=report)
    totals = dict(zip(words, counts.tolist(), strict=True))
    found = zip(encoded.vocab.words, encoded.vocab.counts.tolist(), strict=True)
    for word, count in found:
        if word in totals or (grow and count >= config.min_count):
            totals[word] = totals.get(word, 0) + count
    vocab = Vocab.of({word: max(1, count) for word, count in totals.items()})
    row_of = np.array([vocab.index.get(word, -1) for word in encoded.vocab.words], np.int32)
    stream = renumber(session.stream, row_of)
    tokens_kept = int(encoded.vocab.counts[row_of >= 0].sum())
    if tokens_kept == 0:
        raise W2VError(f"none of the {encoded.tokens_read:,} tokens of the corpus is among the words of {earlier}")
    fresh = Embeddings.create(len(vocab), input.shape[1], config.seed)
    rows = [vocab.index[word] for word in words]
    fresh.vectors[rows], fresh.output_vectors[rows] = input, output
    start = Snapshot(fresh.vectors, fresh.output_vectors, Position())
    config = replace(config, dim=input.shape[1])
    return (
        replace(session, config=config, vocab=vocab, stream=stream, start=start),
        replace(encoded, vocab=vocab, stream=stream, tokens_kept=tokens_kept),
    )


def resume(folder: Path, changes: Mapping[str, Any], report: ScanReport | None = None) -> Session:
    """Take up a run from its newest checkpoint, reading its corpus again or the stream that was kept.

    Args:
        folder: of the checkpoints.
        changes: new values of settings, of which only `epochs` (higher) and `threads` may have any.
        report: told how far the reading is.

    Raises:
        SettingsError: another setting is to change.
        W2VError: the checkpoint is damaged, or the corpus has changed.
    """
    for name in changes:
        if name not in MAY_CHANGE:
            raise SettingsError(f"{name} cannot change when a run is resumed; only {' and '.join(MAY_CHANGE)} can")
    kept = checkpoint.load(folder)
    if changes.get("epochs", kept.config.epochs) < kept.config.epochs:
        raise SettingsError(f"epochs cannot fall when a run is resumed: it has {kept.config.epochs}")
    config = replace(kept.config, **changes)
    if kept.corpus is None:
        stream = checkpoint.load_stream(folder, len(kept.vocab))
    else:
        for print_ in kept.corpus:
            print_.check()
        # What there is to warn of was said when the run began.
        corpus = Corpus([print_.path for print_ in kept.corpus], warn=lambda _: None)
        stream = encode(corpus, config, vocab=kept.vocab, report=report).stream
    start = Snapshot(kept.input, kept.output, kept.position)
    return Session(config, kept.vocab, stream, kept.corpus, start, kept.extra, is_resumed=True)


@contextmanager
def keeping(
    session: Session,
    folder: Path | None,
    every_s: float,
    extra: Callable[[], dict[str, Any]],
    warn: Callable[[str], None],
) -> Iterator[CheckpointPolicy | None]:
    """Yield what writes a session's checkpoints to a folder, which is made where it is missing.

    Meanwhile no other run may write there.

    Args:
        session: the run.
        folder: where to; without one there are no checkpoints.
        every_s: seconds between two checkpoints.
        extra: asked at each checkpoint what to keep besides.
        warn: told why a checkpoint could not be written; training goes on.

    Raises:
        W2VError: the folder cannot be made, is another run's, or has no space for the checkpoints of this run.
    """
    if folder is None:
        yield None
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise W2VError(f"cannot make the folder {folder}: {error.strerror or error}") from error

    def keep(shot: Snapshot) -> None:
        state = Checkpoint(
            session.config, session.vocab, shot.input, shot.output, shot.position, session.files, extra()
        )
        try:
            checkpoint.save(folder, state)
        except W2VError as error:
            warn(f"{error}; training goes on, and older checkpoints are as they were")

    with checkpoint.locked(folder):
        if not session.is_resumed and checkpoint.exists(folder):
            raise W2VError(
                f"{folder} has checkpoints of another run; name another folder, or go on with --resume {folder}"
            )
        stream_bytes = session.stream.nbytes if session.files is None and not session.is_resumed else 0
        checkpoint.check_space(folder, len(session.vocab), session.config.dim, stream_bytes)
        if stream_bytes:
            checkpoint.save_stream(folder, session.stream)
        yield CheckpointPolicy(keep, every_s)


def result(session: Session, embeddings: Embeddings, save_output: bool = False) -> Vectors:
    """Return what a session has learned, and all that is known of how.

    Of the corpus' files it tells the names and not where they were, so that a copy of it may be given away.

    Args:
        session: the run.
        embeddings: its rows when it ended.
        save_output: whether the output rows come along.
    """
    corpus = None
    if session.files is not None:
        corpus = [{"name": Path(file.path).name, "size": file.size, "sample": file.sample} for file in session.files]
    settings = {"w2v": __version__, "settings": session.config.as_dict(), "corpus": corpus}
    output = embeddings.output_vectors if save_output else None
    return Vectors(session.vocab.words, embeddings.vectors, session.vocab.counts, output, settings)
