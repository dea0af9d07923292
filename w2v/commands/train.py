"""`w2v train`."""

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import w2v
from w2v.commands.checks import check_outputs, missing, open_corpus, refuse_together, suggesting, unless_stream
from w2v.commands.options import (
    CORPUS_HELP,
    AnalogyFiles,
    Column,
    ConfigName,
    Dim,
    Loss,
    Lowercase,
    MaxTypes,
    MaxVocab,
    MinCount,
    Model,
    Quiet,
    Restrict,
    Sampler,
    Seed,
    SimilarityFiles,
    Threads,
    explained,
    given,
    setting,
)
from w2v.commands.progress import ReportScores, scan_progress, training_progress
from w2v.commands.report import describe, describe_training
from w2v.commands.screen import say
from w2v.config import load_config
from w2v.errors import SettingsError
from w2v.files import check_space

if TYPE_CHECKING:
    from w2v.arrays import Matrix
    from w2v.evaluation.scores import Evaluation
    from w2v.training.loop import EpochReport
    from w2v.training.schedule import Progress

CHECKPOINT_EVERY = "10m"


RESUMED_FLAGS = {"resume", "output", "save_output", "epochs", "threads", "quiet", "log_json", "checkpoint_every"}
RESUMED_FLAGS |= {"similarity", "analogies", "restrict", "each_epoch"}
"""What may be given beside --resume."""


@explained(
    f"Train vectors on a corpus and write them.\n\n{CORPUS_HELP}\n\n"
    "Example: w2v train corpus.txt.gz --dim 300 --epochs 10 -o big.bin",
)
def train(
    context: typer.Context,
    corpus: Annotated[list[str] | None, typer.Argument(metavar="CORPUS", hidden=True)] = None,
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="The file to write: .bin, .txt or .vec (word2vec), .w2v (a folder with counts and settings), or "
            "what else `w2v convert` writes.",
        ),
    ] = Path("vectors.bin"),
    save_output: Annotated[
        bool,
        typer.Option("--save-output", help="Write the output rows too: beside, as vectors.output.bin, or into .w2v."),
    ] = False,
    vocab: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Use the words and counts of this file, from `w2v build-vocab`, and no others.",
            show_default=False,
        ),
    ] = None,
    init_from: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE|DIR",
            help="Start from these vectors, or the newest checkpoint of this folder, and its words.",
            show_default=False,
        ),
    ] = None,
    grow_vocab: Annotated[
        bool, typer.Option("--grow-vocab", help="With --init-from: add the new words that reach --min-count.")
    ] = False,
    config_name: ConfigName = None,
    model: Model = None,
    dim: Dim = None,
    window: Annotated[
        str | None,
        setting(
            "window", help="Largest distance in tokens of a context: wider is more topical; full is the whole line."
        ),
    ] = None,
    shrink_window: Annotated[
        bool | None,
        setting(
            "shrink_window",
            "--shrink-window/--no-shrink-window",
            help="Draw the distance from 1 to window for each center, or always take all of it.",
        ),
    ] = None,
    window_side: Annotated[
        str | None,
        setting("window_side", help="Contexts stand on both sides of the center, or before: for what comes next."),
    ] = None,
    sampler: Sampler = None,
    negative: Annotated[
        int | None, setting("negative", help="Negatives for each center: a small corpus wants more.")
    ] = None,
    candidates: Annotated[
        int | None, setting("candidates", help="Noise words that the hard sampler takes its negatives from.")
    ] = None,
    hard_share: Annotated[
        float | None,
        setting("hard_share", help="Share of the negatives that the hard sampler takes so; the rest is noise."),
    ] = None,
    reject_positives: Annotated[
        bool | None,
        setting(
            "reject_positives",
            "--reject-positives/--no-reject-positives",
            help="Leave out negatives that stand in the center's own line: for short lines, such as sessions.",
        ),
    ] = None,
    loss: Loss = None,
    logq: Annotated[
        bool | None,
        setting(
            "logq",
            "--logq/--no-logq",
            help="Correct scores for how often the sampler draws a word.  [default: with batch and softmax]",
        ),
    ] = None,
    sample: Annotated[
        float | None,
        setting("sample", help="Thin out words above this share of the text; 0 keeps all, small alphabets need 1e-2."),
    ] = None,
    noise_pool: Annotated[
        int | None,
        setting(
            "noise_pool", help="Noise words kept for reuse, a power of two, one renewed a center; 0 draws all afresh."
        ),
    ] = None,
    ns_exponent: Annotated[
        float | None,
        setting(
            "ns_exponent", help="Draw noise words by count to this power: 0 uniform, 1 by popularity, may be negative."
        ),
    ] = None,
    epochs: Annotated[int | None, setting("epochs", help="Passes over the text: a small corpus wants more.")] = None,
    lr: Annotated[
        float | None, setting("lr", help="Learning rate at the start; falls linearly to nothing. For cbow 0.1.")
    ] = None,
    min_count: MinCount = None,
    max_vocab: MaxVocab = None,
    max_types: MaxTypes = None,
    lowercase: Lowercase = None,
    column: Column = None,
    threads: Threads = None,
    history: Annotated[
        int | None,
        setting("history", help="Items that stand for a person when the next one is told: the last so many."),
    ] = None,
    decay: Annotated[
        float | None, setting("decay", help="Each of them counts so many times as much as the one after it.")
    ] = None,
    prior: Annotated[
        float | None,
        setting("prior", help="Weight of an item's log count. By default --ns-exponent, or 0 with --logq."),
    ] = None,
    seed: Seed = None,
    quiet: Quiet = False,
    log_json: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write progress to this file, a JSON object a line.", show_default=False),
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep checkpoints in this folder, to resume from.", show_default=False),
    ] = None,
    checkpoint_every: Annotated[
        str, typer.Option(metavar="TIME", help="Time between checkpoints: a number and s, m or h.")
    ] = CHECKPOINT_EVERY,
    resume: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Go on from the newest checkpoint of this folder, with its corpus and settings.",
            show_default=False,
        ),
    ] = None,
    similarity: SimilarityFiles = None,
    analogies: AnalogyFiles = None,
    restrict: Restrict = 30_000,
    each_epoch: Annotated[
        bool, typer.Option("--each-epoch", help="Score after each epoch too, while training goes on.")
    ] = False,
) -> None:
    """Train, and write the vectors."""
    from w2v import formats
    from w2v.evaluation.scores import Evaluation

    paths = resumed_paths(context, resume) if resume else {}
    output = Path(paths.get("output") or output)
    log_json = Path(paths["log_json"]) if paths.get("log_json") else log_json
    save_output = bool(paths.get("save_output", save_output))
    settings, every_s = given(context), seconds_of(checkpoint_every)
    refuse_together(init_from, vocab, settings, grow_vocab)
    if checkpoint_every != CHECKPOINT_EVERY and not (checkpoint or resume):
        raise SettingsError("--checkpoint-every goes with --checkpoint, which says where they are kept")
    if each_epoch and not (similarity or analogies):
        raise SettingsError("--each-epoch goes with --similarity or --analogies, which say what to score by")
    format = formats.find(output)
    folder_files = formats.folder_files(format)
    written = {"-o": output, "--log-json": unless_stream(log_json)}
    evaluation = Evaluation.read(similarity or [], analogies or [], restrict=restrict or None)
    inputs = {"--vocab": vocab, "--config": config_name, "--init-from": init_from}
    inputs |= {f"--similarity {path}": path for path in similarity or []}
    inputs |= {f"--analogies {path}": path for path in analogies or []}
    if save_output and "output" not in format.keeps:
        written["--save-output"] = formats.beside(output)
    if resume is None:
        config = load_config(config_name, settings)
        source = open_corpus(corpus or missing("CORPUS", "train"), written, inputs, folder_files)
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
    with (
        sessions.keeping(session, folder, every_s, lambda: extra, say) as policy,
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
    with suggesting(f"w2v train --resume {folder} -o FILE" if folder else None):
        sessions.result(session, embeddings, save_output).save(output)
    if not quiet:
        say(f"wrote {output}: {len(session.vocab):,} words x {session.config.dim}")


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
    """Return the output and log of the run that a folder's checkpoints are of, but for those given anew.

    Raises:
        SettingsError: a flag was given that cannot go with --resume.
    """
    from w2v.training.checkpoint import load_extra

    named = {name for name in context.params if context.get_parameter_source(name).name == "COMMANDLINE"}  # type: ignore[union-attr]
    for name in sorted(named - RESUMED_FLAGS):
        flag = "CORPUS" if name == "corpus" else f"--{name.removesuffix('_name').replace('_', '-')}"
        raise SettingsError(f"{flag} cannot go with --resume, which goes on with the corpus and settings it has")
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
