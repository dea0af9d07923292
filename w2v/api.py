"""Every operation of w2v, for Python and for the command line: `w2v.commands` parses, calls these and shows.

`w2v.settings` describes the keywords that are settings; a function refuses those that it does not use. Arguments that
several functions share are described at `train`. Numba and the extras are imported where they are needed.

Every function raises SettingsError if a setting or argument is unknown, out of range or cannot be used together with
another, and W2VError if a file cannot be read or written. Their docstrings name the other reasons.
"""
# ruff: noqa: D417

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack, cast, overload

from w2v.base.arguments import check_number, check_type, check_words, seconds_of
from w2v.base.errors import SettingsError, W2VError, counted, option
from w2v.base.outputs import Paths, check_kept_output, check_outputs, listed
from w2v.reports import PythonReporter, Reporter
from w2v.settings.config_files import LongLines, load_config, load_long_lines
from w2v.settings.evaluation import RESTRICT
from w2v.settings.operations import CHECKPOINT_EVERY_S, FREEZES, check_request
from w2v.settings.phrases import PhraseConfig

if TYPE_CHECKING:
    from w2v.evaluation.comparison import Comparison
    from w2v.evaluation.scores import Scores
    from w2v.plotting.curves import Curves
    from w2v.plotting.maps import Method, WordMap
    from w2v.settings.keywords import (
        EmbeddingSettings,
        EvaluationSettings,
        InferenceSettings,
        ItemSettings,
        PhraseSettings,
        ResumeSettings,
        TrainSettings,
        VocabSettings,
    )
    from w2v.settings.train import TrainConfig
    from w2v.text.corpus import Corpus, Frame, Source
    from w2v.text.encoding import Encoded
    from w2v.text.events import Session
    from w2v.text.phrases import Phrases
    from w2v.text.vocab import Vocab
    from w2v.training.backends import Backend
    from w2v.training.execution import RunFiles
    from w2v.training.run import EpochReport, Run
    from w2v.tuning.search import Search
    from w2v.vectors.alignment import Shift
    from w2v.vectors.recommendations import Recommendations
    from w2v.vectors.runs import Runs
    from w2v.vectors.vectors import Vectors

Files = str | Path | Sequence[str | Path]  # One or more files
Items = str | Path | Sequence[str]  # A file of items, or the items


def build_vocab(
    corpus: "Source",
    output: str | Path | None = None,
    *,
    progress: bool = False,
    reporter: Reporter | None = None,
    **settings: "Unpack[VocabSettings]",
) -> "Vocab":
    """Count the words of a corpus.

    Args:
        corpus: as for `train`.
        output: a file to write, one `word count` line per word; "-" is standard output.
        progress: whether to draw a bar, on standard error or in a notebook.
        reporter: as for `train`.
        settings: min_count, max_vocab, max_types, words, lowercase, column, force_text, phrases, threads; see
            TrainConfig.

    Raises:
        W2VError: no word of the corpus is left.

    Examples:
        >>> build_vocab([["a", "b", "a"]], min_count=2).words
        ['a']
    """
    check_request("build-vocab", settings)
    config = load_config(None, settings)
    from w2v.text.encoding import encode

    with _reporting(reporter, progress) as told:
        source = _open(corpus, told, settings)
        check_outputs({"output": output}, {"phrases": config.phrases}, told.tell, source.holds, can_stream=True)
        encoded = encode(source, config, keep_stream=False, report=told.reading)
        encoded.tell(told)
        if output is not None:
            encoded.vocab.save(output)
            told.tell(f"wrote {output}: {len(encoded.vocab):,} words")
    return encoded.vocab


@overload
def sessions(
    events: Any,  # noqa: ANN401
    output: None = ...,
    *,
    user: str | None = ...,
    item: str | None = ...,
    time: str | None = ...,
    weight: str | None = ...,
    gap: float | str | None = ...,
    hold_out: float | str | None = ...,
    next_output: str | Path | None = ...,
    min_items: int = ...,
    min_people: int = ...,
    drop_repeats: bool = ...,
    names: bool = ...,
    escape: bool = ...,
    skip_malformed: bool = ...,
    reporter: Reporter | None = ...,
) -> "list[Session]": ...
@overload
def sessions(
    events: Any,  # noqa: ANN401
    output: str | Path,
    *,
    user: str | None = ...,
    item: str | None = ...,
    time: str | None = ...,
    weight: str | None = ...,
    gap: float | str | None = ...,
    hold_out: float | str | None = ...,
    next_output: str | Path | None = ...,
    min_items: int = ...,
    min_people: int = ...,
    drop_repeats: bool = ...,
    names: bool = ...,
    escape: bool = ...,
    skip_malformed: bool = ...,
    reporter: Reporter | None = ...,
) -> None: ...
def sessions(
    events: Any,  # noqa: ANN401
    output: str | Path | None = None,
    *,
    user: str | None = None,
    item: str | None = None,
    time: str | None = None,
    weight: str | None = None,
    gap: float | str | None = None,
    hold_out: float | str | None = None,
    next_output: str | Path | None = None,
    min_items: int = 1,
    min_people: int = 1,
    drop_repeats: bool = False,
    names: bool = True,
    escape: bool = False,
    skip_malformed: bool = False,
    reporter: Reporter | None = None,
) -> "list[Session] | None":
    """Make sessions from an event table: the items of each person, oldest first. Needs DuckDB: `pip install duckdb`.

    Tables may be larger than memory. Rows with the same time stay in their order.

    Args:
        events: one or more paths of CSV, TSV, JSON Lines or Parquet, plain or compressed; or a data frame of pandas,
            polars or Arrow.
        output: the file to write, one line per person; compressed if its name ends in .gz. None returns the sessions.
        user, item, time: the names of the columns; by default guessed. Without times the rows are in order.
        weight: the name of a column of numbers above 0: each line gets the mean of those of its items, which is written
            before the items; train with weighted_lines.
        gap: begin a new line after a pause longer than this: seconds, or a text such as "30m".
        hold_out: the items to be found: "last" of each person, a fraction such as 0.2, or "after TIME".
        next_output: the file to write these to, line by line; by default sessions.next.txt for sessions.txt.
        min_items: leave out people with fewer distinct items.
        min_people: leave out items of fewer people; with min_items repeated until both hold.
        drop_repeats: whether to keep only the first event of a person with an item.
        names: whether to write the name of the person and a tab before the items: train with line_names.
        escape: whether to write whitespace in items as in URLs, %20; otherwise such items are refused.
        skip_malformed: whether to leave out malformed rows of CSV files.
        reporter: as for `train`.

    Returns:
        The sessions, each with `name`, `items`, `next` (what is held out) and `weight`; None if `output` is given.

    Raises:
        W2VError: DuckDB is not installed, a row is malformed, or a name cannot be written.

    Examples:
        >>> import pandas                                                          # doctest: +SKIP
        >>> table = pandas.DataFrame({"user": ["a", "a"], "item": ["x", "y"]})      # doctest: +SKIP
        >>> sessions(table)[0].items                                               # doctest: +SKIP
        ['x', 'y']
    """
    check_number("min_items", min_items, 1)
    check_number("min_people", min_people, 1)
    if next_output is not None and (hold_out is None or output is None):
        raise SettingsError(f"{option('next')} has an effect only with {option('hold_out')} and an output", "next")
    from w2v.text.events import HoldOut, SessionRules
    from w2v.text.session_files import next_path, read_sessions, write_sessions

    rules = SessionRules(
        gap_s=None if gap is None else seconds_of("gap", gap),
        hold_out=None if hold_out is None else HoldOut.parse(hold_out),
        min_items=min_items,
        min_people=min_people,
        drop_repeats=drop_repeats,
        escape=escape,
    )
    with _reporting(reporter) as told:
        if output is not None and rules.hold_out is not None and next_output is None:
            next_output = next_path(output)
        inputs = events if isinstance(events, str | Path | list | tuple) else ()
        check_outputs({"output": output, "next": next_output}, {"events": inputs}, told.tell)
        columns = {"user": user, "item": item, "time": time, "weight": weight}
        with read_sessions(events, rules, told, columns=columns, skip_malformed=skip_malformed, beside=output) as found:
            if output is None:
                return list(found)
            write_sessions(found, output, next_output, told, names=names, weights=weight is not None)
    return None


def find_phrases(
    corpus: "Source",
    output: str | Path | None = None,
    *,
    save: str | Path | None = None,
    apply: str | Path | None = None,
    progress: bool = False,
    reporter: Reporter | None = None,
    **settings: "Unpack[PhraseSettings]",
) -> "Phrases":
    """Find pairs of words that belong together, or read them, and write the text with them joined.

    Args:
        corpus: as for `train`.
        output: the text to write, compressed if its name ends in .gz; None only finds.
        save: a file to write the phrases to, for `apply`, and for the setting phrases of `train`, `infer`, `embed` and
            `evaluate`.
        apply: a file with the phrases to join, from `save`; then none are searched.
        progress, reporter: as for `train`.
        settings: min_count, threshold, scorer, delimiter, connector_words, passes, line_names, words, lowercase,
            column, force_text, threads; see PhraseConfig.

    Examples:
        >>> find_phrases([["in", "new", "york"], ["new", "york"]] * 3, min_count=1, threshold=0.5).found[0].phrase
        'new_york'
    """
    check_request("phrases", {**settings, "save": save, "apply": apply})
    if apply is not None and output is None:
        raise SettingsError(f"{option('apply')} needs an output: the text with its phrases joined", "apply")
    from w2v.text import phrases

    with _reporting(reporter, progress) as told:
        source = _open(corpus, told, settings)
        check_outputs({"output": output, "save": save}, {"apply": apply}, told.tell, source.holds, can_stream=True)
        config = PhraseConfig(**settings)
        phrases.check_suffix(output)
        if apply is not None and output is not None:
            found = phrases.apply_phrases(source, apply, config, output, told)
        else:
            found = phrases.find_phrases(source, config, output, told)
        if save is not None:
            found.save(save)
            told.tell(f"wrote {save}: {len(found.table.phrases):,} phrases")
        for message in found.summary():
            told.tell(message)
        for flaw in found.encoded.flaws():
            told.warn(flaw)
        if output is not None:
            told.tell(f"wrote {output}: {found.tokens_written:,} tokens")
    return found


@overload
def train(
    corpus: "Source | Frame",
    output: str | Path | None = ...,
    *,
    config: str | Path | None = ...,
    vocab: "Vocab | str | Path | None" = ...,
    init_from: str | Path | None = ...,
    from_: str | None = ...,
    grow_vocab: bool = ...,
    freeze: str | Path | None = ...,
    runs: None = ...,
    bootstrap: None = ...,
    save_output: bool | None = ...,
    log_json: str | Path | None = ...,
    checkpoint: str | Path | None = ...,
    checkpoint_every: float | str | None = ...,
    ray: str | None = ...,
    nodes: int | None = ...,
    similarity: Files = ...,
    analogies: Files = ...,
    next: str | Path | None = ...,
    sessions: str | Path | None = ...,
    restrict: int = ...,
    each_epoch: bool = ...,
    keep_best: bool = ...,
    patience: int | None = ...,
    user: str | None = ...,
    item: str | None = ...,
    time: str | None = ...,
    weight: str | None = ...,
    after_epoch: "EpochReport | None" = ...,
    progress: bool = ...,
    reporter: Reporter | None = ...,
    **settings: "Unpack[TrainSettings]",
) -> "Vectors": ...
@overload
def train(
    corpus: "Source | Frame",
    output: str | Path | None = ...,
    *,
    config: str | Path | None = ...,
    vocab: "Vocab | str | Path | None" = ...,
    init_from: str | Path | None = ...,
    from_: str | None = ...,
    grow_vocab: bool = ...,
    freeze: str | Path | None = ...,
    runs: int,
    bootstrap: Literal["lines"] | None = ...,
    save_output: bool | None = ...,
    log_json: str | Path | None = ...,
    checkpoint: str | Path | None = ...,
    checkpoint_every: float | str | None = ...,
    ray: str | None = ...,
    nodes: int | None = ...,
    similarity: Files = ...,
    analogies: Files = ...,
    next: str | Path | None = ...,
    sessions: str | Path | None = ...,
    restrict: int = ...,
    each_epoch: bool = ...,
    keep_best: bool = ...,
    patience: int | None = ...,
    user: str | None = ...,
    item: str | None = ...,
    time: str | None = ...,
    weight: str | None = ...,
    after_epoch: "EpochReport | None" = ...,
    progress: bool = ...,
    reporter: Reporter | None = ...,
    **settings: "Unpack[TrainSettings]",
) -> "Runs": ...
def train(
    corpus: "Source | Frame",
    output: str | Path | None = None,
    *,
    config: str | Path | None = None,
    vocab: "Vocab | str | Path | None" = None,
    init_from: str | Path | None = None,
    from_: str | None = None,
    grow_vocab: bool = False,
    freeze: str | Path | None = None,
    runs: int | None = None,
    bootstrap: Literal["lines"] | None = None,
    save_output: bool | None = None,
    log_json: str | Path | None = None,
    checkpoint: str | Path | None = None,
    checkpoint_every: float | str | None = None,
    ray: str | None = None,
    nodes: int | None = None,
    similarity: Files = (),
    analogies: Files = (),
    next: str | Path | None = None,
    sessions: str | Path | None = None,
    restrict: int = RESTRICT,
    each_epoch: bool = False,
    keep_best: bool = False,
    patience: int | None = None,
    user: str | None = None,
    item: str | None = None,
    time: str | None = None,
    weight: str | None = None,
    after_epoch: "EpochReport | None" = None,
    progress: bool = False,
    reporter: Reporter | None = None,
    **settings: "Unpack[TrainSettings]",
) -> "Vectors | Runs":
    """Train vectors on a corpus.

    Args:
        corpus: a path, a list of paths, or an iterable of token lists; or an event table, as for `sessions`: a data
            frame, or files if one of its columns is named.
        output: the file to write, whose suffix says its format; None writes nothing.
        config: a preset, a TOML file, or a .w2v folder, whose run is repeated; settings override it.
        vocab: use this vocabulary (or file) and its counts; min_count and max_vocab are then refused. A file of words
            without counts gets the counts of the corpus. `</s>` stays only if the corpus has it as a word.
        init_from: start from these vectors, or from the newest checkpoint of this folder.
        from_: the format of init_from, if neither its content nor its name shows it.
        grow_vocab: with init_from, add the new words of the corpus that occur at least min_count times.
        freeze: with init_from, do not move the vectors of its words ("input"), their output rows ("output"), or both
            for the words of a file.
        runs: train this many models, with the seeds seed, seed + 1 and so on, on one reading of the corpus.
        bootstrap: with runs, "lines" trains each model on lines that are drawn with replacement.
        save_output: whether to keep the output rows; by default if the format of `output` stores them.
        log_json: a file to write the progress to, one JSON object per line.
        checkpoint: a folder to save checkpoints in, for `resume`.
        checkpoint_every: time between checkpoints: seconds, or a text such as "10m", the default.
        ray: the address of a Ray cluster to train on.
        nodes: the number of its machines to use; by default all.
        similarity: one or more files of word pairs, with the scores that people gave them, to score by.
        analogies: one or more files of questions, four words per line, to score by.
        next: a file to score by, with the items that each person took next, one person per line.
        sessions: the file with the items of the same people before that.
        restrict: analogies are asked and answered among this many words, the most frequent; 0 takes all.
        each_epoch: whether to score after each epoch too; training pauses meanwhile.
        keep_best: whether to return, and to write, the vectors of the epoch with the best score, of which a copy is in
            memory. The score is the mean of those of all files: rank correlation, accuracy, NDCG@10; or what
            `after_epoch` returns as `score`. Training pauses while each epoch is scored.
        patience: stop when the best score is this many epochs old; None trains all epochs. The learning rate falls as
            if the run went on to the end.
        user, item, time, weight: the names of the columns of an event table, as for `sessions`; each person is a line,
            with a name, and with a weight if that is named.
        after_epoch: called after each epoch with a Progress and the Vectors, which training keeps changing until the
            last epoch, unless keep_best, patience or each_epoch is set; a dict that it returns is added to the log.
        progress: whether to draw bars, on standard error or in a notebook.
        reporter: is told what is done, instead of `warnings` and the logger `w2v`.
        settings: dim, window, negative, sample, epochs, lr, ...; see TrainConfig.

    Returns:
        The vectors; with runs the Runs, whose answers come with how certain they are.

    Raises:
        W2VError: a file cannot be read or written, or no word of the corpus is left.
        SettingsError: a setting is unknown or out of range, or cannot go with another.
        DivergedError: the learning rate was too large.
    """
    columns = {"user": user, "item": item, "time": time, "weight": weight}
    if is_events := any(columns.values()) or hasattr(corpus, "__arrow_c_stream__"):
        settings = {"line_names": True, "weighted_lines": weight is not None, **settings}  # type: ignore[assignment]
    test_sets = _test_sets(similarity, analogies, next, sessions)
    start = {"vocab": vocab, "init_from": init_from, "from_": from_, "grow_vocab": grow_vocab, "freeze": freeze}
    kept = {"save_output": save_output, "checkpoint": checkpoint, "checkpoint_every": checkpoint_every}
    others = {"ray": ray, "nodes": nodes, "each_epoch": each_epoch, "keep_best": keep_best, "patience": patience}
    repeated = {"runs": runs, "bootstrap": bootstrap, "log_json": log_json}
    check_request("train", {**settings, **test_sets, **start, **kept, **others, **repeated})
    run_config = load_config(config, settings)
    long_lines = load_long_lines(config, settings)
    files = _run_files(output, save_output, log_json, checkpoint, checkpoint_every)
    frozen_words = None if str(freeze) in FREEZES else freeze
    inputs = {**test_sets, "config": config, "init_from": init_from, "freeze": frozen_words}
    inputs |= run_config.files
    from w2v.evaluation.scores import Evaluation
    from w2v.text.vocab import Vocab
    from w2v.training import run as single
    from w2v.training.execution import execute
    from w2v.training.outputs import keeps_output_rows
    from w2v.training.provenance import tell_of_repetition
    from w2v.training.repetition import Repetition, execute_runs
    from w2v.training.selection import Selection
    from w2v.vectors.runs import load

    selection = Selection(keep_best, patience, each_epoch)
    keeps_output_rows(run_config, save_output)
    repetition = None if runs is None else Repetition(runs, bootstrap)
    if repetition is not None:
        repetition.check_output(files.output)
    with _reporting(reporter, progress) as told, ExitStack() as opened:
        if is_events:
            corpus = opened.enter_context(_lines_of_events(corpus, columns, run_config, told))
        source = _open(cast("Source", corpus), told, settings)
        known = _read_vocab(vocab) if isinstance(vocab, str | Path) else vocab
        if known is not None:
            check_type("vocab", known, Vocab, "w2v.Vocab.load reads a file")
        files.check({**inputs, "vocab": vocab if isinstance(vocab, str | Path) else None}, told.tell, source.holds)
        evaluation = Evaluation.read(**test_sets, restrict=restrict, phrases=run_config.phrases)
        scored = evaluation.after_epoch(told, each_epoch, after_epoch, selection)
        evaluation.tell(told)

        adapt = None if long_lines is None else partial(_adapt, long_lines, told)

        def begin(backend: "Backend") -> "tuple[Run, Encoded | None]":
            if init_from is not None:
                return single.continue_from(
                    *(Path(init_from), source, run_config, grow_vocab, told.reading, told.warn, from_, freeze, adapt)
                )
            run, encoded = single.begin(source, run_config, known, told.reading, backend, adapt)
            if config is not None and Path(config).is_dir() and (earlier := load(config, "native").model.trained):
                tell_of_repetition(run, earlier, config, told)
            return run, encoded

        is_reused = known is not None or init_from is not None
        if repetition is not None:
            return execute_runs(begin, repetition, files, told, is_reused=is_reused, after_epoch=scored)
        backend = _backend(ray, nodes, run_config.threads, told)
        return execute(begin, files, told, backend, is_reused=is_reused, after_epoch=scored, selection=selection)


def resume(
    checkpoint: str | Path,
    output: str | Path | None = None,
    *,
    save_output: bool | None = None,
    log_json: str | Path | None = None,
    checkpoint_every: float | str | None = None,
    ray: str | None = None,
    nodes: int | None = None,
    similarity: Files = (),
    analogies: Files = (),
    next: str | Path | None = None,
    sessions: str | Path | None = None,
    restrict: int = RESTRICT,
    each_epoch: bool = False,
    patience: int | None = None,
    after_epoch: "EpochReport | None" = None,
    progress: bool = False,
    reporter: Reporter | None = None,
    **settings: "Unpack[ResumeSettings]",
) -> "Vectors":
    """Continue a run from the newest checkpoint of a folder, with its corpus and settings.

    Args:
        checkpoint: the folder.
        output: the file to write; by default the one that the run was to write, if that is in the current folder.
        save_output: whether to keep the output rows; by default as the run was to.
        log_json: a file to write the log of the whole run to; by default as for output.
        ray, nodes: as for `train`; the number of nodes must be the same as before.
        checkpoint_every, similarity, analogies, next, sessions, restrict, each_epoch, patience, after_epoch: as for
            `train`.
        progress, reporter: as for `train`.
        settings: epochs, which may only rise, and threads.

    Raises:
        W2VError: there is no checkpoint, it is damaged, or the corpus has changed.
        SettingsError: another setting was given.
    """
    test_sets = _test_sets(similarity, analogies, next, sessions)
    others = {"ray": ray, "nodes": nodes, "each_epoch": each_epoch, "patience": patience}
    kept_as = {"save_output": save_output, "checkpoint_every": checkpoint_every}
    check_request("resume", {**settings, **test_sets, **kept_as, **others})
    from w2v.checkpoints.checkpoint import files_read, load_extra, shape_of_run
    from w2v.evaluation.scores import Evaluation
    from w2v.training import run as runs
    from w2v.training.execution import execute
    from w2v.training.log import check_is_log
    from w2v.training.selection import Selection

    selection = Selection(patience=patience, each_epoch=each_epoch)
    folder = Path(checkpoint)
    before = load_extra(folder)
    kept = {
        "output": None if output else before.get("output"),
        "log_json": None if log_json else before.get("log_json"),
    }
    for name, path in kept.items():
        if path is not None:
            check_kept_output(name, path, shape_of_run(folder) if name == "output" else None)
    if kept["log_json"] is not None:
        check_is_log(Path(kept["log_json"]))
    files = _run_files(
        output or kept["output"],
        before.get("save_output") if save_output is None else save_output,
        log_json or kept["log_json"],
        folder,
        checkpoint_every,
    )
    with _reporting(reporter, progress) as told:
        files.check({**test_sets, "resume": files_read(folder)}, told.tell)
        evaluation = Evaluation.read(**test_sets, restrict=restrict)
        scored = evaluation.after_epoch(told, each_epoch, after_epoch, selection)
        evaluation.tell(told)

        def begin(backend: "Backend") -> "tuple[Run, None]":
            run = runs.resume(folder, settings, told.reading, backend)
            for name in (name for name, path in kept.items() if path is not None):
                told.tell(f"{option(name)}, as before: {kept[name]}")
            return run, None

        return execute(
            begin,
            files,
            told,
            _backend(ray, nodes, settings.get("threads"), told),
            is_resumed=True,
            after_epoch=scored,
            selection=selection,
        )


def infer(
    vectors: "Vectors | str | Path",
    corpus: "Source",
    output: str | Path | None = None,
    *,
    from_: str | None = None,
    progress: bool = False,
    reporter: Reporter | None = None,
    **settings: "Unpack[InferenceSettings]",
) -> "Vectors":
    """Return vectors for lines that training has not seen; the model stays as it is.

    The same line and settings give the same vector, wherever the line stands.

    Args:
        vectors: trained with line_vectors, or a file of such.
        corpus: as for `train`.
        output: the file to write, in any format; None writes nothing.
        from_: the format of `vectors`, if neither its content nor its name shows it.
        progress: whether to draw a bar, on standard error or in a notebook.
        reporter: as for `train`.
        settings: epochs, lr, negative, sample and seed, by default those of the training; words, lowercase,
            column, force_text, line_names, phrases and threads.

    Returns:
        A vector for each line, under its name or number.

    Raises:
        W2VError: the vectors were not trained with line_vectors.
    """
    check_request("infer", settings)
    from w2v.formats.registry import find
    from w2v.training.inference import infer
    from w2v.vectors.derived import named_lines

    with _reporting(reporter, progress) as told:
        source = _open(corpus, told, settings)
        folder_files = () if output is None else find(output).files
        model = vectors if isinstance(vectors, str | Path) else None
        inputs: Paths = {"vectors": model, "phrases": settings.get("phrases")}
        check_outputs({"output": output}, inputs, told.tell, source.holds, folder_files)
        found = named_lines(infer(_vectors_of(vectors, told, from_), source, told, **settings))
        if output is not None:
            found.save(output)
            told.tell(f"wrote {output}: {len(found):,} lines x {found.dim}")
    return found


def embed(
    vectors: "Vectors | str | Path",
    corpus: "Source",
    output: str | Path | None = None,
    *,
    from_: str | None = None,
    progress: bool = False,
    reporter: Reporter | None = None,
    **settings: "Unpack[EmbeddingSettings]",
) -> "Vectors":
    """Return vectors for lines, each from the vectors of its words; for sentences and documents.

    Words without a vector are left out. A line without any known word has the vector 0.

    Args:
        vectors: any vectors, or the file; weights="sif" needs counts, as a .w2v folder has them.
        corpus: as for `train`.
        output: the file to write; .npy has the matrix alone, and other suffixes are formats of vectors. None writes
            nothing.
        from_: the format of `vectors`, if neither its content nor its name shows it.
        progress: whether to draw a bar, on standard error or in a notebook.
        reporter: as for `train`.
        settings: weights and sif_a, see EmbeddingConfig; words, lowercase, column and force_text, by default those of
            the training; line_names, phrases and threads.

    Returns:
        A vector for each line, under its name or number; `numpy.asarray` returns the matrix, (n_lines, dim).

    Raises:
        W2VError: the vectors have no counts, or none of the words.
    """
    check_request("embed", settings)
    from w2v.formats.registry import find
    from w2v.vectors.derived import named_lines
    from w2v.vectors.sentences import ARRAY, save_lines
    from w2v.vectors.sentences import embed as embed_lines

    with _reporting(reporter, progress) as told:
        source = _open(corpus, told, settings)
        is_array = output is None or Path(output).suffix == ARRAY
        folder_files = () if output is None or is_array else find(output).files
        model = vectors if isinstance(vectors, str | Path) else None
        inputs: Paths = {"vectors": model, "phrases": settings.get("phrases")}
        check_outputs({"output": output}, inputs, told.tell, source.holds, folder_files)
        found = embed_lines(_vectors_of(vectors, told, from_), source, told, settings)
        if output is not None:
            save_lines(found, output)
            told.tell(f"wrote {output}: {len(found.vectors):,} lines x {found.vectors.shape[1]}")
    return named_lines(found)


@overload
def recommend(  # type: ignore[overload-overlap]  # a str is a sequence of str too, and is refused
    vectors: "Vectors | str | Path",
    items: Sequence[str] = ...,
    n: int = ...,
    line: str | None = ...,
    *,
    sessions: None = ...,
    output: None = ...,
    only: Items | None = ...,
    exclude: Items = ...,
    keep_seen: bool = ...,
    from_: str | None = ...,
    reporter: Reporter | None = ...,
    **settings: "Unpack[ItemSettings]",
) -> list[tuple[str, float]]: ...
@overload
def recommend(
    vectors: "Vectors | str | Path",
    items: Sequence[Sequence[str]],
    n: int = ...,
    line: None = ...,
    *,
    sessions: None = ...,
    output: None = ...,
    only: Items | None = ...,
    exclude: Items = ...,
    keep_seen: bool = ...,
    from_: str | None = ...,
    reporter: Reporter | None = ...,
    **settings: "Unpack[ItemSettings]",
) -> "Recommendations": ...
@overload
def recommend(
    vectors: "Vectors | str | Path",
    items: Sequence[str] = ...,
    n: int = ...,
    line: None = ...,
    *,
    sessions: str | Path,
    output: None = ...,
    only: Items | None = ...,
    exclude: Items = ...,
    keep_seen: bool = ...,
    from_: str | None = ...,
    reporter: Reporter | None = ...,
    **settings: "Unpack[ItemSettings]",
) -> "Recommendations": ...
@overload
def recommend(
    vectors: "Vectors | str | Path",
    items: Sequence[str] = ...,
    n: int = ...,
    line: None = ...,
    *,
    sessions: str | Path,
    output: str | Path,
    only: Items | None = ...,
    exclude: Items = ...,
    keep_seen: bool = ...,
    from_: str | None = ...,
    reporter: Reporter | None = ...,
    **settings: "Unpack[ItemSettings]",
) -> None: ...
def recommend(
    vectors: "Vectors | str | Path",
    items: Sequence[str] | Sequence[Sequence[str]] = (),
    n: int = 10,
    line: str | None = None,
    *,
    sessions: str | Path | None = None,
    output: str | Path | None = None,
    only: Items | None = None,
    exclude: Items = (),
    keep_seen: bool = False,
    from_: str | None = None,
    reporter: Reporter | None = None,
    **settings: "Unpack[ItemSettings]",
) -> "list[tuple[str, float]] | Recommendations | None":
    """Return the n items most likely to come next, best first, with their scores: for one person or for many.

    A difference of two scores is a difference of log-probabilities: see docs/items.md. A person of whom nothing is
    known gets the most popular items, scored by the logarithm of their counts.

    Args:
        vectors: with output rows and counts, as a .w2v folder has them, or the file.
        items: of one person, oldest first, or a list of those of each person. Items without a vector are left out, with
            a warning.
        n: how many items per person.
        line: the name or number of the person's line in the training corpus, whose vector is used too.
        sessions: a file with the items of each person, one person per line, in place of `items`.
        output: with sessions, the file to write: .tsv or .jsonl, either with .gz, or .parquet; "-" is standard output,
            as TSV. It has one row per person and rank: person, rank, item, score, and based_on: vectors or popularity.
        only: recommend only these items: a list, or a file of items separated by whitespace.
        exclude: do not recommend these items.
        keep_seen: whether to recommend items that the person has taken already.
        from_: the format of `vectors`, if neither its content nor its name shows it.
        reporter: as for `train`.
        settings: history, decay, prior, sharpness and line_weight, and for sessions line_names, by default those of the
            training; see TrainConfig.

    Returns:
        (item, score) pairs for one person; Recommendations for many, which has arrays; None if `output` is given.

    Raises:
        W2VError: the vectors have no output rows or no counts; there are no line vectors, or none of this name.
    """
    check_request("recommend", settings)
    check_words(items)
    is_one = sessions is None and (not len(items) or isinstance(items[0], str))
    if sessions is not None and len(items):
        raise SettingsError(f"{option('sessions')} cannot be used with items; leave one out", "sessions")
    if line is not None and not is_one:
        raise SettingsError(f"{option('line')} is the line of one person, with items; leave it out", "line")
    if sessions is None and output is not None:
        raise SettingsError(f"{option('output')} has an effect only with {option('sessions')}", "output")
    from w2v.vectors.recommendation_files import writer_for
    from w2v.vectors.recommendations import Recommendations, Recommender, items_of, people_of

    with _reporting(reporter) as told:
        lists = {"only": only, "exclude": exclude}
        files = {name: value for name, value in lists.items() if isinstance(value, str | Path)}
        check_outputs({"output": output}, {"sessions": sessions, **files}, told.tell, can_stream=True)
        save = None if output is None else writer_for(output)
        known = _vectors_of(vectors, told, from_)
        recommender = Recommender(
            known,
            n,
            only=items_of(only),
            exclude=items_of(exclude) or (),
            keep_seen=keep_seen,
            warn=told.warn,
            compiling=told.compiling,
            **settings,
        )
        if is_one:
            return recommender.for_one(cast(Sequence[str], items), line)
        people = people_of(items if sessions is None else sessions, recommender)
        parts = recommender.blocks(people)
        if save is None:
            return Recommendations.joined(parts)
        told.tell(f"wrote {output}: {save(parts):,} people")
    return None


def evaluate(
    vectors: "Vectors | Runs | str | Path",
    similarity: Files = (),
    analogies: Files = (),
    *,
    next: str | Path | None = None,
    sessions: str | Path | None = None,
    from_: str | None = None,
    reporter: Reporter | None = None,
    **settings: "Unpack[EvaluationSettings]",
) -> "Scores":
    """Score vectors by word pairs and analogies, as gensim does, and by what people took next.

    Args:
        vectors: what to score, or the file; of Runs the scores are means, with `runs`, an Estimate.
        similarity, analogies, next, sessions, reporter: as for `train`.
        from_: the format of `vectors`, if neither its content nor its name shows it.
        settings: restrict, method, phrases, match_case and k, see EvaluationConfig; and history, decay, prior,
            sharpness and line_weight, by default those of the training, see TrainConfig.

    Returns:
        scores.similarity and scores.analogies, an item for each file; `spearman` or `accuracy` is None if the vectors
        cover nothing. scores.next is None if it was not asked for.

    Raises:
        W2VError: no file has a score, a file has a malformed line, or `next` is given and the vectors have no output
            rows or counts.
        SettingsError: one of next and sessions is missing.
    """
    test_sets = _test_sets(similarity, analogies, next, sessions)
    check_request("evaluate", {**settings, **test_sets})
    if not any(map(listed, test_sets.values())):
        raise SettingsError(
            f"name what to score by: {option('similarity')} or {option('analogies')}, or {option('next')} and "
            f"{option('sessions')}"
        )
    from w2v.evaluation.scores import Evaluation
    from w2v.vectors.runs import Runs

    with _reporting(reporter) as told:
        evaluation = Evaluation.read(**test_sets, **settings)
        evaluation.tell(told)
        models = _models_of(vectors, told, from_)
        scores = evaluation.score_runs(models) if isinstance(models, Runs) else evaluation.score(models)
        if scores.is_empty:
            raise W2VError(f"nothing was scored: {'; '.join(scores.without_value())}")
        for message in scores.without_value():
            told.warn(message)
    return scores


def compare(
    a: "Vectors | Runs | str | Path",
    b: "Vectors | Runs | str | Path",
    similarity: Files = (),
    analogies: Files = (),
    *,
    from_: str | None = None,
    reporter: Reporter | None = None,
    **settings: "Unpack[EvaluationSettings]",
) -> "Comparison":
    """Compare two models, or two sets of runs, on the pairs and questions that both cover.

    Each difference has a 95% interval and a p-value. Of Runs these hold for other seeds too, of single models only for
    other pairs or questions.

    Args:
        a: the first vectors or runs, or the file.
        b: the second.
        similarity, analogies, reporter: as for `train`.
        from_: the format of `a` and `b`, if neither their content nor their names show it.
        settings: restrict, method and match_case, see EvaluationConfig.

    Returns:
        comparison.similarity and comparison.analogies, a Difference for each file.

    Raises:
        W2VError: a file has a malformed line.
    """
    test_sets = _test_sets(similarity, analogies, None, None)
    check_request("evaluate", {**settings, **test_sets})
    if not any(map(listed, test_sets.values())):
        raise SettingsError(f"name what to compare by: {option('similarity')} or {option('analogies')}")
    from w2v.evaluation.comparison import Comparison, compare_pairs, compare_questions
    from w2v.evaluation.scores import Evaluation

    with _reporting(reporter) as told:
        evaluation = Evaluation.read(**test_sets, **settings)
        evaluation.tell(told)
        sides = _models_of(a, told, from_), _models_of(b, told, from_)
        found = Comparison(
            compare_pairs(*sides, evaluation.pairs, evaluation.config),
            compare_questions(*sides, evaluation.questions, evaluation.config),
        )
        if all(one.p is None for one in found.files):
            raise W2VError(f"nothing was compared: {'; '.join(found.without_value())}")
        for message in found.without_value():
            told.warn(message)
    return found


def tune(
    corpus: "Source",
    metric: str,
    output: str | Path | None = None,
    *,
    config: str | Path | None = None,
    similarity: Files = (),
    analogies: Files = (),
    next: str | Path | None = None,
    sessions: str | Path | None = None,
    restrict: int = RESTRICT,
    trials: int = 30,
    fraction: float = 0.1,
    search: Sequence[str] = (),
    progress: bool = False,
    reporter: Reporter | None = None,
    **settings: "Unpack[TrainSettings]",
) -> "Search":
    """Search for better settings, by trials on a part of a corpus. Needs Optuna: `pip install optuna`.

    Args:
        corpus: as for `train`.
        metric: similarity, analogies or next, with the files so named, or loss, on text that is held out.
        output: the TOML file to write the best settings to, for config= of `train`; None writes nothing.
        config: a preset or a TOML file with the base settings; settings override it.
        similarity, analogies, next, sessions, restrict: as for `train`.
        trials: runs of training, the one with the base settings included.
        fraction: share of the corpus that they train on.
        search: the settings to search, of ns_exponent, window, sample, negative, lr and epochs; by default all.
        progress, reporter: as for `train`.
        settings: the base settings; see TrainConfig.

    Returns:
        The search: `config` has the best settings, `best` their Trial, `trials` all of them.

    Raises:
        W2VError: Optuna is not installed, or no trial has a score.
    """
    check_request("tune", settings)
    base = load_config(config, settings)
    long_lines = load_long_lines(config, settings)
    from w2v.text.encoding import encode
    from w2v.training.line_rows import n_lines
    from w2v.tuning.objective import Objective
    from w2v.tuning.search import Search
    from w2v.tuning.space import check_search

    with _reporting(reporter, progress) as told:
        source = _open(corpus, told, settings)
        test_sets = _test_sets(similarity, analogies, next, sessions)
        check_outputs({"output": output}, {**test_sets, "config": config}, told.tell, source.holds)
        check_search(base, search, fraction)  # before the corpus is read
        objective = Objective.of(metric, **test_sets, restrict=restrict)
        encoded = encode(source, base, report=told.reading)
        if long_lines is not None:
            base = _adapt(long_lines, told, base, encoded.tokens_kept / n_lines(encoded.stream))
        found = Search.begin(encoded, base, objective, fraction, search)
        encoded.tell(told)
        told.tell(found.summary(trials))
        try:
            with told.interruptible(f"the best settings so far are written to {output}" if output else "", "them"):
                found.run(trials, told)
        finally:
            if found.best:
                told.tell(found.result())
            if found.best and output is not None:
                told.saving(output)
                found.save(output)
                told.tell(f"wrote {output}: w2v train CORPUS --config {output}")
    return found


def align(
    a: "Vectors | str | Path",
    b: "Vectors | str | Path",
    output: str | Path | None = None,
    *,
    from_: str | None = None,
    reporter: Reporter | None = None,
) -> "Vectors":
    """Return the vectors of a, rotated onto those of b by orthogonal Procrustes on the words of both.

    Vectors are brought to length 1 for it, and a word has the weight log(1 + the smaller of its counts), or 1 if a
    model has no counts. Cosines within a stay as they are. Output rows and line vectors are rotated too.

    Args:
        a: the vectors to rotate, or the file.
        b: the vectors to rotate onto, or the file.
        output: the file to write, in any format; None writes nothing.
        from_: the format of `a` and `b`, if neither their content nor their names show it.
        reporter: as for `train`.

    Raises:
        W2VError: the models have fewer than two words in common, or vectors of another length.
    """
    from w2v.formats.registry import find
    from w2v.vectors.alignment import align as rotate

    with _reporting(reporter) as told:
        paths = {name: path for name, path in (("a", a), ("b", b)) if isinstance(path, str | Path)}
        check_outputs({"output": output}, paths, told.tell, folder_files=() if output is None else find(output).files)
        first = _vectors_of(a, told, from_)
        found, fit = rotate(first, _vectors_of(b, told, from_))
        if first.subwords is not None:
            told.warn("left out the rows of n-grams, which are not rotated")
        told.tell(fit)
        if output is not None:
            found.save(output)
            told.tell(f"wrote {output}: {len(found):,} words x {found.dim}")
    return found


def shift(
    a: "Vectors | Runs | str | Path",
    b: "Vectors | Runs | str | Path",
    n: int = 20,
    *,
    neighbors: int = 5,
    restrict: int = 10_000,
    from_: str | None = None,
    reporter: Reporter | None = None,
) -> "list[Shift]":
    """Return the words that differ most between two models, the lowest cosine first; a is aligned to b before.

    Of Runs the cosines are means, with intervals, and with the cosines between runs of the same model to compare with.

    Args:
        a: the first vectors or runs, or the file.
        b: the second.
        n: the number of words.
        neighbors: the number of neighbors in each model.
        restrict: compare this many words, the most frequent of each model, and answer with them; 0 takes all.
        from_: as for `align`.
        reporter: as for `train`.

    Raises:
        W2VError: as for `align`.
    """
    from w2v.vectors.alignment import shift as most_moved
    from w2v.vectors.runs import Runs
    from w2v.vectors.vectors import Vectors

    def frequent(one: Vectors) -> Vectors:
        return Vectors.of(one.model.first(restrict), one.name) if restrict else one

    with _reporting(reporter) as told:
        models = (_models_of(one, told, from_) for one in (a, b))
        first, second = (one.each(frequent) if isinstance(one, Runs) else frequent(one) for one in models)
        found, fit = most_moved(first, second, n, neighbors)
        told.tell(fit)
    return found


def convert(
    source: str | Path,
    target: str | Path,
    *,
    from_: str | None = None,
    to: str | None = None,
    run: int | None = None,
    skip_words: bool = False,
    add_output: float | None = None,
    item_index: bool = False,
    all_but_the_top: int | None = None,
    dim: int | None = None,
    reduce: Literal["pca", "first"] = "pca",
    dtype: Literal["float32", "float16", "int8"] | None = None,
    classes: int | None = None,
    save_output: bool | None = None,
    limit: int | None = None,
    skip_bad_rows: bool = False,
    encoding: str = "utf-8",
    reporter: Reporter | None = None,
) -> list[Path]:
    """Write the vectors of one file to another format, and return the files written.

    Args:
        source: the file to read.
        target: the file to write, whose suffix says its format; "-" is standard output.
        from_: the format of `source`, if neither its content nor its name shows it; docs/formats.md lists the names.
        to: the format of `target`, if its name does not show it.
        run: take this run, from 1, of a folder of runs.
        skip_words: whether to leave out the words that the format cannot hold.
        add_output: add this share of the output rows to the vectors.
        item_index: write rows for an index by inner product, which finds items for people: the output rows, with the
            logarithm of the count as one number more. docs/items.md has the query.
        all_but_the_top: remove the mean, and this many of the directions in which the vectors vary most.
        dim: keep this many numbers of each vector; output rows, n-grams and line vectors are reduced alike.
        reduce: with dim, "pca" keeps the directions in which the vectors are longest, "first" the first numbers.
        dtype: how numbers are stored, if the format has a choice, as .safetensors has; by default float32.
        classes: write `word class` lines instead of vectors: this many classes, by k-means.
        save_output: whether to write the output rows; by default if the format stores them.
        limit: read at most this many words, the first.
        skip_bad_rows: whether to leave out rows that cannot be read or have a number that is not finite.
        encoding: that of the words in word2vec's and GloVe's files.
        reporter: as for `train`.

    Raises:
        W2VError: the format cannot hold some of the words.
    """
    from w2v.vectors.convert import Changes, convert, write_classes

    check_number("limit", 1 if limit is None else limit, 1)
    check_number("run", 1 if run is None else run, 1)
    source, target = Path(source), Path(target)
    reading = {"run": run, "limit": limit, "skip_bad_rows": skip_bad_rows, "encoding": encoding}
    check_number("dim", 1 if dim is None else dim, 1)
    changes = Changes(
        skip_words=skip_words,
        add_output=add_output,
        item_index=item_index,
        all_but_the_top=all_but_the_top,
        dim=dim,
        reduce=reduce,
        dtype=dtype,
    )
    with _reporting(reporter) as told:
        if classes is not None:
            return write_classes(source, target, told, changes, classes, from_=from_, to=to, **reading)
        return convert(source, target, told, changes, from_=from_, to=to, save_output=save_output, **reading)


def info(
    path: str | Path,
    *,
    from_: str | None = None,
    limit: int | None = None,
    skip_bad_rows: bool = False,
    reporter: Reporter | None = None,
) -> dict[str, Any]:
    """Return facts about a file of vectors, or about a folder of runs and the first of them.

    Args:
        path: the file or folder.
        from_: its format, if neither its content nor its name shows it.
        limit, skip_bad_rows, reporter: as for `convert`.

    Returns:
        `format`; the number of `runs` and their `bootstrap`, if it holds runs; and the facts of
        `w2v.vectors.summary.summarize`: words, dim, counts, norms, settings and more.
    """
    from w2v.base.stores import url_of
    from w2v.formats.unpacking import STDIN, on_this_machine
    from w2v.formats.vector_files import find_source
    from w2v.vectors.runs import Runs, load
    from w2v.vectors.summary import summarize

    with _reporting(reporter) as told:
        copy = on_this_machine(path) if str(path) == STDIN or Path(path).is_fifo() else path
        try:
            format = find_source(copy, from_)
        except SettingsError:
            if from_ is not None or url_of(path) is None:
                raise
            format = find_source(on_this_machine(path))  # its content may show it
        found = load(copy, format.name, limit=limit, skip_bad_rows=skip_bad_rows, reporter=told)
    if isinstance(found, Runs):
        return {"format": format.name, "runs": len(found), "bootstrap": found.bootstrap, **summarize(found[0])}
    return {"format": format.name, **summarize(found)}


def plot(
    source: "Vectors | str | Path",
    output: str | Path = "plot.html",
    words: Sequence[str] = (),
    *,
    words_file: str | Path | None = None,
    near: Sequence[str] = (),
    n: int | None = None,
    restrict: int | None = None,
    method: "Method | None" = None,
    seed: int | None = None,
    from_: str | None = None,
    reporter: Reporter | None = None,
) -> "WordMap | Curves":
    """Draw a map of words, or the course of a run, as a page (.html) or a picture (.png, .svg).

    Args:
        source: vectors, a file of vectors, or a log of `train` (.json, .jsonl or .log).
        output: the file to write.
        words: the words to show; by default, of the 2 n most frequent those with the longest vectors, which leaves
            out most words of grammar; from 3,000 words, the most frequent.
        words_file: show the first word of each line of this file too.
        near: show these words and the nearest of each.
        n: the number of words to show, by default 1000; with near the nearest of each, by default 50.
        restrict: the nearest are among this many words, the most frequent; 0 takes all.
        method: umap, tsne or pca; by default umap if it is installed, else tsne; from 3,000 words tsne.
        seed: the same seed gives the same map; by default 1.
        from_: the format of `source`, if neither its content nor its name shows it.
        reporter: as for `train`.

    Returns:
        The map, or the curves of the log.

    Raises:
        UnknownWordError: a word has no vector.
        W2VError: a library is not installed.
    """
    from w2v import plotting
    from w2v.plotting.maps import read_words

    plotting.suffix_of(output)
    check_words(words)
    check_words(near)
    path = source if isinstance(source, str | Path) else None
    with _reporting(reporter) as told:
        check_outputs({"output": output}, {"source": path, "words_file": words_file}, told.tell)
        if path is not None and Path(path).suffix.lower() in plotting.LOG_SUFFIXES:
            of_words = {"words": words, "words_file": words_file, "near": near, "n": n}
            of_map = {"method": method, "seed": seed}
            for name in (name for name, value in {**of_words, **of_map}.items() if value is not None and value != ()):
                raise SettingsError(f"{option(name)} cannot go with {path}, a log, which has no words", name)
            curves = plotting.plot_log(output, path)
            told.tell(f"wrote {output}: {', '.join(name for lines in curves.values() for name in lines)}")
            return curves
        vectors = _vectors_of(source, told, from_)
        limit = RESTRICT if restrict is None else restrict
        if near:
            vectors.tell_of_restriction(limit, told.warn, told.tell)
        drawn = plotting.plot_words(
            output,
            vectors,
            words=[*words, *(read_words(words_file) if words_file else ())],
            near=near,
            n=n,
            method=method,
            seed=1 if seed is None else seed,
            title=Path(vectors.name).name,
            restrict=limit,
            warn=told.warn,
            report=told.placing,
        )
        told.tell(f"wrote {output}: {counted(len(drawn.words), 'word')}, {drawn.method}")
    return drawn


def _reporting(reporter: Reporter | None, progress: bool = False) -> Reporter:
    """Return the Reporter of an operation, a context that closes it."""
    if reporter is None:
        return PythonReporter(progress)
    check_type("reporter", reporter, Reporter, "derive a class from w2v.Reporter")
    return reporter


def _adapt(long_lines: LongLines, told: Reporter, config: "TrainConfig", words_per_line: float) -> "TrainConfig":
    """Return the settings to train with, from those of the reading, and report which were chosen."""
    told.tell(long_lines.message(words_per_line))
    return long_lines.adapt(config, words_per_line)


def _open(corpus: "Source", told: Reporter, settings: Mapping[str, Any]) -> "Corpus":
    from w2v.text.corpus import Corpus

    column, force_text = settings.get("column"), bool(settings.get("force_text"))
    return Corpus(corpus, warn=told.warn, column=column, force_text=force_text)


@contextmanager
def _lines_of_events(
    events: object, columns: dict[str, str | None], config: "TrainConfig", told: Reporter
) -> "Iterator[Source]":
    """Yield the sessions of an event table, as lines with what the config says that they have before the words."""
    from w2v.text.events import SessionRules
    from w2v.text.session_files import line_of, read_sessions

    with read_sessions(events, SessionRules(), told, columns=columns) as found:
        yield (line_of(session, names=config.line_names, weights=config.weighted_lines) for session in found)


def _read_vocab(path: str | Path) -> "Vocab":
    from w2v.text.vocab import Vocab

    return Vocab.load(path, sentence_end=True, may_lack_counts=True)


def _vectors_of(source: "Vectors | str | Path", told: Reporter, from_: str | None = None) -> "Vectors":
    """Return vectors, read from their file, of the format `from_`, if that is given."""
    from w2v.vectors.vectors import Vectors

    if isinstance(source, str | Path):
        return Vectors.load(source, from_, reporter=told)
    check_type("vectors", source, Vectors, "w2v.Vectors.load reads a file")
    return source


def _models_of(source: "Vectors | Runs | str | Path", told: Reporter, from_: str | None = None) -> "Vectors | Runs":
    """Return vectors or runs, read from their file, of the format `from_`, if that is given."""
    from w2v.vectors.runs import Runs, load

    if isinstance(source, Runs):
        return source
    return load(source, from_, reporter=told) if isinstance(source, str | Path) else _vectors_of(source, told)


def _test_sets(
    similarity: Files, analogies: Files, next: str | Path | None, sessions: str | Path | None
) -> dict[str, Any]:
    """Return the files to score by, by parameter."""
    lists = {"similarity": listed(similarity), "analogies": listed(analogies)}
    return {**lists, "next": next, "sessions": sessions}


def _run_files(
    output: str | Path | None,
    save_output: bool | None,
    log_json: str | Path | None,
    checkpoint: str | Path | None,
    checkpoint_every: float | str | None,
) -> "RunFiles":
    """Return what a run writes."""
    from w2v.training.execution import RunFiles

    output, log_json, checkpoint = (None if path is None else Path(path) for path in (output, log_json, checkpoint))
    every_s = CHECKPOINT_EVERY_S if checkpoint_every is None else seconds_of("checkpoint_every", checkpoint_every)
    return RunFiles(output, save_output, log_json, checkpoint, every_s)


@contextmanager
def _backend(ray: str | None, nodes: int | None, threads: int | None, told: Reporter) -> "Iterator[Backend]":
    """Yield what trains: this machine, or nodes of a Ray cluster."""
    if ray is None:
        from w2v.training.backends import OneMachine

        yield OneMachine()
        return
    from w2v.cluster import connect

    with connect(ray, nodes, threads, told.warn) as cluster:
        yield cluster
