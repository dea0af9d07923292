"""Word pairs: how well cosines rank pairs of words, compared with human scores. NumPy only.

The result equals that of gensim's `evaluate_word_pairs`: case is ignored, the first of several spellings is used, and
pairs with a word that has no vector are left out and counted.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from w2v.base.arrays import Matrix
from w2v.base.cosines import pair_cosines
from w2v.evaluation.metrics import spearman
from w2v.evaluation.rows import Rows, split_fields
from w2v.evaluation.spellings import find_spellings, folding
from w2v.vectors.derived import with_unseen
from w2v.vectors.estimates import Estimate
from w2v.vectors.vectors import Vectors


@dataclass(frozen=True)
class WordPairs:
    """A similarity file: pairs of words, and how similar people find them."""

    file: str
    words: list[tuple[str, str]]
    scores: list[float]
    notes: tuple[str, ...] = ()
    """Messages about a line or column that was not taken as pairs."""

    def with_words(self, function: Callable[[str], str]) -> "WordPairs":
        """Return the pairs with a function applied to each word."""
        return replace(self, words=[(function(first), function(second)) for first, second in self.words])


@dataclass(frozen=True)
class Similarity:
    """The score of a similarity file."""

    file: str
    spearman: float | None
    """Rank correlation of the covered pairs; None if there are fewer than two, or all scores or cosines are equal."""
    pairs: int
    covered: int
    """Number of pairs with both words in the vocabulary."""
    composed: "ComposedScore | None" = None
    """With subwords: the score if words outside the vocabulary have composed vectors."""
    runs: Estimate | None = None
    """For several runs, the score of each run; `spearman` is their mean."""


@dataclass(frozen=True)
class ComposedScore:
    """The score of a similarity file if words outside the vocabulary have vectors composed of n-grams."""

    spearman: float | None
    covered: int


def read_pairs(path: str | Path) -> WordPairs:
    """Read a similarity file: two words and a number per line, separated by tabs, semicolons, commas or spaces.

    Columns between the words and the first number, and after that number, are ignored. A first column of row numbers,
    as written by pandas, is ignored too. Empty lines, lines that begin with #, and a header without numbers are
    skipped. Raises W2VError as `Rows` does.
    """
    rows = Rows(path, _fields, "two words and a number", _is_header)
    notes = [f"{path}: the first line is taken for a header: {rows.header[:80]}"] if rows.header else []
    numbers = {fields[0] for fields in rows.items}
    has_index = len(numbers) == len(rows.items) and all(map(_has_index, rows.items))
    if has_index:
        notes.append(f"{path}: the first column is taken for row numbers")
    found = [_pair(fields[has_index:]) for fields in rows.items]
    pairs = [pair for pair in found if pair is not None]
    return WordPairs(str(path), [pair[:2] for pair in pairs], [number for _, _, number in pairs], tuple(notes))


def _fields(line: str) -> list[str] | None:
    """Return the fields of a line with two words and a number; None for other lines."""
    # The first separator that gives three fields is used: a header `word 1<tab>word 2<tab>score` has no number.
    fields = next((fields for fields in split_fields(line) if len(fields) > 2), [])
    return None if _pair(fields) is None else fields


def _pair(fields: list[str]) -> tuple[str, str, float] | None:
    first, second, *others = fields if len(fields) > 2 else ["", ""]
    number = next((number for number in map(_number, others) if math.isfinite(number)), None)
    return (first, second, number) if first and second and number is not None else None


def _has_index(fields: list[str]) -> bool:
    """Return whether a row may begin with a row number: a whole number, followed by two words that are not numbers."""
    return (
        fields[0].isdecimal()
        and _pair(fields[1:]) is not None
        and not any(map(math.isfinite, map(_number, fields[1:3])))
    )


def _is_header(line: str) -> bool:
    """Return whether a line may be a header: at least three columns, none of which begins like a number."""
    fields = next((fields for fields in split_fields(line) if len(fields) > 2), [])
    return bool(fields) and not any(field.lstrip("+-.")[:1].isdigit() for field in fields)


def _number(text: str) -> float:
    """Return a number with a decimal point or comma; NaN for anything else."""
    try:
        return float(text.replace(",", ".", 1))
    except ValueError:
        return math.nan


def score_pairs(vectors: Vectors, pairs: WordPairs, match_case: bool = False) -> Similarity:
    """Return how well the cosines of vectors rank pairs of words, by Spearman's correlation with the scores."""
    known = _score(vectors, pairs, match_case)
    if vectors.subwords is None or known.covered == known.pairs:
        return known
    fold, is_lower = folding(match_case), all(word == word.lower() for word in vectors.words)
    asked = {word.lower() if is_lower and not match_case else word for pair in pairs.words for word in pair}
    spelled = find_spellings(vectors.words, set(map(fold, asked)), fold)
    found = _score(with_unseen(vectors, sorted(word for word in asked if fold(word) not in spelled)), pairs, match_case)
    return replace(known, composed=ComposedScore(found.spearman, found.covered))


def _score(vectors: Vectors, pairs: WordPairs, match_case: bool) -> Similarity:
    found, found_cosines = covered_cosines(vectors, pairs, match_case)
    rho = spearman(found_cosines, np.array([pairs.scores[number] for number in found]))
    return Similarity(pairs.file, rho, len(pairs.words), len(found))


def covered_cosines(vectors: Vectors, pairs: WordPairs, match_case: bool = False) -> tuple[list[int], Matrix]:
    """Return the numbers of the pairs whose words both have a vector, and their cosines, (n,)."""
    fold = folding(match_case)
    asked = [(fold(first), fold(second)) for first, second in pairs.words]
    rows = find_spellings(vectors.words, {word for pair in asked for word in pair}, fold)
    found = [number for number, pair in enumerate(asked) if all(word in rows for word in pair)]
    left, right = ([rows[asked[number][side]][0] for number in found] for side in (0, 1))
    return found, pair_cosines(vectors.take(left), vectors.take(right))
