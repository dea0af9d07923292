"""Vectors of lines from the vectors of their words, by SIF (Arora, Liang and Ma 2017) or the plain mean.

SIF gives word w the weight a / (a + p(w)), where p(w) is its share of the training text. It takes the mean of the
weighted vectors of each line, and removes the first component of all lines: the direction u, of length 1, with the
largest sum over lines of (u . v)**2. This direction mostly reflects the frequency of a line's words, and its grammar.
"""

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from w2v.base.arguments import check_words
from w2v.base.arrays import SENTENCE_END, Floats, Ids, Matrix
from w2v.base.cosines import lengths
from w2v.base.errors import W2VError, option
from w2v.base.files import replacing
from w2v.base.machine import available_threads
from w2v.formats.model import Lines
from w2v.kernels.text.means import add_products, mean_rows, remove_direction
from w2v.reports import Reporter
from w2v.settings.config_files import load_config
from w2v.settings.embedding import EmbeddingConfig
from w2v.settings.fields import fields_of
from w2v.settings.operations import settings_for
from w2v.text.corpus import Corpus
from w2v.text.encoding import encode
from w2v.text.line_names import check_distinct
from w2v.vectors.derived import named_lines
from w2v.vectors.vectors import Vectors

Result = TypeVar("Result")

ARRAY = ".npy"
"""The suffix of files that contain only the matrix, in NumPy's format."""


FEW = 1000
"""From this many words, building an index of all words of the vectors is worth the time."""


def embed(vectors: Vectors, corpus: Corpus, told: Reporter, settings: Mapping[str, Any]) -> Lines:
    """Return vectors for the lines of a corpus; see `w2v.embed`."""
    names = {field.name for field in fields_of(EmbeddingConfig)}
    config = EmbeddingConfig(**{name: settings[name] for name in settings if name in names})
    reading = {field.name for field in settings_for("embed") if field.setting.is_of_model} - names
    trained = vectors.trained.settings if vectors.trained else {}
    reads = {name: trained[name] for name in trained if name in reading}
    reads |= {name: settings[name] for name in settings if name not in names}
    reader = load_config(None, {"line_vectors": "alone", "min_count": 1, **reads})
    warn_of_phrases(vectors, reader.phrases, told)
    encoded = encode(corpus, reader, sort_words=False, report=told.reading)
    check_distinct(encoded.line_names)
    words = encoded.vocab.words
    row_of, rows = word_rows(vectors, words, config)
    covered = int(encoded.vocab.counts[row_of >= 0].sum())
    if not covered:
        raise W2VError(f"none of the {encoded.tokens_read:,} tokens of the corpus is in the vocabulary")
    replace(encoded, tokens_kept=covered).tell(told, is_reused=True)
    threads = reader.threads or available_threads()
    means = mean_lines(encoded.stream, row_of, rows, threads)
    if config.weights == "sif":
        if len(means) > 1:
            remove_component(means, first_component(means, threads), threads)
        else:
            told.warn(f"the first component of one line is the line: it stays; or use {option('weights', 'mean')}")
    return Lines(means, encoded.line_names)


def warn_of_phrases(vectors: Vectors, phrases: str | None, told: Reporter) -> None:
    """Warn if a text is read without joining phrases, although the training text was read with phrases."""
    before = vectors.trained.known.get("phrases") if vectors.trained else None
    if before is not None and phrases is None:
        told.warn(f"{vectors.name} was trained with phrases joined; to join them here too: {option('phrases', before)}")


def embed_documents(
    vectors: Vectors, documents: Iterable[Sequence[str]], config: EmbeddingConfig, threads: int | None = None
) -> Matrix:
    """Return the weighted means of lists of words, (n, dim), without removing a component; 0 if no word is known."""
    number: defaultdict[str, int] = defaultdict()
    number.default_factory = number.__len__
    ids = array("i")
    for words in documents:
        check_words(words)
        ids.extend(map(number.__getitem__, words))
        ids.append(int(SENTENCE_END))
    number.default_factory = None
    row_of, rows = word_rows(vectors, [*number], config)
    return mean_lines(
        np.frombuffer(ids, np.int32) if ids else np.empty(0, np.int32), row_of, rows, threads or available_threads()
    )


def word_rows(vectors: Vectors, words: Sequence[str], config: EmbeddingConfig) -> tuple[npt.NDArray[np.int32], Matrix]:
    """Return the vectors of words times their weights, (n, dim), and for each word its row in that matrix, or -1.

    A word with a vector composed of n-grams gets the weight of a word that does not occur in the training text.

    Raises:
        W2VError: the weights need counts, but there are none.
    """
    find = vectors.index.get if len(words) > FEW else vectors.find
    held = np.array([-1 if (row := find(word)) is None else row for word in words], np.int64)
    composed = [n for n in np.flatnonzero(held < 0).tolist() if vectors.subwords is not None and words[n] in vectors]
    known = np.concatenate([np.flatnonzero(held >= 0), np.array(composed, np.int64)])
    row_of: npt.NDArray[np.int32] = np.full(len(words), -1, np.int32)
    row_of[known] = np.arange(len(known))
    rows = np.concatenate(
        [vectors.take(held[held >= 0]), vectors[[words[n] for n in composed]].reshape(-1, vectors.dim)]
    )
    if config.weights == "mean":
        rows /= lengths(rows)[:, None]
        return row_of, rows
    counts = vectors.counts
    if counts is None:
        raise W2VError(
            f"{vectors.name} has no counts, which {option('weights', 'sif')} needs: use the .w2v folder of the "
            f"training, put its vocab.txt next to the file, or use {option('weights', 'mean')}"
        )
    shares = np.where(held[known] >= 0, counts[held[known]], 0) / max(1, int(counts.sum()))
    rows *= (config.sif_a / (config.sif_a + shares)).astype(np.float32)[:, None]
    return row_of, rows


def mean_lines(stream: Ids, row_of: npt.NDArray[np.int32], rows: Matrix, threads: int) -> Matrix:
    """Return the mean of the rows of each line's words, (n_lines, dim); a SENTENCE_END follows each line."""
    ends = np.flatnonzero(stream == SENTENCE_END) + 1
    if len(stream) and stream[-1] != SENTENCE_END:
        ends = np.append(ends, len(stream))
    means = np.zeros((len(ends), rows.shape[1]), np.float32)

    def work(part: slice) -> None:
        begin = int(ends[part.start - 1]) if part.start else 0
        mean_rows(stream[begin : ends[part][-1]], row_of, rows.ravel(), means[part])

    each_part(len(ends), threads, work)
    return means


def first_component(means: Matrix, threads: int = 1) -> Floats:
    """Return the first right singular vector of a matrix, (dim,) of length 1; the mean is not removed before.

    >>> abs(first_component(np.array([[3, 0], [-2, 0], [0, 1]], np.float32))).round(6).tolist()
    [1.0, 0.0]
    """

    def work(part: slice) -> Floats:
        products = np.zeros((means.shape[1], means.shape[1]))
        add_products(means[part], products)
        return products

    products = sum(each_part(len(means), threads, work))
    found: Floats = np.linalg.eigh(products, "U")[1][:, -1]  # in ascending order
    return found


def remove_component(means: Matrix, component: Floats, threads: int = 1) -> None:
    """Subtract from each row its component in a direction, (dim,) of length 1; mutates means."""
    direction = component.astype(np.float32)
    each_part(len(means), threads, lambda part: remove_direction(means[part], direction))


def each_part(n: int, threads: int, work: Callable[[slice], Result]) -> list[Result]:
    """Return the results of `work` for parts of n rows, in order; parts are computed on several threads."""
    step = max(1, -(-n // (4 * threads)))
    with ThreadPoolExecutor(threads) as pool:
        return [*pool.map(work, (slice(begin, min(n, begin + step)) for begin in range(0, n, step)))]


def save_lines(lines: Lines, path: str | Path) -> None:
    """Write vectors of lines: as a NumPy array if the name ends in .npy, otherwise as `Vectors.save` does."""
    if Path(path).suffix != ARRAY:
        named_lines(lines).save(path)
        return
    with replacing(path) as file:
        np.save(file, lines.vectors)
