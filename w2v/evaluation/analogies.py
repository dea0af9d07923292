"""Analogies: how many questions "a is to b as c is to what" vectors answer. NumPy only.

The result is that of gensim's `evaluate_word_analogies`: words match whatever their case, the first of several
spellings counts, and questions with a word that has no vector are left out and counted.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from w2v.base.arrays import Indices, Matrix
from w2v.base.cosines import lengths
from w2v.evaluation.metrics import share
from w2v.evaluation.rows import parse_lines, split_fields
from w2v.evaluation.spellings import find_spellings, folding
from w2v.settings.evaluation import RESTRICT
from w2v.vectors.vectors import Vectors

TABLE = 1 << 22
"""Cosines held at a time, of the words of all questions with some of the candidates; or numbers of these: 16 MB."""
QUESTIONS = 64
"""Questions answered together: their sums fit into L2."""
ALMOST_0 = 1e-6
"""What 3CosMul adds to the denominator, as Levy and Goldberg (2014) and gensim do."""


@dataclass(frozen=True)
class Questions:
    """A file of analogies: sections with their names, and questions `a b c d`: a is to b as c is to d."""

    file: str
    sections: list[tuple[str, list[tuple[str, ...]]]]


@dataclass(frozen=True)
class Section:
    """The score of a section of analogies."""

    name: str
    accuracy: float | None
    """correct / covered; None where nothing is covered."""
    correct: int
    covered: int
    """Questions of which all four words are among the candidates."""
    total: int


@dataclass(frozen=True)
class Analogies:
    """The score of a file of analogies: in all, and by section."""

    file: str
    accuracy: float | None
    correct: int
    covered: int
    total: int
    sections: list[Section]


def read_questions(path: str | Path) -> Questions:
    """Read a file of analogies: four words a line, separated by tabs, commas or spaces; `: name` begins a section.

    Empty lines, lines that begin with #, and a header are skipped. Raises W2VError as `parse_lines` does.
    """
    sections: list[tuple[str, list[tuple[str, ...]]]] = []
    items: Iterator[str | tuple[str, ...]] = parse_lines(path, _question, "four words or `: section`")
    for item in items:
        if isinstance(item, str):
            sections.append((item, []))
            continue
        if not sections:
            sections.append(("", []))
        sections[-1][1].append(item)
    return Questions(str(path), sections)


def _question(line: str) -> str | tuple[str, ...] | None:
    if line.startswith(":"):
        return line.lstrip(": ").strip()
    return next((tuple(fields) for fields in split_fields(line) if len(fields) == 4 and all(fields)), None)


def score_questions(
    vectors: Vectors,
    questions: Questions,
    restrict: int | None = RESTRICT,
    method: str = "3cosadd",
    match_case: bool = False,
) -> Analogies:
    """Return how many analogies vectors answer; the three words of a question cannot be its answer.

    Raises W2VError if a number of a vector is not finite.
    """
    fold = folding(match_case)
    sections = [(name, [tuple(map(fold, question)) for question in asked]) for name, asked in questions.sections]
    candidates = _first_rows(vectors.words, restrict)
    wanted = {word for _, asked in sections for question in asked for word in question}
    places = find_spellings(candidates, wanted, fold)
    covered = [[q for q in asked if all(word in places for word in q)] for _, asked in sections]
    flat = [question for asked in covered for question in asked]
    rows = np.fromiter(candidates.values(), np.int64, len(candidates))
    found = _answers(vectors, rows, flat, places, method)
    right = iter([int(answer) in places[question[3]] for question, answer in zip(flat, found, strict=True)])
    results = []
    for (name, asked), answerable in zip(sections, covered, strict=True):
        correct = sum(next(right) for _ in answerable)
        results.append(Section(name, share(correct, len(answerable)), correct, len(answerable), len(asked)))
    correct, n_covered, total = (sum(getattr(s, key) for s in results) for key in ("correct", "covered", "total"))
    return Analogies(questions.file, share(correct, n_covered), correct, n_covered, total, results)


def _answers(
    vectors: Vectors, rows: Indices, questions: list[tuple[str, ...]], places: dict[str, list[int]], method: str
) -> Indices:
    """Return the place among the candidates, `rows`, of the answer to each question, -1 where none is left to answer.

    Each question is a sum over the cosines of its three words with a candidate, and the words are few: so their
    cosines are computed once, for some candidates at a time, and no product is made for each question.
    `places` has the places among the candidates of all spellings of each word in the questions; the first counts.
    """
    words = sorted({word for question in questions for word in question[:3]})
    number_of = {word: number for number, word in enumerate(words)}
    asked = np.array([[number_of[word] for word in question[:3]] for question in questions], np.int64).reshape(-1, 3)
    used = _unit(vectors.take(rows[[places[word][0] for word in words]]))
    spellings = [(number, place) for number, word in enumerate(words) for place in places[word]]
    own = np.array(spellings, np.int64).reshape(-1, 2)
    best, answers = np.full(len(asked), -np.inf, np.float32), np.full(len(asked), -1)
    step = max(1, TABLE // max(len(words), vectors.dim))
    for start in range(0, len(rows), step):
        plus, minus = METHODS[method](used @ _unit(vectors.take(rows[start : start + step])).T)
        word, place = own[(own[:, 1] >= start) & (own[:, 1] < start + step)].T
        plus[word, place - start], minus[word, place - start] = -np.inf, np.inf  # no word is its own answer
        for first in range(0, len(asked), QUESTIONS):
            part = slice(first, first + QUESTIONS)
            a, b, c = asked[part].T
            sums = plus[b]
            sums += plus[c]
            sums -= minus[a]
            top = sums.argmax(axis=1)
            value = np.take_along_axis(sums, top[:, None], axis=1)[:, 0]
            answers[part] = np.where(value > best[part], top + start, answers[part])
            best[part] = np.maximum(value, best[part])
    return answers


def _cos_add(found: Matrix) -> tuple[Matrix, Matrix]:
    """3CosAdd: cos(x, b) + cos(x, c) - cos(x, a) (Mikolov et al. 2013)."""
    return found, found.copy()


def _cos_mul(found: Matrix) -> tuple[Matrix, Matrix]:
    """3CosMul: cos(x, b) cos(x, c) / (cos(x, a) + 1e-6), cosines brought to 0..1 (Levy and Goldberg 2014); its log."""
    shifted = (1 + found) / 2
    return np.log(np.maximum(shifted, np.float32(1e-30))), np.log(np.maximum(shifted, 0) + np.float32(ALMOST_0))


METHODS: dict[str, Callable[[Matrix], tuple[Matrix, Matrix]]] = {"3cosadd": _cos_add, "3cosmul": _cos_mul}
"""What to add up for b and c, and what to take away for a, from cosines of any shape."""


def _unit(rows: Matrix) -> Matrix:
    """Return rows brought to length 1; rows of 0, or too long for float32, become 0."""
    with np.errstate(over="ignore"):
        found: Matrix = rows / lengths(rows)[:, None]
    return found


def _first_rows(words: Iterable[str], limit: int | None) -> dict[str, int]:
    """Return the rows of the first words, each word counted once."""
    rows: dict[str, int] = {}
    for row, word in enumerate(words):
        if len(rows) == limit:
            break
        rows.setdefault(word, row)
    return rows
