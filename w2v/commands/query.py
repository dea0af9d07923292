"""`w2v similar`, `w2v analogy` and `w2v vector`."""

import json
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from w2v.base.errors import SettingsError, W2VError, as_flags, option
from w2v.base.stores import url_of
from w2v.commands.options import (
    AsJson,
    FormatName,
    Limit,
    Neighbours,
    Restrict,
    SkipBadRows,
    VectorsFile,
    command,
    require_argument,
)
from w2v.commands.questions import Question, is_terminal, parse_questions, piped_lines, prompted_lines
from w2v.commands.screen import FLAGS, print_status
from w2v.commands.tables import format_neighbours
from w2v.commands.terminal import TerminalReporter
from w2v.settings.evaluation import RESTRICT
from w2v.settings.fields import Setting

if TYPE_CHECKING:
    from w2v.vectors.runs import Neighbour, Runs
    from w2v.vectors.vectors import Vectors

Answer = Sequence["tuple[str, float] | Neighbour"]


@command(
    "With + and - between words, or with --positive and --negative, show the words nearest to a sum of words. "
    "Without a WORD, ask on a terminal, or read standard input, one query per line.\n\n"
    "Example: w2v similar king paris -n 5; w2v similar king - man + woman"
)
def similar(
    words: Annotated[list[str] | None, typer.Argument(metavar="WORD", hidden=True)] = None,
    n: Neighbours = 10,
    vectors: VectorsFile = Path("vectors.bin"),
    from_: FormatName = None,
    limit: Limit = None,
    skip_bad_rows: SkipBadRows = False,
    restrict: Restrict = RESTRICT,
    positive: Annotated[list[str] | None, "Add this word; may be repeated.", Setting(metavar="WORD")] = None,
    negative: Annotated[list[str] | None, "Subtract this word; may be repeated.", Setting(metavar="WORD")] = None,
    lines: Annotated[
        bool,
        "Each WORD is the name or number of a line; show the lines nearest to it. --restrict 0 by default.",
        Setting(flags=("--lines",)),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show neighbours."""
    plus, minus = tuple(positive or ()), tuple(negative or ())
    if words and (plus or minus):
        names = f"{option('positive')} or {option('negative')}"
        raise SettingsError(f"WORD cannot go with {names}, which together are one question", "words")
    from w2v.vectors.runs import Runs

    loaded = load_models(vectors, from_, limit, skip_bad_rows)
    if lines:
        from w2v.vectors.derived import line_vectors

        loaded = loaded.each(line_vectors) if isinstance(loaded, Runs) else line_vectors(loaded)
        restrict = 0 if restrict == RESTRICT else restrict
    told = TerminalReporter()
    loaded.tell_of_restriction(restrict, told.warn, told.tell)

    def answer(words: list[str]) -> None:
        asked = parse_questions(words) if words else [Question(plus, minus)]
        found = [(q, loaded.most_similar(q.positive, q.negative, n, restrict=restrict)) for q in asked]
        show_neighbours(loaded, [(q.as_dict(), q.title, neighbours) for q, neighbours in found], as_json)

    if plus or minus:
        answer([])
    elif not words and is_terminal():
        answer_lines(prompted_lines(loaded.model.words[:RESTRICT]), answer)
    else:
        answer_all(words, answer, "WORD", "similar")


@command(
    "The answers are the words nearest to A - B + C, by cosine.\n\n"
    "Example: w2v analogy king man woman   (who is to woman as king is to man?)"
)
def analogy(
    a: Annotated[str, typer.Argument(metavar="A", hidden=True)],
    b: Annotated[str, typer.Argument(metavar="B", hidden=True)],
    c: Annotated[str, typer.Argument(metavar="C", hidden=True)],
    n: Neighbours = 10,
    vectors: VectorsFile = Path("vectors.bin"),
    from_: FormatName = None,
    limit: Limit = None,
    skip_bad_rows: SkipBadRows = False,
    restrict: Restrict = RESTRICT,
    as_json: AsJson = False,
) -> None:
    """Answer an analogy."""
    loaded = load_models(vectors, from_, limit, skip_bad_rows)
    told = TerminalReporter()
    loaded.tell_of_restriction(restrict, told.warn, told.tell)
    neighbours = loaded.analogy(a, b, c, n, restrict=restrict)
    show_neighbours(loaded, [({"positive": [a, c], "negative": [b]}, f"{a} - {b} + {c}", neighbours)], as_json)


@command(
    "Each line is a word and its numbers; of several runs there is one line each. Without a WORD, words are read from "
    "standard input.\n\nExample: w2v vector king queen"
)
def vector(
    words: Annotated[list[str] | None, typer.Argument(metavar="WORD", hidden=True)] = None,
    vectors: VectorsFile = Path("vectors.bin"),
    from_: FormatName = None,
    limit: Limit = None,
    skip_bad_rows: SkipBadRows = False,
    as_json: AsJson = False,
) -> None:
    """Print vectors."""
    if not words and is_terminal():
        require_argument(words, "WORD", "vector")
    from w2v.vectors.runs import Runs

    loaded = load_models(vectors, from_, limit, skip_bad_rows)

    def answer(words: list[str]) -> None:
        if isinstance(loaded, Runs):
            rows = [(word, {"run": n}, row) for word in words for n, row in enumerate(loaded.vectors_of(word), 1)]
        else:
            rows = [(word, {}, row) for word, row in zip(words, loaded[words], strict=True)]
        if as_json:
            found = [{"word": word, **run, "vector": row.tolist()} for word, run, row in rows]
            print(json.dumps(found, ensure_ascii=False), flush=True)
            return
        for word, _, row in rows:
            print(word, *(f"{number:.9g}" for number in row.tolist()), flush=True)

    answer_all(words, answer, "WORD", "vector")


def load_vectors(path: Path, format: str | None, example: str = "w2v train") -> "Vectors":
    """Return the vectors of a file, or say how to make one: by the command `example`."""
    _check_is_there(path, example)
    from w2v.vectors.vectors import Vectors

    return Vectors.load(path, format, reporter=TerminalReporter())


def load_models(path: Path, format: str | None, limit: int | None, skip_bad_rows: bool) -> "Vectors | Runs":
    """Return the vectors of a file, or the models of a folder of runs."""
    _check_is_there(path, "w2v train")
    from w2v.vectors.runs import load

    return load(path, format, limit=limit, skip_bad_rows=skip_bad_rows, reporter=TerminalReporter())


def _check_is_there(path: Path, example: str) -> None:
    """Raise W2VError where there is no such file, and say how to make one."""
    if url_of(path) is None and str(path) != "-" and not os.path.lexists(path):
        raise W2VError(f"there is no file {path}; make one with `{example}`, or name yours with {option('vectors')}")


def answer_lines(lines: Iterable[str], answer: Callable[[list[str]], None]) -> tuple[int, int]:
    """Answer the words of each line; return how many lines could not be answered, and how many there were.

    An error, such as an unknown word, is shown, and the next line is answered.
    """
    failed = n_lines = 0
    for line in lines:
        n_lines += 1
        try:
            answer(line.split())
        except W2VError as error:
            print_status(as_flags(error.message, FLAGS))
            failed += 1
    return failed, n_lines


def answer_all(words: list[str] | None, answer: Callable[[list[str]], None], argument: str, command: str) -> None:
    """Answer the words of the command line, or else each line of standard input.

    Raises:
        W2VError: there are no words and no lines, or some lines could not be answered.
    """
    if words:
        return answer(words)
    failed, n_lines = answer_lines(piped_lines(), answer)
    if n_lines == 0:
        require_argument(None, argument, command)
    if failed:
        raise W2VError(f"{failed:,} of {n_lines:,} lines have no answer")


def show_neighbours(models: "Vectors | Runs", answers: list[tuple[dict[str, Any], str, Answer]], as_json: bool) -> None:
    """Print the neighbours for each question, as JSON or as tables; of several runs with their agreement."""
    if as_json:
        for asked, _, neighbours in answers:
            asked["neighbours"] = [neighbour_as_json(*one) for one in neighbours]
        print(json.dumps([asked for asked, _, _ in answers], ensure_ascii=False), flush=True)
    else:
        from w2v.vectors.runs import Runs

        n_runs = len(models) if isinstance(models, Runs) else 1
        print("\n\n".join(format_neighbours(asked, found, n_runs) for _, asked, found in answers), flush=True)


def neighbour_as_json(word: str, cosine: float, std: float | None = None, runs: int | None = None) -> dict[str, Any]:
    """Return a neighbour for JSON."""
    found = {"word": word, "cosine": round(cosine, 6)}
    return found if std is None else {**found, "std": round(std, 6), "runs": runs}
