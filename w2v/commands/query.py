"""`w2v similar` and `w2v analogy`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

import w2v
from w2v.commands.checks import require_argument, require_file
from w2v.commands.options import AsJson, Neighbours, VectorsFile, command
from w2v.commands.report import format_neighbours
from w2v.errors import SettingsError
from w2v.settings import Setting


@command(
    "Show the words nearest to each WORD, by cosine; or, with --positive and --negative, those nearest to a "
    "sum of words.\n\nExample: w2v similar king paris -n 5"
)
def similar(
    words: Annotated[list[str] | None, typer.Argument(metavar="WORD", hidden=True)] = None,
    n: Neighbours = 10,
    vectors: VectorsFile = Path("vectors.bin"),
    positive: Annotated[list[str] | None, Setting("Add this word; may be repeated.", metavar="WORD")] = None,
    negative: Annotated[list[str] | None, Setting("Subtract this word; may be repeated.", metavar="WORD")] = None,
    as_json: AsJson = False,
) -> None:
    """Show neighbours."""
    plus, minus = positive or [], negative or []
    if words and (plus or minus):
        raise SettingsError("WORD cannot go with --positive or --negative, which together are one question")
    asked = [] if plus or minus else require_argument(words, "WORD", "similar")
    loaded = load_vectors(vectors)
    if asked:
        show_neighbours([({"word": word}, word, loaded.similar(word, n)) for word in asked], as_json)
    else:
        question = " - ".join([" + ".join(plus), *minus]).strip()
        show_sum(loaded, question, plus, minus, n, as_json)


@command(
    "Show the words nearest to A - B + C, by cosine: what is to C as A is to B.\n\n"
    "Example: w2v analogy king man woman   (who is to woman as king is to man?)"
)
def analogy(
    a: Annotated[str, typer.Argument(metavar="A", hidden=True)],
    b: Annotated[str, typer.Argument(metavar="B", hidden=True)],
    c: Annotated[str, typer.Argument(metavar="C", hidden=True)],
    n: Neighbours = 10,
    vectors: VectorsFile = Path("vectors.bin"),
    as_json: AsJson = False,
) -> None:
    """Answer an analogy."""
    show_sum(load_vectors(vectors), f"{a} - {b} + {c}", [a, c], [b], n, as_json)


def load_vectors(path: Path) -> w2v.Vectors:
    """Return the vectors of a file, or say how to make one."""
    require_file(path, "make one with `w2v train`, or name yours with --vectors")
    return w2v.Vectors.load(path)


def show_sum(
    vectors: w2v.Vectors, question: str, positive: list[str], negative: list[str], n: int, as_json: bool
) -> None:
    """Show the words nearest to a sum of words."""
    neighbours = vectors.most_similar(positive, negative, n)
    show_neighbours([({"positive": positive, "negative": negative}, question, neighbours)], as_json)


def show_neighbours(answers: list[tuple[dict[str, Any], str, list[tuple[str, float]]]], as_json: bool) -> None:
    """Print the neighbours for each question, as JSON or as tables."""
    if as_json:
        rows = [
            {**asked, "neighbours": [{"word": other, "cosine": round(cosine, 6)} for other, cosine in neighbours]}
            for asked, _, neighbours in answers
        ]
        print(json.dumps(rows, ensure_ascii=False))
    else:
        print("\n\n".join(format_neighbours(asked, neighbours) for _, asked, neighbours in answers))
