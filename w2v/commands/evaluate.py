"""`w2v evaluate`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from w2v import api
from w2v.base.errors import SettingsError, option
from w2v.commands.options import AsJson, FormatName, command
from w2v.commands.tables import format_comparison, format_scores
from w2v.commands.terminal import TerminalReporter
from w2v.settings.operations import parameters_for, settings_for


@command(
    "A file may have tabs, commas or spaces between "
    "its columns, and a header.\n\nOr score items by the next items of each person, which needs output rows and "
    "counts: a .w2v folder of `w2v train`.\n\n"
    "With OTHER, compare the two on the pairs and questions that both cover: the "
    "difference, its 95% interval, and whether it is larger than chance.\n\n"
    "Example: w2v evaluate vectors.bin --similarity wordsim353.tsv",
    *settings_for("evaluate"),
    *parameters_for("evaluate"),
)
def evaluate(
    vectors: Annotated[Path, typer.Argument(metavar="VECTORS", hidden=True)],
    other: Annotated[Path | None, typer.Argument(metavar="OTHER", hidden=True)] = None,
    from_: FormatName = None,
    as_json: AsJson = False,
    **given: Any,  # noqa: ANN401
) -> None:
    """Score vectors, or compare two."""
    told = TerminalReporter()
    if other is None:
        scores = api.evaluate(vectors, from_=from_, reporter=told, **given)
        print(json.dumps(scores.as_dict(), ensure_ascii=False) if as_json else format_scores(scores), flush=True)
        return
    for name in ("next", "sessions"):
        if given.pop(name, None) is not None:
            raise SettingsError(f"{option(name)} cannot be used with OTHER; score one after the other", name)
    found = api.compare(vectors, other, from_=from_, reporter=told, **given)
    print(json.dumps(found.as_dict(), ensure_ascii=False) if as_json else format_comparison(found), flush=True)
