"""`w2v evaluate`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from w2v import api
from w2v.commands.options import AsJson, FormatName, command
from w2v.commands.tables import format_scores
from w2v.commands.terminal import TerminalReporter
from w2v.settings.operations import parameters_for, settings_for


@command(
    "A file may have tabs, commas or spaces between "
    "its columns, and a header.\n\nOr score items by the next items of each person, which needs output rows and "
    "counts: a .w2v folder of `w2v train`.\n\n"
    "Example: w2v evaluate vectors.bin --similarity wordsim353.tsv",
    *settings_for("evaluate"),
    *parameters_for("evaluate"),
)
def evaluate(
    vectors: Annotated[Path, typer.Argument(metavar="VECTORS", hidden=True)],
    from_: FormatName = None,
    as_json: AsJson = False,
    **given: Any,  # noqa: ANN401
) -> None:
    """Score vectors."""
    scores = api.evaluate(vectors, from_=from_, reporter=TerminalReporter(), **given)
    print(json.dumps(scores.as_dict(), ensure_ascii=False) if as_json else format_scores(scores), flush=True)
