"""`w2v evaluate`."""

import json
from pathlib import Path
from typing import Annotated

import typer

import w2v
from w2v.commands.options import (
    AnalogyFiles,
    AsJson,
    NextFile,
    Restrict,
    SessionsFile,
    SimilarityFiles,
    explained,
    given,
)
from w2v.commands.report import scores_table, warn_of_none
from w2v.errors import SettingsError


@explained(
    "Score VECTORS by word pairs and by analogies, as gensim does. A file may have tabs, commas or spaces between "
    "its columns, and a header.\n\nOr score items by what people took next, which takes output rows and counts: a .w2v "
    "folder of `w2v train --save-output`.\n\nExample: w2v evaluate vectors.bin --similarity wordsim353.tsv"
)
def evaluate(
    context: typer.Context,
    vectors: Annotated[Path, typer.Argument(metavar="VECTORS", hidden=True)],
    similarity: SimilarityFiles = None,
    analogies: AnalogyFiles = None,
    restrict: Restrict = 30_000,
    method: Annotated[
        str, typer.Option(metavar="NAME", help="How analogies are answered: 3cosadd or 3cosmul.")
    ] = "3cosadd",
    match_case: Annotated[
        bool, typer.Option("--match-case", help="Take King and king for two words; else the first in VECTORS counts.")
    ] = False,
    next: NextFile = None,
    sessions: SessionsFile = None,
    k: Annotated[int, typer.Option("-k", metavar="N", min=1, help="Places that count for HR@k and NDCG@k.")] = 10,
    history: Annotated[
        int | None,
        typer.Option(metavar="N", help="As for w2v train.  [default: what VECTORS have]", show_default=False),
    ] = None,
    decay: Annotated[float | None, typer.Option(metavar="X", help="The same.", show_default=False)] = None,
    prior: Annotated[float | None, typer.Option(metavar="X", help="The same.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Score vectors."""
    if not (similarity or analogies or next or sessions):
        raise SettingsError("name what to score by: --similarity FILE or --analogies FILE, or --next and --sessions")
    scores = w2v.evaluate(
        w2v.Vectors.load(vectors),
        similarity or [],
        analogies or [],
        restrict=restrict or None,
        method=method,
        match_case=match_case,
        next=next,
        sessions=sessions,
        k=k,
        **given(context),
    )
    print(json.dumps(scores.as_dict(), ensure_ascii=False) if as_json else scores_table(scores))
    warn_of_none(scores)
