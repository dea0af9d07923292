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
from w2v.base.errors import SettingsError
from w2v.base.files import STDOUT
from w2v.commands.checks import (
    check_outputs,
    flag_of,
    open_corpus,
    require_argument,
    unless_stdout,
    unless_stream,
    with_hint,
)
from w2v.commands.interrupts import INTERRUPTS
from w2v.commands.options import (
    CORPUS_HELP,
    AnalogyFiles,
    ConfigName,
    Quiet,
    SaveOutput,
    SimilarityFiles,
    command,
)
from w2v.commands.progress import ReportScores, scan_progress, training_progress
from w2v.commands.report import describe, describe_training
from w2v.commands.screen import print_status
from w2v.formats.registry import files_of, find
from w2v.settings.conflicts import refuse_together
from w2v.settings.evaluation import EvaluationConfig
from w2v.settings.fields import Setting, fields_of
from w2v.settings.train import TrainConfig, load_config

if TYPE_CHECKING:
    from w2v.evaluation.scores import Evaluation
    from w2v.training.machines import Machine
    from w2v.training.run import EpochReport
    from w2v.training.schedule import Progress

RESUMED_FLAGS = {"resume", "output", "save_output", "epochs", "threads", "quiet", "log_json", "checkpoint_every"}
RESUMED_FLAGS |= {"similarity", "analogies", "restrict", "each_epoch", "ray", "nodes"}
"""Parameters that may be given with --resume."""


@command(
    f"Train vectors on a corpus and write them.\n\n{CORPUS_HELP}\n\n"
    "Example: w2v train corpus.txt.gz --dim 300 --epochs 10 -o big.bin",
    *fields_of(TrainConfig),
    *fields_of(EvaluationConfig, "restrict"),
)
def train(
    context: typer.Context,
    corpus: Annotated[list[str] | None, typer.Argument(metavar="CORPUS", hidden=True)] = None,
    output: Annotated[
        Path,
        Setting(
            "The file to write: .bin, .txt or .vec (word2vec), .w2v (a folder with counts and settings), or another "
            "suffix that `w2v convert` knows; - is standard output, as text.",
            group="Output",
            flags=("-o", "--output"),
        ),
    ] = Path("vectors.bin"),
    save_output: SaveOutput = None,
    vocab: Annotated[
        Path | None,
        Setting("Use the words and counts of this file, from `w2v build-vocab`, and no others.", group="Corpus"),
    ] = None,
    init_from: Annotated[
        Path | None,
        Setting(
            "Start from these vectors and their words, or from the newest checkpoint in this folder.",
            group="Training",
            metavar="FILE|DIR",
        ),
    ] = None,
    grow_vocab: Annotated[
        bool,
        Setting(
            "With --init-from: add the new words that occur at least --min-count times.",
            group="Training",
            flags=("--grow-vocab",),
            only_with={"init_from": ()},
        ),
    ] = False,
    config_name: ConfigName = None,
    quiet: Quiet = False,
    log_json: Annotated[
        Path | None, Setting("Write the progress to this file, one JSON object per line.", group="Output")
    ] = None,
    checkpoint: Annotated[
        Path | None,
        Setting("Save checkpoints in this folder, to resume from.", group="Checkpoints", metavar="DIR"),
    ] = None,
    checkpoint_every: Annotated[
        str,
        Setting(
            "Time between checkpoints: a number and s, m or h.",
            group="Checkpoints",
            metavar="TIME",
            only_with={"checkpoint": (), "resume": ()},
        ),
    ] = "10m",
    resume: Annotated[
        Path | None,
        Setting(
            "Continue from the newest checkpoint in this folder, with its corpus and settings.",
            group="Checkpoints",
            metavar="DIR",
        ),
    ] = None,
    ray: Annotated[
        str | None,
        Setting(
            "Train on a Ray cluster: its address; auto for the one of this machine; local to start one here.",
            group="Cluster",
            metavar="ADDRESS",
        ),
    ] = None,
    nodes: Annotated[
        int | None,
        Setting(
            "Number of machines to train on, each with all its cores.",
            group="Cluster",
            low=1,
            high=10_000,
            unset="all of the cluster",
            only_with={"ray": ()},
        ),
    ] = None,
    similarity: SimilarityFiles = None,
    analogies: AnalogyFiles = None,
    restrict: int | None = EvaluationConfig.restrict,
    each_epoch: Annotated[
        bool,
        Setting(
            "Score after each epoch too, while training continues.",
            group="Evaluation",
            flags=("--each-epoch",),
            only_with={"similarity": (), "analogies": ()},
        ),
    ] = False,
    **settings: Any,  # noqa: ANN401
) -> None:
    """Train, and write the vectors."""
    from w2v.checkpoints.checkpoint import files_read
    from w2v.evaluation.scores import Evaluation

    paths = resumed_paths(context, resume) if resume else {}
    output = Path(paths.get("output") or output)
    log_json = Path(paths["log_json"]) if paths.get("log_json") else log_json
    save_output = paths.get("save_output", save_output)
    every_s = seconds_of(checkpoint_every)
    has_vocab, has_init = vocab is not None, init_from is not None
    refuse_together(settings, has_vocab=has_vocab, has_init=has_init, grow_vocab=grow_vocab, show=flag_of)
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

    if ray is not None and has_init:
        raise SettingsError("--init-from cannot go with --ray yet; train on one machine")
    kernel, folder = kernel_name(), resume or checkpoint
    with (
        runs.reserved(folder, is_resumed=resume is not None),
        Log(log_json, print_status) as log,
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
        runs.check_output(run, output, save_output, print_status)
        with ending_in_order(folder), training_progress(quiet) as report:
            vectors = runs.train(
                run,
                report,
                checkpoints=runs.Checkpoints(folder, every_s, print_status) if folder else None,
                log=log,
                after_epoch=scorer(evaluation, report, each_epoch),
                save_output=outputs.keeps_output_rows(run.config, save_output, output),
                extra=outputs_for_resume(output, save_output, log_json),
            )
        with with_hint(f"w2v train --resume {stores.url_of(folder) or folder} -o FILE" if folder else None):
            outputs.save(vectors, output)
    if not quiet:
        print_status(f"wrote {stores.url_of(output) or output}: {len(vectors):,} words x {vectors.dim}")


def test_sets(flag: str, paths: list[Path] | None) -> dict[str, str | Path | None]:
    """Return test sets by what they were given as, so that none of them is written over."""
    return {f"{flag} {path}": path for path in paths or []}


def ending_in_order(folder: Path | None) -> AbstractContextManager[None]:
    """Return what answers interrupts while a run trains, with checkpoints in `folder` if it has any."""
    if folder is None:
        return INTERRUPTS.during("", "nothing more")
    ends = f"training stops and a checkpoint is saved in {folder}"
    return INTERRUPTS.during(ends, "what was learned since the last checkpoint")


def outputs_for_resume(output: Path, save_output: bool | None, log_json: Path | None) -> dict[str, Any]:
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


def outputs_of(
    output: Path, save_output: bool | None, log_json: Path | None
) -> tuple[dict[str, Path | None], tuple[str, ...]]:
    """Return the files to write, by flag, and the names of the files of the first where it is a folder."""
    format = find(output)
    files = files_of(output, format, save_output=save_output)
    written = dict(zip(("-o", "--save-output"), map(unless_stdout, files), strict=False))
    return {**written, "--log-json": unless_stream(log_json)}, format.files


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
    """Return the paths of the run that the checkpoints in a folder belong to, except those given again.

    Raises:
        SettingsError: a flag was given that cannot go with --resume.
    """
    from w2v.checkpoints.checkpoint import load_extra

    named = {name for name in context.params if context.get_parameter_source(name).name == "COMMANDLINE"}  # type: ignore[union-attr]
    for name in sorted(named - RESUMED_FLAGS):
        flag = "CORPUS" if name == "corpus" else flag_of(name.removesuffix("_name"))
        raise SettingsError(f"{flag} cannot go with --resume, which keeps the corpus and settings of the run")
    return {name: path for name, path in load_extra(folder).items() if name not in named}


def seconds_of(text: str) -> float:
    """Return the seconds that `90s`, `10m` or `2h` mean."""
    units = {"s": 1.0, "m": 60.0, "h": 3600.0}
    try:
        seconds = float(text[:-1]) * units[text[-1:]]
    except (ValueError, KeyError):
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise SettingsError(f"--checkpoint-every must be a number and s, m or h, such as 10m, not '{text}'")
    return seconds
