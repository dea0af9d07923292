"""Recommendations: the best items for any number of people. NumPy only."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from w2v.base.arguments import check_number, check_words
from w2v.base.arrays import Indices, Matrix
from w2v.base.errors import W2VError, option
from w2v.text.people import PersonItems, read_people
from w2v.vectors.best_items import best_items
from w2v.vectors.derived import line_vectors
from w2v.vectors.items import ItemScorer, check_n_lines, lines_of, rows_of, scoring_settings
from w2v.vectors.mixtures import People
from w2v.vectors.vectors import Vectors

FEW = 1_000
"""From this many people, compiled code is faster: it takes half a second to load, and some seconds to compile once."""
Rank = Callable[[People, Sequence[Indices]], tuple[Indices, Matrix]]
"""Ranks items for some people, leaving out some items of each; returns the same as `best_items`."""
SHOWN = 3
"""Number of unknown items that a warning names."""
VECTORS, POPULARITY = "vectors", "popularity"


@dataclass(frozen=True)
class Recommendations:
    """The best items of some people, best first. Iterating yields a list of (item, score) pairs per person.

    If a person has fewer items than requested, the others have row -1, score NaN and item "".
    """

    people: list[str]
    """(people,) names, or numbers from 1."""
    rows: Indices
    """(people, n) the rows of the items in the vectors."""
    scores: Matrix
    """(people, n)"""
    is_popular: npt.NDArray[np.bool_]
    """(people,) True if nothing is known about the person, so that these are the most popular items."""
    words: Sequence[str]
    """The items of the vectors."""

    def __len__(self) -> int:
        return len(self.people)

    def __iter__(self) -> Iterator[list[tuple[str, float]]]:
        for rows, scores in zip(self.rows.tolist(), self.scores.tolist(), strict=True):
            yield [(self.words[row], score) for row, score in zip(rows, scores, strict=True) if row >= 0]

    @property
    def items(self) -> npt.NDArray[np.object_]:
        """(people, n) the names of the items."""
        words = np.array([*self.words, ""], object)
        return words[self.rows]

    @classmethod
    def joined(cls, parts: Iterable["Recommendations"]) -> "Recommendations":
        """Return the recommendations of one or more parts in one object."""
        found = list(parts)
        people = [name for part in found for name in part.people]
        rows, scores, popular = (
            np.concatenate([getattr(part, name) for part in found]) for name in ("rows", "scores", "is_popular")
        )
        return cls(people, rows, scores, popular, found[0].words)

    def based_on(self) -> Iterator[str]:
        """Yield for each person what the items are based on: "vectors" or "popularity"."""
        return (POPULARITY if popular else VECTORS for popular in self.is_popular.tolist())


class Recommender:
    """Recommends items to people, one block of people at a time."""

    def __init__(
        self,
        vectors: Vectors,
        n: int = 10,
        *,
        only: Iterable[str] | None = None,
        exclude: Iterable[str] = (),
        keep_seen: bool = False,
        warn: Callable[[str], None] = lambda message: None,
        compiling: Callable[[], None] = lambda: None,
        **settings: Any,  # noqa: ANN401
    ) -> None:
        """Take the vectors and the choice of items.

        Args:
            vectors: a model with output rows and counts.
            n: number of items per person; fewer are recommended if there are not enough.
            only: recommend only these items; None means all.
            exclude: do not recommend these items.
            keep_seen: whether to recommend items that the person has already taken.
            warn: called with a message if items are left out.
            compiling: called before code for many people is compiled, which takes seconds.
            settings: history, decay, prior, sharpness, line_weight and line_names; by default those of the training.

        Raises:
            W2VError: there are no output rows or no counts, or none of `only` has a vector.
            SettingsError: a setting is unknown or out of range.
        """
        check_number("n", n, 0)
        self.vectors, self.config, self._warn = vectors, scoring_settings(vectors, **settings), warn
        self._compiling = compiling
        self._rows = self._candidates(only, exclude)
        self._n, self._keep_seen = min(n, len(self._rows)), keep_seen
        self.scorer = ItemScorer(vectors, None if len(self._rows) == len(vectors) else self._rows)
        self._place = np.full(len(vectors), -1)
        self._place[self._rows] = np.arange(len(self._rows))
        self._n_items = self._n_unknown = self._n_people = self._n_popular = 0
        self._unknown: dict[str, None] = {}

    def for_one(self, items: Sequence[str], line: str | None = None) -> list[tuple[str, float]]:
        """Return the best items for one person with their scores; `line` is the name of the person's line.

        Raises:
            W2VError: there are no line vectors.
            UnknownWordError: no line has this name.
        """
        row = None if line is None else line_vectors(self.vectors)[line]
        (found,) = self._recommend([PersonItems("", list(items))], [row], self._ranker(is_many=False)[0])
        self._tell()
        return found

    def blocks(self, people: Iterable[PersonItems]) -> Iterator[Recommendations]:
        """Yield recommendations for blocks of people, at least one block; then warn about items that were left out.

        Raises:
            W2VError: line_weight is not 0, and the vectors have no line vectors.
        """
        line_of = lines_of(self.vectors, self.config)
        waiting, is_first = iter(people), True
        some = list(islice(waiting, FEW))
        rank, block = self._ranker(is_many=len(some) == FEW)
        waiting = chain(some, waiting)
        while (part := list(islice(waiting, block))) or is_first:
            yield self._recommend(part, [line_of(person.name) for person in part], rank)
            is_first = False
        self._tell()

    def _ranker(self, *, is_many: bool) -> tuple[Rank, int]:
        """Return the function that ranks items for people, and the number of people per call."""
        if is_many and self._n:
            from w2v.vectors.many_people import ManyPeople, is_possible

            if is_possible():
                ranker = ManyPeople(self.scorer, self._n, self.config, self._compiling)
                return ranker.best_items, ranker.block
        return partial(best_items, self.scorer, n=self._n), FEW

    def _tell(self) -> None:
        """Warn about items without a vector, and about people about whom nothing is known."""
        if self._n_unknown:
            named = ", ".join([*self._unknown][:SHOWN]) + ", ..." * (len(self._unknown) > SHOWN)
            popular = ""
            if self._n_popular:
                whose = "" if self._n_people == 1 else f" for {self._n_popular:,} of {self._n_people:,} people"
                popular = f"; the answer{whose} is the most popular items"
            self._warn(
                f"left out {self._n_unknown:,} of {self._n_items:,} items, which have no vector: {named}{popular}"
            )
        elif self._n_popular and self._n_people > 1:
            self._warn(
                f"{self._n_popular:,} of {self._n_people:,} people have no items: they get the most popular items"
            )

    def _recommend(self, part: list[PersonItems], lines: list[Matrix | None], rank: Rank) -> Recommendations:
        seen = [self._known(person.items) for person in part]
        uses_line = [line is not None and self.config.line_weight > 0 for line in lines]
        is_popular = np.array([not len(rows) and not used for rows, used in zip(seen, uses_line, strict=True)])
        self._n_people += len(part)
        self._n_popular += int(is_popular.sum())
        priors = np.where(is_popular, 1, self.config.prior).astype(np.float32)
        without = [np.empty(0, np.int64) if self._keep_seen else self._place[rows] for rows in seen]
        without = [places[places >= 0] for places in without]
        people = People(self.vectors, self.config, seen, lines, priors)
        places, scores = rank(people, without)
        rows = np.where(places >= 0, self._rows[places], -1)
        return Recommendations([person.name for person in part], rows, scores, is_popular, self.vectors.words)

    def _known(self, items: list[str]) -> Indices:
        """Return the rows of a person's items, and count items without a vector."""
        rows = rows_of(self.vectors, items)
        self._n_items += len(items)
        if len(rows) < len(items):
            self._n_unknown += len(items) - len(rows)
            if len(self._unknown) <= SHOWN:
                self._unknown |= dict.fromkeys(item for item in items if self.vectors.find(item) is None)
        return rows

    def _candidates(self, only: Iterable[str] | None, exclude: Iterable[str]) -> Indices:
        """Return the rows of the items that may be recommended, in ascending order."""
        allowed = np.ones(len(self.vectors), bool)
        if only is not None:
            allowed[:] = False
            allowed[self._listed(only, "only")] = True
        allowed[self._listed(exclude, "exclude")] = False
        return np.flatnonzero(allowed)

    def _listed(self, items: Iterable[str], name: str) -> Indices:
        items = list(items)
        rows = rows_of(self.vectors, items)
        if name == "only" and not len(rows):
            raise W2VError(f"none of the {len(items):,} items of {option(name)} has a vector")
        if len(rows) < len(items):
            unknown = len(items) - len(rows)
            self._warn(f"{option(name)}: left out {unknown:,} of {len(items):,} items, which have no vector")
        return rows


def people_of(source: str | Path | Sequence[Sequence[str]], recommender: Recommender) -> Iterable[PersonItems]:
    """Return the people of a sessions file, or of a list of their items; the latter are numbered from 1.

    Raises:
        W2VError: people without names have line vectors, but their number differs from the number of lines.
        WrongTypeError: the items of a person are a text instead of a list.
    """
    config = recommender.config
    if isinstance(source, str | Path):
        people: Iterable[PersonItems] = read_people(source, config.line_names, config.weighted_lines)
    else:
        for items in source:
            check_words(items)
        people = [PersonItems(str(number), list(items)) for number, items in enumerate(source, 1)]
    if config.line_weight and not (config.line_names and isinstance(source, str | Path)):
        people = list(people)
        check_n_lines(recommender.vectors, len(people))
    return people


def items_of(source: str | Path | Iterable[str] | None) -> list[str] | None:
    """Return a list of items, or the items of a file, which are separated by whitespace."""
    if source is None or not isinstance(source, str | Path):
        return None if source is None else list(source)
    return [item for line in read_people(source) for item in line.items]
