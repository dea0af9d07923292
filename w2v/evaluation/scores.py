"""Scores: test files are read once, and any number of models can be scored. NumPy only."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from w2v.base.errors import SettingsError, option
from w2v.evaluation.analogies import Analogies, Questions, read_questions, score_questions
from w2v.evaluation.next_item import NextItemScores, Sessions, rank_next, read_sessions
from w2v.evaluation.over_runs import mean_analogies, mean_similarity
from w2v.evaluation.spellings import folding
from w2v.evaluation.word_pairs import Similarity, WordPairs, read_pairs, score_pairs
from w2v.reports import Progress, Reporter
from w2v.settings.evaluation import EvaluationConfig
from w2v.text.phrase_table import PhraseTable
from w2v.vectors.items import scoring_settings
from w2v.vectors.runs import Runs
from w2v.vectors.vectors import Vectors

if TYPE_CHECKING:
    from w2v.training.run import EpochReport
    from w2v.training.selection import Selection


@dataclass(frozen=True)
class Scores:
    """The score of each file."""

    similarity: list[Similarity]
    analogies: list[Analogies]
    next: NextItemScores | None = None
    """None if next items were not requested."""

    def as_dict(self) -> dict[str, Any]:
        """Return the scores in the form for JSON.

        `next` is present only if it was requested, `composed` only with subwords, `runs` only for several runs.
        """
        found = {name: value for name, value in asdict(self).items() if value is not None}
        sections = [section for questions in found["analogies"] for section in questions["sections"]]
        for part in (*found["similarity"], *found["analogies"], *sections):
            for name in ("composed", "runs"):
                if name in part and part[name] is None:
                    del part[name]
        return found

    @property
    def is_empty(self) -> bool:
        """Whether no file has a score."""
        found = [*(item.spearman for item in self.similarity), *(item.accuracy for item in self.analogies)]
        return self.next is None and all(score is None for score in found)

    @property
    def mean(self) -> float | None:
        """The mean score of all files: rank correlation, accuracy, NDCG@k; None if a file has no score."""
        found = [*(item.spearman for item in self.similarity), *(item.accuracy for item in self.analogies)]
        if self.next:
            found.append(self.next.vectors.full.ndcg)
        known = [score for score in found if score is not None]
        return math.fsum(known) / len(known) if len(known) == len(found) > 0 else None

    def summary(self) -> str:
        """Return the score of each file on one line."""
        named = [(Path(item.file).name, item.spearman) for item in self.similarity]
        named += [(Path(item.file).name, item.accuracy) for item in self.analogies]
        if self.next:
            file, k, full = Path(self.next.file).name, self.next.k, self.next.vectors.full
            named += [(f"{file} HR@{k}", full.hr), (f"NDCG@{k}", full.ndcg), ("coverage", self.next.coverage)]
            if self.next.vectors.sampled is None:
                named.insert(-2, (f"recall@{k}", full.recall))
        return ", ".join(f"{name} {'-' if value is None else f'{value:.4f}'}" for name, value in named)

    def without_value(self) -> Iterator[str]:
        """Yield, for each file without a score, a message with the reason."""
        for pairs in self.similarity:
            if pairs.spearman is None:
                why = "have the same score or cosine" if pairs.covered > 1 else "has both words in the vocabulary"
                which = f"all {pairs.covered:,} covered" if pairs.covered > 1 else "one" if pairs.covered else "none"
                yield f"{pairs.file} has no score: {which} of its {pairs.pairs:,} pairs {why}"
        for questions in self.analogies:
            if questions.accuracy is None:
                yield (
                    f"{questions.file} has no score: none of its {questions.total:,} questions has all four words in "
                    f"the vocabulary; a larger {option('restrict')} includes more words"
                )


@dataclass(frozen=True)
class Evaluation:
    """The content of test files, read once, and the settings of scoring."""

    pairs: Sequence[WordPairs] = ()
    questions: Sequence[Questions] = ()
    sessions: Sessions | None = None
    config: EvaluationConfig = field(default_factory=EvaluationConfig)
    item_settings: Mapping[str, Any] = field(default_factory=dict)
    """Settings for scoring next items, which replace those of the training."""

    @classmethod
    def read(
        cls,
        similarity: Sequence[str | Path],
        analogies: Sequence[str | Path],
        next: str | Path | None = None,
        sessions: str | Path | None = None,
        **settings: Any,  # noqa: ANN401
    ) -> "Evaluation":
        """Read the files. `settings` are those of EvaluationConfig and those for scoring items.

        Raises SettingsError if a setting is out of range, or next or sessions is missing; W2VError if a file cannot be
        read or has a malformed line.
        """
        own = {name: settings.pop(name) for name in [*settings] if name in EvaluationConfig.__annotations__}
        config = EvaluationConfig(**own)
        joined = _joining(config)
        people = read_sessions(sessions, next) if sessions is not None and next is not None else None
        if people is None and (settings or next != sessions):
            raise SettingsError(f"{option('next')} and {option('sessions')} must be given together", "sessions")
        pairs = [read_pairs(path).with_words(joined) for path in similarity]
        questions = [read_questions(path).with_words(joined) for path in analogies]
        return cls(pairs, questions, people, config, settings)

    def tell(self, told: Reporter) -> None:
        """Report the lines and columns of the files that were not taken as pairs."""
        for pairs in self.pairs:
            for note in pairs.notes:
                told.tell(note)

    def score(self, vectors: Vectors) -> Scores:
        """Return the scores of vectors."""
        how, ranked = self.config, None
        pairs = [score_pairs(vectors, file, how.match_case) for file in self.pairs]
        questions = [
            score_questions(vectors, file, how.restrict or None, how.method, how.match_case) for file in self.questions
        ]
        if self.sessions is not None:
            ranked = rank_next(vectors, self.sessions, scoring_settings(vectors, **self.item_settings), how.k)
        return Scores(pairs, questions, ranked)

    def score_runs(self, runs: Runs) -> Scores:
        """Return the mean scores of several runs, each with its interval.

        Raises SettingsError if next items are requested.
        """
        if self.sessions is not None:
            raise SettingsError(f"{option('next')} cannot be used with {runs.name}, which holds runs", "next")
        found = [self.score(run) for run in runs]
        pairs = zip(*(scores.similarity for scores in found), strict=True)
        questions = zip(*(scores.analogies for scores in found), strict=True)
        return Scores(
            [mean_similarity(scores, runs.is_bootstrap) for scores in pairs],
            [mean_analogies(scores, runs.is_bootstrap) for scores in questions],
        )

    def after_epoch(
        self, told: Reporter, each_epoch: bool, also: "EpochReport | None", selection: "Selection"
    ) -> "EpochReport | None":
        """Return a function that scores a run after each epoch, or only after the last one, and calls `also` each time.

        Returns None if there is nothing to do. Raises SettingsError if the selection needs scores and there are none.
        """
        if not (self.pairs or self.questions or self.sessions):
            if selection.is_used and also is None:
                name = "keep_best" if selection.keep_best else "patience"
                sets = " or ".join(map(option, ("similarity", "analogies", "next")))
                raise SettingsError(f"{option(name)} has an effect only with {sets}", name)
            return also
        each_epoch = each_epoch or selection.is_used

        def score(now: Progress, vectors: Vectors) -> dict[str, Any] | None:
            found = dict[str, Any]((also(now, vectors) if also else None) or {})
            if each_epoch or now.progress == 1:
                scores = self.score(vectors)
                told.scored(now, scores.summary())
                if selection.is_used:
                    found.setdefault("score", scores.mean)
                found |= scores.as_dict()
            return found or None

        return score


def _joining(config: EvaluationConfig) -> Callable[[str], str]:
    """Return a function that joins the words of a phrase, such as `new york`; other words are unchanged."""
    if config.phrases is None:
        return str
    table = PhraseTable.load(config.phrases)
    table = replace(table, fold=folding(config.match_case))

    def joined(word: str) -> str:
        tokens = word.split()
        found = table.join(tokens) if len(tokens) > 1 else []
        return found[0] if len(found) == 1 else word

    return joined
