"""`w2v plot`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

import w2v
from w2v.commands.checks import check_outputs
from w2v.commands.options import explained
from w2v.commands.screen import say
from w2v.errors import SettingsError


@explained(
    "Draw a map of words, or the course of a run, as a page (.html) or a picture (.png).\n\n"
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
    from w2v.plotting.maps import read_words

    plotting.check_output(output)
    check_outputs({"-o": output}, {"SOURCE": source, "--words": words_file})
    if source.suffix.lower() in plotting.LOG_SUFFIXES:
        for flag, value in {"WORD": words, "--words": words_file, "--near": near, "-n": n, "--method": method}.items():
            if value:
                raise SettingsError(f"{flag} cannot go with {source}, a log, which has no words")
        curves = plotting.plot_log(output, source)
        say(f"wrote {output}: {', '.join(name for lines in curves.values() for name in lines)}")
        return
    shown = [*(words or ()), *(read_words(words_file) if words_file else ())]
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
