"""What one can follow a run by from Python: bars, with `progress=True`, and the logger `w2v`."""

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tqdm import tqdm

    from w2v.text.encoding import Encoded, ScanReport
    from w2v.training.loop import TrainReport
    from w2v.training.schedule import Progress

LOGGER = logging.getLogger("w2v")
LOG_EVERY_S = 5.0
"""Seconds between two lines of the log while a run trains."""


@contextmanager
def following(
    progress: bool, report: "TrainReport | None" = None
) -> "Iterator[tuple[ScanReport | None, TrainReport | None]]":
    """Yield what is to be called while a corpus is read, and while a run trains.

    Args:
        progress: whether to draw bars: on standard error, in a notebook as widgets.
        report: the caller's own, called too.
    """
    with _Bars() as bars:
        listeners = [report] if report is not None else []
        listeners += [bars.show_training] if progress else []
        listeners += [_Lines()] if LOGGER.isEnabledFor(logging.INFO) else []

        def report_all(now: "Progress") -> None:
            for listener in listeners:
                listener(now)

        yield bars.show_reading if progress else None, report_all if listeners else None


def log_corpus(encoded: "Encoded") -> None:
    """Log how many tokens were read and how many words were kept."""
    share = 100 * encoded.tokens_kept / encoded.tokens_read
    LOGGER.info(
        "%s tokens read; %s words cover %.1f%% of them", f"{encoded.tokens_read:,}", f"{len(encoded.vocab):,}", share
    )


def describe(now: "Progress") -> str:
    """Return the speed, learning rate and loss of a run, as a bar and the log show them."""
    loss = "" if math.isnan(now.loss) else f", loss {now.loss:.3f}"
    return f"{now.words_per_s / 1e6:.2f} M words/s, lr {now.lr:.4f}{loss}"


class _Lines:
    """Writes to the log every few seconds, and at the end."""

    def __init__(self) -> None:
        self.logged_s = -math.inf

    def __call__(self, now: "Progress") -> None:
        """Log a line, if the last one is some time ago."""
        if now.progress == 1 or now.seconds - self.logged_s >= LOG_EVERY_S:
            self.logged_s = now.seconds
            LOGGER.info("epoch %d, %.0f%%: %s", now.epoch, 100 * now.progress, describe(now))


class _Bars:
    """A bar for the reading, and after it one for the training."""

    def __init__(self) -> None:
        self.bar: tqdm[Any] | None = None
        self.label = ""

    def show_reading(self, done: int, total: int | None) -> None:
        """Show how many bytes were read; `total` is None where nobody knows it."""
        bar = self._of("read", total=total, unit="B", unit_scale=True)
        bar.update(done - bar.n)

    def show_training(self, now: "Progress") -> None:
        """Show how far a run is."""
        bar = self._of("train", total=1.0, bar_format="{l_bar}{bar}| [{elapsed}<{remaining}{postfix}]")
        bar.set_postfix_str(describe(now), refresh=False)
        bar.update(now.progress - bar.n)

    def _of(self, label: str, **options: Any) -> "tqdm[Any]":  # noqa: ANN401
        """Return the bar of this label; the one before it ends."""
        if self.bar is None or self.label != label:
            from tqdm.auto import tqdm

            self.close()
            self.bar, self.label = tqdm(desc=label, **options), label
        return self.bar

    def close(self) -> None:
        """Leave the bar as it is."""
        if self.bar is not None:
            self.bar.close()
            self.bar = None

    def __enter__(self) -> "_Bars":
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self.close()
