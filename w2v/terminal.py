"""What a command shows: lines and bars on standard error, tables on standard output, the log of a run."""

import errno
import json
import math
import os
import shutil
import sys
import time
import unicodedata
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from w2v.errors import W2VError, printable

if TYPE_CHECKING:
    from tqdm import tqdm

    from w2v.encoding import Encoded, ScanReport
    from w2v.evaluation import Analogies, Scores, Section
    from w2v.phrasing import Phrases, StageReport
    from w2v.ranking import Next
    from w2v.schedule import Progress
    from w2v.tuning import Search, SearchReport, Trial

BOLD, DIM = "1", "2"
"""Styles of a terminal, as ANSI X3.64 numbers them."""

LINE_EVERY_S = 5.0
LOG_EVERY, LOG_EVERY_S = 0.001, 60.0
"""A log line for each thousandth of a run, and at least one a minute."""


class ReportScores(Protocol):
    """What shows how far a run is, and how its vectors score where they have been scored."""

    def __call__(self, now: "Progress", scores: "Scores | None" = None) -> None:
        """Show it."""


def say(message: str) -> None:
    """Print a line to standard error, where there still is one: a run outlives its terminal."""
    with suppress(OSError):
        print(f"w2v: {printable(message)}", file=sys.stderr, flush=True)


class Bar:
    """Progress on standard error: a bar on a terminal, else a line every few seconds and at the end."""

    def __init__(self, label: str) -> None:
        """Draw nothing yet."""
        self.label = label
        self.bar: tqdm[Any] | None = None
        self.line = ""
        self.spoke = self.began = time.perf_counter()

    def show(self, fraction: float | None, text: str) -> None:
        """Show how much is done (None where that is unknown), and a text beside it."""
        if sys.stderr.isatty():
            with suppress(OSError):
                self._draw(fraction, text)
            return
        now = time.perf_counter()
        done = "" if fraction is None else f" {fraction:4.0%}"
        left = f", {(now - self.began) * (1 / fraction - 1):.0f} s left" if fraction and fraction < 1 else ""
        self.line = f"{self.label}{done}  {text}{left}"
        if now - self.spoke >= LINE_EVERY_S:
            self.spoke = now
            self._say_line()

    def _draw(self, fraction: float | None, text: str) -> None:
        if self.bar is None:
            from tqdm import tqdm

            parts = (
                "{desc} [{elapsed}]" if fraction is None else "{percentage:3.0f}%|{bar}| {desc} [{elapsed}<{remaining}]"
            )
            # Asked here, because tqdm takes the 0 x 0 that some terminals answer for the truth and draws nothing.
            ncols, nrows = shutil.get_terminal_size()
            self.bar = tqdm(
                total=1.0,
                desc=text,
                bar_format=f"{self.label} {parts}",
                ncols=ncols,
                nrows=nrows,
            )
        self.bar.set_description_str(text, refresh=False)
        self.bar.update((fraction or 0.0) - self.bar.n)

    def say(self, message: str) -> None:
        """Print a line above the bar."""
        if self.bar is not None:
            self.bar.clear()
        say(message)

    def _say_line(self) -> None:
        if self.line:
            say(self.line)
            self.line = ""

    @contextmanager
    def drawn(self) -> Iterator["Bar"]:
        """Finish with the last state shown, or on an error leave the screen as it is."""
        try:
            yield self
            self._say_line()
        finally:
            if self.bar is not None:
                with suppress(OSError):
                    self.bar.refresh()
                    self.bar.close()


@contextmanager
def scan_progress(quiet: bool) -> "Iterator[ScanReport | None]":
    """Yield what reports the scan to the screen."""
    if quiet:
        yield None
        return
    with Bar("read ").drawn() as bar:
        yield partial(_show_bytes, bar)


def _show_bytes(bar: Bar, done: int, total: int | None) -> None:
    seconds = time.perf_counter() - bar.began
    bar.show(done / total if total else None, f"{done / 1e6:,.1f} MB, {done / 1e6 / seconds:,.0f} MB/s")


@contextmanager
def phrase_progress(quiet: bool) -> "Iterator[StageReport | None]":
    """Yield what reports the search for phrases to the screen, a bar for each of its stages."""
    if quiet:
        yield None
        return
    with ExitStack() as drawn:
        bar = drawn.enter_context(Bar("read ").drawn())

        def report(stage: str, done: int, total: int | None) -> None:
            nonlocal bar
            if bar.label != f"{stage:5}":
                drawn.close()
                bar = drawn.enter_context(Bar(f"{stage:5}").drawn())
            if stage == "read":
                _show_bytes(bar, done, total)
            else:
                seconds = time.perf_counter() - bar.began
                bar.show(done / total if total else None, f"{done / 1e6 / seconds:,.1f} M tokens/s")

        yield report


@contextmanager
def training_progress(
    quiet: bool, log_json: Path | None, rows: list[dict[str, Any]] | None = None
) -> "Iterator[ReportScores]":
    """Yield what reports training, and scores, to the screen and to the log, which begins with the rows there are.

    New rows are added to `rows`.
    """
    rows = [] if rows is None else rows
    last_loss = 0.0
    with Bar("train").drawn() as bar, Log(log_json) as log:
        for row in rows:
            log.write(row)

        def report(now: "Progress", scores: "Scores | None" = None) -> None:
            nonlocal last_loss
            last_loss = now.loss
            if scores and not quiet:
                bar.say(f"scores at {now.progress:.0%}, epoch {now.epoch}: {scores_line(scores)}")
            if not quiet:
                loss = "" if math.isnan(now.loss) else f", loss {now.loss:.3f}"
                bar.show(now.progress, f"{now.words_per_s / 1e6:.2f} M words/s, lr {now.lr:.4f}{loss}")
            last = rows[-1] if rows else {"progress": -1.0, "seconds": 0.0}
            due = now.progress - last["progress"] >= LOG_EVERY or now.seconds - last["seconds"] >= LOG_EVERY_S
            if due or scores or (now.progress == 1 and last["progress"] < 1):
                row = {key: None if math.isnan(value) else value for key, value in asdict(now).items()}
                rows.append(row | (scores.as_dict() if scores else {}))
                log.write(rows[-1])

        yield report
    if math.isnan(last_loss) and not quiet:
        say("nothing was learned: no two words met; one word a line? --sample too small?")


@contextmanager
def tuning_progress(quiet: bool, n_trials: int) -> "Iterator[SearchReport | None]":
    """Yield what reports a search to the screen: a bar, and a line for each trial that is the best so far or failed."""
    if quiet:
        yield None
        return
    n_shown = 0
    with Bar("tune ").drawn() as bar:

        def report(search: "Search", share: float) -> None:
            nonlocal n_shown
            for trial in search.trials[n_shown:]:
                if trial is search.best or trial.score is None:
                    bar.say(trial_line(trial))
            n_shown = len(search.trials)
            best = "" if search.best is None else f", best {search.best.score:.4f}"
            bar.show(share, f"{n_shown:,} of {n_trials:,} trials{best}")

        yield report


def trial_line(trial: "Trial") -> str:
    """Return what a trial tried and what came of it."""
    settings = ", ".join(f"{name} {value}" for name, value in trial.settings.items())
    score = "failed" if trial.score is None else f"{trial.score:.4f}"
    return f"trial {trial.number}: {score} with {settings}"


def describe_search(search: "Search") -> None:
    """Say what a search has found."""
    first, best = search.trials[0], search.best
    if best is not None:
        base = f"trial 0, with the base settings: {figure(first.score)}"
        found = "no other is better" if best is first else f"trial {best.number}, the best: {figure(best.score)}"
        say(f"{search.goal.name} of {base}; {found}")


class Log:
    """The log of a run, a JSON object a line.

    Where it cannot be written any more, by a full disk for one, the run is worth more: it goes on, and one
    line says so. The lines that are in the log are whole.
    """

    def __init__(self, path: Path | None) -> None:
        """Open the file; without one nothing is kept.

        Raises:
            W2VError: it cannot be opened.
        """
        self.path, self.whole = path, 0
        try:
            self.file = None if path is None else path.open("wb", buffering=0)
        except OSError as error:
            raise W2VError(f"cannot write {path}: {error.strerror}") from error

    def write(self, row: dict[str, Any]) -> None:
        """Add a line."""
        if self.file is None:
            return
        line = f"{json.dumps(row)}\n".encode()
        try:
            if self.file.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self.whole += len(line)
        except OSError as error:
            say(f"cannot write {self.path}: {error.strerror}; training goes on without a log")
            with suppress(OSError):  # a device
                self.file.truncate(self.whole)
            self.close()

    def close(self) -> None:
        """Write no more."""
        if self.file is not None:
            with suppress(OSError):
                self.file.close()
            self.file = None

    def __enter__(self) -> "Log":
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self.close()


def describe(encoded: "Encoded", reused: bool) -> None:
    """Say what became of the tokens."""
    share = 100 * encoded.tokens_kept / encoded.tokens_read
    if reused:
        say(
            f"{encoded.tokens_read:,} tokens, of which the vocabulary covers {share:.1f}%; "
            f"{encoded.tokens_read - encoded.tokens_kept:,} were dropped"
        )
    else:
        say(
            f"{encoded.tokens_read:,} tokens; kept {len(encoded.vocab):,} of {encoded.types_read:,} distinct words, "
            f"{share:.1f}% of the tokens"
        )
    if encoded.dropped_count:
        say(
            f"too many distinct words: those seen up to {encoded.dropped_count:,} times were dropped as they came, "
            "so that counts may be too low and depend on --threads; a larger --max-types keeps them"
        )
    describe_flaws(encoded)


def describe_flaws(encoded: "Encoded") -> None:
    """Say what was wrong with the text."""
    if encoded.tokens_mended:
        say(f"{encoded.tokens_mended:,} tokens had bytes that are not UTF-8; those became U+FFFD")
    if encoded.rows_empty:
        rows = "1 row" if encoded.rows_empty == 1 else f"{encoded.rows_empty:,} rows"
        say(f"passed over {rows} with nothing in the column")


def describe_phrases(phrases: "Phrases") -> None:
    """Say what was joined."""
    read, n = phrases.encoded.tokens_read, len(phrases.found)
    say(
        f"{n:,} phrase{'s' * (n != 1)} joined {read - phrases.tokens_written:,} times: "
        f"{read:,} tokens became {phrases.tokens_written:,}"
    )
    most = sorted(phrases.found, key=lambda phrase: -phrase.count)[:5]
    if most:
        say(f"most often {', '.join(phrase.phrase for phrase in most)}")
    else:
        say("no pair of words is a phrase: a lower --threshold or --min-count finds more")
    describe_flaws(phrases.encoded)


def table(word: str, neighbours: list[tuple[str, float]]) -> str:
    """Return a word and its neighbours, cosines aligned."""
    width = max((columns(other) for other, _ in neighbours), default=0)
    rows = [
        f"  {other}{' ' * (width - columns(other))}  {styled(f'{cosine:6.3f}', DIM)}" for other, cosine in neighbours
    ]
    return "\n".join([styled(word, BOLD), *rows])


def styled(text: str, style: str) -> str:
    """Return a text for standard output, styled where that is a terminal that can show it and NO_COLOR is not set."""
    able = os.environ.get("TERM", "dumb") != "dumb" or "WT_SESSION" in os.environ  # the latter is Windows Terminal
    if not (able and sys.stdout.isatty()) or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{style}m{text}\x1b[0m"


def scores_table(scores: "Scores") -> str:
    """Return a table of the scores: a line a file, and for analogies one for each section below it."""
    tables = []
    if scores.similarity:
        rows = [["similarity", "spearman", "covered", "pairs"]]
        rows += [[s.file, figure(s.spearman), f"{s.covered:,}", f"{s.pairs:,}"] for s in scores.similarity]
        tables.append(aligned(rows))
    if scores.analogies:
        rows = [["analogies", "accuracy", "correct", "covered", "total"]]
        for file in scores.analogies:
            rows.append(analogy_cells(file.file, file))
            rows += [analogy_cells(f"  {section.name or '(no section)'}", section) for section in file.sections]
        tables.append(aligned(rows))
    if scores.next:
        tables.append(next_table(scores.next))
    return "\n\n".join(tables)


def next_table(next: "Next") -> str:
    """Return a table of how high the next items stand, by the vectors and by the counts alone."""
    rows = [[next.file, f"HR@{next.k}", f"NDCG@{next.k}", "MRR"]]
    for among, kind in (("100 sampled items", "sampled"), ("all items", "full")):
        for scorer in ("vectors", "popularity"):
            found = getattr(getattr(next, scorer), kind)
            rows.append([f"  {scorer}, among {among}", *map(figure, (found.hr, found.ndcg, found.mrr))])
    facts = [f"{next.people:,} people, {next.unknown:,} of them with a next item without a vector"]
    if next.left_out:
        facts.append(f"{next.left_out:,} left out, with nothing before it")
    facts.append(f"history {next.history}, decay {next.decay:g}, prior {next.prior:g}")
    return "\n".join([aligned(rows), *facts])


def scores_line(scores: "Scores") -> str:
    """Return the score of each file, on one line."""
    named = [(item.file, item.spearman) for item in scores.similarity]
    named += [(item.file, item.accuracy) for item in scores.analogies]
    return ", ".join(f"{Path(file).name} {figure(value)}" for file, value in named)


def analogy_cells(name: str, part: "Analogies | Section") -> list[str]:
    """Return a line of the table of analogies."""
    return [name, figure(part.accuracy), f"{part.correct:,}", f"{part.covered:,}", f"{part.total:,}"]


def warn_of_none(scores: "Scores") -> None:
    """Say of each file that has no score why it has none."""
    for pairs in scores.similarity:
        if pairs.spearman is None:
            why = "have the same score or cosine" if pairs.covered > 1 else "has both words in the vocabulary"
            which = f"all {pairs.covered:,} covered" if pairs.covered > 1 else "one" if pairs.covered else "none"
            say(f"{pairs.file} has no score: {which} of its {pairs.pairs:,} pairs {why}")
    for questions in scores.analogies:
        if questions.accuracy is None:
            say(
                f"{questions.file} has no score: none of its {questions.total:,} questions has all four words in the "
                "vocabulary; a larger --restrict takes in more of it"
            )


def figure(value: float | None) -> str:
    """Return a score as it is shown."""
    return "-" if value is None else f"{value:.4f}"


def aligned(rows: list[list[str]]) -> str:
    """Return rows as text, the first column to the left and the others to the right."""
    widths = [max(map(columns, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [" " * (width - columns(cell)) + cell for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join([first + " " * (widths[0] - columns(first)), *cells]))
    return "\n".join(lines)


def facts(summary: dict[str, Any]) -> str:
    """Return what `summarize` tells, a line a fact."""
    settings = summary["settings"] or {}
    norms, counts = summary["norms"], summary["counts"]
    rows = [
        ("format", summary["format"]),
        ("words", f"{summary['words']:,}"),
        ("dim", f"{summary['dim']:,}"),
        ("counts", f"{counts[0]:,} to {counts[1]:,}, {summary['tokens']:,} in all" if counts else "not known"),
        ("lengths", f"{norms[0]:.4g} to {norms[1]:.4g}" if norms else "not finite"),
        ("NaN", f"{summary['nan']:,}"),
        ("first words", " ".join(summary["first"])),
        ("output rows", "yes" if summary["output"] else "no"),
        *((name, json.dumps(value, ensure_ascii=False)) for name, value in settings.items() if name != "settings"),
        *((name, json.dumps(value)) for name, value in dict(settings.get("settings") or {}).items()),
    ]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:{width}}  {value}" for name, value in rows)


def columns(text: str) -> int:
    """Return the width of a text on a terminal."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.category(c) in ("Mn", "Me", "Cf") for c in text)
