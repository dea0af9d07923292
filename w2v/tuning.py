"""Tuning: finds settings that score best, by trials on a part of a corpus.

The part is cut from everywhere in the corpus, and each trial trains on it as if it were all the text there is. Trial
0 has the base settings; what the others have is proposed by Optuna (Akiba et al. 2019) from how the earlier ones came
out, with a tree-structured Parzen estimator (Bergstra et al. 2011).
"""

import json
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from w2v.arrays import SENTENCE_END, Ids
from w2v.config import TrainConfig
from w2v.errors import DivergedError, SettingsError, W2VError
from w2v.evaluation.held_out import Windows, draw_windows, held_out_loss
from w2v.evaluation.next_item import Sessions, rank_next, read_sessions
from w2v.evaluation.scores import Evaluation
from w2v.files import replacing
from w2v.text.encoding import Encoded, renumber
from w2v.text.vocab import Vocab, frequency_order
from w2v.training.loop import train_embeddings
from w2v.training.schedule import Progress, shard_bounds
from w2v.training.weights import Embeddings
from w2v.vectors import Vectors
from w2v.version import __version__

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution

PLACES = 10
"""The metric next is the share of people whose next item is among the first so many."""
HELD_OUT = 0.05
"""Share of the corpus that is kept from training where the metric asks about a text that was not seen."""


@dataclass(frozen=True)
class Range:
    """Where the values of a setting are looked for."""

    low: float
    high: float
    is_whole: bool = False
    """Whether the values are whole numbers."""
    is_log: bool = True
    """Whether it is as far from 1 to 2 as from 10 to 20."""

    def holds(self, value: object) -> bool:
        """Return whether a value could be found here, the range being wide enough."""
        return isinstance(value, int | float) and (value > 0 or not self.is_log)

    def around(self, value: Any) -> "Range":  # noqa: ANN401
        """Return the range, widened where it must be to hold a value that it can hold."""
        if not self.holds(value):
            return self
        return replace(self, low=min(self.low, value), high=max(self.high, value))

    def distribution(self) -> "BaseDistribution":
        """Return the range as Optuna has it."""
        from optuna.distributions import FloatDistribution, IntDistribution

        if self.is_whole:
            return IntDistribution(int(self.low), int(self.high), log=self.is_log)
        return FloatDistribution(self.low, self.high, log=self.is_log)


SPACE = {
    "ns_exponent": Range(-1.0, 1.25, is_log=False),
    "window": Range(1, 20, is_whole=True),
    "sample": Range(1e-5, 1e-1),
    "negative": Range(1, 30, is_whole=True),
    "lr": Range(0.005, 0.5),
    "epochs": Range(1, 20, is_whole=True),
}
"""The settings that can be searched, and where."""

Score = Callable[[Embeddings, Vocab, TrainConfig], float | None]
"""What a model scores, with the words and settings it was trained with; None where it has no score."""


@dataclass(frozen=True)
class Ground:
    """What there is to measure a model by."""

    evaluation: Evaluation
    sessions: Sessions | None
    windows: Windows | None
    """Of the text that was held out, where the metric asks for it."""


@dataclass(frozen=True)
class Metric:
    """A measure of how good a model is."""

    title: str
    rises: bool
    """Whether higher is better."""
    score: Callable[[Ground, Embeddings, Vocab, TrainConfig], float | None]
    files: tuple[str, ...] = ()
    """The arguments of Goal.of that name the files it scores by."""
    holds_out: bool = False


def _by_similarity(ground: Ground, embeddings: Embeddings, vocab: Vocab, _: TrainConfig) -> float | None:
    scores = ground.evaluation.score(Vectors(vocab.words, embeddings.vectors))
    return _mean(file.spearman for file in scores.similarity)


def _by_analogies(ground: Ground, embeddings: Embeddings, vocab: Vocab, _: TrainConfig) -> float | None:
    scores = ground.evaluation.score(Vectors(vocab.words, embeddings.vectors))
    return _mean(file.accuracy for file in scores.analogies)


def _by_loss(ground: Ground, embeddings: Embeddings, vocab: Vocab, config: TrainConfig) -> float | None:
    windows = ground.windows
    return held_out_loss(windows, embeddings, vocab, config) if windows and len(windows.centers) else None


def _by_next(ground: Ground, embeddings: Embeddings, vocab: Vocab, config: TrainConfig) -> float | None:
    if ground.sessions is None:
        return None
    vectors = Vectors(vocab.words, embeddings.vectors, vocab.counts, embeddings.output_vectors)
    found = rank_next(vectors, ground.sessions, config, PLACES)
    return found.vectors.full.hr if found.unknown < found.people else None


def _mean(scores: Iterable[float | None]) -> float | None:
    """Return the mean of scores; None where one is."""
    known = list(scores)
    total = math.fsum(score if score is not None else math.nan for score in known)
    return None if math.isnan(total) else total / len(known)


METRICS = {
    "similarity": Metric("rank correlation with people's scores of word pairs", True, _by_similarity, ("similarity",)),
    "analogies": Metric("share of analogies answered right", True, _by_analogies, ("analogies",)),
    "next": Metric(f"HR@{PLACES} among all items", True, _by_next, ("next", "sessions")),
    "loss": Metric("loss on held-out text", False, _by_loss, holds_out=True),
}


@dataclass(frozen=True)
class Goal:
    """What to search for: a metric, and the files it scores by, read."""

    name: str
    metric: Metric
    evaluation: Evaluation
    sessions: Sessions | None

    @classmethod
    def of(
        cls,
        name: str,
        similarity: Sequence[str | Path] = (),
        analogies: Sequence[str | Path] = (),
        next: str | Path | None = None,
        sessions: str | Path | None = None,
        restrict: int | None = 30_000,
    ) -> "Goal":
        """Find the metric of a name, and read its files.

        Raises:
            SettingsError: there is none, it has no files, or there are files that it does not score by.
            W2VError: a file cannot be read.
        """
        if name not in METRICS:
            raise SettingsError(f"metric must be one of {', '.join(METRICS)}, not '{name}'")
        metric = METRICS[name]
        files = {"similarity": similarity, "analogies": analogies, "next": next, "sessions": sessions}
        for kind, given in files.items():
            if kind in metric.files and not given:
                raise SettingsError(
                    f"the metric {name} scores by files: name them with --{' and --'.join(metric.files)}"
                )
            if kind not in metric.files and given:
                raise SettingsError(f"the metric {name} does not score by --{kind}; leave it out")
        people = read_sessions(sessions, next) if sessions and next else None
        return cls(name, metric, Evaluation.read(similarity, analogies, restrict=restrict), people)

    @property
    def title(self) -> str:
        """What is measured, and by what."""
        read = [item.file for item in self.evaluation.pairs] + [item.file for item in self.evaluation.questions]
        read += [self.sessions.file] if self.sessions else []
        files = [Path(file).name for file in read]
        mean = "mean " if len(files) > 1 else ""
        return mean + self.metric.title + (f": {', '.join(files)}" if files else "")


@dataclass(frozen=True)
class Trial:
    """One run of training, and what came of it."""

    number: int
    settings: dict[str, Any]
    """Of those that are searched, and of what goes with them."""
    score: float | None
    """None where it failed: training diverged, or the metric had no value."""
    seconds: float


@dataclass
class Search:
    """Trials on a part of a corpus, and how they came out so far."""

    goal: Goal
    base: TrainConfig
    """The settings of trial 0, and in all trials those that are not searched."""
    names: list[str]
    """The settings that are searched."""
    share: float
    """Share of the corpus' tokens that trials train on."""
    vocab: Vocab
    """The words of that part."""
    stream: Ids
    """(n,) rows of vocab and SENTENCE_END (-1)."""
    windows: Windows | None
    trials: list[Trial] = field(default_factory=list)

    @classmethod
    def begin(
        cls, encoded: Encoded, base: TrainConfig, goal: Goal, fraction: float = 0.1, names: Sequence[str] = ()
    ) -> "Search":
        """Cut out the part that trials train on.

        Args:
            encoded: the corpus.
            base: the settings to begin from. Words of the part have to reach its min_count there.
            goal: what to search for.
            fraction: share of the corpus that the part takes, 0 to 1.
            names: the settings to search; by default all that have an effect.

        Raises:
            SettingsError: the fraction is out of range, or a setting cannot be searched.
            W2VError: the part is too small for the metric, or Optuna is missing.
        """
        names = check(base, names, fraction)
        part, rest = take_parts(encoded.stream, fraction, HELD_OUT if goal.metric.holds_out else 0.0)
        share = np.count_nonzero(part != SENTENCE_END) / encoded.tokens_kept
        vocab, row_of = _vocab_of(part, encoded.vocab, base.min_count)
        windows = draw_windows(renumber(rest, row_of), vocab, base) if goal.metric.holds_out else None
        search = cls(goal, base, names, share, vocab, renumber(part, row_of), windows)
        if search._score(Embeddings.create(len(vocab), base.dim, base.seed), base) is None:
            raise W2VError(
                f"the {vocab.n_tokens:,} tokens of this part have too few of the words that the metric {goal.name} "
                "asks for; raise --fraction"
            )
        return search

    @property
    def best(self) -> Trial | None:
        """The trial with the best score, of equal ones the first; None where none has any."""
        scored = [trial for trial in self.trials if trial.score is not None]
        return min(scored, key=lambda trial: self._cost(trial.score), default=None)

    @property
    def config(self) -> TrainConfig:
        """The settings of the best trial; those it began with where there is none."""
        return replace(self.base, **self.best.settings) if self.best else self.base

    def run(self, n_trials: int, report: "SearchReport | None" = None) -> None:
        """Make trials; each is added to `trials` when it ends.

        Args:
            n_trials: how many, that with the base settings included.
            report: told how far the search is, about four times a second and after each trial.

        Raises:
            SettingsError: there is to be no trial.
            W2VError: no trial has a score.
        """
        if n_trials < 1:
            raise SettingsError(f"trials must be at least 1, not {n_trials}")
        report = report or (lambda search, share: None)
        with _new_study(self.base.seed, self.goal.metric.rises) as study:
            for number in range(n_trials):
                self._trial(study, number, partial(_report_within, report, self, n_trials))
                report(self, len(self.trials) / n_trials)
        if self.best is None:
            raise W2VError("no trial has a score, as training diverged in each: begin from a smaller lr, with --config")

    def _trial(self, study: "Study", number: int, report: Callable[[Progress], None]) -> None:
        """Make the next trial, and tell the study how it came out."""
        from optuna.trial import TrialState, create_trial

        base = {name: getattr(self.base, name) for name in self.names}
        space = {name: SPACE[name].around(value).distribution() for name, value in base.items()}
        asked = study.ask(space) if number > 0 else None
        settings = {name: _rounded(value) for name, value in asked.params.items()} if asked else base
        if self._moves_prior:
            settings = {**settings, "prior": settings["ns_exponent"]}
        config = replace(self.base, **settings)
        began = time.perf_counter()
        try:
            score = self._score(train_embeddings(self.stream, self.vocab, config, report), config)
        except DivergedError:
            score = None
        self.trials.append(Trial(number, settings, score, time.perf_counter() - began))
        # As pruned, not as failed: those the sampler forgets, and comes again (25 times in 30 in place of 7).
        state = TrialState.PRUNED if score is None else TrialState.COMPLETE
        if asked:
            study.tell(asked, score, state)
        elif all(SPACE[name].holds(value) for name, value in base.items()):
            study.add_trial(create_trial(state=state, value=score, params=base, distributions=space))

    def save(self, path: str | Path) -> None:
        """Write the settings of the best trial, for `w2v train --config`, and how they were found.

        Raises:
            W2VError: it cannot be written.
        """
        with replacing(path) as file:
            file.write("\n".join([*self._head(), "", *self._lines(), ""]).encode())

    def _head(self) -> Iterator[str]:
        """Yield what the file says before the settings."""
        failed = sum(trial.score is None for trial in self.trials)
        yield f"# Found by `w2v tune` {__version__}."
        yield "#"
        yield f"# metric: {self.goal.name} ({_printable(self.goal.title)}); {self._direction} is better"
        yield f"# best: {shown(self.best)}"
        yield f"# base settings: {shown(next(iter(self.trials), None))}"
        yield f"# trials: {len(self.trials)}" + (f", of which {failed} failed" if failed else "")
        yield f"# trained on: {self.share:.3g} of the corpus, {self.vocab.n_tokens:,} tokens, {len(self.vocab):,} words"

    def _lines(self) -> Iterator[str]:
        """Yield a line for each setting that has a value, with a comment."""
        defaults = TrainConfig(model=self.base.model).as_dict()
        found = {k: v for k, v in self.config.as_dict().items() if v is not None and k != "threads"}
        texts = {name: f"{name} = {_toml(value)}" for name, value in found.items()}
        width = max(map(len, texts.values()))
        for name, text in texts.items():
            base = getattr(self.base, name)
            why = "the default" if found[name] == defaults[name] else "as given"
            if name == "prior" and self._moves_prior:
                why = "goes with ns_exponent"
            if name in self.names:
                where = SPACE[name].around(base)
                why = f"searched from {where.low:g} to {where.high:g}; {base} in the base settings"
            yield f"{text:{width}}  # {why}"

    @property
    def _moves_prior(self) -> bool:
        """Whether the weight of counts, which next items are told by, goes with ns_exponent, as it should and did."""
        follows = self.base.prior == self.base.ns_exponent and not self.base.uses_logq
        return follows and self.goal.sessions is not None and "ns_exponent" in self.names

    @property
    def _direction(self) -> str:
        return "higher" if self.goal.metric.rises else "lower"

    def _cost(self, score: float | None) -> float:
        """Return a score as something that is better where it is less."""
        if score is None:
            return math.inf
        return -score if self.goal.metric.rises else score

    def _score(self, embeddings: Embeddings, config: TrainConfig) -> float | None:
        return self.goal.metric.score(
            Ground(self.goal.evaluation, self.goal.sessions, self.windows), embeddings, self.vocab, config
        )


SearchReport = Callable[[Search, float], None]
"""Told of a search, and what share of it is done."""


def check(base: TrainConfig, names: Sequence[str], fraction: float) -> list[str]:
    """Return the settings to search, in the order of SPACE: those named, or without any all that have an effect.

    Raises:
        SettingsError: the fraction is out of range, or a setting cannot be searched beside the base settings.
        W2VError: Optuna is missing.
    """
    if find_spec("optuna") is None:
        raise W2VError("to search settings needs optuna, which is not installed: pip install 'w2v[tune]'")
    if not 0 < fraction <= 1:
        raise SettingsError(f"fraction must be above 0 and at most 1, not {fraction}")
    idle = {"ns_exponent": "sampler batch"} if base.sampler == "batch" else {}
    if not base.output_layer.has_negatives:
        idle = dict.fromkeys(("ns_exponent", "negative"), f"loss {base.loss}")
    for name in names:
        if name not in SPACE:
            raise SettingsError(f"'{name}' cannot be searched; these can: {', '.join(SPACE)}")
        if name in idle:
            raise SettingsError(f"{name} cannot be searched with {idle[name]}, where it has no effect")
    return [name for name in SPACE if name in (names or SPACE) and name not in idle]


def take_parts(stream: Ids, fraction: float, held_out: float) -> tuple[Ids, Ids]:
    """Return two disjoint parts of a stream, both of whole sentences from everywhere in it.

    The stream is cut into shards, as training does; one part has the beginning of each, the other its end. A sentence
    longer than half a shard is cut.

    Args:
        stream: (n,) rows and SENTENCE_END.
        fraction: share of the tokens in the first part; what the second has is missing from it.
        held_out: share in the second.

    Returns:
        Two copies.
    """
    first, second = [], []
    for begin, end in pairwise(shard_bounds(stream)):
        shard = stream[begin:end]
        last = sentence_after(shard, 1 - held_out)
        first.append(_ended(shard[: min(last, sentence_after(shard, fraction))]))
        second.append(_ended(shard[last:]))
    return np.concatenate(first), np.concatenate(second)


def sentence_after(shard: Ids, share: float) -> int:
    """Return where the first sentence begins of which this share of a shard lies before; its length where none does."""
    least = max(1, math.ceil(share * len(shard)))
    ends = np.flatnonzero(shard[least - 1 :] == SENTENCE_END)
    return least + int(ends[0]) if len(ends) else least


def _ended(tokens: Ids) -> Ids:
    """Return tokens with a SENTENCE_END behind them, which no window crosses."""
    return np.append(tokens, np.int32(SENTENCE_END)) if len(tokens) and tokens[-1] != SENTENCE_END else tokens


def _vocab_of(part: Ids, vocab: Vocab, min_count: int) -> tuple[Vocab, Ids]:
    """Return the words that a part of the text has so often, and the row there of each word of vocab, -1 for none."""
    counts = np.bincount(part[part != SENTENCE_END], minlength=len(vocab))
    wanted = np.flatnonzero(counts >= min_count)
    if len(wanted) == 0:
        raise W2VError(f"no word occurs {min_count} times in this part of the corpus; raise --fraction")
    words = [vocab.words[row] for row in wanted.tolist()]
    order = frequency_order(words, counts[wanted])
    row_of = np.full(len(vocab), -1, np.int32)
    row_of[wanted[order]] = np.arange(len(order))
    return Vocab([words[i] for i in order.tolist()], counts[wanted[order]]), row_of


@contextmanager
def _new_study(seed: int, rises: bool) -> "Iterator[Study]":
    """Yield a study, which says nothing while it lasts."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        sampler = optuna.samplers.TPESampler(seed=seed % 2**32)  # NumPy's RandomState takes no more
        yield optuna.create_study(direction="maximize" if rises else "minimize", sampler=sampler)
    finally:
        optuna.logging.set_verbosity(before)


def _report_within(report: SearchReport, search: Search, n_trials: int, now: Progress) -> None:
    report(search, (len(search.trials) + now.progress) / n_trials)


def _rounded(value: float) -> float:
    """Return a value with three digits, so that a file holds exactly what was tried."""
    return value if isinstance(value, int) else float(f"{value:.3g}")


def shown(trial: Trial | None) -> str:
    """Return a trial's score and number, for people."""
    if trial is None or trial.score is None:
        return "no score"
    return f"{trial.score:.4f} (trial {trial.number})"


def _toml(value: Any) -> str:  # noqa: ANN401
    """Return a value as TOML has it: as JSON does, but for a character that JSON leaves as it is."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _printable(text: str) -> str:
    """Return a text for a comment, which is a line."""
    return "".join(c if c.isprintable() else "?" for c in text)
