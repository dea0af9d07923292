"""`w2v train`."""

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import w2v
from w2v.commands.checks import check_outputs, open_corpus, refuse_together, require_argument, unless_stream, with_hint
from w2v.commands.interrupts import INTERRUPTS
from w2v.commands.options import (
    CORPUS_HELP,
    AnalogyFiles,
    ConfigName,
    Quiet,
    SimilarityFiles,
    command,
)
from w2v.commands.progress import ReportScores, scan_progress, training_progress
from w2v.commands.report import describe, describe_training
from w2v.commands.screen import print_status
from w2v.config import EvaluationConfig, TrainConfig, load_config
from w2v.errors import SettingsError
from w2v.files import check_space
from w2v.settings import Setting, fields_of

if TYPE_CHECKING:
    from w2v.arrays import Matrix
    from w2v.evaluation.scores import Evaluation
    from w2v.training.loop import EpochReport
    from w2v.training.schedule import Progress

RESUMED_FLAGS = {"resume", "output", "save_output", "epochs", "threads", "quiet", "log_json", "checkpoint_every"}
RESUMED_FLAGS |= {"similarity", "analogies", "restrict", "each_epoch"}
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
            "suffix that `w2v convert` knows.",
            group="Output",
            flags=("-o", "--output"),
        ),
    ] = Path("vectors.bin"),
    save_output: Annotated[
        bool,
        Setting(
            "Write the output rows too: in a second file, vectors.output.bin, or inside the .w2v folder.",
            group="Output",
            flags=("--save-output",),
        ),
    ] = False,
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
    from w2v import formats
    from w2v.evaluation.scores import Evaluation

    paths = resumed_paths(context, resume) if resume else {}
    output = Path(paths.get("output") or output)
    log_json = Path(paths["log_json"]) if paths.get("log_json") else log_json
    save_output = bool(paths.get("save_output", save_output))
    every_s = seconds_of(checkpoint_every)
    refuse_together(init_from, vocab, settings)
    format = formats.find(output)
    folder_files = formats.folder_files(format)
    written = {"-o": output, "--log-json": unless_stream(log_json)}
    evaluation = Evaluation.read(similarity or [], analogies or [], restrict=restrict or None)
    inputs = {"--vocab": vocab, "--config": config_name, "--init-from": init_from}
    inputs |= {f"--similarity {path}": path for path in similarity or []}
    inputs |= {f"--analogies {path}": path for path in analogies or []}
    if save_output and "output" not in format.stores:
        written["--save-output"] = formats.output_rows_path(output)
    if resume is None:
        config = load_config(config_name, settings, is_explicit=True)
        source = open_corpus(require_argument(corpus, "CORPUS", "train"), written, inputs, folder_files)
        known = w2v.Vocab.load(vocab) if vocab is not None else None
    else:
        check_outputs(written, inputs, folder_files)
    from w2v.training import run as sessions
    from w2v.training.loop import train_embeddings
    from w2v.training.plan import kernel_name

    kernel = kernel_name()
    with scan_progress(quiet) as report_scan:
        if resume is not None:
            session = sessions.resume(resume, settings, report_scan)
        elif init_from is not None:
            session, encoded = sessions.begin_from(init_from, source, config, grow_vocab, report_scan)
        else:
            session, encoded = sessions.begin(source, config, known, report_scan)
    if not quiet:
        if resume is None:
            describe(encoded, reused=known is not None or init_from is not None)
        describe_training(session, kernel)
    check_space(output, (1 + save_output) * formats.expected_bytes(output, session.vocab.words, session.config.dim))
    rows: list[dict[str, Any]] = session.extra.get("log", [])
    folder = resume or checkpoint
    extra = {
        "output": os.path.abspath(output),
        "save_output": save_output,
        "log_json": log_json and os.path.abspath(log_json),
        "log": rows,
    }
    ends = f"training stops and a checkpoint is saved in {folder}" if folder else ""
    with (
        INTERRUPTS.during(ends, loses="what was learned since the last checkpoint" if folder else "nothing more"),
        sessions.keeping(session, folder, every_s, lambda: extra, print_status) as policy,
        training_progress(quiet, log_json, rows) as report_training,
    ):
        embeddings = train_embeddings(
            session.stream,
            session.vocab,
            session.config,
            report_training,
            start=session.start,
            checkpoints=policy,
            after_epoch=scorer(evaluation, session.vocab.words, report_training, each_epoch),
        )
    with with_hint(f"w2v train --resume {folder} -o FILE" if folder else None):
        sessions.result(session, embeddings, save_output).save(output)
    if not quiet:
        print_status(f"wrote {output}: {len(session.vocab):,} words x {session.config.dim}")


def scorer(
    evaluation: "Evaluation", words: list[str], report: "ReportScores", each_epoch: bool
) -> "EpochReport | None":
    """Return what scores a run after each epoch, or only after the last; None where there is nothing to score by."""
    if not (evaluation.pairs or evaluation.questions):
        return None

    def score(now: "Progress", rows: "Matrix") -> None:
        if each_epoch or now.progress == 1:
            report(now, evaluation.score(w2v.Vectors(words, rows)))

    return score


def resumed_paths(context: typer.Context, folder: Path) -> dict[str, Any]:
    """Return the paths of the run that the checkpoints in a folder belong to, except those given again.

    Raises:
        SettingsError: a flag was given that cannot go with --resume.
    """
    from w2v.training.checkpoint import load_extra

    named = {name for name in context.params if context.get_parameter_source(name).name == "COMMANDLINE"}  # type: ignore[union-attr]
    for name in sorted(named - RESUMED_FLAGS):
        flag = "CORPUS" if name == "corpus" else f"--{name.removesuffix('_name').replace('_', '-')}"
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
