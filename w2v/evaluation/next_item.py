"""Next items: how high the items that a person took next rank, scored from the items before. NumPy only.

Items are scored by `w2v.vectors.items`. If one item per person is held out, it is ranked in two ways. The first is the
protocol of He et al. (2017) and Kang and McAuley (2018): among 100 items drawn from those that the person has not seen.
The second is recommended by Krichene and Rendle (2020): among all these items. If several items are held out, as for
collaborative filtering, each is ranked among all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from w2v.base.arrays import Indices, Matrix
from w2v.base.errors import W2VError
from w2v.evaluation.metrics import RankingMetrics, ranking_metrics
from w2v.settings.train import TrainConfig
from w2v.text.corpus import text_lines
from w2v.text.people import split_head
from w2v.vectors.best_items import first_items
from w2v.vectors.derived import line_vectors
from w2v.vectors.items import ItemScorer, check_n_lines, lines_of, rows_of
from w2v.vectors.mixtures import People
from w2v.vectors.vectors import Vectors

SAMPLED = 100
"""Size of the sample in which the next item is ranked."""
SEED = 1
"""Seed of the sample, the same for everyone, so that results can be compared."""


@dataclass(frozen=True)
class Sessions:
    """The items of each person, oldest first, and the items that came next: one, several or none."""

    file: str
    before: list[list[str]]
    next: list[list[str]]
    lines: Sequence[str] = ()
    """(people,) the lines of the sessions file, if they may start with names."""
    names: Sequence[str] | None = None
    """(people,) the names of the people, if they have names."""

    def without_heads(self, line_names: bool, weighted: bool) -> "Sessions":
        """Return the sessions without the name and the weight at the start of each line.

        Raises:
            W2VError: a line lacks its name or its weight.
        """
        if not self.lines:
            return self
        people = [split_head(line, self.file, n, line_names, weighted) for n, line in enumerate(self.lines, 1)]
        names = [person.name for person in people] if line_names else None
        return replace(self, before=[person.items for person in people], names=names, lines=())

    def with_words(self) -> "Sessions":
        """Return the sessions with items separated from punctuation, as the setting `words` does."""
        from w2v.text.words import split_words  # loads Numba

        before = [split_words(" ".join(items)) for items in self.before]
        return replace(self, before=before, next=[[*dict.fromkeys(split_words(" ".join(one)))] for one in self.next])

    @property
    def has_single_items(self) -> bool:
        """Whether no person has more than one next item."""
        return all(len(items) <= 1 for items in self.next)


class Person(NamedTuple):
    """The rows of a person's items."""

    seen: Indices
    """(n,) items before, oldest first, without those that have no vector."""
    next: Indices
    """(m,) next items, at least one; -1 for an item without a vector."""
    line: Matrix | None
    """(dim,) the vector of the person's line, if it is used."""


@dataclass(frozen=True)
class FullAndSampled:
    """The metrics of the two ways to rank."""

    full: RankingMetrics
    """Among all items that the person has not seen."""
    sampled: RankingMetrics | None
    """Among SAMPLED of these items; None if a person has several next items."""


@dataclass(frozen=True)
class NextItemScores:
    """The scores of a file of next items."""

    file: str
    people: int
    """Number of people who are scored."""
    left_out: int
    """Number of people without earlier or next items, who are not scored."""
    items: int
    """Number of next items of the scored people."""
    unknown: int
    """Number of these items without a vector, which count as misses."""
    k: int
    history: int
    decay: float
    prior: float
    sharpness: float
    line_weight: float
    coverage: float
    """Share of all items that the vectors rank among the first k of at least one person."""
    vectors: FullAndSampled
    popularity: FullAndSampled
    """The metrics of ranking by counts alone."""


def read_sessions(before: str | Path, next: str | Path) -> Sessions:
    """Read two files with one line per person: the items before, possibly none, and the items that came next.

    Raises W2VError if a file cannot be read, or if their numbers of lines differ.
    """
    lines, held_out = [*text_lines(before)], [*text_lines(next)]
    if len(lines) != len(held_out):
        raise W2VError(
            f"{before} has {len(lines):,} lines and {next} has {len(held_out):,}: both need one line per person"
        )
    return Sessions(
        str(next), [line.split() for line in lines], [[*dict.fromkeys(line.split())] for line in held_out], lines
    )


def rank_next(vectors: Vectors, sessions: Sessions, config: TrainConfig, k: int = 10) -> NextItemScores:
    """Return how high the next items rank by the vectors, and by counts alone; k is that of HR@k and NDCG@k.

    Items that the person has seen are not ranked, unless they are next items. Memory: a few tables of 16 MB. `config`
    has history, decay, prior, sharpness and line_weight; with line_weight, the people are the lines of the training
    corpus in the same order. Raises W2VError if the vectors have no output rows or counts, or if no person has earlier
    and next items.
    """
    scorer = ItemScorer(vectors)
    if config.line_names or config.weighted_lines:
        sessions = sessions.without_heads(config.line_names, config.weighted_lines)
    sessions = sessions.with_words() if config.words else sessions
    lines = person_lines(vectors, sessions, config)
    asked = [
        Person(rows_of(vectors, before), np.array([vectors.index.get(item, -1) for item in next]), line)
        for before, next, line in zip(sessions.before, sessions.next, lines, strict=True)
        if before and next
    ]
    if not asked:
        raise W2VError(f"{sessions.file}: no person has items before the next one")
    generator = np.random.default_rng(SEED) if sessions.has_single_items else None
    found: list[list[Indices]] = [[], [], [], []]
    is_covered = np.zeros(len(vectors), bool)
    for start in range(0, len(asked), scorer.block):
        part = asked[start : start + scorer.block]
        seen, own_lines = [person.seen for person in part], [person.line for person in part]
        people = People(vectors, config, seen, own_lines, np.full(len(part), config.prior, np.float32))
        by_vectors = scorer.scores(people.means(), people.priors)
        people.put_mixtures(by_vectors, scorer, [np.setdiff1d(person.seen, person.next) for person in part], k)
        by_counts = np.tile(scorer.log_counts, (len(part), 1))
        standings = _standings([by_vectors, by_counts], part, generator, k, is_covered)
        for gathered, standing in zip(found, standings, strict=False):
            gathered.append(standing)
    # The 1 is needed because an item can be drawn into the sample twice.
    n_ranks, sizes = max(len(vectors), SAMPLED) + 1, np.array([len(person.next) for person in asked])
    metrics = [ranking_metrics(np.hstack(gathered), sizes, n_ranks, k) for gathered in found if gathered]
    if generator is None:
        vectors_rank, counts_rank = (FullAndSampled(full, None) for full in metrics)
    else:
        vectors_rank, counts_rank = FullAndSampled(*metrics[:2]), FullAndSampled(*metrics[2:])
    return NextItemScores(
        file=sessions.file,
        people=len(asked),
        left_out=len(sessions.next) - len(asked),
        items=int(sizes.sum()),
        unknown=sum(int((person.next < 0).sum()) for person in asked),
        k=k,
        history=config.history,
        decay=config.decay,
        prior=config.prior,
        sharpness=config.sharpness,
        line_weight=config.line_weight,
        coverage=float(is_covered.mean()),
        vectors=vectors_rank,
        popularity=counts_rank,
    )


def person_lines(vectors: Vectors, sessions: Sessions, config: TrainConfig) -> Sequence[Matrix | None]:
    """Return the vector of each person's line, (dim,), or None if line_weight is 0; W2VError if a vector is missing.

    A person with a name has the vector of the line with that name, or None.
    """
    n_people = len(sessions.before)
    if config.line_weight == 0:
        return [None] * n_people
    if sessions.names is not None:
        return [*map(lines_of(vectors, config), sessions.names)]
    check_n_lines(vectors, n_people)
    return list(line_vectors(vectors).matrix)


def _standings(
    tables: list[Matrix],
    part: list[Person],
    generator: np.random.Generator | None,
    k: int,
    is_covered: npt.NDArray[np.bool_],
) -> Iterator[Indices]:
    """Yield, for all items and then a sample of each table, how many score higher than each next item, and the same.

    An item that does not compete becomes NaN, which is neither higher than nor equal to anything. A next item without a
    score becomes NaN too, and gets -1 as the number of higher items.

    Args:
        tables: scores, (people, n_types) each; mutated. Each yielded array is (2, next items).
        part: the people.
        generator: draws the sample, which requires one next item per person; with None there are no samples.
        k: number of items of each person that count as covered.
        is_covered: (n_types,) mutated: set to True for the k highest items of each person in the first table.
    """
    items = np.concatenate([person.next for person in part])
    asking = np.repeat(np.arange(len(part)), [len(person.next) for person in part])
    known = items >= 0
    seen = np.concatenate([person.seen for person in part])
    seeing = np.repeat(np.arange(len(part)), [len(person.seen) for person in part])
    drawn = None
    if generator is not None:
        out = [np.union1d(person.seen, person.next[person.next >= 0]) for person in part]
        drawn = np.stack([_draw_others(generator, rows, tables[0].shape[1]) for rows in out])
    for table in tables:
        own = np.where(known, table[asking, items], np.float32(np.nan))
        table[seeing, seen] = np.nan
        own_competes = table[asking, items] == own  # with itself, where the person has not seen it before
        if table is tables[0]:
            is_covered[first_items(table, k)] = True
        yield _compare(table[asking], own, own_competes)
        if drawn is not None:
            table[asking[known], items[known]] = np.nan
            yield _compare(np.take_along_axis(table, drawn, axis=1), own, np.zeros(len(own), bool))


def _compare(scores: Matrix, own: Matrix, own_competes: npt.NDArray[np.bool_]) -> Indices:
    """Return how many scores of each row, (n, rivals), exceed its own score, -1 for NaN, and how many equal it.

    `own_competes` says whether the own score, (n,), is among the rivals.
    """
    higher = np.where(np.isnan(own), -1, np.count_nonzero(scores > own[:, None], axis=1))
    return np.stack([higher, np.count_nonzero(scores == own[:, None], axis=1) - own_competes])


def _draw_others(generator: np.random.Generator, out: Indices, n_types: int) -> Indices:
    """Return SAMPLED rows drawn uniformly, with replacement, from rows not in `out`, sorted; row 0 if none is left."""
    n_others = n_types - len(out)
    if n_others == 0:
        return np.zeros(SAMPLED, np.int64)
    drawn = generator.integers(n_others, size=SAMPLED)
    return drawn + np.searchsorted(out - np.arange(len(out)), drawn, side="right")
