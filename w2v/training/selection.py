"""Decides from the score of each epoch which epoch's rows a run keeps, and when the run stops early."""

from dataclasses import dataclass, replace

import numpy as np

from w2v.training.weights import Embeddings


@dataclass
class Selection:
    """The best epoch so far, by score; higher is better."""

    keep_best: bool = False
    """Whether the run ends with the rows of the best epoch; the run keeps a copy of them until then."""
    patience: int | None = None
    """The run stops if the best score is this many epochs old; None means never."""
    each_epoch: bool = False
    """Whether each epoch is scored, even if nothing depends on the scores."""
    is_over: bool = False
    """Whether the run should stop."""
    _epoch: int = 0
    _best: tuple[float, int] | None = None
    """The best score and its epoch."""
    _rows: Embeddings | None = None

    @property
    def is_used(self) -> bool:
        """Whether scores decide anything."""
        return self.keep_best or self.patience is not None

    @property
    def pauses(self) -> bool:
        """Whether the threads wait while an epoch is scored, so that no epoch is skipped, however short it is."""
        return self.is_used or self.each_epoch

    def add(self, epoch: int, score: float | None, rows: Embeddings) -> None:
        """Receive the score and the rows of an epoch; epochs count from 1. A score of None is worse than any number."""
        self._epoch = epoch
        if self._best is None:
            self._best = -np.inf, epoch
        if score is not None and score > self._best[0]:
            self._best = score, epoch
            if self.keep_best:
                self._rows = _copied(rows, self._rows)
        self.is_over = self.patience is not None and epoch - self._best[1] >= self.patience

    def chosen(self, last: Embeddings) -> Embeddings:
        """Return the rows of the best epoch, or of the last epoch if no epoch has a score or rows are not kept."""
        return last if self._rows is None else self._rows

    def summary(self, epochs: int) -> str:
        """Return a message about where the run stopped and whose rows it keeps; "" if there is nothing to say."""
        parts = []
        if self.is_over:
            parts.append(
                f"stopped after epoch {self._epoch} of {epochs}: the best score is {self.patience} "
                f"epoch{'s' * (self.patience != 1)} old"
            )
        if self._rows is not None and self._best is not None:
            parts.append(f"kept the vectors of epoch {self._best[1]}, which has the best score, {self._best[0]:.4f}")
        return "; ".join(parts)


def _copied(rows: Embeddings, buffer: Embeddings | None) -> Embeddings:
    """Return a copy of rows, written into the buffer of an earlier copy if there is one."""
    matrices = {name: array for name in ("input", "output", "lines") if (array := getattr(rows, name)) is not None}
    if buffer is None:
        return replace(rows, **{name: array.copy() for name, array in matrices.items()})
    for name, array in matrices.items():
        np.copyto(getattr(buffer, name), array)
    return buffer
