"""Progress on standard error: bars on a terminal, lines elsewhere."""

import math
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from w2v.commands.report import format_scores_line, format_trial
from w2v.commands.screen import print_status

if TYPE_CHECKING:
    from tqdm import tqdm

    from w2v.evaluation.scores import Scores
    from w2v.text.encoding import ScanReport
    from w2v.text.phrases import StageReport
    from w2v.training.schedule import Progress
    from w2v.tuning.search import Search, SearchReport

LINE_EVERY_S = 5.0


class ReportScores(Protocol):
    """Called with the progress of a run, and with the scores of its vectors if there are new ones."""

    def __call__(self, now: "Progress", scores: "Scores | None" = None) -> None:
        """Show it."""


class Pace:
    """The time that is left, from the speed of this process.

    What was done before the first report, by an earlier run, does not count, nor the time until the share first grows,
    in which kernels are compiled.
    """

    def __init__(self) -> None:
        self.first: tuple[float, float] | None = None
        """The share done before it first grew, and when that was last so."""

    def seconds_left(self, share: float | None, now: float) -> float | None:
        """Return the seconds that are left when this share is done; None if it is not known yet."""
        if share is None:
            return None
        if share >= 1:
            return 0.0
        if self.first is None or share <= self.first[0]:
            self.first = share, now
            return None
        before, began = self.first
        return (now - began) * (1 - share) / (share - before)


class Bar:
    """Progress on standard error: a bar on a terminal, else a line every few seconds and at the end."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.bar: tqdm[Any] | None = None
        self.line = ""
        self.pace = Pace()
        self.last_line = self.began = time.perf_counter()

    def show(self, fraction: float | None, text: str) -> None:
        """Show how much is done (None where that is unknown), with a text next to it."""
        now = time.perf_counter()
        left = self.pace.seconds_left(fraction, now)
        if sys.stderr.isatty():
            with suppress(OSError):
                self._draw(fraction, text, left)
            return
        done = "" if fraction is None else f" {fraction:4.0%}"
        self.line = f"{self.label}{done}  {text}" + (f", {left:.0f} s left" if left else "")
        if now - self.last_line >= LINE_EVERY_S:
            self.last_line = now
            self._print_line()

    def _draw(self, fraction: float | None, text: str, left: float | None) -> None:
        from tqdm import tqdm

        remaining = "?" if left is None else tqdm.format_interval(left)
        share = "" if fraction is None else "{percentage:3.0f}%|{bar}| "
        bar_format = f"{self.label} {share}{{desc}} [{{elapsed}}{'' if fraction is None else f'<{remaining}'}]"
        if self.bar is None:
            # Asked here, because tqdm takes the 0 x 0 that some terminals answer for the truth and draws nothing.
            ncols, nrows = shutil.get_terminal_size()
            self.bar = tqdm(total=1.0, desc=text, bar_format=bar_format, ncols=ncols, nrows=nrows)
        self.bar.bar_format = bar_format
        self.bar.set_description_str(text, refresh=False)
        self.bar.update((fraction or 0.0) - self.bar.n)

    def print_above(self, message: str) -> None:
        """Print a line above the bar."""
        if self.bar is not None:
            self.bar.clear()
        print_status(message)

    def _print_line(self) -> None:
        if self.line:
            print_status(self.line)
            self.line = ""

    @contextmanager
    def drawn(self) -> Iterator["Bar"]:
        """Finish with the last state shown, or on an error leave the screen as it is."""
        try:
            yield self
            self._print_line()
        finally:
            if self.bar is not None:
                with suppress(OSError):
                    self.bar.refresh()
                    self.bar.close()


@contextmanager
def scan_progress(quiet: bool) -> "Iterator[ScanReport | None]":
    """Yield a function that shows the progress of reading."""
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
    """Yield a function that shows the search for phrases, with a bar for each stage."""
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
def training_progress(quiet: bool) -> "Iterator[ReportScores]":
    """Yield a function that writes progress and scores to the screen."""
    last_loss = 0.0
    with Bar("train").drawn() as bar:

        def report(now: "Progress", scores: "Scores | None" = None) -> None:
            nonlocal last_loss
            last_loss = now.loss
            if scores and not quiet:
                bar.print_above(f"scores at {now.progress:.0%}, epoch {now.epoch}: {format_scores_line(scores)}")
            if not quiet:
                loss = "" if math.isnan(now.loss) else f", loss {now.loss:.3f}"
                n_nodes = len(getattr(now, "nodes", ()))
                nodes = f", {n_nodes} nodes" if n_nodes > 1 else ""
                bar.show(now.progress, f"{now.words_per_s / 1e6:.2f} M words/s, lr {now.lr:.4f}{loss}{nodes}")

        yield report
    if math.isnan(last_loss) and not quiet:
        print_status("nothing was learned: no two words occur together; one word per line? --sample too small?")


@contextmanager
def tuning_progress(quiet: bool, n_trials: int) -> "Iterator[SearchReport | None]":
    """Yield a function that shows a search: a bar, and a line for each trial that is the best so far or failed."""
    if quiet:
        yield None
        return
    n_shown = 0
    with Bar("tune ").drawn() as bar:

        def report(search: "Search", share: float) -> None:
            nonlocal n_shown
            for trial in search.trials[n_shown:]:
                if trial is search.best or trial.score is None:
                    bar.print_above(format_trial(trial))
            n_shown = len(search.trials)
            best = "" if search.best is None else f", best {search.best.score:.4f}"
            bar.show(share, f"{n_shown:,} of {n_trials:,} trials{best}")

        yield report
