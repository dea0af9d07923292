"""Analogies: how many questions "a is to b as c is to what" vectors answer. NumPy only.

The result equals that of gensim's `evaluate_word_analogies`: case is ignored, the first of several spellings is used,
and questions with a word that has no vector are left out and counted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from pathlib import Path

import numpy as np

from w2v.base.arrays import Indices, Matrix
from w2v.base.cosines import lengths
from w2v.base.errors import W2VError
from w2v.evaluation.metrics import share
from w2v.evaluation.rows import Rows, split_fields
from w2v.evaluation.spellings import find_spellings, folding
from w2v.settings.evaluation import RESTRICT
from w2v.vectors.estimates import Estimate
from w2v.vectors.order import Order
from w2v.vectors.vectors import Vectors

TABLE = 1 << 22
"""Number of cosines held at a time, of the words of all questions with some candidates; also the limit for the numbers
in the vectors of these candidates: 16 MB."""
QUESTIONS = 64
"""Number of questions answered at a time; their sums fit into the L2 cache."""
ALMOST_0 = 1e-6
"""Number that 3CosMul adds to the denominator, as in Levy and Goldberg (2014) and gensim."""


@dataclass(frozen=True)
class Questions:
    """A file of analogies: named sections of questions `a b c d`, meaning a is to b as c is to d."""

    file: str
    sections: list[tuple[str, list[tuple[str, ...]]]]

    def with_words(self, function: Callable[[str], str]) -> "Questions":
        """Return the questions with a function applied to each word."""
        sections = [(name, [tuple(map(function, one)) for one in asked]) for name, asked in self.sections]
        return replace(self, sections=sections)


@dataclass(frozen=True)
class Section:
    """The score of a section of analogies."""

    name: str
    accuracy: float | None
    """correct / covered; None if nothing is covered."""
    correct: int
    covered: int
    """Questions whose four words are all among the candidates."""
    total: int
    runs: Estimate | None = None
    """For several runs, the accuracy of each run; `accuracy` and `correct` are means."""


@dataclass(frozen=True)
class Analogies:
    """The score of a file of analogies, in total and by section."""

    file: str
    accuracy: float | None
    correct: int
    covered: int
    total: int
    sections: list[Section]
    runs: Estimate | None = None
    """As in Section."""


def read_questions(path: str | Path) -> Questions:
    """Read a file of analogies: four words per line, separated by tabs, semicolons, commas or spaces.

    `: name` begins a section. An answer can have alternatives, `a/b`. From a file with two words per line, such as
    BATS, questions are made of each pair and each other pair. Empty lines and lines that begin with # are skipped.
    Raises W2VError as `Rows` does.
    """
    rows = Rows(path, _question, "four words, two words or `: section`")
    sections: list[tuple[str, list[tuple[str, ...]]]] = []
    for item in rows.items:
        if isinstance(item, str):
            sections.append((item, []))
            continue
        if not sections:
            sections.append(("", []))
        sections[-1][1].append(tuple(item))
    sizes = {len(item) for item in rows.items if not isinstance(item, str)}
    if sizes == {2, 4}:
        raise W2VError(f"{path}: some lines have two words and some have four; write one kind of line")
    if sizes == {2}:
        sections = [(name, _questions_of(pairs)) for name, pairs in sections]
    return Questions(str(path), sections)


def _questions_of(pairs: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return a question for each pair of words and each other pair."""
    firsts = [(a, b.split("/")[0]) for a, b in pairs]
    return [(*first, *pair) for i, first in enumerate(firsts) for j, pair in enumerate(pairs) if i != j]


def _question(line: str) -> str | tuple[str, ...] | None:
    if line.startswith(":"):
        return line.lstrip(": ").strip()
    found = [tuple(fields) for fields in split_fields(line) if all(fields)]
    return next((fields for size in (4, 2) for fields in found if len(fields) == size), None)


def _answers_to(question: tuple[str, ...], places: dict[str, list[int]]) -> set[int]:
    """Return the positions of right answers among the candidates: all spellings of the word and its alternatives.

    >>> _answers_to(("a", "b", "c", "D/E"), {"D": [3], "E": [4, 7]})
    {3, 4, 7}
    """
    return {place for word in (question[3], *question[3].split("/")) for place in places.get(word, ())}


def score_questions(
    vectors: Vectors,
    questions: Questions,
    restrict: int | None = RESTRICT,
    method: str = "3cosadd",
    match_case: bool = False,
) -> Analogies:
    """Return how many analogies vectors answer correctly; the three words of a question cannot be its answer.

    Raises W2VError if a number of a vector is not finite.
    """
    results = []
    for name, answers in answer_questions(vectors, questions, restrict, method, match_case):
        known = [is_right for is_right in answers if is_right is not None]
        results.append(Section(name, share(sum(known), len(known)), sum(known), len(known), len(answers)))
    correct, n_covered, total = (sum(getattr(s, key) for s in results) for key in ("correct", "covered", "total"))
    return Analogies(questions.file, share(correct, n_covered), correct, n_covered, total, results)


def answer_questions(
    vectors: Vectors,
    questions: Questions,
    restrict: int | None = RESTRICT,
    method: str = "3cosadd",
    match_case: bool = False,
) -> list[tuple[str, list[bool | None]]]:
    """Return for each section its name and whether each question is answered correctly; None if not covered."""
    fold = folding(match_case)
    sections = [(name, [tuple(map(fold, question)) for question in asked]) for name, asked in questions.sections]
    candidates = _first_rows(vectors, restrict)
    wanted = {word for _, asked in sections for question in asked for word in (*question, *question[3].split("/"))}
    places = find_spellings(candidates, wanted, fold)
    covered = [
        [all(word in places for word in q[:3]) and bool(_answers_to(q, places)) for q in asked] for _, asked in sections
    ]
    flat = [q for (_, asked), known in zip(sections, covered, strict=True) for q in compress(asked, known)]
    rows = np.fromiter(candidates.values(), np.int64, len(candidates))
    found = _answers(vectors, rows, flat, places, method)
    right = iter([int(answer) in _answers_to(question, places) for question, answer in zip(flat, found, strict=True)])
    return [
        (name, [next(right) if is_covered else None for is_covered in known])
        for (name, _), known in zip(sections, covered, strict=True)
    ]


def _answers(
    vectors: Vectors, rows: Indices, questions: list[tuple[str, ...]], places: dict[str, list[int]], method: str
) -> Indices:
    """Return the position of each question's answer among the candidates, `rows`; -1 if no candidate is left.

    A question is a sum of the cosines of its three words with a candidate, and there are few different words. So their
    cosines are computed once, for some candidates at a time, and questions need no products of their own.
    `places` has the positions of all spellings of each word among the candidates; the first spelling is used.
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
        plus[word, place - start], minus[word, place - start] = -np.inf, np.inf  # a word cannot be its own answer
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
    """3CosMul: cos(x, b) cos(x, c) / (cos(x, a) + 1e-6), cosines scaled to 0..1 (Levy and Goldberg 2014); its log."""
    shifted = (1 + found) / 2
    return np.log(np.maximum(shifted, np.float32(1e-30))), np.log(np.maximum(shifted, 0) + np.float32(ALMOST_0))


METHODS: dict[str, Callable[[Matrix], tuple[Matrix, Matrix]]] = {"3cosadd": _cos_add, "3cosmul": _cos_mul}
"""Functions from cosines of any shape to the terms that b and c add, and the term that a subtracts."""


def _unit(rows: Matrix) -> Matrix:
    """Return rows scaled to length 1; rows of zeros, or rows too long for float32, become 0."""
    with np.errstate(over="ignore"):
        found: Matrix = rows / lengths(rows)[:, None]
    return found


def _first_rows(vectors: Vectors, limit: int | None) -> dict[str, int]:
    """Return the rows of the most frequent words, without duplicates."""
    words, rows = vectors.words, dict[str, int]()
    if not limit or vectors.order is Order.ALPHABET:
        limit = None
    order = vectors.most_frequent(0) if vectors.order is not Order.COUNTS else vectors.most_frequent(limit or 0)
    for row in order:
        if len(rows) == limit:
            break
        rows.setdefault(words[row], int(row))
    return rows
