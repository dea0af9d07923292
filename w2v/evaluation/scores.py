"""Evaluation: how far vectors agree with people, and how many analogies they answer. NumPy only.

The figures are those of gensim's `evaluate_word_pairs` and `evaluate_word_analogies`: words match whatever their
case, of several spellings the first in the file counts, and what has a word without a vector is left out and counted.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from w2v.arrays import Floats, Indices, Matrix
from w2v.errors import SettingsError, W2VError
from w2v.evaluation.next_item import Next
from w2v.text.corpus import Corpus
from w2v.vectors import Vectors, cosines, lengths

Item = TypeVar("Item")

TABLE = 1 << 22
"""Cosines held at a time, of the words of all questions with some of the candidates; or numbers of these: 16 MB."""
QUESTIONS = 64
"""Questions answered together: their sums fit into L2."""
ALMOST_0 = 1e-6
"""What 3CosMul adds to the denominator, as Levy and Goldberg (2014) and gensim do."""


@dataclass(frozen=True)
class Pairs:
    """A similarity file: pairs of words, and how alike people find them."""

    file: str
    words: list[tuple[str, str]]
    scores: list[float]


@dataclass(frozen=True)
class Questions:
    """A file of analogies: sections with their names, and questions `a b c d`: a is to b as c is to d."""

    file: str
    sections: list[tuple[str, list[tuple[str, ...]]]]


@dataclass(frozen=True)
class Similarity:
    """How a similarity file came out."""

    file: str
    spearman: float | None
    """Rank correlation of the covered pairs; None where it has no value: fewer than two, or all alike."""
    pairs: int
    covered: int
    """Pairs of which both words have vectors."""


@dataclass(frozen=True)
class Section:
    """How a section of analogies came out."""

    name: str
    accuracy: float | None
    """correct / covered; None where nothing is covered."""
    correct: int
    covered: int
    """Questions of which all four words are among the candidates."""
    total: int


@dataclass(frozen=True)
class Analogies:
    """How a file of analogies came out: in all, and by section."""

    file: str
    accuracy: float | None
    correct: int
    covered: int
    total: int
    sections: list[Section]


@dataclass(frozen=True)
class Scores:
    """How each file came out."""

    similarity: list[Similarity]
    analogies: list[Analogies]
    next: Next | None = None
    """Where people's next items were asked for."""

    def as_dict(self) -> dict[str, Any]:
        """Return the scores as JSON has them; `next` only where it was asked for."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What vectors are scored by: the content of the files, read once, and how to score."""

    pairs: Sequence[Pairs] = ()
    questions: Sequence[Questions] = ()
    restrict: int | None = 30_000
    """Analogies are asked and answered among so many words, the most frequent; None is all of them."""
    method: str = "3cosadd"
    """How they are answered: 3cosadd or 3cosmul."""
    match_case: bool = False
    """Whether `King` and `king` are two words."""

    def __post_init__(self) -> None:
        """Check the method and the restriction."""
        if self.method not in METHODS:
            raise SettingsError(f"method must be one of {', '.join(METHODS)}, not '{self.method}'")
        if self.restrict is not None and self.restrict < 1:
            raise SettingsError(f"restrict must be at least 1, or None for all words, not {self.restrict}")

    @classmethod
    def read(
        cls,
        similarity: Sequence[str | Path],
        analogies: Sequence[str | Path],
        **how: Any,  # noqa: ANN401
    ) -> "Evaluation":
        """Read the files.

        Raises:
            W2VError: as `read_pairs` and `read_questions` do.
        """
        return cls(pairs=list(map(read_pairs, similarity)), questions=list(map(read_questions, analogies)), **how)

    def score(self, vectors: Vectors) -> Scores:
        """Return how the vectors come out."""
        return Scores(
            [score_pairs(vectors, pairs, self.match_case) for pairs in self.pairs],
            [
                score_questions(vectors, questions, self.restrict, self.method, self.match_case)
                for questions in self.questions
            ],
        )


def read_pairs(path: str | Path) -> Pairs:
    """Read a similarity file: two words and a number a line, between them tabs, commas or spaces.

    Columns between the words and the first number, and after it, are passed over. So are empty lines, those that
    begin with #, and a header.

    Raises:
        W2VError: it cannot be read, has no pairs, or has a line that is none; the message says which.
    """
    words, scores = [], []
    for first, second, number in _parsed(path, _pair, "two words and a number"):
        words.append((first, second))
        scores.append(number)
    return Pairs(str(path), words, scores)


def read_questions(path: str | Path) -> Questions:
    """Read a file of analogies: four words a line, between them tabs, commas or spaces; `: name` begins a section.

    Empty lines, those that begin with #, and a header are passed over.

    Raises:
        W2VError: it cannot be read, has no questions, or has a line that is none; the message says which.
    """
    sections: list[tuple[str, list[tuple[str, ...]]]] = []
    items: Iterator[str | tuple[str, ...]] = _parsed(path, _question, "four words or `: section`")
    for item in items:
        if isinstance(item, str):
            sections.append((item, []))
            continue
        if not sections:
            sections.append(("", []))
        sections[-1][1].append(item)
    return Questions(str(path), sections)


def _parsed(path: str | Path, parse: Callable[[str], Item | None], expected: str) -> Iterator[Item]:
    """Yield what each line of a file holds; the first that holds nothing may be a header."""
    if Path(path).is_dir():
        raise W2VError(f"{path} is a folder; name a file")
    text = b"".join(Corpus(path, warn=lambda _: None).blocks()).decode("utf-8", "replace")
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip() and line[0] != "#"]
    items = [parse(line) for _, line in lines]
    for place, (item, (number, _)) in enumerate(zip(items, lines, strict=True)):
        if item is not None:
            yield item
        elif place > 0 or len(lines) == 1:
            raise W2VError(f"{path}, line {number}: expected {expected}")
    if not lines:
        raise W2VError(f"{path} is empty: expected lines of {expected}")


def _pair(line: str) -> tuple[str, str, float] | None:
    # The first separator that makes three fields is the one: a header `word 1<tab>word 2<tab>score` has no number.
    first, second, *others = next((fields for fields in _splits(line) if len(fields) > 2), ["", ""])
    number = next((number for number in map(_number, others) if math.isfinite(number)), None)
    return (first, second, number) if first and second and number is not None else None


def _question(line: str) -> str | tuple[str, ...] | None:
    if line.startswith(":"):
        return line.lstrip(": ").strip()
    return next((tuple(fields) for fields in _splits(line) if len(fields) == 4 and all(fields)), None)


def _splits(line: str) -> Iterator[list[str]]:
    """Yield the fields of a line by each separator; with tabs and commas a word may have spaces in it."""
    for fields in (line.split("\t"), line.replace('"', "").split(","), line.split()):
        yield [field.strip() for field in fields]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def score_pairs(vectors: Vectors, pairs: Pairs, match_case: bool = False) -> Similarity:
    """Return how well the cosines of vectors rank pairs of words, by Spearman's correlation with the scores."""
    fold = _folding(match_case)
    asked = [(fold(first), fold(second)) for first, second in pairs.words]
    rows = _places(vectors.words, {word for pair in asked for word in pair}, fold)
    found = [number for number, pair in enumerate(asked) if all(word in rows for word in pair)]
    left, right = ([rows[asked[number][side]][0] for number in found] for side in (0, 1))
    found_cosines = cosines(vectors.matrix[left], vectors.matrix[right])
    rho = spearman(found_cosines, np.array([pairs.scores[number] for number in found]))
    return Similarity(pairs.file, rho, len(asked), len(found))


def spearman(left: npt.NDArray[np.floating], right: npt.NDArray[np.floating]) -> float | None:
    """Return Spearman's rank correlation, values that are equal having the mean of their ranks.

    None where it has no value: there are fewer than two, or those of one side are all equal.

    >>> spearman(np.array([1.0, 2.0, 2.0]), np.array([10.0, 20.0, 20.0]))
    1.0
    """
    a, b = (ranks(values) - (len(values) + 1) / 2 for values in (left, right))
    spread = math.sqrt((a @ a) * (b @ b))
    return round(float(a @ b) / spread, 15) if spread > 0 else None


def ranks(values: npt.NDArray[np.floating]) -> Floats:
    """Return the rank of each value, from 1; of equal ones the mean of their ranks."""
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    found: Floats = (np.cumsum(sizes) - (sizes - 1) / 2)[group]
    return found


def score_questions(
    vectors: Vectors,
    questions: Questions,
    restrict: int | None = 30_000,
    method: str = "3cosadd",
    match_case: bool = False,
) -> Analogies:
    """Return how many analogies vectors answer; the answer may be none of the three words that ask."""
    fold = _folding(match_case)
    sections = [(name, [tuple(map(fold, question)) for question in asked]) for name, asked in questions.sections]
    candidates = _first_rows(vectors.words, restrict)
    wanted = {word for _, asked in sections for question in asked for word in question}
    places = _places(candidates, wanted, fold)
    covered = [[q for q in asked if all(word in places for word in q)] for _, asked in sections]
    flat = [question for asked in covered for question in asked]
    rows = np.fromiter(candidates.values(), np.int64, len(candidates))
    found = _answers(vectors.matrix, rows, flat, places, method)
    right = iter([int(answer) in places[question[3]] for question, answer in zip(flat, found, strict=True)])
    results = []
    for (name, asked), answerable in zip(sections, covered, strict=True):
        correct = sum(next(right) for _ in answerable)
        results.append(Section(name, _share(correct, len(answerable)), correct, len(answerable), len(asked)))
    correct, n_covered, total = (sum(getattr(s, key) for s in results) for key in ("correct", "covered", "total"))
    return Analogies(questions.file, _share(correct, n_covered), correct, n_covered, total, results)


def _answers(
    matrix: Matrix, rows: Indices, questions: list[tuple[str, ...]], places: dict[str, list[int]], method: str
) -> Indices:
    """Return the place among the candidates of the answer to each question, -1 where none is left to answer.

    Each question is a sum over the cosines of its three words with a candidate, and the words are few: so their
    cosines are computed once, for some candidates at a time, and no product is made for each question.

    Args:
        matrix: (n_types, dim) vectors.
        rows: of the candidates.
        questions: words a, b, c of each, all of which have places.
        places: among the candidates, of all spellings of a word; the first counts.
        method: 3cosadd or 3cosmul.
    """
    words = sorted({word for question in questions for word in question[:3]})
    number_of = {word: number for number, word in enumerate(words)}
    asked = np.array([[number_of[word] for word in question[:3]] for question in questions], np.int64).reshape(-1, 3)
    used = _unit(matrix[rows[[places[word][0] for word in words]]])
    spellings = [(number, place) for number, word in enumerate(words) for place in places[word]]
    own = np.array(spellings, np.int64).reshape(-1, 2)
    best, answers = np.full(len(asked), -np.inf, np.float32), np.full(len(asked), -1)
    step = max(1, TABLE // max(len(words), matrix.shape[1]))
    for start in range(0, len(rows), step):
        plus, minus = METHODS[method](used @ _unit(matrix[rows[start : start + step]]).T)
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
    """Return rows brought to length 1; what is not finite, as foreign files may have it, becomes 0."""
    with np.errstate(invalid="ignore"):
        found: Matrix = np.nan_to_num(rows / lengths(rows)[:, None], copy=False, nan=0, posinf=0, neginf=0)
    return found


def _first_rows(words: Iterable[str], limit: int | None) -> dict[str, int]:
    """Return the rows of the first words, each word counted once."""
    rows: dict[str, int] = {}
    for row, word in enumerate(words):
        if len(rows) == limit:
            break
        rows.setdefault(word, row)
    return rows


def _places(words: Iterable[str], wanted: set[str], fold: Callable[[str], str]) -> dict[str, list[int]]:
    """Return where the words stand that become a wanted one by folding."""
    places: dict[str, list[int]] = {}
    for place, word in enumerate(words):
        if (key := fold(word)) in wanted:
            places.setdefault(key, []).append(place)
    return places


def _folding(match_case: bool) -> Callable[[str], str]:
    return str if match_case else str.upper


def _share(correct: int, covered: int) -> float | None:
    return correct / covered if covered else None
