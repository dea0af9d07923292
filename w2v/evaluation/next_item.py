"""Ranking: how high the item stands that a person took next, told by the items before it. NumPy only.

A person is the weighted mean of the input rows of the last items. The score of an item is the dot product of that with
its output row, plus `prior` times the logarithm of its count: docs/items.md derives it, and says why it is not the
cosine of input rows. The protocol is that of He et al. (2017) and Kang and McAuley (2018): an item of each person
is held out, and ranked among 100 drawn from those that the person has not seen; or, as it should be (Krichene and
Rendle 2020), among all of these.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from w2v.arrays import Indices, Matrix
from w2v.config import TrainConfig, load_config
from w2v.errors import SettingsError, W2VError
from w2v.vectors import Vectors

TABLE = 1 << 22
"""Scores held at a time, of some people with all items: 16 MB."""
SAMPLED = 100
"""Items that the next one stands among where these are sampled."""
SEED = 1
"""Seeds the sample: the same for everyone who compares."""
SETTINGS = ("history", "decay", "prior")
"""What of a TrainConfig says how people are scored."""


@dataclass(frozen=True)
class Sessions:
    """The items of each person, in order, and the one that came next."""

    file: str
    before: list[list[str]]
    next: list[str]


@dataclass(frozen=True)
class Figures:
    """How high the next items stand, in the mean of all people; a tie counts as all its orders do in the mean."""

    hr: float
    """Share of them among the first k."""
    ndcg: float
    """1 / log2(1 + rank) of those among the first k (Jarvelin and Kekalainen 2002)."""
    mrr: float
    """1 / rank."""


@dataclass(frozen=True)
class Both:
    """The figures by both ways to rank."""

    full: Figures
    """Among all items that the person has not seen."""
    sampled: Figures
    """Among SAMPLED of them."""


@dataclass(frozen=True)
class Next:
    """How a file of next items came out."""

    file: str
    people: int
    """People that count."""
    left_out: int
    """People with nothing before the next item, who do not count."""
    unknown: int
    """People that count whose next item has no vector: misses."""
    k: int
    history: int
    decay: float
    prior: float
    vectors: Both
    popularity: Both
    """What the counts alone would have."""


def settings_of(vectors: Vectors, **changes: Any) -> TrainConfig:  # noqa: ANN401
    """Return the settings that say how people are scored: those the vectors were trained with, but for changes.

    Raises:
        SettingsError: a value is out of range, or another setting is to change.
    """
    for name in changes:
        if name not in SETTINGS:
            raise SettingsError(f"{name} does not say how people are scored; {', '.join(SETTINGS)} do")
    trained = (vectors.settings or {}).get("settings", {})
    return load_config(None, {name: trained[name] for name in SETTINGS if name in trained} | changes)


def read_sessions(before: str | Path, next: str | Path) -> Sessions:
    """Read what people took, a person a line: the items before, which may be none, and in the other file the next one.

    Raises:
        W2VError: a file cannot be read, they differ in length, or a line has not one next item.
    """
    lines, held_out = _lines(before), [line.split() for line in _lines(next)]
    if len(lines) != len(held_out):
        raise W2VError(f"{before} has {len(lines):,} lines and {next} has {len(held_out):,}: each needs one a person")
    for number, items in enumerate(held_out, 1):
        if len(items) != 1:
            raise W2VError(f"{next}, line {number}: expected one item, the next of the person, not {len(items)}")
    return Sessions(str(next), [line.split() for line in lines], [items[0] for items in held_out])


def _lines(path: str | Path) -> list[str]:
    from w2v.text.corpus import Corpus

    if Path(path).is_dir():
        raise W2VError(f"{path} is a folder; name a file")
    text = b"".join(Corpus(path, warn=lambda _: None).blocks()).decode("utf-8", "replace")
    lines = text.removesuffix("\n").split("\n")  # without the line's end that a corpus adds
    return lines[:-1] if not lines[-1] else lines


def recommend(
    vectors: Vectors,
    items: Sequence[str],
    n: int = 10,
    **changes: Any,  # noqa: ANN401
) -> list[tuple[str, float]]:
    """Return the n items that come next most likely after those of a person, best first, with their scores.

    A difference of scores is one of log-probabilities: see docs/items.md.

    Args:
        vectors: with output rows and counts: of `train(..., save_output=True)`, or a .w2v folder that has them.
        items: of the person, in order; those without a vector are passed over, and without any the most frequent fit.
        n: how many; none of `items` is among them.
        changes: history, decay and prior, in place of those the vectors were trained with; see TrainConfig.

    Raises:
        W2VError: the vectors have no output rows or no counts.
        SettingsError: a setting is out of range.
    """
    config, (output, log_counts) = settings_of(vectors, **changes), _scored_by(vectors)
    seen = _places(vectors, items)
    scores = output @ _person(vectors.matrix, seen, config) + np.float32(config.prior) * log_counts
    scores[seen] = np.nan
    best = np.argsort(-scores, kind="stable")[: max(0, min(n, len(scores) - len(set(seen.tolist()))))]
    return [(vectors.words[row], float(scores[row])) for row in best]


def rank_next(vectors: Vectors, sessions: Sessions, config: TrainConfig, k: int = 10) -> Next:
    """Return how high the next items stand, by the vectors and by the counts alone.

    An item seen before is not ranked, but for the next one where that is one. Takes some tables of 16 MB.

    Args:
        vectors: with output rows and counts.
        sessions: the people.
        config: history, decay and prior.
        k: of HR@k and NDCG@k.

    Raises:
        W2VError: the vectors have no output rows or no counts, or nobody has items before the next one.
    """
    output, log_counts = _scored_by(vectors)
    asked = [
        (_places(vectors, items), vectors.index.get(item, -1))
        for items, item in zip(sessions.before, sessions.next, strict=True)
        if items
    ]
    if not asked:
        raise W2VError(f"{sessions.file}: nobody has items before the next one")
    generator = np.random.default_rng(SEED)
    found: list[list[Indices]] = [[], [], [], []]
    step = max(1, TABLE // len(vectors))
    for start in range(0, len(asked), step):
        part = asked[start : start + step]
        people = np.stack([_person(vectors.matrix, seen, config) for seen, _ in part])
        with np.errstate(all="ignore"):  # a foreign file may have rows that are not finite
            by_vectors = people @ output.T + np.float32(config.prior) * log_counts
        by_counts = np.tile(log_counts, (len(part), 1))
        standings = zip(found, _standings([by_vectors, by_counts], part, generator), strict=True)
        for gathered, standing in standings:
            gathered.append(standing)
    figures = [_figures(np.hstack(gathered), len(vectors), k) for gathered in found]
    unknown = sum(item < 0 for _, item in asked)
    left_out = len(sessions.next) - len(asked)
    how = (config.history, config.decay, config.prior)
    return Next(sessions.file, len(asked), left_out, unknown, k, *how, Both(*figures[:2]), Both(*figures[2:]))


def _scored_by(vectors: Vectors) -> tuple[Matrix, Matrix]:
    """Return the output rows, (n_types, dim), and the logarithms of the counts, (n_types,)."""
    if vectors.output is None or vectors.counts is None:
        lack = "output rows" if vectors.output is None else "counts"
        raise W2VError(f"the vectors have no {lack}, which items are scored by: train with --save-output -o items.w2v")
    return vectors.output, np.log(np.maximum(vectors.counts, 1)).astype(np.float32)


def _places(vectors: Vectors, items: Sequence[str]) -> Indices:
    return np.array([vectors.index[item] for item in items if item in vectors.index], np.int64)


def _person(matrix: Matrix, items: Indices, config: TrainConfig) -> Matrix:
    """Return the mean of the rows of the last items, each weighted by decay ** age, (dim,); 0 where there are none."""
    last = items[::-1][: config.history]
    weights = np.float32(config.decay) ** np.arange(len(last), dtype=np.float32)
    person: Matrix = weights @ matrix[last] / max(np.float32(1e-30), weights.sum())
    return person


def _standings(
    tables: list[Matrix], part: list[tuple[Indices, int]], generator: np.random.Generator
) -> Iterator[Indices]:
    """Yield for each table, among all items and then among a sample, how many stand above the next and beside it.

    What does not compete becomes NaN, which is neither above nor beside anything. So is a next item without a
    score: it gets -1 for above.

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
            above = np.where(np.isnan(own[:, 0]), -1, np.count_nonzero(scores > own, axis=1))
            yield np.stack([above, np.count_nonzero(scores == own, axis=1)])


def _draw_others(generator: np.random.Generator, out: Indices, n_types: int) -> Indices:
    """Return SAMPLED rows drawn uniformly, with replacement, from those that are not in `out`, which is sorted.

    Where `out` is all rows there, the first of it.
    """
    n_others = n_types - len(out)
    if n_others == 0:
        return np.zeros(SAMPLED, np.int64)
    drawn = generator.integers(n_others, size=SAMPLED)
    return drawn + np.searchsorted(out - np.arange(len(out)), drawn, side="right")


def _figures(standings: Indices, n_types: int, k: int) -> Figures:
    """Return the mean figures of (2, people) standings: ranks above + 1 to above + beside + 1, all as likely.

    Misses have -1 for above.
    """
    ranks = np.arange(1, max(n_types, SAMPLED) + 2)  # an item that is drawn twice stands there twice
    above, beside = standings[:, standings[0] >= 0]
    among_first = ranks <= k

    def mean(gains: npt.NDArray[np.floating]) -> float:
        up_to = np.concatenate([[0.0], np.cumsum(gains)])
        total = ((up_to[above + beside + 1] - up_to[above]) / (beside + 1)).sum()
        return float(total / standings.shape[1])

    return Figures(mean(among_first * 1.0), mean(among_first / np.log2(1 + ranks)), mean(1 / ranks))
