"""w2v learns embeddings by negative sampling, from text or from any sequences of tokens.

Examples:
    >>> import w2v
    >>> vectors = w2v.train("corpus.txt", dim=100)      # doctest: +SKIP
    >>> vectors.similar("king")                         # doctest: +SKIP
"""

from __future__ import annotations

import warnings

from w2v.base.arguments import check_type
from w2v.base.errors import DivergedError, SettingsError, UnknownWordError, W2VError, option
from w2v.version import __version__

TYPE_CHECKING = False  # as in typing, which takes 10 ms, in which a command could not yet answer Ctrl-C
if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Any, Unpack

    from w2v.evaluation.scores import Scores
    from w2v.settings.keywords import (
        EvaluationSettings,
        InferenceSettings,
        PhraseSettings,
        ResumeSettings,
        TrainSettings,
        VocabSettings,
    )
    from w2v.settings.train import TrainConfig, load_config
    from w2v.text.corpus import Corpus, Source
    from w2v.text.encoding import Encoded, ScanReport
    from w2v.text.phrases import Phrases, StageReport
    from w2v.text.vocab import Vocab
    from w2v.training.loop import TrainReport
    from w2v.training.run import EpochReport
    from w2v.tuning.search import Search, SearchReport
    from w2v.vectors.items import recommend
    from w2v.vectors.vectors import Vectors
else:
    _LAZY = {
        "TrainConfig": "w2v.settings.train",
        "Vectors": "w2v.vectors.vectors",
        "Vocab": "w2v.text.vocab",
        "load_config": "w2v.settings.train",
        "recommend": "w2v.vectors.items",
    }
    """What is imported when it is asked for; NumPy takes 0.1 s."""

    def __getattr__(name: str) -> Any:  # noqa: ANN401
        if name not in _LAZY:
            raise AttributeError(f"module 'w2v' has no attribute {name!r}")
        from importlib import import_module

        globals()[name] = found = getattr(import_module(_LAZY[name]), name)
        return found


__all__ = [
    "DivergedError",
    "SettingsError",
    "TrainConfig",
    "UnknownWordError",
    "Vectors",
    "Vocab",
    "W2VError",
    "__version__",
    "build_vocab",
    "evaluate",
    "find_phrases",
    "infer",
    "load_config",
    "recommend",
    "resume",
    "train",
    "tune",
]


def build_vocab(
    corpus: Source, *, progress: bool = False, report: ScanReport | None = None, **settings: Unpack[VocabSettings]
) -> Vocab:
    """Count the words of a corpus.

    Args:
        corpus: a path, a list of paths, or an iterable of token lists.
        progress: whether to draw a bar, on standard error or in a notebook; report is then not called.
        report: called with the bytes read and the bytes there are (None where unknown).
        settings: min_count, max_vocab, max_types, lowercase, column, threads; see TrainConfig.

    Raises:
        W2VError: the corpus cannot be read, or no word of it is left.
        SettingsError: a setting is unknown or out of range.

    Examples:
        >>> build_vocab([["a", "b", "a"]], min_count=2).words
        ['a']
    """
    from w2v.reports import following, log_corpus
    from w2v.settings.operations import check_request
    from w2v.settings.train import load_config
    from w2v.text.corpus import Corpus
    from w2v.text.encoding import encode

    check_request("build-vocab", settings)
    config = load_config(None, settings)
    with following(progress) as (report_scan, _):
        encoded = encode(Corpus(corpus), config, keep_stream=False, report=report_scan or report)
    log_corpus(encoded)
    _warn_of_dropped(encoded)
    return encoded.vocab


def find_phrases(
    corpus: Source,
    output: str | Path | None = None,
    *,
    report: StageReport | None = None,
    **settings: Unpack[PhraseSettings],
) -> Phrases:
    """Find pairs of words that belong together, and write the text with them joined.

    Args:
        corpus: a path, a list of paths, or an iterable of token lists.
        output: the file to write, compressed where its name ends in .gz; None only finds.
        report: called with what is being done, how much of it is done, and how much there is.
        settings: min_count, threshold, scorer, delimiter, passes, lowercase, column, threads; see
            w2v.settings.train.PhraseConfig.

    Raises:
        W2VError: the corpus cannot be read, or the output cannot be written.
        SettingsError: a setting is out of range.

    Examples:
        >>> find_phrases([["in", "new", "york"], ["new", "york"]] * 3, min_count=1, threshold=0.5).found[0].phrase
        'new_york'
    """
    from w2v.settings.operations import check_request
    from w2v.settings.phrases import PhraseConfig
    from w2v.text.corpus import Corpus
    from w2v.text.phrases import find_phrases as find

    check_request("phrases", settings)
    return find(Corpus(corpus), PhraseConfig(**settings), output, report)


def train(
    corpus: Source,
    *,
    vocab: Vocab | None = None,
    init_from: str | Path | None = None,
    grow_vocab: bool = False,
    progress: bool = False,
    report: TrainReport | None = None,
    after_epoch: EpochReport | None = None,
    log: str | Path | None = None,
    checkpoint: str | Path | None = None,
    checkpoint_every: float = 600.0,
    save_output: bool = False,
    **settings: Unpack[TrainSettings],
) -> Vectors:
    """Train vectors on a corpus.

    Args:
        corpus: a path, a list of paths, or an iterable of token lists.
        vocab: use this vocabulary and its counts in place of the corpus' own; then min_count and
            max_vocab are refused.
        init_from: start from the vectors of this file, or from the newest checkpoint of this folder, and their
            words; then vocab, dim and max_vocab are refused.
        grow_vocab: with init_from, add the new words of the corpus that reach min_count.
        progress: whether to draw bars, on standard error or in a notebook.
        report: called with a Progress about four times a second.
        after_epoch: called after each epoch with a Progress and the Vectors, which training goes on changing but
            after the last; a dict that it returns is added to the log.
        log: a file to write the run's log to, JSON Lines.
        checkpoint: a folder to keep checkpoints in, for `resume`.
        checkpoint_every: seconds between them.
        save_output: whether the vectors keep the output rows too, as `output`; with line_vectors they always do.
        settings: dim, window, negative, sample, epochs, lr, ...; see TrainConfig.

    Raises:
        W2VError: the corpus cannot be read, or no word of it is left; the log or a checkpoint cannot be written.
        SettingsError: a setting is unknown or out of range, or does not go with another.
        DivergedError: the learning rate was too large.
    """
    from pathlib import Path

    from w2v.reports import following, log_corpus
    from w2v.settings.operations import check_request
    from w2v.settings.train import load_config
    from w2v.text.corpus import Corpus
    from w2v.text.vocab import Vocab
    from w2v.training import outputs
    from w2v.training import run as runs
    from w2v.training.log import Log

    if vocab is not None:
        check_type("vocab", vocab, Vocab, "w2v.Vocab.load reads a file")
    check_request("train", {**settings, "vocab": vocab, "init_from": init_from, "grow_vocab": grow_vocab})
    config, source = load_config(None, settings), Corpus(corpus)
    if log is not None and source.holds(log):
        raise SettingsError(f"log {log} is a file of the corpus, which it would replace; name another")
    folder = None if checkpoint is None else Path(checkpoint)
    with runs.reserved(folder), Log(log) as run_log, following(progress, report) as (report_scan, report_training):
        if init_from is not None:
            run, encoded = runs.continue_from(Path(init_from), source, config, grow_vocab, report_scan)
        else:
            run, encoded = runs.begin(source, config, vocab, report_scan)
        log_corpus(encoded)
        _warn_of_dropped(encoded)
        return runs.train(
            run,
            report_training,
            checkpoints=None if folder is None else runs.Checkpoints(folder, checkpoint_every),
            log=run_log,
            after_epoch=after_epoch,
            save_output=save_output or outputs.keeps_output_rows(run.config),
        )


def resume(
    checkpoint: str | Path,
    *,
    progress: bool = False,
    report: TrainReport | None = None,
    after_epoch: EpochReport | None = None,
    log: str | Path | None = None,
    checkpoint_every: float = 600.0,
    save_output: bool = False,
    **changes: Unpack[ResumeSettings],
) -> Vectors:
    """Go on with a run from the newest checkpoint of a folder.

    Args:
        checkpoint: the folder.
        progress: whether to draw bars, on standard error or in a notebook.
        report: called with a Progress about four times a second.
        after_epoch: as for `train`.
        log: a file to write the log of the whole run to, the part before included.
        checkpoint_every: seconds between checkpoints.
        save_output: whether the vectors keep the output rows too, as `output`.
        changes: epochs, which may only rise, and threads.

    Raises:
        W2VError: there is no checkpoint, it is damaged, or the corpus has changed.
        SettingsError: another setting is to change.
    """
    from pathlib import Path

    from w2v.base.files import is_same
    from w2v.checkpoints.checkpoint import files_read
    from w2v.reports import following
    from w2v.training import outputs
    from w2v.training import run as runs
    from w2v.training.log import Log

    folder = Path(checkpoint)
    if log is not None and any(is_same(log, path) for path in files_read(folder)):
        raise SettingsError(f"log {log} is a file that the run reads, which it would replace; name another")
    watched = following(progress, report)
    with runs.reserved(folder, is_resumed=True), Log(log) as run_log, watched as (report_scan, report_training):
        run = runs.resume(folder, changes, report_scan)
        return runs.train(
            run,
            report_training,
            checkpoints=runs.Checkpoints(folder, checkpoint_every),
            log=run_log,
            after_epoch=after_epoch,
            save_output=save_output or outputs.keeps_output_rows(run.config),
        )


def evaluate(
    vectors: Vectors,
    similarity: str | Path | Sequence[str | Path] = (),
    analogies: str | Path | Sequence[str | Path] = (),
    *,
    next: str | Path | None = None,
    sessions: str | Path | None = None,
    **settings: Unpack[EvaluationSettings],
) -> Scores:
    """Score vectors by word pairs and analogies, as gensim does, and by what people took next.

    Args:
        vectors: what to score.
        similarity: one or more files of word pairs with the scores that people gave them.
        analogies: one or more files of questions, four words a line.
        next: a file with the item that each person took next, a person a line.
        sessions: the file with the items of the same people before that.
        settings: restrict, method, match_case and k, see EvaluationConfig; and history, decay and prior, see
            TrainConfig, in place of those that the vectors were trained with.

    Returns:
        scores.similarity and scores.analogies, an item for each file; `spearman` or `accuracy` is None where
        the vectors cover nothing. scores.next, or None where it was not asked for.

    Raises:
        W2VError: a file cannot be read, or a line of it is not what it should be; or next items are asked for, and the
            vectors have no output rows or counts.
        SettingsError: a setting is out of range, or one of next and sessions is missing.
    """
    from dataclasses import replace

    from w2v.evaluation.next_item import rank_next, read_sessions
    from w2v.evaluation.scores import Evaluation
    from w2v.settings.evaluation import EvaluationConfig
    from w2v.settings.fields import fields_of
    from w2v.settings.operations import check_request
    from w2v.vectors.items import scoring_settings
    from w2v.vectors.vectors import Vectors

    check_type("vectors", vectors, Vectors, "w2v.Vectors.load reads a file")
    given: dict[str, Any] = dict(settings)
    files = {"similarity": similarity, "analogies": analogies, "next": next, "sessions": sessions}
    check_request("evaluate", {**given, **files})
    known = [field.name for field in fields_of(EvaluationConfig)]
    config = EvaluationConfig(**{name: given.pop(name) for name in known if name in given})
    evaluation = Evaluation.read(
        _files(similarity),
        _files(analogies),
        restrict=config.restrict or None,
        method=config.method,
        match_case=config.match_case,
    )
    if next is None or sessions is None:
        if next != sessions:
            raise SettingsError(f"{option('next')} and {option('sessions')} must be given together")
        return evaluation.score(vectors)
    ranked = rank_next(vectors, read_sessions(sessions, next), scoring_settings(vectors, **given), config.k)
    return replace(evaluation.score(vectors), next=ranked)


def infer(vectors: Vectors, corpus: Source | Corpus, **settings: Unpack[InferenceSettings]) -> Vectors:
    """Return vectors for lines that training has not seen; the model stays as it is.

    Args:
        vectors: trained with line_vectors.
        corpus: a path, a list of paths, or an iterable of token lists.
        settings: epochs, lr, negative, sample and seed, which are else those of the training; lowercase, column,
            force_text, line_names and threads. The same line and settings give the same vector, wherever it stands.

    Returns:
        A vector for each line, under its name or number.

    Raises:
        W2VError: the vectors were not trained with line_vectors, or the corpus cannot be read.
        SettingsError: a setting is unknown or out of range, or has no effect here.
    """
    from w2v.text.corpus import Corpus
    from w2v.training.infer import infer
    from w2v.vectors.derived import named_lines

    return named_lines(infer(vectors, corpus if isinstance(corpus, Corpus) else Corpus(corpus), **settings))


def tune(
    corpus: Source,
    metric: str,
    *,
    similarity: str | Path | Sequence[str | Path] = (),
    analogies: str | Path | Sequence[str | Path] = (),
    next: str | Path | None = None,
    sessions: str | Path | None = None,
    restrict: int | None = 30_000,
    trials: int = 30,
    fraction: float = 0.1,
    search: Sequence[str] = (),
    report: SearchReport | None = None,
    **settings: Unpack[TrainSettings],
) -> Search:
    """Search for better settings, by trials on a part of a corpus. Needs Optuna: `pip install 'w2v[tune]'`.

    Args:
        corpus: a path, a list of paths, or an iterable of token lists.
        metric: similarity, analogies or next, with the files so named, or loss, on text that is held out.
        similarity: one or more files of word pairs.
        analogies: one or more files of questions.
        next: a file with the item that each person took next, a person a line.
        sessions: a file with the items of the same people before that.
        restrict: analogies are asked and answered among so many words; None is all of them.
        trials: runs of training, that with the base settings included.
        fraction: share of the corpus that they train on.
        search: the settings to search, of ns_exponent, window, sample, negative, lr and epochs; by default all.
        report: called with the Search and the share of it that is done, about four times a second.
        settings: the base settings; see TrainConfig.

    Returns:
        The search: `config` has the best settings, `best` their Trial, `trials` all of them; `save` writes a file
        for `load_config` and `w2v train --config`.

    Raises:
        W2VError: Optuna is missing, a file cannot be read, or no trial has a score.
        SettingsError: a setting is unknown or out of range.
    """
    from w2v.settings.train import load_config
    from w2v.text.corpus import Corpus
    from w2v.text.encoding import encode
    from w2v.tuning.objective import Objective
    from w2v.tuning.search import Search
    from w2v.tuning.space import check_search

    config = load_config(None, settings)
    check_search(config, search, fraction)
    objective = Objective.of(metric, _files(similarity), _files(analogies), next, sessions, restrict)
    encoded = encode(Corpus(corpus), config)
    _warn_of_dropped(encoded)
    found = Search.begin(encoded, config, objective, fraction, search)
    found.run(trials, report)
    return found


def _files(files: str | Path | Sequence[str | Path]) -> Sequence[str | Path]:
    """Return a list of files; one alone is a list of one."""
    from os import PathLike

    return [files] if isinstance(files, str | PathLike) else files


def _warn_of_dropped(encoded: Encoded) -> None:
    """Warn where counts may be too low, as there were too many distinct words."""
    if encoded.dropped_count:
        warnings.warn(
            f"words seen up to {encoded.dropped_count} times were dropped while reading: there are more than max_types",
            stacklevel=3,
        )
