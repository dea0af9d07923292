"""`w2v plot`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from w2v import api
from w2v.commands.options import FormatName, command
from w2v.commands.terminal import TerminalReporter
from w2v.settings.evaluation import RESTRICT
from w2v.settings.fields import Setting


@command(
    "The output is a page (.html) or a picture (.png, .svg). SOURCE is a file of vectors, or a log of "
    "`w2v train --log-json` (.json, .jsonl or .log). The map shows each WORD; without any, "
    "frequent words, most words of grammar left out.\n\n"
    "Example: w2v plot vectors.bin --near king --near paris -o map.html"
)
def plot(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", hidden=True)],
    words: Annotated[list[str] | None, typer.Argument(metavar="WORD", hidden=True)] = None,
    output: Annotated[Path, "The file to write: .html, .png or .svg.", Setting(flags=("-o", "--output"))] = Path(
        "plot.html"
    ),
    words_file: Annotated[
        Path | None, "Show the first word of each line of this file.", Setting(flags=("--words",))
    ] = None,
    near: Annotated[
        list[str] | None, "Show this word and its nearest; may be repeated.", Setting(metavar="WORD")
    ] = None,
    n: Annotated[
        int | None,
        "Number of words to show; with --near the nearest of each.",
        Setting(low=1, flags=("-n",), unset="1000; with --near 50"),
    ] = None,
    restrict: Annotated[
        int | None,
        "Take the nearest from this many words, the most frequent; 0 takes all.",
        Setting(low=0, high=2**31 - 2, unset=str(RESTRICT), only_with={"near": ()}),
    ] = None,
    method: Annotated[
        Literal["umap", "tsne", "pca"] | None,
        "How to place the words: umap, tsne or pca.",
        Setting(unset="umap if installed, else tsne; from 3,000 words tsne"),
    ] = None,
    seed: Annotated[
        int | None,
        "The same seed gives the same map.",
        Setting(low=0, high=2**32 - 1, unset="1", not_with={"method": ("pca",)}),
    ] = None,
    from_: FormatName = None,
) -> None:
    """Draw a map of words, or a log."""
    api.plot(
        source,
        output,
        words or (),
        words_file=words_file,
        near=near or (),
        n=n,
        restrict=restrict,
        method=method,
        seed=seed,
        from_=from_,
        reporter=TerminalReporter(),
    )
