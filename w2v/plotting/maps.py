"""A map of words: which words it shows, their positions in the plane, and their groups."""

import warnings
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np

from w2v.base.arrays import Floats, Indices, Matrix
from w2v.base.errors import SettingsError, W2VError, option
from w2v.base.libraries import require
from w2v.base.machine import available_threads
from w2v.plotting.text_files import read_lines
from w2v.settings.evaluation import RESTRICT
from w2v.vectors.derived import with_unseen
from w2v.vectors.vectors import Vectors

Method = Literal["umap", "tsne", "pca"]

MAX_GROUPS = 10
"""Largest number of groups of words; each group has its own colour."""
WORDS, NEIGHBOURS_OF_EACH = 1000, 50
"""Default numbers of words: of a map without `words`, and near each word of `near`."""
CANDIDATES = 2
"""If a map shows the n longest vectors, they are chosen among this many times n of the most frequent words."""
MANY_WORDS = 3_000
"""From this many words, a map shows the most frequent words without choosing, and openTSNE computes t-SNE, because
scikit-learn takes 9 minutes for 23,800 words."""
EXAGGERATED, ITERATIONS, REPORT_EVERY = 100, 250, 10
"""Iterations of openTSNE with exaggerated attraction, iterations without it, and iterations between two reports."""
LENGTH_DIGITS = 3
"""Lengths are compared after rounding to this many decimal places. If all lengths are 1, only frequency decides."""
WORDS_OF_A_NAME = 3
FEWEST = 10
"""With fewer words, UMAP and t-SNE cannot find any structure."""
WIDEST_GAP = 1 / 15
"""Widest empty band between words, as a share of the range of an axis."""


@dataclass(frozen=True)
class WordMap:
    """Words with positions in the plane."""

    words: list[str]
    rows: Indices
    """(n,) row of each word among the vectors; row 0 is the most frequent word."""
    directions: Matrix
    """(n, dim) the words' vectors, of length 1 or 0."""
    places: Floats
    """(n, 2) the words' positions."""
    groups: Indices
    """(n,) group of each word, by k-means of the vectors."""
    names: list[str]
    """Name of each group, made of words of the group."""
    asked: frozenset[str]
    """Words that the user named; they are highlighted."""
    method: Method
    title: str


def word_map(
    vectors: Vectors,
    words: Sequence[str] = (),
    near: Sequence[str] = (),
    n: int | None = None,
    method: Method | None = None,
    seed: int = 1,
    title: str = "vectors",
    restrict: int = RESTRICT,
    report: Callable[[float], None] = lambda share: None,
) -> WordMap:
    """Return a map. The arguments are those of `plot_words`."""
    vectors = with_unseen(vectors, (*near, *words))
    rows = choose_rows(vectors, words, near, n, restrict)
    directions = vectors.matrix[rows] / vectors.norms[rows, None]
    if method is None:
        is_large = len(rows) >= MANY_WORDS and find_spec("openTSNE")
        method = "umap" if find_spec("umap") and not is_large else "tsne"
    if len(rows) < FEWEST or vectors.dim < 3:
        method = "pca"
    shown = [vectors.words[row] for row in rows]
    groups = group_words(directions, seed)
    return WordMap(
        words=shown,
        rows=rows,
        directions=directions,
        places=layout(directions, method, seed, report),
        groups=groups,
        names=name_groups(shown, directions, groups),
        asked=frozenset(near or words),
        method=method,
        title=title,
    )


def choose_rows(
    vectors: Vectors, words: Sequence[str], near: Sequence[str], n: int | None = None, restrict: int = RESTRICT
) -> Indices:
    """Return the rows of the words to draw, without duplicates: first the named words, then the others by frequency.

    If no word is named, the result is the `n` words with the longest vectors among the 2 n most frequent words. Among
    frequent words, those with all kinds of contexts, such as grammatical words, have short vectors (Schakel and Wilson
    2015).

    Raises UnknownWordError if a word has no vector, SettingsError if n is given with words that do not use it.
    """
    if words and not near and n is not None:
        raise SettingsError(f"{option('n')} has an effect on words only with {option('near')}; leave it out", "n")
    named = [vectors.row(word) for word in (*near, *words)]
    if not named:
        n = min(WORDS if n is None else n, len(vectors))
        if n >= MANY_WORDS:
            return np.arange(n)
        return np.sort(np.argsort(-vectors.norms[: CANDIDATES * n].round(LENGTH_DIGITS), kind="stable")[:n])
    count = NEIGHBOURS_OF_EACH if n is None else n
    found = {vectors.row(other) for word in near for other, _ in vectors.similar(word, count, restrict=restrict)}
    return np.array([*dict.fromkeys(named), *sorted(found - set(named))])


def layout(
    directions: Matrix, method: Method, seed: int = 1, report: Callable[[float], None] = lambda share: None
) -> Floats:
    """Return a position in the plane for each vector, (n, 2), so that similar vectors are near each other.

    UMAP: McInnes, Healy, Melville 2018. t-SNE: van der Maaten, Hinton 2008. PCA: Pearson 1901. The vectors, (n, dim),
    have length 1, so that their distance depends only on the cosine. Raises W2VError if a library is not installed.
    """
    if method == "pca" or not np.ptp(directions, axis=0).any():
        centred = directions.astype(np.float64) - directions.mean(axis=0, dtype=np.float64)
        _, _, axes = np.linalg.svd(centred, full_matrices=False)
        flat = centred @ axes[:2].T
        return np.pad(flat, ((0, 0), (0, 2 - flat.shape[1])))
    if method == "umap":
        require("umap", option("method", "umap"))
    n = len(directions)
    if method == "tsne" and n >= MANY_WORDS:
        return close_gaps(place_many(directions, seed, report))
    with warnings.catch_warnings(action="ignore"):  # the libraries warn about settings that are set on purpose
        found: Any
        if method == "tsne":
            from sklearn.manifold import TSNE

            found = TSNE(perplexity=min(30, (n - 1) / 3), init="pca", random_state=seed)
        else:
            from w2v.base import import_numba  # noqa: F401  (first: umap-learn imports Numba)
            from umap import UMAP  # isort: skip

            found = UMAP(n_neighbors=min(15, n - 1), min_dist=0.3, init="pca", random_state=seed, n_jobs=1)
        with one_thread():
            return close_gaps(np.asarray(found.fit_transform(directions), np.float64))


def place_many(directions: Matrix, seed: int, report: Callable[[float], None]) -> Floats:
    """Return positions by t-SNE, (n, 2), in linear time, by interpolation on a grid (Linderman et al. 2019)."""
    require("openTSNE", f"{option('method', 'tsne')} for {MANY_WORDS:,} words and more")
    from openTSNE import TSNE

    shares = iter(np.linspace(0, 1, (EXAGGERATED + ITERATIONS) // REPORT_EVERY))

    def tell(*_: object) -> None:
        report(float(next(shares, 1.0)))  # the first share is 0, so time estimates exclude the search for neighbours

    report(0.0)
    tsne = TSNE(
        early_exaggeration_iter=EXAGGERATED,
        n_iter=ITERATIONS,
        n_jobs=available_threads(),
        random_state=seed,
        callbacks=tell,
        callbacks_every_iters=REPORT_EVERY,
    )
    return np.asarray(tsne.fit(directions), np.float64)


def one_thread() -> AbstractContextManager[Any]:
    """Limit the libraries loaded so far to one thread. A thousand points do not need more.

    With one thread, sums do not depend on the number of cores.
    """
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[Any] = threadpool_limits(1)
    return limits


def close_gaps(places: Floats) -> Floats:
    """Return positions, (n, 2), with wide empty bands along each axis narrowed; the order along each axis stays.

    UMAP and t-SNE put unrelated groups far apart. A wide gap means no more than a narrow one, but takes space.
    """
    order = np.argsort(places, axis=0)
    gaps = np.diff(np.take_along_axis(places, order, axis=0), axis=0)
    gaps = np.minimum(gaps, max(WIDEST_GAP, 3 / len(places)) * np.ptp(places, axis=0))
    closed = np.zeros_like(places)
    np.put_along_axis(closed, order[1:], np.cumsum(gaps, axis=0), axis=0)
    return closed


def group_words(directions: Matrix, seed: int = 1) -> Indices:
    """Return the group of each vector by k-means, (n,): at most 10 groups, with at least 10 words on average."""
    from sklearn.cluster import KMeans

    count = min(MAX_GROUPS, 1 + len(directions) // 10)
    with warnings.catch_warnings(action="ignore"), one_thread():
        return np.asarray(KMeans(count, n_init=4, random_state=seed).fit_predict(directions), np.int64)


def name_groups(words: Sequence[str], directions: Matrix, groups: Indices) -> list[str]:
    """Return a name for each group: the words that differ most from other groups, among its most frequent words.

    These are the most frequent tenth of the group, but at least 20 words.

    >>> vectors = np.array([[1, 0], [0.9, 0.1], [0, 1], [0.1, 0.9]], np.float32)
    >>> name_groups(["cat", "dog", "red", "blue"], vectors, np.array([0, 0, 1, 1]))
    ['cat, dog', 'red, blue']
    """
    names = []
    for group in range(int(groups.max()) + 1):
        rows = np.flatnonzero(groups == group)
        rows = rows[: max(20, len(rows) // 10)]
        apart = directions[groups == group].mean(axis=0) - directions.mean(axis=0)
        taken = list[str]()
        for row in rows[np.argsort(-(directions[rows] @ apart), kind="stable")]:
            if not any(words[row].startswith(word) or word.startswith(words[row]) for word in taken):
                taken.append(words[row])  # songs adds nothing to song
        names.append(", ".join(taken[:WORDS_OF_A_NAME]))
    return names


def neighbours(directions: Matrix, n: int) -> list[list[tuple[int, float]]]:
    """Return for each vector of length 1 the rows and cosines of its n nearest other vectors, nearest first."""
    from sklearn.neighbors import NearestNeighbors

    n = min(n, len(directions) - 1)
    if n < 1:
        return [[] for _ in directions]
    distances, near = NearestNeighbors(n_neighbors=n, algorithm="brute", metric="cosine").fit(directions).kneighbors()
    pairs = zip(near.tolist(), (1 - distances).tolist(), strict=True)
    return [list(zip(rows, cosines, strict=True)) for rows, cosines in pairs]


def read_words(path: str | Path) -> list[str]:
    """Return the first word of each line of a file, such as a file written by `w2v build-vocab`.

    Raises W2VError if the file cannot be read, or has no words.
    """
    words = [fields[0] for line in read_lines(path) if (fields := line.split())]
    if not words:
        raise W2VError(f"{path} holds no words; it should have one per line")
    return words


def caption(drawn: WordMap) -> str:
    """Return a one-line description of a map."""
    names = {"umap": "UMAP", "tsne": "t-SNE", "pca": "PCA"}
    return f"{len(drawn.words):,} words of {drawn.title}, by {names[drawn.method]}"
