"""The Reporter of the command line: lines and bars on standard error."""

import shutil
import sys
import time
from contextlib import AbstractContextManager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from w2v.base.errors import as_flags
from w2v.commands.interrupts import INTERRUPTS
from w2v.commands.screen import FLAGS, print_status
from w2v.reports import Progress, Reporter

if TYPE_CHECKING:
    from tqdm import tqdm

LINE_EVERY_S = 5.0


class Pace:
    """The time that is left, from the speed of this process.

    What was done before the first report, by an earlier run, does not count, nor the time until the share first grows,
    in which kernels are compiled.
    """

    def __init__(self) -> None:
        self.first: tuple[float, float] | None = None  # The share before it first grew, and when

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

    def __init__(self, label: str, began: float) -> None:
        self.label, self.began = label, began
        self.bar: tqdm[Any] | None = None
        self.line = ""
        self.pace = Pace()
        self.last_line = time.perf_counter()

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

    def end(self) -> None:
        """Leave the last state on the screen."""
        self._print_line()
        if self.bar is not None:
            with suppress(OSError):
                self.bar.refresh()
                self.bar.close()
            self.bar = None

    def _print_line(self) -> None:
        if self.line:
            print_status(self.line)
            self.line = ""


class TerminalReporter(Reporter):
    """Prints facts and warnings, and draws one bar after the other."""

    shown = staticmethod(partial(as_flags, flags=FLAGS))

    def __init__(self, quiet: bool = False) -> None:
        """Take whether to print only warnings."""
        self.quiet = quiet
        self.bar: Bar | None = None
        self.bar_ended = time.perf_counter()  # When the last bar ended; the next bar measures speed from here

    def warning(self, message: str) -> None:
        """Print a line above the bar."""
        self._print(message)

    def info(self, message: str) -> None:
        """Print a line, after the bar of the reading or above that of the training."""
        if self.bar is not None and self.bar.label not in ("train", "tune "):
            self._end_bar()
        if message and not self.quiet:
            self._print(message)

    def reading(self, done: int, total: int | None) -> None:
        """Draw the bytes read."""
        if not self.quiet:
            bar = self._bar_of("read ")
            seconds = time.perf_counter() - bar.began
            bar.show(done / total if total else None, f"{done / 1e6:,.1f} MB, {done / 1e6 / seconds:,.0f} MB/s")

    def joining(self, stage: str, done: int, total: int | None) -> None:
        """Draw the tokens of a stage."""
        if not self.quiet:
            bar = self._bar_of(f"{stage:5}")
            seconds = time.perf_counter() - bar.began
            bar.show(done / total if total else None, f"{done / 1e6 / seconds:,.1f} M tokens/s")

    def compiling(self) -> None:
        """Say why nothing happens for some seconds."""
        self.info("compiling kernels, once on this machine")

    def training(self, now: Progress) -> None:
        """Draw how far the run is."""
        if not self.quiet:
            n_nodes = len(getattr(now, "nodes", ()))
            self._bar_of("train").show(now.progress, now.pace + (f", {n_nodes} nodes" if n_nodes > 1 else ""))
            if now.progress == 1:
                self._end_bar()

    def scored(self, now: Progress, scores: str) -> None:
        """Print the scores above the bar."""
        if not self.quiet:
            self._print(f"scores at {now.progress:.0%}, epoch {now.epoch}: {scores}")

    def searching(self, share: float, state: str) -> None:
        """Draw how far the search is."""
        if not self.quiet:
            self._bar_of("tune ").show(share, state)

    def placing(self, share: float) -> None:
        """Draw the share of a map that is done."""
        if not self.quiet:
            self._bar_of("place").show(share, "t-SNE")

    def saving(self, path: str | Path) -> None:
        """End the bar of the training."""
        self._end_bar()

    def interruptible(self, ends: str, loses: str) -> AbstractContextManager[None]:
        """Say at an interrupt what it does."""
        return INTERRUPTS.during(ends, loses)

    def close(self) -> None:
        """Leave the screen as it is."""
        if self.bar is not None and sys.exc_info()[0] is not None:
            self.bar.line = ""
        self._end_bar()

    def _print(self, message: str) -> None:
        if self.bar is not None and self.bar.bar is not None:
            self.bar.bar.clear()
        print_status(message)

    def _bar_of(self, label: str) -> Bar:
        """Return the bar of this label; the one before it ends."""
        if self.bar is None or self.bar.label != label:
            self._end_bar()
            self.bar = Bar(label, self.bar_ended)
        return self.bar

    def _end_bar(self) -> None:
        if self.bar is not None:
            self.bar.end()
            self.bar, self.bar_ended = None, time.perf_counter()
