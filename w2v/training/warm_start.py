"""Warm start: continue training from the vectors of a checkpoint or a file."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from w2v.base.errors import W2VError, option
from w2v.checkpoints import checkpoint
from w2v.checkpoints.checkpoint import Checkpoint
from w2v.checkpoints.snapshots import Position, Snapshot
from w2v.formats.model import Model
from w2v.formats.recognition import recognised
from w2v.formats.registry import FORMATS, SUFFIXES
from w2v.formats.vector_files import read
from w2v.settings.train import TrainConfig
from w2v.text.subwords import NGrams, Subwords
from w2v.text.vocab import Vocab
from w2v.training.plan import word_rows_of
from w2v.training.weights import Embeddings

Warn = Callable[[str], None]


def read_earlier(earlier: Path, warn: Warn, format: str | None = None) -> Model:
    """Return the model of a vector file or of a checkpoint's folder, without duplicate words."""
    if format is None and earlier.is_dir() and earlier.suffix.lower() not in SUFFIXES and not recognised(earlier):
        return _model_of(checkpoint.load(earlier))
    model = read(earlier, format, warn=warn)
    rows = FORMATS["word2vec"].unsupported_words(model.words)
    if not rows:
        return model
    if len(rows) == len(model.words):
        raise W2VError(f"{earlier}: each of its {len(rows):,} words is empty or contains whitespace")
    warn(
        f"{earlier}: left out {len(rows):,} words that are empty or contain whitespace, as no word of a corpus does, "
        f"such as {model.words[rows[0]]!r}"
    )
    return model.without(rows)


def _model_of(kept: Checkpoint) -> Model:
    """Return the model of a checkpoint, without output rows if they do not belong to words."""
    output = kept.snapshot.output if kept.config.output_layer.outputs_are_words else None
    ngrams, word_rows = NGrams.of_config(kept.config), word_rows_of(kept.config, kept.vocab)
    if ngrams is None or word_rows is None:
        return Model(kept.vocab.words, kept.snapshot.input, kept.vocab.counts, output)
    subwords = Subwords(ngrams, word_rows.buckets, kept.snapshot.input)
    return Model(kept.vocab.words, kept.snapshot.input[: len(kept.vocab)], kept.vocab.counts, output, subwords)


def with_ngrams_of(held: Model, config: TrainConfig, earlier: Path) -> TrainConfig:
    """Return a config with the n-gram settings of the earlier vectors.

    Raises:
        W2VError: the settings ask for n-grams, but the earlier vectors have none.
    """
    if held.subwords is not None:
        ngrams = held.subwords.ngrams
        return replace(
            config,
            subwords=ngrams.kind,  # type: ignore[arg-type]  # which TrainConfig checks
            min_n=ngrams.min_n,
            max_n=ngrams.max_n,
            buckets=ngrams.buckets,
            hash_count=ngrams.hash_count,
        )
    if config.subwords != "none":
        raise W2VError(
            f"{earlier} has no vectors of n-grams: leave out {option('subwords')}, or start from a .w2v, .fasttext.bin "
            "or checkpoint that has them"
        )
    return config


def carry_over(held: Model, vocab: Vocab, config: TrainConfig) -> Snapshot:
    """Return the initial rows of a run; rows of earlier words and n-grams are copied."""
    word_rows = word_rows_of(config, vocab)
    fresh = Embeddings.create(len(vocab), config.dim, config.seed, word_rows=word_rows)
    rows = [vocab.index[word] for word in held.words]
    if held.subwords is None or word_rows is None:
        fresh.input_rows[rows] = held.vectors
    else:
        if word_rows.n_own:
            fresh.input_rows[rows] = held.subwords.own_rows
        earlier = held.subwords.rows_of(word_rows.buckets)
        known = np.flatnonzero(earlier >= 0)
        fresh.input_rows[word_rows.n_own + known] = held.subwords.bucket_rows[earlier[known]]
    if held.output is not None and config.output_layer.outputs_are_words:
        fresh.output_rows[rows] = held.output
    if config.radius:
        fresh.move_to_sphere(config.radius, config.seed)
    return Snapshot(fresh.input_rows, fresh.output_rows, Position())


def join_vocab(held: Model, new: Vocab, min_count: int | None, earlier: Path) -> Vocab:
    """Return the vocabulary of earlier words and of new words with min_count occurrences; None ignores new words."""
    counts = [0] * len(held.words) if held.counts is None else held.counts.tolist()
    totals = dict(zip(held.words, counts, strict=True))
    for word, count in zip(new.words, new.counts.tolist(), strict=True):
        if word in totals or (min_count is not None and count >= min_count):
            totals[word] = totals.get(word, 0) + count
    if sum(totals.values()) >= 2**63:
        raise W2VError(f"the counts of {earlier} and of the corpus come to more than 2^63 - 1")
    try:
        return Vocab.of({word: max(1, count) for word, count in totals.items()})
    except W2VError as error:
        raise W2VError(f"{earlier}: {error.message}") from error
