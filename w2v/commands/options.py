"""Settings become options; the options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from typer.core import TyperCommand

from w2v.config import TrainConfig, presets

if TYPE_CHECKING:
    pass

Function = TypeVar("Function", bound=Callable[..., None])

GROUPS = {
    "Search": ("metric", "search", "trials", "fraction"),
    "Corpus": ("vocab", "min_count", "max_vocab", "max_types", "lowercase", "column", "force_text"),
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


def explained(help: str) -> Callable[[Function], Function]:
    """Give a command its help, which holds texts that several commands share."""

    def explain(function: Function) -> Function:
        function.__doc__ = help
        return function

    return explain


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


ForceText = Annotated[
    bool | None,
    setting("force_text", "--force-text", help="Read files too whose bytes say that they are no text."),
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


def given(context: typer.Context) -> dict[str, Any]:
    """Return the settings that were given as flags."""
    names = TrainConfig().as_dict()
    settings = {name: value for name, value in context.params.items() if name in names and value is not None}
    if str(settings.get("window", "")).isdecimal():
        settings["window"] = int(settings["window"])
    return settings
