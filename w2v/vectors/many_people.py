"""The best items of many people, with compiled code on all cores; see best_items.py for the definition."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from w2v.base.arrays import Indices, Matrix, own_lines
from w2v.base.machine import available_threads
from w2v.kernels.cache import is_compiled
from w2v.kernels.llvm import has_fma
from w2v.kernels.ranking import MORE, PEOPLE, TILE, Best, Catalogue, Parts, Spare, rank_people
from w2v.settings.train import TrainConfig
from w2v.vectors.items import ItemScorer
from w2v.vectors.mixtures import People, n_candidates

GROUP = 64
"""Number of scores per group. The highest score of each group is found first."""
MULTIPLE = 32
"""The number of groups is a multiple of this, so that registers are full and rows of scores begin at cache lines."""
TABLE = 1 << 24
"""Number of scores held at a time, of some people with all items: 64 MB."""


def is_possible() -> bool:
    """Return whether this processor can run the compiled code, which needs multiply-add instructions."""
    return has_fma()


class ManyPeople:
    """Ranks items for blocks of people with the same result as `best_items`, except for rounding."""

    def __init__(self, scorer: ItemScorer, n: int, config: TrainConfig, compiling: Callable[[], None]) -> None:
        """Take the items, the number of items to find per person (at most all), and the settings.

        `compiling` is called before the code is compiled, which takes seconds.
        """
        self._compiling = compiling
        self._n = n
        self._n_wanted = n_candidates(n, len(scorer)) if config.sharpness > 0 else n
        n_items = len(scorer)
        size = max(1, min(GROUP, n_items // (4 * max(1, self._n_wanted))))
        self._n_groups = -(-n_items // size)
        self._n_groups += -self._n_groups % MULTIPLE
        width = self._n_groups * -(-n_items // self._n_groups)
        self._catalogue = Catalogue(_fixed(scorer.output), _fixed(np.resize(scorer.log_counts, width)))
        self._n_threads = available_threads()
        self.block = max(1, TABLE // width)
        """Number of people to rank at a time."""
        self._spare = [self._new_spare() for _ in range(self._n_threads)]

    def best_items(self, people: People, without: Sequence[Indices]) -> tuple[Indices, Matrix]:
        """Return the n best items of up to `block` people and their scores, (people, n), filled with -1 and NaN."""
        parts = _parts(people, without)
        longest = int(np.diff(parts.begins).max(initial=0))
        shape = len(people), self._n_wanted
        best = Best(np.empty(shape, np.int64), np.empty(shape, np.float32))
        n_parts = min(self._n_threads, len(people))
        bounds = [len(people) * part // n_parts for part in range(n_parts + 1)]

        def work(thread: int) -> None:
            own: Matrix = np.empty(longest + MORE, np.float32)
            rank_people(bounds[thread], bounds[thread + 1], parts, self._catalogue, best, self._spare[thread], own)

        if not is_compiled(rank_people, 0, 0, parts, self._catalogue, best, self._spare[0], best.scores[:0, 0].copy()):
            self._compiling()
        with ThreadPoolExecutor(n_parts) as pool:
            for _ in pool.map(work, range(n_parts)):
                pass
        order = np.argsort(-best.scores, axis=1, kind="stable")[:, : self._n]
        items = np.take_along_axis(best.items, order, axis=1)
        scores = np.take_along_axis(best.scores, order, axis=1)
        scores[items < 0] = np.nan
        return items, scores

    def _new_spare(self) -> Spare:
        """Return the buffers of a thread."""
        n_people = -(-self.block // self._n_threads)
        n_people += -n_people % PEOPLE
        n_items, dim = self._catalogue.output.shape
        scores: Matrix = np.empty(n_items, np.float32)
        maxima: Matrix = np.empty(self._n_groups, np.float32)
        return Spare(
            means=own_lines(n_people * dim, np.float32),
            tile=own_lines(dim * TILE, np.float32),
            table=own_lines(n_people * len(self._catalogue.log_counts), np.float32),
            maxima=maxima,
            maxima_bits=maxima.view(np.int32),
            items=np.empty(n_items, np.int64),
            scores=scores,
            bits=scores.view(np.int32),
        )


def _parts(people: People, without: Sequence[Indices]) -> Parts:
    """Return the people in the form that the kernel takes."""
    config, n_people = people.config, len(people)
    rows, begins = _joined([rows[::-1][: config.history] for rows in people.rows])
    sizes = np.diff(begins)
    who = np.repeat(np.arange(n_people), sizes)
    weights = np.float32(config.decay) ** (np.arange(len(rows)) - begins[who]).astype(np.float32)
    lines, line_weights = np.zeros((n_people, people.vectors.dim), np.float32), np.zeros(n_people, np.float32)
    for person, line in enumerate(people.lines):
        if line is not None:
            lines[person], line_weights[person] = line, config.line_weight
    totals = np.bincount(who, weights, n_people)
    weights = (weights * ((1 - line_weights) / np.maximum(totals, 1e-30))[who]).astype(np.float32)
    n_parts = sizes + np.array([line is not None for line in people.lines])
    squares = np.bincount(who, weights**2, n_people) + line_weights**2
    sharpness = np.where(n_parts > 1, config.sharpness * np.sqrt(squares), 0).astype(np.float32)
    people.vectors.check_all()
    matrix = _fixed(people.vectors.matrix)
    return Parts(matrix, rows, begins, weights, lines, line_weights, sharpness, people.priors, *_joined(without))


def _joined(lists: Sequence[Indices]) -> tuple[Indices, Indices]:
    """Return the concatenation of lists, and where each list begins, followed by the end of the last."""
    return np.concatenate(lists), np.cumsum([0, *map(len, lists)])


def _fixed(array: Matrix) -> Matrix:
    """Return an array of the type for which the kernel is compiled: read-only, in memory or mapped."""
    found: Matrix = np.ascontiguousarray(array).view(np.ndarray)
    found.flags.writeable = False
    return found
