"""The command line: parse, make a TrainConfig, call, show. Everything else is in `w2v/`.

Heavy modules are imported by the command that needs them: `w2v --help` and `w2v similar` load no Numba.
Results go to standard output, progress and errors to standard error.
"""

import io
import json
import math
import os
import signal
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import typer
from typer.core import TyperCommand

import w2v
from w2v.config import TrainConfig, load_config, presets
from w2v.errors import SettingsError, W2VError
from w2v.files import check_space, check_writable
from w2v.terminal import (
    describe,
    describe_phrases,
    describe_search,
    facts,
    phrase_progress,
    say,
    scan_progress,
    scores_table,
    table,
    training_progress,
    tuning_progress,
    warn_of_none,
)

if TYPE_CHECKING:
    from w2v.corpus import Corpus
    from w2v.evaluation import Evaluation
    from w2v.schedule import Progress
    from w2v.session import Session
    from w2v.terminal import ReportScores
    from w2v.training import EpochReport
    from w2v.vectors import Row

app = typer.Typer(
    help="Learn embeddings by negative sampling, from text or any sequences of tokens.\n\n"
    "Try `w2v demo`; then `w2v train corpus.txt` and `w2v similar WORD`.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

GROUPS = {
    "Search": ("metric", "search", "trials", "fraction"),
    "Corpus": ("vocab", "min_count", "max_vocab", "max_types", "lowercase", "column"),
    "Model": ("model", "dim", "window", "shrink_window", "window_side", "loss", "logq"),
    "Sampling": (
        "sample",
        "sampler",
        "negative",
        "candidates",
        "hard_share",
        "reject_positives",
        "ns_exponent",
        "noise_pool",
    ),
    "Training": ("config_name", "epochs", "lr", "threads", "seed", "init_from", "grow_vocab"),
    "Items": ("history", "decay", "prior"),
    "Output": ("output", "save_output", "log_json", "quiet"),
    "Evaluation": ("similarity", "analogies", "next", "sessions", "restrict", "each_epoch"),
    "Checkpoints": ("checkpoint", "checkpoint_every", "resume"),
}
"""The headings in the help of a command with many options, and the parameters under each."""
YES_OR_NO = {"True": "yes", "False": "no"}
WIDEST = 28
"""Flags of more columns stand on a line of their own in the help."""

CHECKPOINT_EVERY = "10m"
RESUMED_FLAGS = {"resume", "output", "save_output", "epochs", "threads", "quiet", "log_json", "checkpoint_every"}
RESUMED_FLAGS |= {"similarity", "analogies", "restrict", "each_epoch"}
"""What may be given beside --resume."""


class GroupedCommand(TyperCommand):
    """A command whose help has the headings of GROUPS: Typer's own need Rich, which takes long to load."""

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Write the options under their headings, all in two columns, and those of no group under the last."""
        records = {param.name: record for param in self.get_params(ctx) if (record := param.get_help_record(ctx))}
        width = max(len(flags) for flags, _ in records.values() if len(flags) <= WIDEST)
        groups = {
            heading: [records.pop(name) for name in names if name in records] for heading, names in GROUPS.items()
        }
        for heading, rows in {**groups, "Options": list(records.values())}.items():
            if rows:
                with formatter.section(heading):
                    formatter.write_dl([(flags.ljust(width), text) for flags, text in rows])


def setting(name: str, *flags: str, help: str, **more: Any) -> Any:  # noqa: ANN401
    """Return the option for a field of TrainConfig, whose default its help shows."""
    default = getattr(TrainConfig(), name)
    shown = help if default is None else f"{help}  [default: {YES_OR_NO.get(str(default), default)}]"
    metavar = {bool: None, float: "X", str: "NAME"}.get(type(default), "N")
    return typer.Option(
        *(flags or (f"--{name.replace('_', '-')}",)), help=shown, show_default=False, metavar=metavar, **more
    )


# An argument is explained above the options, where no Python type stands beside it as in Typer's own list.
CorpusFiles = Annotated[list[str], typer.Argument(metavar="CORPUS", hidden=True)]
CORPUS_HELP = (
    "Each CORPUS is a file, a folder, a glob, or - for standard input; plain, .gz, .bz2, .xz or .zst, told by "
    "what is in it. Whitespace separates the words, and a newline ends a sentence. "
    "With --column it is JSON Lines or Parquet."
)
MinCount = Annotated[int | None, setting("min_count", help="Leave out words seen less often than this.")]
MaxVocab = Annotated[
    int | None,
    setting("max_vocab", help="Keep at most this many words, the most frequent.  [default: all]"),
]
MaxTypes = Annotated[
    int | None,
    setting("max_types", help="Distinct words to count at a time: beyond it the rarest are dropped as they come."),
]
Lowercase = Annotated[
    bool | None,
    setting("lowercase", "--lowercase/--no-lowercase", help="Lowercase the text while it is read."),
]
Column = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="The column that holds the text: the files are JSON Lines or Parquet.",
        show_default=False,
    ),
]
Threads = Annotated[
    int | None,
    setting("threads", help="Threads to use.  [default: as many as the process may use]"),
]
ConfigName = Annotated[
    str | None,
    typer.Option(
        "--config",
        metavar="FILE|NAME",
        help="Settings from a TOML file or a preset; flags win over it.",
        show_default=False,
        autocompletion=lambda: list(presets()),
    ),
]
Model = Annotated[
    str | None,
    setting("model", help="skipgram scores each context on its own; cbow scores their mean, is faster, wants more lr."),
]
Dim = Annotated[int | None, setting("dim", help="Numbers in a vector: more hold more, and take longer.")]
Sampler = Annotated[
    str | None,
    setting(
        "sampler",
        help="Negatives are noise (from the vocabulary), batch (from other places of the text) or hard (the "
        "best-scoring noise).",
    ),
]
Loss = Annotated[
    str | None,
    setting(
        "loss",
        help="bce (pointwise), bpr (pairwise), softmax (over the sample) or full (over the vocabulary: slow).",
    ),
]
Seed = Annotated[
    int | None, setting("seed", help="Seeds every draw; with --threads 1 the same seed gives the same bytes.")
]
SimilarityFiles = Annotated[
    list[Path] | None,
    typer.Option(metavar="FILE", help="Score by these word pairs; may be repeated.", show_default=False),
]
AnalogyFiles = Annotated[
    list[Path] | None,
    typer.Option(metavar="FILE", help="Score by these analogies; may be repeated.", show_default=False),
]
NextFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Score by the item each person took next, one a line.", show_default=False),
]
SessionsFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="The items of the same people before that, in order, a line each.", show_default=False
    ),
]
Restrict = Annotated[
    int, typer.Option(metavar="N", min=0, help="Analogies among the N most frequent words; 0 takes all.")
]
VectorsFile = Annotated[Path, typer.Option(metavar="FILE", help="The vectors to look in, of any format.")]
Neighbours = Annotated[int, typer.Option("-n", metavar="N", min=1, help="Neighbours to show of each word.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]


@app.callback(invoke_without_command=True)
def options(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Answer the flags that stand before a command."""
    if version:
        print(f"w2v {w2v.__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())


@app.command(
    help=f"Count the words of a corpus and write `word count` lines.\n\n{CORPUS_HELP}\n\n"
    "Example: w2v build-vocab corpus.txt -o words.txt --min-count 10"
)
def build_vocab(
    context: typer.Context,
    corpus: CorpusFiles,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The file to write.")] = Path(
        "vocab.txt"
    ),
    min_count: MinCount = None,
    max_vocab: MaxVocab = None,
    max_types: MaxTypes = None,
    lowercase: Lowercase = None,
    column: Column = None,
    threads: Threads = None,
    quiet: Quiet = False,
) -> None:
    """Write the vocabulary of a corpus."""
    config = load_config(None, given(context))
    source = open_corpus(corpus, {"-o": output}, {})
    from w2v.encoding import encode

    with scan_progress(quiet) as report:
        encoded = encode(source, config, keep_stream=False, report=report)
    encoded.vocab.save(output)
    if not quiet:
        describe(encoded, reused=False)
        say(f"wrote {output}: {len(encoded.vocab):,} words")


@app.command(
    help="Join pairs of words that belong together, new_york, and write the text.\n\n"
    f"Every other word stays as it is, and a sentence stays a line.\n\n{CORPUS_HELP}\n\n"
    "Example: w2v phrases corpus.txt -o phrased.txt   (then w2v train phrased.txt)"
)
def phrases(
    context: typer.Context,
    corpus: CorpusFiles,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="The text to write; .gz is compressed.")
    ] = Path("phrased.txt"),
    list_file: Annotated[
        Path | None,
        typer.Option(
            "--list",
            metavar="FILE",
            help="Write the phrases too: phrase, score and count a line, tabs between.",
            show_default=False,
        ),
    ] = None,
    min_count: Annotated[
        int | None, setting("min_count", help="Pairs seen less often are no phrases; scores are discounted by it too.")
    ] = None,
    scorer: Annotated[
        str,
        typer.Option(metavar="NAME", help="The score: original (as gensim's), word2phrase (as the C program's), npmi."),
    ] = "original",
    threshold: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="Pairs with a score above this are phrases: higher joins fewer.  "
            "[default: original 10, word2phrase 100, npmi 0.5]",
            show_default=False,
        ),
    ] = None,
    delimiter: Annotated[str, typer.Option(metavar="TEXT", help="What stands between the words of a phrase.")] = "_",
    passes: Annotated[int, typer.Option(metavar="N", help="Passes: two join up to four words, three up to eight.")] = 1,
    lowercase: Lowercase = None,
    column: Column = None,
    threads: Threads = None,
    quiet: Quiet = False,
) -> None:
    """Find phrases, and write the text with them joined."""
    source = open_corpus(corpus, {"-o": output, "--list": list_file}, {})
    from w2v import phrasing

    config = phrasing.PhraseConfig(
        scorer=scorer, threshold=threshold, delimiter=delimiter, passes=passes, **given(context)
    )
    phrasing.check_output(output)
    with phrase_progress(quiet) as report:
        found = phrasing.find_phrases(source, config, output, report)
    if list_file is not None:
        phrasing.write_list(found.found, list_file)
    if not quiet:
        describe_phrases(found)
        say(f"wrote {output}: {found.tokens_written:,} tokens")


@app.command(
    cls=GroupedCommand,
    help=f"Train vectors on a corpus and write them.\n\n{CORPUS_HELP}\n\n"
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
    from w2v.evaluation import Evaluation

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
    from w2v import session as sessions
    from w2v.training import kernel_name, train_embeddings

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
        sessions.keeping(session, folder, every_s, lambda: extra, say) as keeper,
        training_progress(quiet, log_json, rows) as report_training,
    ):
        embeddings = train_embeddings(
            session.stream,
            session.vocab,
            session.config,
            report_training,
            start=session.start,
            keeper=keeper,
            after_epoch=scorer(evaluation, session.vocab.words, report_training, each_epoch),
        )
    with suggesting(f"w2v train --resume {folder} -o FILE" if folder else None):
        sessions.result(session, embeddings, save_output).save(output)
    if not quiet:
        say(f"wrote {output}: {len(session.vocab):,} words x {session.config.dim}")


@app.command(
    cls=GroupedCommand,
    help="Search for better settings on a part of a corpus.\n\n"
    "Trials train on that part and are scored; the best settings are written for `w2v train --config`. "
    "Trial 0 has the base settings: the defaults, --config, and flags.\n\n"
    f"{CORPUS_HELP}\n\n"
    "Example: w2v tune corpus.txt --metric similarity --similarity wordsim353.tsv",
)
def tune(
    context: typer.Context,
    corpus: CorpusFiles,
    metric: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="What makes settings better: similarity, analogies, next (with --sessions), by the files so named, "
            "or loss, on text that is held out.",
        ),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="The config file to write, TOML.")
    ] = Path("tuned.toml"),
    trials: Annotated[
        int, typer.Option(metavar="N", min=1, help="Runs of training, that with the base settings included.")
    ] = 30,
    fraction: Annotated[
        float, typer.Option(metavar="X", help="Share of the corpus that they train on, taken from everywhere in it.")
    ] = 0.1,
    search: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Search this setting; may be repeated: ns_exponent, window, sample, negative, lr or epochs.  "
            "[default: all six]",
            show_default=False,
        ),
    ] = None,
    similarity: SimilarityFiles = None,
    analogies: AnalogyFiles = None,
    next: NextFile = None,
    sessions: SessionsFile = None,
    restrict: Restrict = 30_000,
    config_name: ConfigName = None,
    model: Model = None,
    dim: Dim = None,
    sampler: Sampler = None,
    loss: Loss = None,
    min_count: MinCount = None,
    max_vocab: MaxVocab = None,
    lowercase: Lowercase = None,
    column: Column = None,
    threads: Threads = None,
    seed: Seed = None,
    quiet: Quiet = False,
) -> None:
    """Search, and write the best settings; after an interrupt, those found so far."""
    config = load_config(config_name, given(context))
    inputs: dict[str, Path | str | None] = {"--config": config_name, "--next": next, "--sessions": sessions}
    inputs |= {f"--similarity {path}": path for path in similarity or []}
    inputs |= {f"--analogies {path}": path for path in analogies or []}
    source = open_corpus(corpus, {"-o": output}, inputs)
    from w2v import tuning
    from w2v.encoding import encode

    tuning.check(config, search or (), fraction)
    goal = tuning.Goal.of(metric, similarity or (), analogies or (), next, sessions, restrict or None)
    with scan_progress(quiet) as report_scan:
        encoded = encode(source, config, report=report_scan)
    found = tuning.Search.begin(encoded, config, goal, fraction, search or ())
    if not quiet:
        describe(encoded, reused=False)
        say(
            f"{trials:,} trials on {found.vocab.n_tokens:,} tokens, {len(found.vocab):,} words, "
            f"searching {', '.join(found.names)}"
        )
    try:
        with tuning_progress(quiet, trials) as report:
            found.run(trials, report)
    finally:
        if found.best:
            found.save(output)
            if not quiet:
                describe_search(found)
                say(f"wrote {output}: w2v train CORPUS --config {output}")


@app.command(
    help="Show the words nearest to each WORD, by cosine; or, with --positive and --negative, those nearest to a "
    "sum of words.\n\nExample: w2v similar king paris -n 5"
)
def similar(
    words: Annotated[list[str] | None, typer.Argument(metavar="WORD", hidden=True)] = None,
    n: Neighbours = 10,
    vectors: VectorsFile = Path("vectors.bin"),
    positive: Annotated[
        list[str] | None, typer.Option(metavar="WORD", help="Add this word; may be repeated.", show_default=False)
    ] = None,
    negative: Annotated[
        list[str] | None, typer.Option(metavar="WORD", help="Take this word away; may be repeated.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show neighbours."""
    plus, minus = positive or [], negative or []
    if words and (plus or minus):
        raise SettingsError("WORD cannot go with --positive or --negative, which together are one question")
    if not (words or plus or minus):
        missing("WORD", "similar")
    loaded = load_vectors(vectors)
    if words:
        show_neighbours([({"word": word}, word, loaded.similar(word, n)) for word in words], as_json)
    else:
        question = " - ".join([" + ".join(plus), *minus]).strip()
        show_sum(loaded, question, plus, minus, n, as_json)


@app.command(
    help="Show the words nearest to A - B + C, by cosine: what is to C as A is to B.\n\n"
    "Example: w2v analogy king man woman   (who is to woman as king is to man?)"
)
def analogy(
    a: Annotated[str, typer.Argument(metavar="A", hidden=True)],
    b: Annotated[str, typer.Argument(metavar="B", hidden=True)],
    c: Annotated[str, typer.Argument(metavar="C", hidden=True)],
    n: Neighbours = 10,
    vectors: VectorsFile = Path("vectors.bin"),
    as_json: AsJson = False,
) -> None:
    """Answer an analogy."""
    show_sum(load_vectors(vectors), f"{a} - {b} + {c}", [a, c], [b], n, as_json)


@app.command(
    help="Score VECTORS by word pairs and by analogies, as gensim does. A file may have tabs, commas or spaces between "
    "its columns, and a header.\n\nOr score items by what people took next, which takes output rows and counts: a .w2v "
    "folder of `w2v train --save-output`.\n\nExample: w2v evaluate vectors.bin --similarity wordsim353.tsv"
)
def evaluate(
    context: typer.Context,
    vectors: Annotated[Path, typer.Argument(metavar="VECTORS", hidden=True)],
    similarity: SimilarityFiles = None,
    analogies: AnalogyFiles = None,
    restrict: Restrict = 30_000,
    method: Annotated[
        str, typer.Option(metavar="NAME", help="How analogies are answered: 3cosadd or 3cosmul.")
    ] = "3cosadd",
    match_case: Annotated[
        bool, typer.Option("--match-case", help="Take King and king for two words; else the first in VECTORS counts.")
    ] = False,
    next: NextFile = None,
    sessions: SessionsFile = None,
    k: Annotated[int, typer.Option("-k", metavar="N", min=1, help="Places that count for HR@k and NDCG@k.")] = 10,
    history: Annotated[
        int | None,
        typer.Option(metavar="N", help="As for w2v train.  [default: what VECTORS have]", show_default=False),
    ] = None,
    decay: Annotated[float | None, typer.Option(metavar="X", help="The same.", show_default=False)] = None,
    prior: Annotated[float | None, typer.Option(metavar="X", help="The same.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Score vectors."""
    if not (similarity or analogies or next or sessions):
        raise SettingsError("name what to score by: --similarity FILE or --analogies FILE, or --next and --sessions")
    scores = w2v.evaluate(
        w2v.Vectors.load(vectors),
        similarity or [],
        analogies or [],
        restrict=restrict or None,
        method=method,
        match_case=match_case,
        next=next,
        sessions=sessions,
        k=k,
        **given(context),
    )
    print(json.dumps(scores.as_dict(), ensure_ascii=False) if as_json else scores_table(scores))
    warn_of_none(scores)


FormatName = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="FORMAT", help="The format of the file, where its name does not tell.", show_default=False
    ),
]
FORMATS_HELP = (
    "Formats and suffixes: word2vec .bin, word2vec-text .txt .vec, glove .glove.txt (each also .gz); native .w2v, "
    "safetensors .safetensors, tensorboard .projector (folders); parquet .parquet, finalfusion .fifu; word2vec-vocab."
)


@app.command(
    help=f"Convert vectors to another format.\n\n{FORMATS_HELP}\n\nExample: w2v convert vectors.bin vectors.parquet"
)
def convert(
    source: Annotated[Path, typer.Argument(metavar="SRC", hidden=True)],
    target: Annotated[Path, typer.Argument(metavar="DST", hidden=True)],
    from_: FormatName = None,
    to: Annotated[
        str | None,
        typer.Option(metavar="FORMAT", help="The format to write, where DST does not tell.", show_default=False),
    ] = None,
    skip_words: Annotated[
        bool, typer.Option("--skip-words", help="Leave out the words that the format cannot hold.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Convert vectors."""
    from w2v import formats

    format = formats.find(target, to)
    check_outputs({"DST": target}, {"SRC": source}, formats.folder_files(format))
    if format.name == "word2vec-vocab" and from_ is None and source.suffix == ".txt":
        from_ = format.name
    contents = formats.read(source, from_)
    if skip_words and (rows := formats.unfit(format, contents.words)):
        say(f"left out {len(rows):,} words that {format.title} cannot hold, such as {contents.words[rows[0]]!r}")
        contents = formats.without(contents, rows)
    written = formats.write(target, contents, format.name)
    if quiet:
        return
    lost = [name for name in ("counts", "settings") if getattr(contents, name) is not None and name not in format.keeps]
    if lost:
        say(f"{format.title} has no place for {' and '.join(lost)}, which were left out")
    dim = contents.vectors.shape[1]
    for path in written:
        say(f"wrote {path}: {len(contents.words):,} words{f' x {dim}' if dim else ''}, {format.title}")


@app.command(help=f"Tell what is in a file of vectors.\n\n{FORMATS_HELP}\n\nExample: w2v info vectors.bin")
def info(
    path: Annotated[Path, typer.Argument(metavar="FILE", hidden=True)],
    from_: FormatName = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tell what a file holds."""
    from w2v import formats
    from w2v.summary import summarize

    format = formats.find(path, from_)
    found = {"format": format.name, **summarize(w2v.Vectors.load(path, format.name))}
    print(json.dumps(found, ensure_ascii=False) if as_json else facts(found))


@app.command(
    help="Draw a map of words, or the course of a run, as a page (.html) or a picture (.png).\n\n"
    "SOURCE is a file of vectors, or a log of `w2v train --log-json` (.json, .jsonl or .log). The map shows each WORD; "
    "without any, the most frequent.\n\nExample: w2v plot vectors.bin --near king --near paris -o map.html"
)
def plot(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", hidden=True)],
    words: Annotated[list[str] | None, typer.Argument(metavar="WORD", hidden=True)] = None,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="The file to write: .html or .png.")
    ] = Path("plot.html"),
    words_file: Annotated[
        Path | None,
        typer.Option(
            "--words", metavar="FILE", help="Show the first word of each line of this file.", show_default=False
        ),
    ] = None,
    near: Annotated[
        list[str] | None,
        typer.Option(metavar="WORD", help="Show this word and its nearest; may be repeated.", show_default=False),
    ] = None,
    n: Annotated[
        int | None,
        typer.Option(
            "-n",
            metavar="N",
            min=1,
            help="Words to show, the most frequent; with --near of each the nearest.  [default: 1000; with --near 50]",
            show_default=False,
        ),
    ] = None,
    method: Annotated[
        Literal["umap", "tsne", "pca"] | None,
        typer.Option(
            metavar="NAME",
            help="How to lay the words out: umap, tsne or pca.  [default: umap if installed, else tsne]",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, max=2**32 - 1, help="The same seed gives the same map.")] = 1,
) -> None:
    """Draw a map of words, or a log."""
    from w2v import plotting

    plotting.check_output(output)
    check_outputs({"-o": output}, {"SOURCE": source, "--words": words_file})
    if source.suffix.lower() in plotting.LOG_SUFFIXES:
        for flag, value in {"WORD": words, "--words": words_file, "--near": near, "-n": n, "--method": method}.items():
            if value:
                raise SettingsError(f"{flag} cannot go with {source}, a log, which has no words")
        curves = plotting.plot_log(output, source)
        say(f"wrote {output}: {', '.join(name for lines in curves.values() for name in lines)}")
        return
    shown = [*(words or ()), *(plotting.read_words(words_file) if words_file else ())]
    drawn = plotting.plot_words(
        output,
        w2v.Vectors.load(source),
        words=shown,
        near=near or (),
        n=n,
        method=method,
        seed=seed,
        title=source.name,
        warn=say,
    )
    say(f"wrote {output}: {len(drawn.words):,} word{'s' * (len(drawn.words) > 1)}, {drawn.method}")


@app.command(help="Make a small corpus, train on it and show neighbours.\n\nExample: w2v demo")
def demo() -> None:
    """Show in a few seconds that everything works."""
    from w2v.corpus import Corpus
    from w2v.demo import ASKED, sentences
    from w2v.encoding import encode
    from w2v.training import train_embeddings

    started = time.perf_counter()
    config = load_config("demo", {})
    say("making a corpus of 30,000 sentences; the first run also compiles, which is kept for the next")
    with scan_progress(quiet=False) as report_scan:
        encoded = encode(Corpus(sentences(30_000)), config, report=report_scan)
    describe(encoded, reused=False)
    with training_progress(quiet=False, log_json=None) as report_training:
        embeddings = train_embeddings(encoded.stream, encoded.vocab, config, report_training)
    vectors = w2v.Vectors(encoded.vocab.words, embeddings.vectors)
    print("\n\n".join(table(word, vectors.similar(word, 5)) for word in ASKED))
    say(
        f"done in {time.perf_counter() - started:.1f} s; now your own text: w2v train corpus.txt, then w2v similar WORD"
    )


def given(context: typer.Context) -> dict[str, Any]:
    """Return the settings that were given as flags."""
    names = TrainConfig().as_dict()
    settings = {name: value for name, value in context.params.items() if name in names and value is not None}
    if str(settings.get("window", "")).isdecimal():
        settings["window"] = int(settings["window"])
    return settings


def open_corpus(
    names: list[str],
    outputs: Mapping[str, Path | None],
    inputs: Mapping[str, Path | str | None],
    folder_files: Collection[str] = (),
) -> "Corpus":
    """Return the corpus, having seen that each output can be written and would replace nothing that is read.

    Args:
        names: the files, folders and globs of the command line.
        outputs: the files to write, by flag.
        inputs: the files to read besides the corpus, by flag.
        folder_files: of the first output, as for check_outputs.
    """
    from w2v.corpus import Corpus

    source = Corpus(names, warn=say)
    check_outputs(outputs, inputs, folder_files)
    for flag, path in outputs.items():
        if path is not None and any(source.holds(part) for part in (path, *(path / name for name in folder_files))):
            raise SettingsError(f"{flag} {path} is a file of the corpus, which it would replace; name another")
    return source


def check_outputs(
    outputs: Mapping[str, Path | None],
    inputs: Mapping[str, Path | str | None],
    folder_files: Collection[str] = (),
) -> None:
    """Raise an error where an output cannot be written, or is an input or another output too.

    Args:
        outputs: the files to write, by flag.
        inputs: the files to read, by flag.
        folder_files: the names of its files, where the first output is to be a folder.
    """
    others = {flag: Path(path) for flag, path in inputs.items() if path is not None}
    for number, (flag, path) in enumerate(outputs.items()):
        if path is None:
            continue
        check_writable(path, folder_files if number == 0 else ())
        for other_flag, other in others.items():
            if os.path.realpath(path) == os.path.realpath(other):
                raise SettingsError(f"{flag} and {other_flag} are the same file, {path}; name another")
        others[flag] = path


def refuse_together(init_from: Path | None, vocab: Path | None, settings: dict[str, Any], grow_vocab: bool) -> None:
    """Raise SettingsError for flags that cannot go with --vocab or --init-from, or not without it."""
    if vocab is not None:
        w2v.refuse_pruning(settings)
    if init_from is None and grow_vocab:
        raise SettingsError("--grow-vocab goes with --init-from, whose words it adds to")
    if init_from is not None and vocab is not None:
        raise SettingsError("--vocab cannot go with --init-from, which brings its own words")
    for name in ("dim", "max_vocab"):
        if init_from is not None and name in settings:
            raise SettingsError(f"--{name.replace('_', '-')} cannot go with --init-from, whose vectors it follows")


def missing(argument: str, command: str) -> NoReturn:
    """Say that an argument is missing."""
    raise SettingsError(f"missing argument {argument}; see `w2v {command} --help`")


def scorer(
    evaluation: "Evaluation", words: list[str], report: "ReportScores", each_epoch: bool
) -> "EpochReport | None":
    """Return what scores a run after each epoch, or only after the last; None where there is nothing to score by."""
    if not (evaluation.pairs or evaluation.questions):
        return None

    def score(now: "Progress", rows: "Row") -> None:
        if each_epoch or now.progress == 1:
            report(now, evaluation.score(w2v.Vectors(words, rows)))

    return score


def load_vectors(path: Path) -> w2v.Vectors:
    """Return the vectors of a file, or say how to make one."""
    if not path.exists():
        raise W2VError(f"there is no file {path}; make one with `w2v train`, or name yours with --vectors")
    return w2v.Vectors.load(path)


def show_sum(
    vectors: w2v.Vectors, question: str, positive: list[str], negative: list[str], n: int, as_json: bool
) -> None:
    """Show the words nearest to a sum of words."""
    neighbours = vectors.most_similar(positive, negative, n)
    show_neighbours([({"positive": positive, "negative": negative}, question, neighbours)], as_json)


def show_neighbours(answers: list[tuple[dict[str, Any], str, list[tuple[str, float]]]], as_json: bool) -> None:
    """Show what was asked, as JSON and as a person reads it, with the neighbours found."""
    if as_json:
        rows = [
            {**asked, "neighbours": [{"word": other, "cosine": round(cosine, 6)} for other, cosine in neighbours]}
            for asked, _, neighbours in answers
        ]
        print(json.dumps(rows, ensure_ascii=False))
    else:
        print("\n\n".join(table(asked, neighbours) for _, asked, neighbours in answers))


def resumed_paths(context: typer.Context, folder: Path) -> dict[str, Any]:
    """Return the output and log of the run that a folder's checkpoints are of, but for those given anew.

    Raises:
        SettingsError: a flag was given that cannot go with --resume.
    """
    from w2v.checkpoint import load_extra

    named = {name for name in context.params if context.get_parameter_source(name).name == "COMMANDLINE"}  # type: ignore[union-attr]
    for name in sorted(named - RESUMED_FLAGS):
        flag = "CORPUS" if name == "corpus" else f"--{name.removesuffix('_name').replace('_', '-')}"
        raise SettingsError(f"{flag} cannot go with --resume, which goes on with the corpus and settings it has")
    return {name: path for name, path in load_extra(folder).items() if name not in named}


@contextmanager
def suggesting(command: str | None) -> Iterator[None]:
    """Add to an error the command, if there is one, with which nothing is lost."""
    try:
        yield
    except W2VError as error:
        if command is None:
            raise
        raise W2VError(f"{error}; mend that, and then: {command}") from error


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


def unless_stream(path: Path | None) -> Path | None:
    """Return the path, or None for a pipe or a device, such as /dev/stderr, in which nothing can be lost."""
    return None if path and path.exists() and not (path.is_file() or path.is_dir()) else path


def describe_training(session: "Session", kernel: str) -> None:
    """Say what is about to be trained, and with what."""
    from w2v.kernels import cache_is_writable
    from w2v.machine import available_threads

    if not cache_is_writable:
        say("compiled code cannot be kept, so each start compiles again: set NUMBA_CACHE_DIR to a folder")
    threads = session.config.threads or available_threads()
    say(
        f"training {len(session.vocab):,} words x {session.config.dim} "
        f"on {threads} thread{'s' * (threads > 1)}, {kernel} kernels"
    )


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit status; a failure is one line on standard error."""
    # Closed by `>&-`, a stream would leave its number to the next file that is opened.
    sys.stdout, sys.stderr = (stream or open(os.devnull, "w") for stream in (sys.stdout, sys.stderr))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    with suppress(ValueError):  # in another thread than the main one
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends a run as Ctrl-C does
    # Else Numba starts colorama, where there is one, which writes an escape code to a terminal at the end.
    os.environ.setdefault("NUMBA_DISABLE_ERROR_MESSAGE_HIGHLIGHTING", "1")
    try:
        status = app(args=arguments, prog_name="w2v", standalone_mode=False)
        if status == 130:  # so Typer passes on a KeyboardInterrupt
            raise KeyboardInterrupt
        print(end="", flush=True)
    except W2VError as error:
        return failed(str(error), error.exit_status)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "w2v"
        return failed(f"{error.format_message().rstrip('.')}; see `{command} --help`", 2)
    except (KeyboardInterrupt, typer.Abort):
        return failed("interrupted", 130)
    except BrokenPipeError:  # `w2v similar king | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except MemoryError:
        return failed("out of memory; a smaller --dim or --max-vocab takes less", 1)
    except OSError as error:
        return failed(": ".join(str(part) for part in (error.filename, error.strerror or error) if part), 1)
    return status if isinstance(status, int) else 0


def failed(message: str, status: int) -> int:
    """Say why a command failed, on one line, and return its exit status."""
    say(" ".join(message.split()))
    return status


if __name__ == "__main__":
    sys.exit(main())
