"""How far a run is, on standard error: bars on a terminal, lines elsewhere."""

import math
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from w2v.commands.report import scores_line, trial_line
from w2v.commands.screen import say

if TYPE_CHECKING:
    from tqdm import tqdm

    from w2v.evaluation.scores import Scores
    from w2v.text.encoding import ScanReport
    from w2v.text.phrases import StageReport
    from w2v.training.schedule import Progress
    from w2v.tuning import Search, SearchReport

LINE_EVERY_S = 5.0


class ReportScores(Protocol):
    """What shows how far a run is, and how its vectors score where they have been scored."""

    def __call__(self, now: "Progress", scores: "Scores | None" = None) -> None:
        """Show it."""


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
def training_progress(quiet: bool) -> "Iterator[ReportScores]":
    """Yield what reports training, and scores, to the screen."""
    last_loss = 0.0
    with Bar("train").drawn() as bar:

        def report(now: "Progress", scores: "Scores | None" = None) -> None:
            nonlocal last_loss
            last_loss = now.loss
            if scores and not quiet:
                bar.say(f"scores at {now.progress:.0%}, epoch {now.epoch}: {scores_line(scores)}")
            if not quiet:
                loss = "" if math.isnan(now.loss) else f", loss {now.loss:.3f}"
                bar.show(now.progress, f"{now.words_per_s / 1e6:.2f} M words/s, lr {now.lr:.4f}{loss}")

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
