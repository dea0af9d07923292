"""Which epoch's rows a run keeps, and when it stops early: by the score of each epoch."""

from dataclasses import dataclass, replace

import numpy as np

from w2v.training.weights import Embeddings


@dataclass
class Selection:
    """The best epoch so far, by score; higher is better."""

    keep_best: bool = False
    """Whether the run ends with the rows of the best epoch, of which there is a copy meanwhile."""
    patience: int | None = None
    """The run stops if the best score is this many epochs old; None means never."""
    each_epoch: bool = False
    """Whether each epoch is scored, also where nothing depends on the scores."""
    is_over: bool = False
    """Whether the run is to stop."""
    _epoch: int = 0
    _best: tuple[float, int] | None = None
    """The best score, and its epoch."""
    _rows: Embeddings | None = None

    @property
    def is_used(self) -> bool:
        """Whether scores decide anything."""
        return self.keep_best or self.patience is not None

    @property
    def pauses(self) -> bool:
        """Whether no thread trains while an epoch is scored: then none is passed over, however short it is."""
        return self.is_used or self.each_epoch

    def add(self, epoch: int, score: float | None, rows: Embeddings) -> None:
        """Take the score of an epoch, from 1, and its rows; None is worse than any score."""
        self._epoch = epoch
        if self._best is None:
            self._best = -np.inf, epoch
        if score is not None and score > self._best[0]:
            self._best = score, epoch
            if self.keep_best:
                self._rows = _copied(rows, self._rows)
        self.is_over = self.patience is not None and epoch - self._best[1] >= self.patience

    def chosen(self, last: Embeddings) -> Embeddings:
        """Return the rows of the best epoch; those of the last one if no epoch has a score, or they are not kept."""
        return last if self._rows is None else self._rows

    def summary(self, epochs: int) -> str:
        """Return where the run of this many epochs stopped, and whose rows it keeps, in words; or ""."""
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
    """Return a copy of rows, in the memory of an earlier one."""
    matrices = {name: array for name in ("input", "output", "lines") if (array := getattr(rows, name)) is not None}
    if buffer is None:
        return replace(rows, **{name: array.copy() for name, array in matrices.items()})
    for name, array in matrices.items():
        np.copyto(getattr(buffer, name), array)
    return buffer
