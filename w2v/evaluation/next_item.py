"""Next items: how high the item ranks that a person took next, scored from the items before it. NumPy only.

Items are scored as `w2v.items` does. The protocol is that of He et al. (2017) and Kang and McAuley (2018): one item of
each person is held out, and ranked among 100 drawn from those that the person has not seen; or, as it should be
(Krichene and Rendle 2020), among all of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from w2v.arrays import Indices, Matrix
from w2v.config import TrainConfig
from w2v.errors import W2VError
from w2v.evaluation.lines import read_lines
from w2v.evaluation.metrics import RankingMetrics, ranking_metrics
from w2v.items import person_vector, rows_of, scoring_arrays
from w2v.vectors import Vectors

TABLE = 1 << 22
"""Scores held at a time, of some people with all items: 16 MB."""
SAMPLED = 100
"""Size of the sample that the next item is ranked among."""
SEED = 1
"""Seeds the sample: the same for everyone who compares."""


@dataclass(frozen=True)
class Sessions:
    """The items of each person, oldest first, and the item that came next."""

    file: str
    before: list[list[str]]
    next: list[str]


@dataclass(frozen=True)
class FullAndSampled:
    """The metrics of both ways to rank."""

    full: RankingMetrics
    """Among all items that the person has not seen."""
    sampled: RankingMetrics
    """Among SAMPLED of them."""


@dataclass(frozen=True)
class NextItemScores:
    """The scores of a file of next items."""

    file: str
    people: int
    """People that count."""
    left_out: int
    """People with no items before the next one, who do not count."""
    unknown: int
    """People that count and whose next item has no vector: misses."""
    k: int
    history: int
    decay: float
    prior: float
    vectors: FullAndSampled
    popularity: FullAndSampled
    """What ranking by the counts alone scores."""


def read_sessions(before: str | Path, next: str | Path) -> Sessions:
    """Read two files with one line per person: the items before, which may be none, and the item that came next.

    Raises:
        W2VError: a file cannot be read, they differ in length, or a line of `next` does not hold one item.
    """
    lines, held_out = read_lines(before), [line.split() for line in read_lines(next)]
    if len(lines) != len(held_out):
        raise W2VError(
            f"{before} has {len(lines):,} lines and {next} has {len(held_out):,}: both need one line per person"
        )
    for number, items in enumerate(held_out, 1):
        if len(items) != 1:
            raise W2VError(f"{next}, line {number}: expected one item, the person's next, not {len(items)}")
    return Sessions(str(next), [line.split() for line in lines], [items[0] for items in held_out])


def rank_next(vectors: Vectors, sessions: Sessions, config: TrainConfig, k: int = 10) -> NextItemScores:
    """Return how high the next items rank, by the vectors and by the counts alone.

    An item that the person has seen is not ranked, unless it is the next one. Takes a few tables of 16 MB.

    Args:
        vectors: with output rows and counts.
        sessions: the people.
        config: history, decay and prior.
        k: of HR@k and NDCG@k.

    Raises:
        W2VError: the vectors have no output rows or no counts, or no person has items before the next one.
    """
    output, log_counts = scoring_arrays(vectors)
    asked = [
        (rows_of(vectors, items), vectors.index.get(item, -1))
        for items, item in zip(sessions.before, sessions.next, strict=True)
        if items
    ]
    if not asked:
        raise W2VError(f"{sessions.file}: no person has items before the next one")
    generator = np.random.default_rng(SEED)
    found: list[list[Indices]] = [[], [], [], []]
    step = max(1, TABLE // len(vectors))
    for start in range(0, len(asked), step):
        part = asked[start : start + step]
        people = np.stack([person_vector(vectors, seen, config) for seen, _ in part])
        with np.errstate(all="ignore"):  # a score may be beyond float32
            by_vectors = people @ output.T + np.float32(config.prior) * log_counts
        by_counts = np.tile(log_counts, (len(part), 1))
        standings = zip(found, _standings([by_vectors, by_counts], part, generator), strict=True)
        for gathered, standing in standings:
            gathered.append(standing)
    # An item that is drawn twice stands in the sample twice, hence the 1.
    n_ranks = max(len(vectors), SAMPLED) + 1
    metrics = [ranking_metrics(np.hstack(gathered), n_ranks, k) for gathered in found]
    unknown = sum(item < 0 for _, item in asked)
    left_out = len(sessions.next) - len(asked)
    how = (config.history, config.decay, config.prior)
    both = (FullAndSampled(*metrics[:2]), FullAndSampled(*metrics[2:]))
    return NextItemScores(sessions.file, len(asked), left_out, unknown, k, *how, *both)


def _standings(
    tables: list[Matrix], part: list[tuple[Indices, int]], generator: np.random.Generator
) -> Iterator[Indices]:
    """Yield for each table, for all items and then a sample, how many score higher than the next item, and the same.

    An item that does not compete becomes NaN, which is neither higher than nor equal to anything. So does a next item
    without a score: it gets -1 for higher.

    Each is (2, people).

    Args:
        tables: (people, n_types) each; mutated.
        part: for each person the items before, and the next item or -1.
        generator: of the sample.
    """
    n_types = tables[0].shape[1]
    items = np.array([item for _, item in part])
    known = items >= 0
    out = [np.union1d(seen, items[[i]][known[[i]]]) for i, (seen, _) in enumerate(part)]
    people = np.repeat(np.arange(len(part)), [len(rows) for rows in out])
    drawn = np.stack([_draw_others(generator, rows, n_types) for rows in out])
    for table in tables:
        own = np.where(known, table[np.arange(len(part)), items], np.float32(np.nan))[:, None]
        table[people, np.concatenate(out)] = np.nan
        for scores in (table, np.take_along_axis(table, drawn, axis=1)):
            higher = np.where(np.isnan(own[:, 0]), -1, np.count_nonzero(scores > own, axis=1))
            yield np.stack([higher, np.count_nonzero(scores == own, axis=1)])


def _draw_others(generator: np.random.Generator, out: Indices, n_types: int) -> Indices:
    """Return SAMPLED rows drawn uniformly, with replacement, from those that are not in `out`, which is sorted.

    Where `out` is all rows that there are, row 0.
    """
    n_others = n_types - len(out)
    if n_others == 0:
        return np.zeros(SAMPLED, np.int64)
    drawn = generator.integers(n_others, size=SAMPLED)
    return drawn + np.searchsorted(out - np.arange(len(out)), drawn, side="right")
