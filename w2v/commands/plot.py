"""`w2v plot`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

import w2v
from w2v.base.errors import SettingsError
from w2v.commands.checks import check_outputs, require_file
from w2v.commands.options import command
from w2v.commands.query import describe_restriction
from w2v.commands.screen import print_status
from w2v.settings.evaluation import RESTRICT
from w2v.settings.fields import Setting


@command(
    "Draw a map of words, or the course of a run, as a page (.html) or a picture (.png, .svg).\n\n"
    "SOURCE is a file of vectors, or a log of `w2v train --log-json` (.json, .jsonl or .log). The map shows each WORD; "
    "without any, the most frequent.\n\nExample: w2v plot vectors.bin --near king --near paris -o map.html"
)
def plot(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", hidden=True)],
    words: Annotated[list[str] | None, typer.Argument(metavar="WORD", hidden=True)] = None,
    output: Annotated[Path, Setting("The file to write: .html, .png or .svg.", flags=("-o", "--output"))] = Path(
        "plot.html"
    ),
    words_file: Annotated[
        Path | None, Setting("Show the first word of each line of this file.", flags=("--words",))
    ] = None,
    near: Annotated[
        list[str] | None, Setting("Show this word and its nearest; may be repeated.", metavar="WORD")
    ] = None,
    n: Annotated[
        int | None,
        Setting(
            "Number of words to show: the most frequent; with --near the nearest of each.",
            low=1,
            flags=("-n",),
            unset="1000; with --near 50",
        ),
    ] = None,
    restrict: Annotated[
        int | None,
        Setting(
            "Take the nearest from this many words, the most frequent; 0 takes all.",
            low=0,
            high=2**31 - 2,
            unset=str(RESTRICT),
            only_with={"near": ()},
        ),
    ] = None,
    method: Annotated[
        Literal["umap", "tsne", "pca"] | None,
        Setting("How to place the words: umap, tsne or pca.", unset="umap if installed, else tsne"),
    ] = None,
    seed: Annotated[
        int | None,
        Setting("The same seed gives the same map.", low=0, high=2**32 - 1, unset="1", not_with={"method": ("pca",)}),
    ] = None,
) -> None:
    """Draw a map of words, or a log."""
    from w2v import plotting
    from w2v.plotting.maps import read_words

    require_file(source)
    plotting.check_output(output)
    check_outputs({"-o": output}, {"SOURCE": source, "--words": words_file})
    if source.suffix.lower() in plotting.LOG_SUFFIXES:
        given = {"WORD": words, "--words": words_file, "--near": near, "-n": n, "--method": method, "--seed": seed}
        for flag, value in given.items():
            if value not in (None, []):
                raise SettingsError(f"{flag} cannot go with {source}, a log, which has no words")
        curves = plotting.plot_log(output, source)
        print_status(f"wrote {output}: {', '.join(name for lines in curves.values() for name in lines)}")
        return
    shown = [*(words or ()), *(read_words(words_file) if words_file else ())]
    vectors = w2v.Vectors.load(source)
    restrict = RESTRICT if restrict is None else restrict
    if near:
        describe_restriction(vectors, restrict)
    drawn = plotting.plot_words(
        output,
        vectors,
        words=shown,
        near=near or (),
        n=n,
        method=method,
        seed=1 if seed is None else seed,
        title=source.name,
        restrict=restrict,
        warn=print_status,
    )
    print_status(f"wrote {output}: {len(drawn.words):,} word{'s' * (len(drawn.words) > 1)}, {drawn.method}")
