"""`w2v align` and `w2v shift`."""

from pathlib import Path
from typing import Annotated

import typer

from w2v import api
from w2v.commands.options import FormatName, Quiet, command
from w2v.commands.terminal import TerminalReporter
from w2v.settings.fields import Setting


@command(
    "Then the two can be compared. The rotation is that of orthogonal "
    "Procrustes on the words of both. It changes no cosine within A.\n\n"
    "Example: w2v align 1950.w2v 2000.w2v -o 1950-aligned.w2v"
)
def align(
    a: Annotated[Path, typer.Argument(metavar="A", hidden=True)],
    b: Annotated[Path, typer.Argument(metavar="B", hidden=True)],
    output: Annotated[Path, "The file to write, in any format.", Setting(flags=("-o", "--output"))] = Path(
        "aligned.w2v"
    ),
    from_: FormatName = None,
    quiet: Quiet = False,
) -> None:
    """Align, and write the rotated vectors."""
    api.align(a, b, output, from_=from_, reporter=TerminalReporter(quiet))


@command(
    "Each has its neighbors in A and in B. A is aligned "
    "to B before, as by `w2v align`. The cosine is that between the two vectors of the word. "
    "Of folders of several runs it is a mean, and two columns follow it: its 95% interval, and the cosine of the word "
    "between runs of one model.\n\n"
    "Example: w2v shift 1950.w2v 2000.w2v --restrict 10000"
)
def shift(
    a: Annotated[Path, typer.Argument(metavar="A", hidden=True)],
    b: Annotated[Path, typer.Argument(metavar="B", hidden=True)],
    n: Annotated[int, "Number of words to show.", Setting(flags=("-n",), low=1, high=1_000_000)] = 20,
    neighbors: Annotated[int, "Neighbors to show of each.", Setting(low=1, high=1000)] = 5,
    restrict: Annotated[
        int, "Compare this many words, the most frequent of each model; 0 takes all.", Setting(low=0, high=2**31 - 2)
    ] = 10_000,
    from_: FormatName = None,
) -> None:
    """Print the words that differ most."""
    told = TerminalReporter()
    for one in api.shift(a, b, n, neighbors=neighbors, restrict=restrict, from_=from_, reporter=told):
        spread = [] if one.runs is None else [f"{one.runs.low:.3f} to {one.runs.high:.3f}"]
        spread += [] if one.within is None else [f"{one.within:.3f}"]
        sides = (", ".join(word for word, _ in side) for side in (one.before, one.after))
        print("\t".join([one.word, f"{one.cosine:.3f}", *spread, *sides]))
