"""Results as text: tables for standard output, sentences for standard error."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from w2v.base.errors import printable
from w2v.commands.screen import BOLD, DIM, aligned, columns, styled

if TYPE_CHECKING:
    from w2v.evaluation.analogies import Analogies, Section
    from w2v.evaluation.comparison import Comparison
    from w2v.evaluation.next_item import NextItemScores
    from w2v.evaluation.scores import Scores
    from w2v.vectors.estimates import Estimate
    from w2v.vectors.runs import Neighbour


def format_neighbours(word: str, neighbours: "Sequence[tuple[str, float] | Neighbour]", n_runs: int = 1) -> str:
    """Return a word and its neighbours, cosines aligned; of several runs with the number that has each."""
    named = [(printable(other), f"{cosine:6.3f}", more) for other, cosine, *more in neighbours]
    width = max((columns(other) for other, *_ in named), default=0)
    rows = []
    for other, cosine, more in named:
        agreement = f"  {more[1]:>{len(str(n_runs))}}/{n_runs}" if more else ""
        rows.append(f"  {other}{' ' * (width - columns(other))}  {styled(cosine + agreement, DIM)}")
    return "\n".join([styled(word, BOLD), *rows])


def format_scores(scores: "Scores") -> str:
    """Return a table of the scores: one line per file, and for analogies one per section."""
    tables = []
    has_runs = any(one.runs for one in scores.similarity) or any(one.runs for one in scores.analogies)
    of_runs = ["std", "95% interval"] if has_runs else []
    if scores.similarity:
        rows = [["similarity", "spearman", *of_runs, "covered", "pairs"]]
        for s in scores.similarity:
            spread = format_spread(s.runs) if has_runs else []
            rows.append([s.file, format_score(s.spearman), *spread, f"{s.covered:,}", f"{s.pairs:,}"])
            if s.composed:
                both = [format_score(s.composed.spearman), *[""] * len(of_runs)]
                rows.append(["  with words outside the vocabulary", *both, f"{s.composed.covered:,}", f"{s.pairs:,}"])
        tables.append(aligned(rows))
    if scores.analogies:
        rows = [["analogies", "accuracy", *of_runs, "correct", "covered", "total"]]
        for file in scores.analogies:
            rows.append(format_analogies(file.file, file, has_runs))
            rows += [format_analogies(f"  {part.name or '(no section)'}", part, has_runs) for part in file.sections]
        tables.append(aligned(rows))
    if scores.next:
        tables.append(format_next(scores.next))
    return "\n\n".join(tables)


def format_comparison(found: "Comparison") -> str:
    """Return a table of the differences of A and B, one line per file."""
    tables = []
    for kind, items, files in (
        ("similarity", "pairs", found.similarity),
        ("analogies", "questions", found.analogies),
    ):
        rows = [[kind, "A", "B", "A - B", "95% interval", "p", items, "more than chance"]]
        for one in files:
            interval = "-" if one.low is None else f"{one.low:.4f} to {one.high:.4f}"
            scores = [format_score(score) for score in (one.a, one.b, one.difference)]
            verdict = "-" if one.p is None else "yes" if one.is_different else "no"
            rows.append([one.file, *scores, interval, format_score(one.p), f"{one.items:,}", verdict])
        if files:
            tables.append(aligned(rows))
    return "\n\n".join(tables)


def format_next(next: "NextItemScores") -> str:
    """Return a table of how high the next items are ranked, by the vectors and by the counts alone."""
    is_single = next.vectors.sampled is not None
    measures = [("recall", f"recall@{next.k}")] * (not is_single)
    measures += [("hr", f"HR@{next.k}"), ("ndcg", f"NDCG@{next.k}"), ("mrr", "MRR")]
    rows = [[next.file, *(title for _, title in measures)]]
    for among, kind in (("100 sampled items", "sampled"), ("all items", "full")):
        for scorer in ("vectors", "popularity"):
            if (found := getattr(getattr(next, scorer), kind)) is not None:
                scores = (format_score(getattr(found, name)) for name, _ in measures)
                rows.append([f"  {scorer}, among {among}", *scores])
    if is_single:
        notes = [f"{next.people:,} people; the next item of {next.unknown:,} has no vector"]
    else:
        notes = [f"{next.people:,} people; {next.unknown:,} of their {next.items:,} next items have no vector"]
    if next.left_out:
        notes.append(f"{next.left_out:,} left out, with no earlier items" + ("" if is_single else " or no next ones"))
    notes.append(f"coverage: {next.coverage:.1%} of the items are among the first {next.k} of a person")
    notes.append(
        f"history {next.history}, decay {next.decay:g}, prior {next.prior:g}, sharpness {next.sharpness:g}"
        + (f", line weight {next.line_weight:g}" if next.line_weight else "")
    )
    return "\n".join([aligned(rows), *notes])


def format_analogies(name: str, part: "Analogies | Section", has_runs: bool) -> list[str]:
    """Return a line of the table of analogies."""
    spread = format_spread(part.runs) if has_runs else []
    return [name, format_score(part.accuracy), *spread, f"{part.correct:,}", f"{part.covered:,}", f"{part.total:,}"]


def format_spread(runs: "Estimate | None") -> list[str]:
    """Return the standard deviation and the interval of a score of several runs."""
    return ["-", "-"] if runs is None else [format_score(runs.std), f"{runs.low:.4f} to {runs.high:.4f}"]


def format_score(value: float | None) -> str:
    """Return a score as it is shown."""
    return "-" if value is None else f"{value:.4f}"


def format_summary(summary: dict[str, Any]) -> str:
    """Return what `summarize` found, one line per fact."""
    settings = summary["settings"] or {}
    norms, counts, ngrams = summary["norms"], summary["counts"], summary.get("ngrams", {})
    rows = [
        ("format", summary["format"]),
        *([("runs", f"{summary['runs']:,}; the lengths are those of the first")] if "runs" in summary else []),
        ("words", f"{summary['words']:,}"),
        ("dim", f"{summary['dim']:,}"),
        ("counts", f"{counts[0]:,} to {counts[1]:,}, {summary['tokens']:,} in all" if counts else "not known"),
        ("lengths", f"{norms[0]:.4g} to {norms[1]:.4g}" if norms else "not finite"),
        ("NaN", f"{summary['nan']:,}"),
        ("first words", " ".join(summary["first"])),
        *([("repeated words", f"{summary['repeated']:,} rows left out")] if summary["repeated"] else []),
        ("output rows", "yes" if summary["output"] else "no"),
        *((f"n-grams, {name}", f"{value:,}" if isinstance(value, int) else value) for name, value in ngrams.items()),
        *((name, json.dumps(value, ensure_ascii=False)) for name, value in settings.items() if name != "settings"),
        *((f"setting {name}", json.dumps(value)) for name, value in dict(settings.get("settings") or {}).items()),
    ]
    width = max(len(name) for name, _ in rows)
    return "\n".join(printable(f"{name:{width}}  {value}") for name, value in rows)
