"""A run: begun from a corpus, continued from earlier vectors, or resumed; then trained and saved.

The command line and the Python functions both call, in this order: `checkpoints.folder.reserved` to reserve the folder
of the checkpoints; `begin`, `continue_from` or `resume` to read; `try_output` to check the output; `train` to train;
`outputs.save` to write.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from w2v import reports
from w2v.base.arrays import Ids
from w2v.base.errors import SettingsError, W2VError, option, without_secrets
from w2v.base.stores import absolute
from w2v.checkpoints import checkpoint as checkpoints
from w2v.checkpoints.checkpoint import Checkpoint
from w2v.checkpoints.fingerprints import Fingerprint, changed
from w2v.checkpoints.folder import check_space
from w2v.checkpoints.names import STREAM
from w2v.checkpoints.snapshots import CheckpointPolicy, Snapshot
from w2v.formats.model import Lines, Model, Trained
from w2v.formats.registry import find, what_is_lost
from w2v.formats.vector_files import check
from w2v.reports import Progress
from w2v.settings.operations import CHECKPOINT_EVERY_S, check_request, settings_for
from w2v.settings.train import TrainConfig
from w2v.text.corpus import Corpus, text_lines
from w2v.text.encoding import Encoded, ScanReport, renumber
from w2v.text.groups import check_groups, read_groups
from w2v.text.line_names import shared_rows
from w2v.text.shown import read_shown
from w2v.text.subwords import NGrams
from w2v.text.vocab import SENTENCE_WORD, Vocab
from w2v.training import loop
from w2v.training.backends import Backend, OneMachine
from w2v.training.freezing import fixed_rows
from w2v.training.line_rows import NO_LINE_INPUTS, LineInputs, n_lines
from w2v.training.log import Log
from w2v.training.outputs import keeps_output_rows
from w2v.training.plan import word_rows_of
from w2v.training.selection import Selection
from w2v.training.warm_start import carry_over, join_vocab, read_earlier, with_ngrams_of
from w2v.training.weights import Embeddings
from w2v.vectors.vectors import Vectors

Warn = Callable[[str], None]
Adapt = Callable[[TrainConfig, float], TrainConfig]
"""Returns the settings for training, from the settings for reading and the mean number of words per line."""
NO_WORDS = Vocab([], np.empty(0, np.int64))
EpochReport = Callable[[Progress, Vectors], Mapping[str, Any] | None]
"""Called with the progress of a run and its vectors. The returned values are logged; Selection uses `score`."""


@dataclass(frozen=True)
class Run:
    """A token stream, and everything that is needed to train on it."""

    config: TrainConfig
    vocab: Vocab
    stream: Ids
    """(n,) rows of vocab and SENTENCE_END (-1)."""
    files: list[Fingerprint] | None
    """The files of the stream; None if they cannot be read again."""
    start: Snapshot | None = None
    """The snapshot to continue from."""
    extra: dict[str, Any] = field(default_factory=dict)
    """What checkpoints keep for the caller: `log`, the rows so far, and the paths of outputs."""
    line_names: list[str] | None = None
    """The names of the lines' rows, if they have names."""
    lines: LineInputs = NO_LINE_INPUTS
    """Which lines share a row, and the weights of lines."""
    is_resumed: bool = False
    """Whether this continues a run, so that it may replace that run's checkpoints."""
    backend: Backend = OneMachine()
    """Reads and trains."""


def begin(
    corpus: Corpus,
    config: TrainConfig,
    vocab: Vocab | None = None,
    report: ScanReport | None = None,
    backend: Backend = Run.backend,
    adapt: Adapt | None = None,
) -> tuple[Run, Encoded]:
    """Read a corpus; return a run that starts at the beginning, and a report of what was read.

    Args:
        corpus: the text.
        config: the settings.
        vocab: use this vocabulary with its counts instead of the text's own.
        report: called with the progress of the reading.
        backend: reads and trains.
        adapt: changes training settings after the corpus was read.

    Raises:
        W2VError: as in `encode`.
    """
    corpus.examine(config.column, config.force_text)
    config = _with_absolute_paths(config, backend)
    files = None
    if corpus.files is not None and not any(map(_cannot_be_named, corpus.files)):
        files = [Fingerprint.of(path) for path in corpus.files]
    if vocab is not None and backend.n_nodes and not vocab.has_counts:
        raise SettingsError(
            f"with {option('ray')} the vocabulary needs counts: build it with `w2v build-vocab`", "vocab"
        )
    encoded = backend.encode(corpus, config, vocab=vocab, report=report)
    if vocab is not None and not backend.n_nodes:
        encoded = without_sentence_word(encoded, config.counts_lines)
    if encoded.dropped_count:  # a second reading with this vocabulary would give words that were dropped before
        files = None
    if vocab is not None:
        config = replace(config, min_count=1, max_vocab=None)  # the vocabulary has already applied these
    if config.negative_groups is not None:
        check_groups(config.negative_groups, encoded.vocab)
    if config.shown is not None:
        read_shown(config.shown, encoded.vocab, backend.n_lines(encoded.stream))
    if adapt is not None:
        config = adapt(config, encoded.tokens_kept / backend.n_lines(encoded.stream))
    return (
        Run(config, encoded.vocab, encoded.stream, files, backend=backend, **_lines_of(encoded)),
        encoded,
    )


def _with_absolute_paths(config: TrainConfig, backend: Backend) -> TrainConfig:
    """Return the settings with absolute paths of files, for a resumed run. Check what can be checked before reading."""
    if config.phrases is not None and backend.n_nodes:
        raise SettingsError(
            f"{option('phrases')} cannot be used with {option('ray')}; join the phrases before, by `w2v phrases "
            "--apply`",
            "phrases",
        )
    if config.negative_groups is not None:
        read_groups(config.negative_groups, NO_WORDS)  # to find its errors before the corpus is read
    if config.shown is not None:
        next(text_lines(config.shown), None)  # for the same reason
    paths: dict[str, Any] = {name: absolute(path) for name, path in config.files.items()}
    return replace(config, **paths)


def continue_from(
    earlier: Path,
    corpus: Corpus,
    config: TrainConfig,
    grow_vocab: bool = False,
    report: ScanReport | None = None,
    warn: Warn = reports.warn,
    format: str | None = None,
    freeze: str | Path | None = None,
    adapt: Adapt | None = None,
) -> tuple[Run, Encoded]:
    """Read a new corpus, to continue training from earlier vectors in a checkpoint's folder or a vector file.

    All earlier words stay. New words are ignored; with `grow_vocab` they are added if they reach min_count. Known
    counts of earlier words and the counts of the new text are added. Output rows of new words start at zero, and so do
    all output rows if the file has none.

    Args:
        earlier: the folder or file.
        corpus: the new text.
        config: the settings; dim is replaced by that of the earlier vectors.
        grow_vocab: whether new words are added.
        report: called with the progress of the reading.
        warn: called about duplicate words in the file, whose first rows are used, and about missing output rows.
        format: format of the vector file, if neither its content nor its name shows it.
        freeze: which rows are frozen: input, output, or those of the words in this file.
        adapt: changes training settings after the corpus was read.

    Raises:
        SettingsError: the earlier vectors do not have the rows to freeze.
        W2VError: as in `encode`, `checkpoint.load` and `vector_files.read`; or a word or count of the file is invalid.
    """
    held = read_earlier(earlier, warn, format)
    finite = np.isfinite(held.vectors).all(axis=1)
    if not finite.all():
        row = int(finite.argmin())
        raise W2VError(f"{earlier} is damaged: the vector of '{held.words[row]}', row {row + 1}, is not finite")
    dim = held.vectors.shape[1]
    run, encoded = begin(corpus, replace(config, dim=dim, min_count=1, max_vocab=None), report=report, adapt=adapt)
    config = replace(run.config, dim=dim, min_count=config.min_count, max_vocab=config.max_vocab)
    vocab = join_vocab(held, encoded.vocab, config.min_count if grow_vocab else None, earlier)
    row_of = vocab.rows_of(encoded.vocab.words)
    stream = renumber(run.stream, row_of, keep_empty=config.counts_lines)
    tokens_kept = int(encoded.vocab.counts[row_of >= 0].sum())
    if tokens_kept == 0:
        raise W2VError(f"none of the {encoded.tokens_read:,} tokens of the corpus is among the words of {earlier}")
    config = with_ngrams_of(held, config, earlier)
    fixed = None if freeze is None else fixed_rows(freeze, held, vocab, config, earlier, warn)
    if held.output is None and config.output_layer.outputs_are_words:
        where = "at random" if config.radius else "at zero"
        warn(f"{earlier} has no output rows, which start {where}; a .w2v folder or a checkpoint has them")
    start = replace(carry_over(held, vocab, config), fixed=fixed)
    return (
        replace(run, config=config, vocab=vocab, stream=stream, start=start),
        replace(encoded, vocab=vocab, stream=stream, tokens_kept=tokens_kept),
    )


def resume(
    folder: Path, changes: Mapping[str, Any], report: ScanReport | None = None, backend: Backend = Run.backend
) -> Run:
    """Resume a run from its newest checkpoint: read its corpus again, or the stream that was saved.

    Args:
        folder: folder of the checkpoints.
        changes: new values of settings; only `epochs` (to a higher number) and `threads` may change.
        report: called with the progress of the reading.
        backend: reads and trains.

    Raises:
        SettingsError: another setting or the number of nodes would change.
        W2VError: the checkpoint is damaged, or the corpus has changed.
    """
    check_request("resume", changes)
    kept = checkpoints.load(folder)
    config = replace(kept.config, **changes)
    for field_ in settings_for("resume"):
        earlier, now = (getattr(one, field_.name) for one in (kept.config, config))
        if not field_.setting.may_fall and now < earlier:
            raise field_.error(f"cannot fall when a run is resumed: it has {earlier:,}")
    if backend.n_nodes != kept.snapshot.position.n_nodes:
        nodes = kept.snapshot.position.n_nodes
        trained = f"with {option('ray')} and {option('nodes', nodes)}" if nodes else f"without {option('ray')}"
        raise SettingsError(f"the number of nodes cannot change when a run is resumed: resume it {trained}")
    if backend.n_nodes and config.epochs != kept.config.epochs:
        raise SettingsError(f"{option('epochs')} cannot change when a run on a cluster is resumed", "epochs")
    lines = NO_LINE_INPUTS
    if kept.corpus is None:
        stream = checkpoints.load_stream(folder, len(kept.vocab))
    else:
        for print_ in kept.corpus:
            print_.check()
        paths = [print_.path for print_ in kept.corpus]
        # Warnings about the corpus were already given when the run began.
        encoded = backend.encode(Corpus(paths, warn=lambda _: None), config, vocab=kept.vocab, report=report)
        stream, lines = encoded.stream, _lines_of(encoded)["lines"]
    if kept.stream != backend.checksum(stream):
        if kept.corpus is None:
            raise W2VError(f"{folder / STREAM} is damaged: its checksum is not what was written; train anew")
        raise changed(" or ".join(paths[:3]) + ", ..." * (len(paths) > 3), "its words are others")
    return Run(
        *(config, kept.vocab, stream, kept.corpus, kept.snapshot, kept.extra, kept.line_names),
        lines=lines,
        is_resumed=True,
        backend=backend,
    )


def train(
    run: Run,
    report: loop.TrainReport | None = None,
    *,
    checkpoint: Path | None = None,
    checkpoint_every: float = CHECKPOINT_EVERY_S,
    warn: Warn = reports.warn,
    log: Log | None = None,
    after_epoch: EpochReport | None = None,
    selection: Selection | None = None,
    save_output: bool | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Vectors:
    """Train; return the vectors, with a record of how they were trained.

    Args:
        run: what to train on.
        report: called with a Progress about four times a second.
        checkpoint: the folder for checkpoints, already reserved with `reserved`.
        checkpoint_every: seconds between two checkpoints.
        warn: called with the reason if a checkpoint cannot be written; training continues.
        log: receives the earlier rows of a resumed run, then new rows.
        after_epoch: called after each epoch.
        selection: receives the scores from `after_epoch`; decides when to stop and which epoch's rows to return.
        save_output: whether the vectors keep the output rows; by default they do if the rows belong to words.
        extra: what checkpoints keep for the caller, besides the log.

    Raises:
        DivergedError: the learning rate was too large.
        W2VError: there is not enough space for the checkpoints.
    """
    save_output = keeps_output_rows(run.config, save_output)
    log, chooses = log or Log(), selection or Selection()
    log.begin(run.extra.get("log", []))

    def report_and_log(now: Progress) -> None:
        log.add(now)
        if report is not None:
            report(now)

    def end_epoch(now: Progress, rows: Embeddings) -> bool:
        assert after_epoch is not None
        found = after_epoch(now, _result(run, rows, run.config.output_layer.outputs_are_words)) or {}
        if chooses.is_used:
            chooses.add(now.epoch, found.get("score"), rows)
        log.add(now, found, chooses.is_over)
        return chooses.is_over

    kept = {**run.extra, **(extra or {}), "log": log.rows}
    embeddings = run.backend.train_embeddings(
        run.stream,
        run.vocab,
        run.config,
        report_and_log,
        start=run.start,
        checkpoints=_policy(run, checkpoint, checkpoint_every, warn, kept) if checkpoint else None,
        after_epoch=end_epoch if after_epoch else None,
        pauses=chooses.pauses,
        lines=run.lines,
    )
    embeddings = chooses.chosen(embeddings)
    if not (save_output or embeddings.vectors_are_outputs):
        embeddings = embeddings.without_output()  # here it saves 38 of 550 MB, with 84,000 words and n-grams
    return _result(run, embeddings, save_output)


def _policy(run: Run, folder: Path, every_s: float, warn: Warn, extra: dict[str, Any]) -> CheckpointPolicy:
    """Return what writes the checkpoints of a run. Checks that there is space for them and for the stream."""
    if run.files is None and run.backend.n_nodes:
        raise W2VError(
            "checkpoints of a cluster need a corpus that a later run can read: files, or URLs without a password or a "
            "signature"
        )
    if run.files is None and (run.lines.rows is not None or run.lines.weights is not None):
        raise W2VError(
            "checkpoints of lines with weights, or with names that repeat, need a corpus that a later run can read: "
            "files, or URLs without a password or a signature"
        )
    stream_bytes = run.stream.nbytes if run.files is None and not run.is_resumed else 0
    word_rows = word_rows_of(run.config, run.vocab)
    n_rows = len(run.vocab) + (word_rows.n_rows if word_rows else len(run.vocab)) + _n_lines(run)
    check_space(folder, len(run.vocab), n_rows, run.config.dim, stream_bytes)
    if stream_bytes:
        checkpoints.save_stream(folder, run.stream)
    checksum = run.backend.checksum(run.stream)

    def save(at: Snapshot) -> None:
        try:
            checkpoints.save(folder, Checkpoint(run.config, run.vocab, at, run.files, checksum, extra, run.line_names))
        except W2VError as error:
            warn(f"{error.message}; training goes on, and older checkpoints are as they were")

    return CheckpointPolicy(save, every_s)


def _result(run: Run, embeddings: Embeddings, save_output: bool) -> Vectors:
    """Return the vectors, with their n-grams and a record of how they were trained."""
    return Vectors.of(
        Model(
            run.vocab.words,
            embeddings.vectors,
            run.vocab.counts,
            embeddings.output_rows if save_output else None,
            embeddings.subwords,
            None if embeddings.line_rows is None else Lines(embeddings.line_rows, run.line_names),
            _trained(run),
        )
    )


def _trained(run: Run) -> Trained:
    """Return the record of how the vectors of a run are trained.

    It has the names of the corpus files without their folders, so that a copy can be given away.
    """
    corpus = None
    if run.files is not None:
        corpus = [{"name": Path(file.path).name, "size": file.size, "sample": file.sample} for file in run.files]
    return Trained.of(run.config, corpus)


def try_output(
    run: Run, path: Path, save_output: bool | None = None, warn: Warn = reports.warn, n_models: int = 1
) -> None:
    """Check before training that the vectors of a run can be written to `path`; warn about parts that are left out.

    There must be space for n_models models.

    Raises:
        W2VError: the vectors cannot be written; the message says why.
    """
    ngrams = NGrams.of_config(run.config)
    check(
        path,
        run.vocab.words,
        run.config.dim,
        _trained(run),
        save_output=keeps_output_rows(run.config, save_output, path),
        ngrams=ngrams,
        n_lines=_n_lines(run),
        n_models=n_models,
    )
    parts = [*(["subwords"] if ngrams else []), *(["lines"] if run.config.has_lines else [])]
    if lost := what_is_lost(find(path), parts):
        warn(f"{path}: {lost}")


def _n_lines(run: Run) -> int:
    """Return the number of rows of lines; 0 without line vectors."""
    return run.lines.n_rows(n_lines(run.stream)) if run.config.has_lines else 0


def _lines_of(encoded: Encoded) -> dict[str, Any]:
    """Return the fields of a Run that describe the lines of a text."""
    names, rows = (None, None) if encoded.line_names is None else shared_rows(encoded.line_names)
    return {"line_names": names, "lines": LineInputs(rows, encoded.line_weights)}


def without_sentence_word(encoded: Encoded, keep_empty: bool) -> Encoded:
    """Return a text whose vocabulary lacks word2vec.c's `</s>`, unless the text contains this word."""
    row = encoded.vocab.index.get(SENTENCE_WORD)
    if row is None or np.any(encoded.stream == row):
        return encoded
    rest = np.delete(np.arange(len(encoded.vocab)), row)
    vocab = Vocab([encoded.vocab.words[i] for i in rest], encoded.vocab.counts[rest])
    stream = renumber(encoded.stream, vocab.rows_of(encoded.vocab.words), keep_empty=keep_empty)
    return replace(encoded, vocab=vocab, stream=stream)


def _cannot_be_named(path: str) -> bool:
    """Return whether another process could not read a file by the name that a checkpoint stores.

    /dev/stdin is a different file in another process, and a password or a signature in a URL is not stored.
    """
    return os.path.abspath(path).startswith(("/dev/", "/proc/")) or without_secrets(path) != path
