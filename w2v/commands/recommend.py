"""`w2v recommend`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from w2v import api
from w2v.commands.options import AsJson, Quiet, command, require_argument
from w2v.commands.query import answer_all, load_vectors
from w2v.commands.questions import is_terminal
from w2v.commands.tables import format_neighbours
from w2v.commands.terminal import TerminalReporter
from w2v.settings.fields import Setting
from w2v.settings.operations import settings_for


@command(
    "The answers are for one person, or for everyone.\n\n"
    "Each ITEM is one that a person took, oldest first. Without an ITEM, each line of standard input is one person's "
    "items. With --sessions, write the recommendations for all people of a file: one row per person and rank, with "
    "the columns person, rank, item, score and based_on (vectors; or popularity, if nothing is known of the person). "
    "It needs a .w2v folder of `w2v train`."
    "\n\nExample: w2v recommend tent stove; w2v recommend --sessions sessions.txt -o recs.tsv -n 20",
    *settings_for("recommend"),
)
def recommend(
    items: Annotated[list[str] | None, typer.Argument(metavar="ITEM", hidden=True)] = None,
    n: Annotated[int, "Number of items to recommend per person.", Setting(low=0, flags=("-n",))] = 10,
    vectors: Annotated[Path, "The folder of vectors with output rows."] = Path("vectors.w2v"),
    line: Annotated[
        str | None,
        "Use the vector of this line of the training corpus too: its name, or its number.",
        Setting(metavar="NAME", not_with={"sessions": ()}),
    ] = None,
    sessions: Annotated[Path | None, "Recommend to all people of this file: the items of each, one per line."] = None,
    output: Annotated[
        Path | None,
        "The file to write: .tsv or .jsonl, either with .gz, or .parquet; by default standard output, as TSV.",
        Setting(flags=("-o", "--output"), only_with={"sessions": ()}),
    ] = None,
    only: Annotated[Path | None, "Recommend only the items in this file, separated by whitespace."] = None,
    exclude: Annotated[Path | None, "Do not recommend the items in this file."] = None,
    keep_seen: Annotated[
        bool,
        "Recommend items that the person has taken already, too: songs, groceries.",
        Setting(flags=("--keep-seen",)),
    ] = False,
    as_json: Annotated[AsJson, Setting(flags=("--json",), not_with={"sessions": ()})] = False,
    quiet: Quiet = False,
    **settings: Any,  # noqa: ANN401
) -> None:
    """Show the items that come next."""
    if not items and sessions is None and is_terminal():
        require_argument(items, "ITEM", "recommend")
    loaded, reporter = load_vectors(vectors, "w2v train CORPUS --config items -o vectors.w2v"), TerminalReporter(quiet)
    how = {"only": only, "exclude": exclude or (), "keep_seen": keep_seen, "reporter": reporter, **settings}
    if sessions is not None:
        api.recommend(loaded, items or (), n, sessions=sessions, output=output or "-", **how)
        return

    def answer(items: list[str]) -> None:
        found = api.recommend(loaded, items, n, line, **how)
        if as_json:
            scored = [{"item": item, "score": round(score, 6)} for item, score in found]
            print(json.dumps([{"items": items, "next": scored}], ensure_ascii=False), flush=True)
        else:
            print(format_neighbours(" ".join(items), found), flush=True)

    answer_all(items, answer, "ITEM", "recommend")
