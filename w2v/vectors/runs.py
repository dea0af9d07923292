"""Runs: several models with the same words, which show how certain a result is. NumPy only."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, overload

import numpy as np

from w2v.base.arrays import Counts, Matrix
from w2v.base.cosines import best_rows
from w2v.base.errors import SettingsError, W2VError, option
from w2v.formats import native, vector_files
from w2v.formats.model import Model
from w2v.reports import Reporter
from w2v.settings.evaluation import RESTRICT
from w2v.vectors.estimates import Estimate
from w2v.vectors.lookup import WeightedKey
from w2v.vectors.vectors import Vectors


class Neighbour(NamedTuple):
    """A neighbour of a word, over several runs."""

    word: str
    cosine: float
    """Mean of its cosines over the runs."""
    std: float
    """Standard deviation of these cosines."""
    runs: int
    """Number of runs in which it is among the nearest words."""


class Runs(Sequence[Vectors]):
    """Models of the same words, trained with different seeds or on resampled lines: a sequence of Vectors.

    `w2v.train(..., runs=10)` makes them. The vectors of two runs are in different spaces; only cosines, neighbours and
    scores can be compared.

    Examples:
        >>> matrix = np.array([[1, 0], [1, 0.1], [-1, 0]], np.float32)
        >>> runs = Runs([Vectors(["up", "high", "low"], matrix), Vectors(["up", "high", "low"], -matrix)])
        >>> [(found.word, found.runs) for found in runs.similar("up", n=1)]
        [('high', 2)]
    """

    def __init__(self, runs: Sequence[Vectors], bootstrap: str | None = None, name: str = "the runs") -> None:
        """Take the models; `bootstrap` is "lines" if they were trained on resampled lines.

        Raises:
            W2VError: there are fewer than two models, or they have different words.
        """
        if len(runs) < 2:
            raise W2VError(f"{name}: {len(runs)} runs are too few; 2 or more are wanted")
        if any(len(run) != len(runs[0]) or run.model.words != runs[0].model.words for run in runs[1:]):
            raise W2VError(f"{name}: the runs have different words")
        self._runs, self.bootstrap, self.name = list(runs), bootstrap, name

    @classmethod
    def load(cls, path: str | Path, *, limit: int | None = None) -> "Runs":
        """Load a folder of runs, memory-mapped; `limit` loads only this many of the first words.

        Raises:
            W2VError: the folder is damaged, or is not a folder of runs.
        """
        found = cls.find(path, limit)
        if found is None:
            raise W2VError(
                f"{path} is not a folder of runs, as `w2v train --runs` writes it; w2v.Vectors.load reads it"
            )
        return found

    @classmethod
    def find(cls, path: str | Path, limit: int | None = None) -> "Runs | None":
        """Do the same as `load`, but return None if `path` is not a folder of runs."""
        held = vector_files.read_runs(path)
        if held is None:
            return None
        models = [model if limit is None else model.first(limit) for model in held[0]]
        return cls([Vectors.of(model, f"{path}, run {n}") for n, model in enumerate(models, 1)], held[1], str(path))

    def save(self, path: str | Path) -> None:
        """Write a .w2v folder of all runs, completely or not at all."""
        native.write_runs(Path(path), (run.model for run in self), len(self), self.bootstrap)

    @property
    def is_bootstrap(self) -> bool:
        """Whether the runs were trained on resampled text, not only with different seeds."""
        return self.bootstrap is not None

    @property
    def model(self) -> Model:
        """The first model; all models have the same words and counts."""
        return self[0].model

    @property
    def words(self) -> list[str]:
        """The words, (n_types,)."""
        return self[0].words

    @property
    def counts(self) -> Counts | None:
        """(n_types,) the occurrences of the words in the whole corpus; None if unknown."""
        return self[0].counts

    @property
    def dim(self) -> int:
        """Numbers per vector."""
        return self[0].dim

    def each(self, change: Callable[[Vectors], Vectors]) -> "Runs":
        """Return the runs with a function applied to each: `runs.each(w2v.line_vectors)` has the vectors of lines."""
        return Runs([change(run) for run in self], self.bootstrap, self.name)

    def estimate(self, quantity: Callable[[Vectors], float]) -> Estimate:
        """Return the values of a quantity in all runs, with their mean and 95% interval."""
        return Estimate.of([quantity(run) for run in self], self.is_bootstrap)

    def similarity(self, a: str, b: str) -> Estimate:
        """Return the cosines between two words in all runs, with their mean and 95% interval."""
        return self.estimate(lambda run: run.similarity(a, b))

    def similar(self, word: str, n: int = 10, *, restrict: int = RESTRICT) -> list[Neighbour]:
        """Return the n words nearest to a word by mean cosine. Otherwise as `most_similar`."""
        return self.most_similar([word], topn=n, restrict=restrict)

    def analogy(self, a: str, b: str, c: str, n: int = 10, *, restrict: int = RESTRICT) -> list[Neighbour]:
        """Return the n words nearest to a - b + c by mean cosine; see `Vectors.analogy`."""
        return self.most_similar([a, c], [b], n, restrict=restrict)

    def most_similar(
        self,
        positive: WeightedKey | Sequence[WeightedKey] = (),
        negative: WeightedKey | Sequence[WeightedKey] = (),
        topn: int = 10,
        *,
        restrict: int = RESTRICT,
    ) -> list[Neighbour]:
        """Return the words nearest to a sum of words by mean cosine over the runs.

        Args:
            positive: words to add, as in `Vectors.most_similar`.
            negative: words to subtract.
            topn: number of words to return, and number of nearest words that are counted in each run.
            restrict: only this many of the most frequent words can be answers; 0 means all.
        """
        found = [run.cosines_to(positive, negative, restrict) for run in self]
        scores: Matrix = np.stack([scores for scores, _ in found])
        asked = found[0][1]
        mean = scores.mean(axis=0, dtype=np.float64).astype(np.float32)
        best = best_rows(mean, asked, topn)
        for run in self:
            run.check_norms(best)
        nearest = np.concatenate([best_rows(row, asked, topn) for row in scores])
        spread = scores[:, best].std(axis=0, ddof=1, dtype=np.float64)
        n_runs = [int(np.count_nonzero(nearest == row)) for row in best]
        words = [self.model.words[row] for row in best.tolist()]
        return [*map(Neighbour, words, mean[best].tolist(), spread.tolist(), n_runs)]

    def vectors_of(self, word: str) -> Matrix:
        """Return the vector of a word in each run, (n_runs, dim)."""
        return np.stack([run[word] for run in self])

    def tell_of_restriction(self, restrict: int, warn: Callable[[str], None], tell: Callable[[str], None]) -> None:
        """Report which words cannot be answers, once for all runs."""
        for number, run in enumerate(self):
            run.tell_of_restriction(restrict, *((warn, tell) if number == 0 else (_ignore, _ignore)))

    @overload
    def __getitem__(self, number: int) -> Vectors: ...
    @overload
    def __getitem__(self, number: slice) -> list[Vectors]: ...
    def __getitem__(self, number: int | slice) -> Vectors | list[Vectors]:
        """Return the model of a run; runs count from 0."""
        return self._runs[number]

    def __len__(self) -> int:
        """Return the number of runs."""
        return len(self._runs)

    def __iter__(self) -> Iterator[Vectors]:
        """Iterate over the models."""
        return iter(self._runs)

    def __repr__(self) -> str:
        """Return a text with the shape."""
        return f"Runs({len(self)} x {len(self[0]):,} words x {self.dim})"


def _ignore(_: str) -> None:
    """Ignore a message, because it was reported for the first run."""


def load(
    path: str | Path,
    format: str | None = None,
    *,
    limit: int | None = None,
    skip_bad_rows: bool = False,
    reporter: Reporter | None = None,
) -> "Vectors | Runs":
    """Return the vectors of a file, or the runs of a folder of runs. The arguments are those of `Vectors.load`.

    Raises:
        SettingsError: skip_bad_rows is used with runs, which must have the same words.
    """
    runs = Runs.find(path, limit) if format in (None, "native") else None
    if runs is None:
        return Vectors.load(path, format, limit=limit, skip_bad_rows=skip_bad_rows, reporter=reporter)
    if skip_bad_rows:
        raise SettingsError(f"{option('skip_bad_rows')} cannot be used with {path}, which holds runs", "skip_bad_rows")
    return runs
