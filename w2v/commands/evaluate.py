"""`w2v evaluate`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

import w2v
from w2v.base.errors import SettingsError
from w2v.commands.checks import require_file
from w2v.commands.options import AsJson, command
from w2v.commands.report import format_scores, warn_of_none
from w2v.settings.operations import parameters_for, settings_for


@command(
    "Score VECTORS by word pairs and by analogies, as gensim does. A file may have tabs, commas or spaces between "
    "its columns, and a header.\n\nOr score items by the next items of each person, which needs output rows and "
    "counts: a .w2v folder of `w2v train --save-output`.\n\n"
    "Example: w2v evaluate vectors.bin --similarity wordsim353.tsv",
    *settings_for("evaluate"),
    *parameters_for("evaluate"),
)
def evaluate(
    vectors: Annotated[Path, typer.Argument(metavar="VECTORS", hidden=True)],
    similarity: list[Path] | None = None,
    analogies: list[Path] | None = None,
    next: Path | None = None,
    sessions: Path | None = None,
    as_json: AsJson = False,
    **settings: Any,  # noqa: ANN401
) -> None:
    """Score vectors."""
    if not (similarity or analogies or next or sessions):
        raise SettingsError("name what to score by: --similarity FILE or --analogies FILE, or --next and --sessions")
    require_file(vectors)
    scores = w2v.evaluate(
        w2v.Vectors.load(vectors),
        similarity or [],
        analogies or [],
        next=next,
        sessions=sessions,
        **settings,
    )
    print(json.dumps(scores.as_dict(), ensure_ascii=False) if as_json else format_scores(scores))
    warn_of_none(scores)
