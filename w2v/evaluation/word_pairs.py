"""Word pairs: how well the cosines of vectors rank pairs of words that people have scored. NumPy only.

The result is that of gensim's `evaluate_word_pairs`: words match whatever their case, the first of several spellings
counts, and pairs with a word that has no vector are left out and counted.
"""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from w2v.base.cosines import pair_cosines
from w2v.evaluation.metrics import spearman
from w2v.evaluation.rows import parse_lines, split_fields
from w2v.evaluation.spellings import find_spellings, folding
from w2v.vectors.derived import with_unseen
from w2v.vectors.vectors import Vectors


@dataclass(frozen=True)
class WordPairs:
    """A similarity file: pairs of words, and how alike people find them."""

    file: str
    words: list[tuple[str, str]]
    scores: list[float]


@dataclass(frozen=True)
class Similarity:
    """The score of a similarity file."""

    file: str
    spearman: float | None
    """Rank correlation of the covered pairs; None where it has no value: fewer than two, or all alike."""
    pairs: int
    covered: int
    """WordPairs of which both words are in the vocabulary."""
    composed: "ComposedScore | None" = None
    """With subwords, the score with the vectors of other words too."""


@dataclass(frozen=True)
class ComposedScore:
    """The score of a similarity file if words outside the vocabulary have vectors too, composed of n-grams."""

    spearman: float | None
    covered: int


def read_pairs(path: str | Path) -> WordPairs:
    """Read a similarity file: two words and a number a line, separated by tabs, commas or spaces.

    Columns between the words and the first number, and after it, are ignored. Empty lines, lines that begin with #,
    and a header are skipped. Raises W2VError as `parse_lines` does.
    """
    found = list(parse_lines(path, _pair, "two words and a number"))
    return WordPairs(str(path), [pair[:2] for pair in found], [number for _, _, number in found])


def _pair(line: str) -> tuple[str, str, float] | None:
    # The first separator that makes three fields counts: a header `word 1<tab>word 2<tab>score` has no number.
    first, second, *others = next((fields for fields in split_fields(line) if len(fields) > 2), ["", ""])
    number = next((number for number in map(_number, others) if math.isfinite(number)), None)
    return (first, second, number) if first and second and number is not None else None


def _number(text: str) -> float:
    try:
        return float(text)
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
    fold = folding(match_case)
    asked = [(fold(first), fold(second)) for first, second in pairs.words]
    rows = find_spellings(vectors.words, {word for pair in asked for word in pair}, fold)
    found = [number for number, pair in enumerate(asked) if all(word in rows for word in pair)]
    left, right = ([rows[asked[number][side]][0] for number in found] for side in (0, 1))
    found_cosines = pair_cosines(vectors.take(left), vectors.take(right))
    rho = spearman(found_cosines, np.array([pairs.scores[number] for number in found]))
    return Similarity(pairs.file, rho, len(asked), len(found))
