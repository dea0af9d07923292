"""`w2v evaluate`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

import w2v
from w2v.base.errors import SettingsError
from w2v.commands.checks import require_file
from w2v.commands.options import AnalogyFiles, AsJson, NextFile, SessionsFile, SimilarityFiles, command
from w2v.commands.report import format_scores, warn_of_none
from w2v.settings.evaluation import EvaluationConfig
from w2v.settings.fields import fields_of, optional
from w2v.settings.train import TrainConfig
from w2v.vectors.items import SETTINGS as ITEM_SETTINGS

ITEMS = [
    optional(field, unset="that of VECTORS", only_with={"next": ()}) for field in fields_of(TrainConfig, *ITEM_SETTINGS)
]


@command(
    "Score VECTORS by word pairs and by analogies, as gensim does. A file may have tabs, commas or spaces between "
    "its columns, and a header.\n\nOr score items by the next items of each person, which needs output rows and "
    "counts: a .w2v folder of `w2v train`.\n\n"
    "Example: w2v evaluate vectors.bin --similarity wordsim353.tsv",
    *fields_of(EvaluationConfig),
    *ITEMS,
)
def evaluate(
    vectors: Annotated[Path, typer.Argument(metavar="VECTORS", hidden=True)],
    similarity: SimilarityFiles = None,
    analogies: AnalogyFiles = None,
    next: NextFile = None,
    sessions: SessionsFile = None,
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
