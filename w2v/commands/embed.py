"""`w2v embed`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from w2v import api
from w2v.commands.options import CORPUS_HELP, FormatName, Quiet, command
from w2v.commands.terminal import TerminalReporter
from w2v.settings.fields import Setting
from w2v.settings.operations import settings_for


@command(
    "For sentences and documents, with any VECTORS. "
    f"The weights sif need the counts of the training, as a .w2v folder has them.\n\n{CORPUS_HELP}\n\n"
    "Example: w2v embed vectors.w2v sentences.txt -o sentences.npy",
    *settings_for("embed"),
)
def embed(
    vectors: Annotated[Path, typer.Argument(metavar="VECTORS", hidden=True)],
    corpus: Annotated[list[str], typer.Argument(metavar="CORPUS", hidden=True)],
    output: Annotated[
        Path,
        "The file to write: .npy (the matrix alone, a row per line), or any format of vectors, with each line under "
        "its name or number.",
        Setting(flags=("-o", "--output")),
    ] = Path("lines.npy"),
    from_: FormatName = None,
    quiet: Quiet = False,
    **settings: Any,  # noqa: ANN401
) -> None:
    """Embed lines, and write their vectors."""
    api.embed(vectors, corpus, output, from_=from_, reporter=TerminalReporter(quiet), **settings)
