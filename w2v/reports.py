"""Reporter: what an operation tells its caller while it runs.

Every function of `w2v.api` takes a Reporter. Python users get `PythonReporter` by default: `warnings`, the logger `w2v`
and, with progress=True, bars. The command line has its own in `w2v.commands.terminal`.
"""

import logging
import math
import sys
import warnings
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from w2v.base.errors import W2VWarning, as_keywords, without_secrets

if TYPE_CHECKING:
    from tqdm import tqdm

LOGGER = logging.getLogger("w2v")
LOG_EVERY_S = 5.0  # Seconds between two lines of the log while a run trains
PACKAGE = str(Path(__file__).parent)
SHARE = "{l_bar}{bar}| [{elapsed}<{remaining}{postfix}]"  # The bar of a share that is done, in the notation of tqdm


@dataclass(frozen=True)
class Progress:
    """How far a run is: what bars show and the log holds."""

    epoch: int
    """The epoch last begun, from 1."""
    progress: float
    """Share of the run that is done, 0 to 1."""
    words_per_s: float
    """Tokens of the vocabulary read per second, those that subsampling drops included."""
    lr: float
    """The learning rate now."""
    loss: float
    """Mean loss of a (center, context) pair over the sampled centers of the epoch; NaN before the first."""
    seconds: float
    """Time that training has taken, the part before a resume included."""

    @property
    def pace(self) -> str:
        """The speed, the learning rate and the loss, in words."""
        loss = "" if math.isnan(self.loss) else f", loss {self.loss:.3f}"
        return f"{self.words_per_s / 1e6:.2f} M words/s, lr {self.lr:.4f}{loss}"


class Reporter(AbstractContextManager["Reporter"]):
    """Is told what an operation does. Each method does nothing; override those that you want to show.

    Examples:
        >>> class Shares(Reporter):
        ...     def training(self, now):
        ...         print(now.progress)
    """

    shown = staticmethod(as_keywords)
    """How names of settings are shown in messages: as keywords of Python."""

    def warn(self, message: str) -> None:
        """Report what `warning` is for; names of settings in the message come from `w2v.base.errors.option`."""
        self.warning(self.shown(without_secrets(message)))

    def tell(self, message: str) -> None:
        """Report what `info` is for."""
        self.info(self.shown(without_secrets(message)))

    def warning(self, message: str) -> None:
        """Data was dropped or changed, or a result is not what it may seem."""

    def info(self, message: str) -> None:
        """A fact about the operation: what was read, what was written."""

    def reading(self, done: int, total: int | None) -> None:
        """So many bytes of the corpus are read, of so many (None if not known)."""

    def joining(self, stage: str, done: int, total: int | None) -> None:
        """So many tokens are done in a stage of the search for phrases: count, join or write."""

    def compiling(self) -> None:
        """Kernels are being compiled, which takes seconds, once on this machine."""

    def training(self, now: Progress) -> None:
        """Called about four times a second while a run trains, and at its end."""

    def scored(self, now: Progress, scores: str) -> None:
        """The vectors were scored, after an epoch or at the end; `scores` has the score of each file, in words."""

    def searching(self, share: float, state: str) -> None:
        """This share of a search for settings is done; called about four times a second and after each trial."""

    def placing(self, share: float) -> None:
        """The words of a large map are being placed, and this share of that is done."""

    def saving(self, path: str | Path) -> None:
        """A file of results is being written."""

    def interruptible(self, ends: str, loses: str) -> AbstractContextManager[None]:
        """Return a context for a part of the operation that ends in order after a KeyboardInterrupt.

        Args:
            ends: what happens after the first interrupt: "a checkpoint is saved in run".
            loses: what is lost if that is interrupted too.
        """
        return nullcontext()

    def close(self) -> None:
        """The operation is over."""

    def __exit__(self, *_: object) -> None:
        """End."""
        self.close()


class PythonReporter(Reporter):
    """Warns by `warnings`, logs to the logger `w2v`, and draws bars if asked."""

    def __init__(self, progress: bool = False) -> None:
        """Take whether to draw bars: on standard error, in a notebook as widgets."""
        self.progress = progress
        self.bar: tqdm[Any] | None = None
        self.label = ""
        self.logged_s = -math.inf

    def warning(self, message: str) -> None:
        """Warn, in the name of the first caller outside of w2v."""
        warn(message)

    def info(self, message: str) -> None:
        """Log."""
        LOGGER.info("%s", message)

    def reading(self, done: int, total: int | None) -> None:
        """Draw the bytes read."""
        self._show("read", done, total=total, unit="B", unit_scale=True)

    def joining(self, stage: str, done: int, total: int | None) -> None:
        """Draw the tokens of a stage."""
        self._show(stage, done, total=total, unit=" tokens", unit_scale=True)

    def compiling(self) -> None:
        """Log."""
        LOGGER.info("compiling kernels, once on this machine")

    def training(self, now: Progress) -> None:
        """Draw and log how far a run is."""
        self._show("train", now.progress, now.pace, total=1.0, bar_format=SHARE)
        if LOGGER.isEnabledFor(logging.INFO) and (now.progress == 1 or now.seconds - self.logged_s >= LOG_EVERY_S):
            self.logged_s = now.seconds
            LOGGER.info("epoch %d, %.0f%%: %s", now.epoch, 100 * now.progress, now.pace)

    def scored(self, now: Progress, scores: str) -> None:
        """Log the scores."""
        LOGGER.info("scores at %.0f%%, epoch %d: %s", 100 * now.progress, now.epoch, scores)

    def searching(self, share: float, state: str) -> None:
        """Draw the share of the search that is done."""
        self._show("tune", share, state, total=1.0, bar_format=SHARE)

    def placing(self, share: float) -> None:
        """Draw the share that is done."""
        self._show("place", share, total=1.0, bar_format=SHARE)

    def close(self) -> None:
        """Leave the bar as it is."""
        if self.bar is not None:
            self.bar.close()
            self.bar = None

    def _show(self, label: str, done: float, state: str = "", **options: Any) -> None:  # noqa: ANN401
        """Draw how much is done in the bar of this label; the bar before it ends."""
        if not self.progress:
            return
        if self.bar is None or self.label != label:
            from tqdm.auto import tqdm

            self.close()
            self.bar, self.label = tqdm(desc=label, **options), label
        if state:
            self.bar.set_postfix_str(state, refresh=False)
        self.bar.update(done - self.bar.n)


def warn(message: str) -> None:
    """Issue a W2VWarning that points to the first caller outside of this package."""
    level, frame = 1, sys._getframe()
    while frame is not None and frame.f_code.co_filename.startswith(PACKAGE):
        level, frame = level + 1, frame.f_back  # type: ignore[assignment]
    warnings.warn(as_keywords(without_secrets(message)), W2VWarning, stacklevel=level)
