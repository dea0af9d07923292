"""`w2v train`."""

import inspect
from pathlib import Path
from typing import Annotated, Any

import typer

import w2v
from w2v.base.errors import SettingsError, option
from w2v.commands.options import (
    CORPUS_HELP,
    AnalogyFiles,
    ConfigName,
    NextFile,
    Quiet,
    SaveOutput,
    SessionsFile,
    SimilarityFiles,
    command,
    is_given,
    require_argument,
)
from w2v.commands.terminal import TerminalReporter
from w2v.settings.evaluation import EvaluationConfig
from w2v.settings.fields import Setting, fields_of, settings_for


@command(
    f"Train vectors on a corpus and write them.\n\n{CORPUS_HELP}\n\n"
    "Example: w2v train corpus.txt.gz --dim 300 --epochs 10 -o big.bin",
    *settings_for("train"),
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
    config: ConfigName = None,
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
    next: NextFile = None,
    sessions: SessionsFile = None,
    restrict: int = EvaluationConfig.restrict,
    each_epoch: Annotated[
        bool,
        Setting(
            "Score after each epoch too, while training continues.",
            group="Evaluation",
            flags=("--each-epoch",),
            only_with={"similarity": (), "analogies": (), "next": ()},
        ),
    ] = False,
    **settings: Any,  # noqa: ANN401
) -> None:
    """Train, and write the vectors."""
    shared: dict[str, Any] = {
        "log_json": log_json,
        "checkpoint_every": checkpoint_every,
        "ray": ray,
        "nodes": nodes,
        "similarity": similarity or (),
        "analogies": analogies or (),
        "next": next,
        "sessions": sessions,
        "restrict": restrict,
        "each_epoch": each_epoch,
        "reporter": TerminalReporter(quiet),
        **settings,
    }
    if resume is not None:
        refuse_with_resume(context)
        given_output = output if is_given(context, "output") else None
        w2v.resume(resume, given_output, save_output=save_output, **shared)
        return
    w2v.train(
        require_argument(corpus, "CORPUS", "train"),
        output,
        config=config,
        vocab=vocab,
        init_from=init_from,
        grow_vocab=grow_vocab,
        save_output=save_output,
        checkpoint=checkpoint,
        **shared,
    )


def refuse_with_resume(context: typer.Context) -> None:
    """Raise SettingsError for a flag that cannot go with --resume: one that neither `w2v.resume` nor a run takes."""
    known = {*inspect.signature(w2v.resume).parameters, *(field.name for field in settings_for("resume"))}
    for name in sorted(name for name in context.params if is_given(context, name)):
        if name not in known | {"resume", "quiet"}:
            raise SettingsError(
                f"{option(name)} cannot go with {option('resume')}, which keeps the corpus and settings of the run",
                name,
            )
