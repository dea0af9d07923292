"""`w2v infer`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from w2v import api
from w2v.commands.options import CORPUS_HELP, FormatName, Quiet, command
from w2v.commands.terminal import TerminalReporter
from w2v.settings.fields import Setting
from w2v.settings.operations import settings_for


@command(
    "The model does not change. VECTORS is a .w2v folder of "
    f"`w2v train --line-vectors`.\n\n{CORPUS_HELP}\n\nExample: w2v infer articles.w2v new.txt -o new.w2v",
    *settings_for("infer"),
)
def infer(
    vectors: Annotated[Path, typer.Argument(metavar="VECTORS", hidden=True)],
    corpus: Annotated[list[str], typer.Argument(metavar="CORPUS", hidden=True)],
    output: Annotated[
        Path,
        "The file to write, in any format: a vector for each line, under its name or number.",
        Setting(flags=("-o", "--output")),
    ] = Path("lines.w2v"),
    from_: FormatName = None,
    quiet: Quiet = False,
    **settings: Any,  # noqa: ANN401
) -> None:
    """Infer vectors of lines, and write them."""
    api.infer(vectors, corpus, output, from_=from_, reporter=TerminalReporter(quiet), **settings)
