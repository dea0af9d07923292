"""Scores: test files read once, and how any number of models score on them. NumPy only."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from w2v.base.errors import SettingsError
from w2v.evaluation.analogies import METHODS, Analogies, Questions, read_questions, score_questions
from w2v.evaluation.next_item import NextItemScores
from w2v.evaluation.word_pairs import Pairs, Similarity, read_pairs, score_pairs
from w2v.settings.evaluation import RESTRICT
from w2v.vectors.vectors import Vectors


@dataclass(frozen=True)
class Scores:
    """How each file came out."""

    similarity: list[Similarity]
    analogies: list[Analogies]
    next: NextItemScores | None = None
    """Where people's next items were asked for."""

    def as_dict(self) -> dict[str, Any]:
        """Return the scores as JSON has them; `next` only where it was asked for, `composed` only with subwords."""
        found = {name: value for name, value in asdict(self).items() if value is not None}
        for pairs in found["similarity"]:
            if pairs["composed"] is None:
                del pairs["composed"]
        return found


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What vectors are scored by: the content of the files, read once, and how to score."""

    pairs: Sequence[Pairs] = ()
    questions: Sequence[Questions] = ()
    restrict: int | None = RESTRICT
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
