"""Results as text: tables for standard output, sentences for standard error."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from w2v.base.errors import printable
from w2v.commands.screen import BOLD, DIM, aligned, columns, print_status, styled

if TYPE_CHECKING:
    from w2v.evaluation.analogies import Analogies, Section
    from w2v.evaluation.next_item import NextItemScores
    from w2v.evaluation.scores import Scores
    from w2v.text.encoding import Encoded
    from w2v.text.phrases import Phrases
    from w2v.training.run import Run
    from w2v.tuning.search import Search, Trial


def describe(encoded: "Encoded", reused: bool) -> None:
    """Print how many tokens were read and how many words were kept."""
    share = 100 * encoded.tokens_kept / encoded.tokens_read
    if reused:
        print_status(
            f"{encoded.tokens_read:,} tokens, of which the vocabulary covers {share:.1f}%; "
            f"{encoded.tokens_read - encoded.tokens_kept:,} were dropped"
        )
    else:
        print_status(
            f"{encoded.tokens_read:,} tokens; kept {len(encoded.vocab):,} of {encoded.types_read:,} distinct words, "
            f"{share:.1f}% of the tokens"
        )
    if encoded.dropped_count:
        print_status(
            f"too many distinct words: those seen up to {encoded.dropped_count:,} times were dropped during the "
            "reading; counts may be too low and depend on --threads; a larger --max-types keeps them"
        )
    describe_flaws(encoded)


def describe_flaws(encoded: "Encoded") -> None:
    """Print what was wrong with the text."""
    if encoded.tokens_mended:
        print_status(f"{encoded.tokens_mended:,} tokens had bytes that are not UTF-8; those became U+FFFD")
    if encoded.rows_empty:
        rows = "1 row" if encoded.rows_empty == 1 else f"{encoded.rows_empty:,} rows"
        print_status(f"skipped {rows} with nothing in the column")


def describe_phrases(phrases: "Phrases") -> None:
    """Print how many phrases were joined, and the most frequent."""
    read, n = phrases.encoded.tokens_read, len(phrases.found)
    print_status(
        f"{n:,} phrase{'s' * (n != 1)} joined {read - phrases.tokens_written:,} times: "
        f"{read:,} tokens became {phrases.tokens_written:,}"
    )
    most = sorted(phrases.found, key=lambda phrase: -phrase.count)[:5]
    if most:
        print_status(f"most frequent: {', '.join(phrase.phrase for phrase in most)}")
    else:
        print_status("no pair of words is a phrase: a lower --threshold or --min-count finds more")
    describe_flaws(phrases.encoded)


def describe_training(run: "Run", kernel: str) -> None:
    """Print how large the model is, and what trains it."""
    from w2v.base.machine import available_threads
    from w2v.kernels import cache_is_writable

    if not cache_is_writable():
        print_status("compiled code cannot be saved, so each start compiles again; set NUMBA_CACHE_DIR to a folder")
    threads = run.config.threads or available_threads()
    on = f"{threads} thread{'s' * (threads > 1)}, {kernel} kernels"
    if n_nodes := run.machine.n_nodes:
        on = f"{n_nodes} node{'s' * (n_nodes > 1)}"
    print_status(f"training {len(run.vocab):,} words x {run.config.dim} on {on}")


def describe_search(search: "Search") -> None:
    """Print the scores of the base settings and of the best."""
    first, best = search.trials[0], search.best
    if best is not None:
        base = f"trial 0, with the base settings: {format_score(first.score)}"
        found = "no other is better" if best is first else f"trial {best.number}, the best: {format_score(best.score)}"
        print_status(f"{search.objective.name} of {base}; {found}")


def format_trial(trial: "Trial") -> str:
    """Return the score and the settings of a trial, on one line."""
    settings = ", ".join(f"{name} {value}" for name, value in trial.settings.items())
    score = "failed" if trial.score is None else f"{trial.score:.4f}"
    return f"trial {trial.number}: {score} with {settings}"


def format_neighbours(word: str, neighbours: list[tuple[str, float]]) -> str:
    """Return a word and its neighbours, cosines aligned."""
    neighbours = [(printable(other), cosine) for other, cosine in neighbours]
    width = max((columns(other) for other, _ in neighbours), default=0)
    rows = [
        f"  {other}{' ' * (width - columns(other))}  {styled(f'{cosine:6.3f}', DIM)}" for other, cosine in neighbours
    ]
    return "\n".join([styled(word, BOLD), *rows])


def format_scores(scores: "Scores") -> str:
    """Return a table of the scores: one line per file, and for analogies one per section."""
    tables = []
    if scores.similarity:
        rows = [["similarity", "spearman", "covered", "pairs"]]
        for s in scores.similarity:
            rows.append([s.file, format_score(s.spearman), f"{s.covered:,}", f"{s.pairs:,}"])
            if s.composed:
                both = [format_score(s.composed.spearman), f"{s.composed.covered:,}", f"{s.pairs:,}"]
                rows.append(["  with words outside the vocabulary", *both])
        tables.append(aligned(rows))
    if scores.analogies:
        rows = [["analogies", "accuracy", "correct", "covered", "total"]]
        for file in scores.analogies:
            rows.append(format_analogies(file.file, file))
            rows += [format_analogies(f"  {section.name or '(no section)'}", section) for section in file.sections]
        tables.append(aligned(rows))
    if scores.next:
        tables.append(format_next(scores.next))
    return "\n\n".join(tables)


def format_next(next: "NextItemScores") -> str:
    """Return a table of how high the next items are ranked, by the vectors and by the counts alone."""
    is_single = next.vectors.sampled is not None
    rows = [[next.file, f"{'HR' if is_single else 'recall'}@{next.k}", f"NDCG@{next.k}", "MRR"]]
    for among, kind in (("100 sampled items", "sampled"), ("all items", "full")):
        for scorer in ("vectors", "popularity"):
            if (found := getattr(getattr(next, scorer), kind)) is not None:
                rows.append([f"  {scorer}, among {among}", *map(format_score, (found.hr, found.ndcg, found.mrr))])
    if is_single:
        notes = [f"{next.people:,} people; the next item of {next.unknown:,} has no vector"]
    else:
        notes = [f"{next.people:,} people; {next.unknown:,} of their {next.items:,} next items have no vector"]
    if next.left_out:
        notes.append(f"{next.left_out:,} left out, with no earlier items" + ("" if is_single else " or no next ones"))
    notes.append(
        f"history {next.history}, decay {next.decay:g}, prior {next.prior:g}"
        + (f", line weight {next.line_weight:g}" if next.line_weight else "")
    )
    return "\n".join([aligned(rows), *notes])


def format_scores_line(scores: "Scores") -> str:
    """Return the score of each file, on one line."""
    named = [(item.file, item.spearman) for item in scores.similarity]
    named += [(item.file, item.accuracy) for item in scores.analogies]
    return ", ".join(f"{Path(file).name} {format_score(value)}" for file, value in named)


def format_analogies(name: str, part: "Analogies | Section") -> list[str]:
    """Return a line of the table of analogies."""
    return [name, format_score(part.accuracy), f"{part.correct:,}", f"{part.covered:,}", f"{part.total:,}"]


def warn_of_none(scores: "Scores") -> None:
    """Print for each file without a score why it has none."""
    for pairs in scores.similarity:
        if pairs.spearman is None:
            why = "have the same score or cosine" if pairs.covered > 1 else "has both words in the vocabulary"
            which = f"all {pairs.covered:,} covered" if pairs.covered > 1 else "one" if pairs.covered else "none"
            print_status(f"{pairs.file} has no score: {which} of its {pairs.pairs:,} pairs {why}")
    for questions in scores.analogies:
        if questions.accuracy is None:
            print_status(
                f"{questions.file} has no score: none of its {questions.total:,} questions has all four words in the "
                "vocabulary; a larger --restrict includes more words"
            )


def format_score(value: float | None) -> str:
    """Return a score as it is shown."""
    return "-" if value is None else f"{value:.4f}"


def format_summary(summary: dict[str, Any]) -> str:
    """Return what `summarize` found, one line per fact."""
    settings = summary["settings"] or {}
    norms, counts, ngrams = summary["norms"], summary["counts"], summary.get("ngrams", {})
    rows = [
        ("format", summary["format"]),
        ("words", f"{summary['words']:,}"),
        ("dim", f"{summary['dim']:,}"),
        ("counts", f"{counts[0]:,} to {counts[1]:,}, {summary['tokens']:,} in all" if counts else "not known"),
        ("lengths", f"{norms[0]:.4g} to {norms[1]:.4g}" if norms else "not finite"),
        ("NaN", f"{summary['nan']:,}"),
        ("first words", " ".join(summary["first"])),
        ("output rows", "yes" if summary["output"] else "no"),
        *((f"n-grams, {name}", f"{value:,}" if isinstance(value, int) else value) for name, value in ngrams.items()),
        *((name, json.dumps(value, ensure_ascii=False)) for name, value in settings.items() if name != "settings"),
        *((name, json.dumps(value)) for name, value in dict(settings.get("settings") or {}).items()),
    ]
    width = max(len(name) for name, _ in rows)
    return "\n".join(printable(f"{name:{width}}  {value}") for name, value in rows)
