"""`w2v train`."""

import math
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import w2v
from w2v.base import stores
from w2v.base.errors import SettingsError, option
from w2v.base.files import STDOUT
from w2v.commands.checks import (
    check_outputs,
    open_corpus,
    require_argument,
    unless_stdout,
    unless_stream,
    with_hint,
)
from w2v.commands.interrupts import INTERRUPTS
from w2v.commands.options import (
    CORPUS_HELP,
    ConfigName,
    Quiet,
    command,
    is_given,
)
from w2v.commands.progress import ReportScores, scan_progress, training_progress
from w2v.commands.report import describe, describe_training
from w2v.commands.screen import print_status
from w2v.settings.evaluation import RESTRICT
from w2v.settings.operations import CHECKPOINT_EVERY_S, parameters_for, settings_for
from w2v.settings.train import load_config

if TYPE_CHECKING:
    from w2v.evaluation.scores import Evaluation
    from w2v.training.machines import Machine
    from w2v.training.run import EpochReport, Run
    from w2v.training.schedule import Progress


@command(
    f"Train vectors on a corpus and write them.\n\n{CORPUS_HELP}\n\n"
    "Example: w2v train corpus.txt.gz --dim 300 --epochs 10 -o big.bin",
    *settings_for("train"),
    *parameters_for("train"),
)
def train(
    context: typer.Context,
    corpus: Annotated[list[str] | None, typer.Argument(metavar="CORPUS", hidden=True)] = None,
    output: Path = Path("vectors.bin"),
    save_output: bool = False,
    vocab: Path | None = None,
    init_from: Path | None = None,
    grow_vocab: bool = False,
    config_name: ConfigName = None,
    quiet: Quiet = False,
    log: Path | None = None,
    checkpoint: Path | None = None,
    checkpoint_every: str | None = None,
    resume: Path | None = None,
    ray: str | None = None,
    nodes: int | None = None,
    similarity: list[Path] | None = None,
    analogies: list[Path] | None = None,
    restrict: int | None = RESTRICT,
    each_epoch: bool = False,
    **settings: Any,  # noqa: ANN401
) -> None:
    """Train, and write the vectors."""
    from w2v.checkpoints.checkpoint import files_read
    from w2v.evaluation.scores import Evaluation

    if resume and corpus:
        raise SettingsError(f"{option('corpus')} cannot be used with {option('resume')}; leave one out")
    paths = resumed_paths(context, resume) if resume else {}
    output = Path(paths.get("output") or output)
    log_json = Path(paths["log_json"]) if paths.get("log_json") else log
    save_output = bool(paths.get("save_output", save_output))
    every_s = CHECKPOINT_EVERY_S if checkpoint_every is None else seconds_of(checkpoint_every)
    has_vocab, has_init = vocab is not None, init_from is not None
    inputs = {"--vocab": vocab, "--config": config_name, "--init-from": init_from}
    inputs |= test_sets("--similarity", similarity) | test_sets("--analogies", analogies)
    evaluation = Evaluation.read(similarity or [], analogies or [], restrict=restrict or None)
    written, folder_files = outputs_of(output, save_output, log_json)
    if resume is None:
        config = load_config(config_name, settings, is_explicit=True)
        source = open_corpus(require_argument(corpus, "CORPUS", "train"), written, inputs, folder_files)
        known = w2v.Vocab.load(vocab) if vocab is not None else None
    else:
        inputs |= {f"{path}, which --resume reads,": path for path in files_read(resume)}
        check_outputs(written, inputs, folder_files)
    from w2v.training import outputs
    from w2v.training import run as runs
    from w2v.training.log import Log
    from w2v.training.plan import kernel_name

    kernel, folder = kernel_name(), resume or checkpoint
    with (
        runs.reserved(folder, is_resumed=resume is not None),
        Log(log_json, print_status) as run_log,
        machine_of(ray, nodes, settings.get("threads") if resume else config.threads) as machine,
    ):
        with scan_progress(quiet) as report_scan:
            if resume is not None:
                run, encoded = runs.resume(resume, settings, report_scan, machine), None
            elif init_from is not None:
                run, encoded = runs.continue_from(init_from, source, config, grow_vocab, report_scan, print_status)
            else:
                run, encoded = runs.begin(source, config, known, report_scan, machine)
        if not quiet:
            if encoded is not None:
                describe(encoded, reused=has_vocab or has_init)
            describe_training(run, kernel)
        save_output = save_output or outputs.keeps_output_rows(run.config, output)
        check_output(run, output, save_output)
        with ending_in_order(folder), training_progress(quiet) as report:
            vectors = runs.train(
                run,
                report,
                checkpoints=runs.Checkpoints(folder, every_s, print_status) if folder else None,
                log=run_log,
                after_epoch=scorer(evaluation, report, each_epoch),
                save_output=save_output,
                extra=outputs_for_resume(output, save_output, log_json),
            )
        with with_hint(f"w2v train --resume {stores.url_of(folder) or folder} -o FILE" if folder else None):
            outputs.save(vectors, output)
    if not quiet:
        describe_output(output, vectors)


def test_sets(flag: str, paths: list[Path] | None) -> dict[str, str | Path | None]:
    """Return test sets by what they were given as, so that none of them is written over."""
    return {f"{flag} {path}": path for path in paths or []}


def check_output(run: "Run", output: Path, save_output: bool) -> None:
    """Raise W2VError where the vectors could not be written; say so where the vectors of lines cannot be."""
    from w2v.training import outputs
    from w2v.training import run as runs

    runs.check_output(run, output, save_output)
    if run.config.has_lines and not outputs.can_hold_lines(output):
        print_status(f"{output} cannot hold line vectors, which are lost: write a .w2v folder to keep them")


def ending_in_order(folder: Path | None) -> AbstractContextManager[None]:
    """Return what answers interrupts while a run trains, with checkpoints in `folder` if it has any."""
    if folder is None:
        return INTERRUPTS.during("", "nothing more")
    ends = f"training stops and a checkpoint is saved in {folder}"
    return INTERRUPTS.during(ends, "what was learned since the last checkpoint")


def outputs_for_resume(output: Path, save_output: bool, log_json: Path | None) -> dict[str, Any]:
    """Return the paths and flags that a checkpoint keeps, so that the resumed run writes the same files."""
    return {
        "output": stores.absolute(output) if unless_stdout(output) else STDOUT,
        "save_output": save_output,
        "log_json": log_json and os.path.abspath(log_json),
    }


@contextmanager
def machine_of(ray: str | None, nodes: int | None, threads: int | None) -> "Iterator[Machine]":
    """Yield what trains: this machine, or nodes of a Ray cluster."""
    from w2v.training.machines import ThisMachine

    if ray is None:
        yield ThisMachine()
        return
    from w2v.cluster import connect

    with connect(ray, nodes, threads, print_status) as cluster:
        yield cluster


def describe_output(output: Path, vectors: w2v.Vectors) -> None:
    """Print what was written, and what was not."""
    from w2v import formats

    print_status(f"wrote {stores.url_of(output) or output}: {len(vectors):,} words x {vectors.dim}")
    kind = formats.find(output)
    if vectors.subwords is not None and "subwords" not in kind.stores:
        print_status(
            f"{kind.title} has no place for the rows of n-grams: without them no other word has a vector; write "
            "a .w2v or .fasttext.bin to keep them"
        )


def outputs_of(
    output: Path, save_output: bool, log_json: Path | None
) -> tuple[dict[str, Path | None], tuple[str, ...]]:
    """Return the files to write, by flag, and the names of the files of the first where it is a folder."""
    from w2v import formats

    format = formats.find(output)
    written = {"-o": unless_stdout(output), "--log-json": unless_stream(log_json)}
    if save_output and str(output) == STDOUT:
        raise SettingsError(f"{option('save_output')} needs a file to write to: name one with {option('output')}")
    if save_output and "output" not in format.stores:
        written["--save-output"] = formats.output_rows_path(output)
    return written, formats.folder_files(format)


def scorer(evaluation: "Evaluation", report: "ReportScores", each_epoch: bool) -> "EpochReport | None":
    """Return what scores a run after each epoch, or only after the last; None where there is nothing to score by."""
    if not (evaluation.pairs or evaluation.questions):
        return None

    def score(now: "Progress", vectors: w2v.Vectors) -> dict[str, Any] | None:
        if not each_epoch and now.progress < 1:
            return None
        scores = evaluation.score(vectors)
        report(now, scores)
        return scores.as_dict()

    return score


def resumed_paths(context: typer.Context, folder: Path) -> dict[str, Any]:
    """Return the paths of the run that the checkpoints in a folder belong to, except those given again."""
    from w2v.checkpoints.checkpoint import load_extra

    parameter_of = {"log_json": "log"}
    return {
        name: path for name, path in load_extra(folder).items() if not is_given(context, parameter_of.get(name, name))
    }


def seconds_of(text: str) -> float:
    """Return the seconds that `90s`, `10m` or `2h` mean."""
    units = {"s": 1.0, "m": 60.0, "h": 3600.0}
    try:
        seconds = float(text[:-1]) * units[text[-1:]]
    except (ValueError, KeyError):
        seconds = math.nan
    if not 0 < seconds < math.inf:
        name = "checkpoint_every"
        raise SettingsError(f"{option(name)} must be a number and s, m or h, such as 10m, not '{text}'", name)
    return seconds
