"""A run: begun from a corpus, continued from earlier vectors, or resumed; trained, and its vectors saved.

The command line and the Python functions both go through here, in this order: `reserved` takes the folder of the
checkpoints; `begin`, `continue_from` or `resume` reads; `check_output` tries the writing; `train` trains;
`outputs.save` writes.
"""

import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from w2v import formats
from w2v.base.arrays import Ids, Matrix
from w2v.base.errors import SettingsError, W2VError, option
from w2v.base.stores import url_of
from w2v.checkpoints import checkpoint
from w2v.checkpoints.checkpoint import Checkpoint
from w2v.checkpoints.fingerprints import Fingerprint, changed, stream_checksum
from w2v.checkpoints.snapshots import CheckpointPolicy, Snapshot
from w2v.formats.common import Lines
from w2v.settings.operations import CHECKPOINT_EVERY_S, check_request, settings_for
from w2v.settings.train import TrainConfig
from w2v.text.corpus import Corpus
from w2v.text.encoding import Encoded, ScanReport, renumber
from w2v.text.subwords import NGrams
from w2v.text.vocab import Vocab
from w2v.training import loop
from w2v.training.line_rows import count_lines
from w2v.training.log import Log
from w2v.training.machines import Machine, ThisMachine
from w2v.training.outputs import refuse_output_rows
from w2v.training.plan import word_rows_of
from w2v.training.schedule import Progress
from w2v.training.warm_start import carry_over, join_vocab, read_earlier, subword_settings
from w2v.training.weights import Embeddings
from w2v.vectors.vectors import Vectors
from w2v.version import __version__

Warn = Callable[[str], None]
EpochReport = Callable[[Progress, Vectors], Mapping[str, Any] | None]
"""Called with how far the run is and its vectors; what it returns goes into the log."""


@dataclass(frozen=True)
class Run:
    """A token stream, and all that is needed to train on it."""

    config: TrainConfig
    vocab: Vocab
    stream: Ids
    """(n,) rows of vocab and SENTENCE_END (-1)."""
    files: list[Fingerprint] | None
    """The files the stream came from, where they can be read again."""
    start: Snapshot | None = None
    """Where to go on from."""
    extra: dict[str, Any] = field(default_factory=dict)
    """What the checkpoint keeps for the caller: `log`, the rows so far, and paths of outputs."""
    line_names: list[str] | None = None
    """The names of the lines, where they have any."""
    is_resumed: bool = False
    """Whether this goes on with a run, whose checkpoints it may replace."""
    machine: Machine = ThisMachine()
    """What trains."""


@dataclass(frozen=True)
class Checkpoints:
    """Where a run's checkpoints go, and how often."""

    folder: Path
    every_s: float = CHECKPOINT_EVERY_S
    warn: Warn = warnings.warn
    """Told why one could not be written; training goes on."""


@contextmanager
def reserved(folder: Path | None, *, is_resumed: bool = False) -> Iterator[None]:
    """Keep a folder for the checkpoints of one run; it is made where it is missing.

    This comes before the corpus is read, which may take long.

    Args:
        folder: where checkpoints are to go; None does nothing.
        is_resumed: whether the run goes on with the checkpoints that the folder has.

    Raises:
        W2VError: the folder cannot be made, another run is writing to it, or it has checkpoints of another run.
    """
    if folder is None:
        yield
        return
    is_new = not folder.exists()
    try:
        if not is_resumed and url_of(folder) is None:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise W2VError(f"cannot make the folder {folder}: {error.strerror or error}") from error
    try:
        with checkpoint.locked(folder) if folder.is_dir() else nullcontext():
            if not is_resumed and checkpoint.exists(folder):
                ways = f"name another folder, or continue that run with {option('resume')}"
                raise W2VError(f"{folder} has checkpoints of another run; {ways}")
            yield
    except BaseException:
        if is_new:
            with suppress(OSError):  # where something is in it, it stays
                folder.rmdir()
        raise


def begin(
    corpus: Corpus,
    config: TrainConfig,
    vocab: Vocab | None = None,
    report: ScanReport | None = None,
    machine: Machine = Run.machine,
) -> tuple[Run, Encoded]:
    """Read a corpus; return a run that starts at the beginning, and what became of the tokens.

    Args:
        corpus: the text.
        config: the settings.
        vocab: use this vocabulary, with its counts, in place of the text's own.
        report: told how far the reading is.
        machine: what reads and trains.

    Raises:
        W2VError: as `encode` does.
    """
    files = None
    if corpus.files is not None and not any(map(_is_of_the_process, corpus.files)):
        files = [Fingerprint.of(path) for path in corpus.files]
    encoded = machine.encode(corpus, config, vocab=vocab, report=report)
    if encoded.dropped_count:  # read again with this vocabulary, the text would have words that were dropped
        files = None
    if vocab is not None:
        config = replace(config, min_count=1, max_vocab=None)  # which the vocabulary has decided
    return (
        Run(config, encoded.vocab, encoded.stream, files, line_names=encoded.line_names, machine=machine),
        encoded,
    )


def continue_from(
    earlier: Path,
    corpus: Corpus,
    config: TrainConfig,
    grow_vocab: bool = False,
    report: ScanReport | None = None,
    warn: Warn = warnings.warn,
) -> tuple[Run, Encoded]:
    """Read a new corpus, to train on from earlier vectors: those of a checkpoint's folder or a vector file.

    All earlier words stay. Words that are not among them are left out, or with `grow_vocab` join them where they
    reach min_count. Counts, where they are known, and those of the new text add up. A vector file without output
    rows has them begin at 0, as those of new words do.

    Args:
        earlier: the folder or file.
        corpus: the new text.
        config: its dim is replaced by that of the earlier vectors.
        grow_vocab: whether new words join.
        report: told how far the reading is.
        warn: told of words that the file has twice, whose first rows are taken.

    Raises:
        W2VError: as `encode`, `checkpoint.load` and `formats.read` do; or a word or count of the file cannot be one.
    """
    held = read_earlier(earlier, warn)
    finite = np.isfinite(held.vectors).all(axis=1)
    if not finite.all():
        row = int(finite.argmin())
        raise W2VError(f"{earlier} is damaged: the vector of '{held.words[row]}', row {row + 1}, is not finite")
    dim = held.vectors.shape[1]
    run, encoded = begin(corpus, replace(config, dim=dim, min_count=1, max_vocab=None), report=report)
    vocab = join_vocab(held, encoded.vocab, config.min_count if grow_vocab else None, earlier)
    row_of = vocab.rows_of(encoded.vocab.words)
    stream = renumber(run.stream, row_of, keep_empty=config.has_lines)
    tokens_kept = int(encoded.vocab.counts[row_of >= 0].sum())
    if tokens_kept == 0:
        raise W2VError(f"none of the {encoded.tokens_read:,} tokens of the corpus is among the words of {earlier}")
    config = replace(config, dim=dim, **subword_settings(held, config, earlier))
    start = carry_over(held, vocab, config)
    return (
        replace(run, config=config, vocab=vocab, stream=stream, start=start),
        replace(encoded, vocab=vocab, stream=stream, tokens_kept=tokens_kept),
    )


def resume(
    folder: Path, changes: Mapping[str, Any], report: ScanReport | None = None, machine: Machine = Run.machine
) -> Run:
    """Take up a run from its newest checkpoint, reading its corpus again or the stream that was kept.

    Args:
        folder: of the checkpoints.
        changes: new values of settings, of which only `epochs` (higher) and `threads` may have any.
        report: told how far the reading is.
        machine: what reads and trains.

    Raises:
        SettingsError: another setting is to change, or the number of nodes.
        W2VError: the checkpoint is damaged, or the corpus has changed.
    """
    check_request("resume", changes)
    kept = checkpoint.load(folder)
    config = replace(kept.config, **changes)
    for field_ in settings_for("resume"):
        earlier, now = (getattr(one, field_.name) for one in (kept.config, config))
        if not field_.setting.may_fall and now < earlier:
            raise field_.error(f"cannot fall when a run is resumed: it has {earlier:,}")
    if machine.n_nodes != kept.position.n_nodes:
        nodes = kept.position.n_nodes
        trained = f"with {option('ray')} and {option('nodes', nodes)}" if nodes else f"without {option('ray')}"
        raise SettingsError(f"the number of nodes cannot change when a run is resumed: resume it {trained}")
    if machine.n_nodes and config.epochs != kept.config.epochs:
        raise SettingsError(f"{option('epochs')} cannot change when a run on a cluster is resumed", "epochs")
    if kept.corpus is None:
        stream = checkpoint.load_stream(folder, len(kept.vocab))
    else:
        for print_ in kept.corpus:
            print_.check()
        paths = [print_.path for print_ in kept.corpus]
        # What there is to warn of was said when the run began.
        stream = machine.encode(Corpus(paths, warn=lambda _: None), config, vocab=kept.vocab, report=report).stream
    if kept.stream not in (None, stream_checksum(stream)):
        if kept.corpus is None:
            raise W2VError(f"{folder / 'stream.npy'} is damaged: its checksum is not what was written; train anew")
        raise changed(" or ".join(paths[:3]) + ", ..." * (len(paths) > 3), "its words are others")
    start = Snapshot(kept.input, kept.output, kept.position, kept.lines)
    return Run(
        *(config, kept.vocab, stream, kept.corpus, start, kept.extra, kept.line_names),
        is_resumed=True,
        machine=machine,
    )


def train(
    run: Run,
    report: loop.TrainReport | None = None,
    *,
    checkpoints: Checkpoints | None = None,
    log: Log | None = None,
    after_epoch: EpochReport | None = None,
    save_output: bool = False,
    extra: Mapping[str, Any] | None = None,
) -> Vectors:
    """Train, and return the vectors and all that is known of how they were trained.

    Args:
        run: what to train on.
        report: called with a Progress about four times a second.
        checkpoints: where they go; the folder is `reserved`.
        log: gets the rows so far, then new ones.
        after_epoch: called after each epoch.
        save_output: whether the vectors have the output rows too.
        extra: what checkpoints keep for the caller, besides the log.

    Raises:
        DivergedError: the learning rate was too large.
        W2VError: there is no space for the checkpoints.
    """
    refuse_output_rows(run.config, save_output)
    log = log or Log()
    log.begin(run.extra.get("log", []))
    words = run.vocab.words

    def report_and_log(now: Progress) -> None:
        log.add(now)
        if report is not None:
            report(now)

    def end_epoch(now: Progress, rows: Matrix) -> None:
        if after_epoch is not None:
            log.add(now, after_epoch(now, Vectors(words, rows)))

    kept = {**run.extra, **(extra or {}), "log": log.rows}
    embeddings = run.machine.train_embeddings(
        run.stream,
        run.vocab,
        run.config,
        report_and_log,
        start=run.start,
        checkpoints=_policy(run, checkpoints, kept) if checkpoints else None,
        after_epoch=end_epoch if after_epoch else None,
    )
    if not (save_output or embeddings.vectors_are_outputs):
        embeddings = embeddings.without_output()  # before there are vectors: of 84,000 words and n-grams 38 of 550 MB
    return _result(run, embeddings, save_output)


def _policy(run: Run, checkpoints: Checkpoints, extra: dict[str, Any]) -> CheckpointPolicy:
    """Return what writes the checkpoints of a run; there must be space for them, and for its stream."""
    folder = checkpoints.folder
    stream_bytes = run.stream.nbytes if run.files is None and not run.is_resumed else 0
    word_rows = word_rows_of(run.config, run.vocab)
    n_rows = len(run.vocab) + (word_rows.n_rows if word_rows else len(run.vocab)) + _n_lines(run)
    checkpoint.check_space(folder, len(run.vocab), n_rows, run.config.dim, stream_bytes)
    if stream_bytes:
        checkpoint.save_stream(folder, run.stream)
    checksum = stream_checksum(run.stream)

    def save_checkpoint(at: Snapshot) -> None:
        state = Checkpoint(
            config=run.config,
            vocab=run.vocab,
            input=at.input,
            output=at.output,
            position=at.position,
            corpus=run.files,
            stream=checksum,
            extra=extra,
            lines=at.lines,
            line_names=run.line_names,
        )
        try:
            checkpoint.save(folder, state)
        except W2VError as error:
            checkpoints.warn(f"{error}; training goes on, and older checkpoints are as they were")

    return CheckpointPolicy(save_checkpoint, checkpoints.every_s)


def _result(run: Run, embeddings: Embeddings, save_output: bool) -> Vectors:
    """Return vectors, what they are composed of, and how they were trained."""
    return Vectors(
        run.vocab.words,
        embeddings.vectors,
        run.vocab.counts,
        embeddings.output_rows if save_output else None,
        _settings_of(run),
        embeddings.subwords,
        None if embeddings.line_rows is None else Lines(embeddings.line_rows, run.line_names),
    )


def _settings_of(run: Run) -> dict[str, Any]:
    """Return how vectors of a run are trained, as a file of vectors keeps it.

    Of the corpus' files this has the names and not where they were, so that a copy of it may be given away.
    """
    corpus = None
    if run.files is not None:
        corpus = [{"name": Path(file.path).name, "size": file.size, "sample": file.sample} for file in run.files]
    return {"w2v": __version__, "settings": run.config.as_dict(), "corpus": corpus}


def check_output(run: Run, path: Path, save_output: bool = False) -> None:
    """See before training that the vectors of a run can be written to `path`.

    Raises:
        W2VError: they cannot; the message says why.
    """
    refuse_output_rows(run.config, save_output)
    ngrams = NGrams.of_config(run.config)
    formats.check(
        path,
        run.vocab.words,
        run.config.dim,
        _settings_of(run),
        save_output=save_output,
        ngrams=ngrams,
        n_lines=_n_lines(run),
    )


def _n_lines(run: Run) -> int:
    """Return how many lines have vectors."""
    return count_lines(run.stream, [0, len(run.stream)])[-1] if run.config.has_lines else 0


def _is_of_the_process(path: str) -> bool:
    """Return whether a path names what this process has open, such as /dev/stdin: another one has another there."""
    return os.path.abspath(path).startswith(("/dev/", "/proc/"))
