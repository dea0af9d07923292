"""`w2v convert`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from w2v import api
from w2v.commands.options import FORMATS_HELP, FormatName, Limit, Quiet, SaveOutput, SkipBadRows, command
from w2v.commands.terminal import TerminalReporter
from w2v.formats.registry import STREAMED, listed
from w2v.settings.fields import Setting


@command(
    f"{FORMATS_HELP} DST - is standard output: {STREAMED[0]}, or with --to "
    f"{listed(STREAMED[1:], 'or')}.\n\nExample: w2v convert vectors.bin vectors.parquet"
)
def convert(
    source: Annotated[Path, typer.Argument(metavar="SRC", hidden=True)],
    target: Annotated[Path, typer.Argument(metavar="DST", hidden=True)],
    from_: FormatName = None,
    to: Annotated[
        str | None, "The format to write, if the name of DST does not show it.", Setting(metavar="FORMAT")
    ] = None,
    run: Annotated[
        int | None,
        "Take this run, from 1, of a folder of runs, as train --runs writes it.",
        Setting(low=1, high=1000),
    ] = None,
    limit: Limit = None,
    skip_bad_rows: SkipBadRows = False,
    encoding: Annotated[
        str, "The encoding of the words in word2vec's and GloVe's files.", Setting(metavar="NAME")
    ] = "utf-8",
    skip_words: Annotated[
        bool, "Leave out the words that the format cannot hold.", Setting(flags=("--skip-words",))
    ] = False,
    add_output: Annotated[
        float | None,
        "Add this share of the output rows, which a .w2v folder has, to the vectors; 0.5 is good for similarity "
        "and analogies.",
        Setting(low=0, high=1),
    ] = None,
    item_index: Annotated[
        bool,
        "Write rows for an index by inner product, which finds items for people: the output rows, with the logarithm "
        "of the count as one number more.",
        Setting(flags=("--item-index",)),
    ] = False,
    all_but_the_top: Annotated[
        int | None,
        "Take away the mean of the vectors, and this many of the directions in which they vary most.",
        Setting(low=0, high=65_535),
    ] = None,
    dim: Annotated[
        int | None,
        "Keep this many numbers of each vector, output rows and others alike; see --reduce.",
        Setting(low=1, high=65_536, unset="all"),
    ] = None,
    reduce: Annotated[
        Literal["pca", "first"],
        "With --dim: pca keeps the directions in which the vectors are longest, first the first numbers.",
        Setting(only_with={"dim": ()}),
    ] = "pca",
    dtype: Annotated[
        Literal["float32", "float16", "int8"] | None,
        "How numbers are stored, in .safetensors: float16 takes half the space, int8 a quarter.",
        Setting(unset="float32"),
    ] = None,
    classes: Annotated[
        int | None,
        "Write `word class` lines instead of vectors: this many classes, by k-means, as word2vec.c's -classes.",
        Setting(low=1, high=2**31 - 2),
    ] = None,
    save_output: SaveOutput = None,
    quiet: Quiet = False,
) -> None:
    """Convert vectors."""
    api.convert(
        source,
        target,
        from_=from_,
        to=to,
        run=run,
        limit=limit,
        skip_bad_rows=skip_bad_rows,
        encoding=encoding,
        skip_words=skip_words,
        add_output=add_output,
        item_index=item_index,
        all_but_the_top=all_but_the_top,
        dim=dim,
        reduce=reduce,
        dtype=dtype,
        classes=classes,
        save_output=save_output,
        reporter=TerminalReporter(quiet),
    )
