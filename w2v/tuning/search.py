"""A search: Optuna proposes trials on a part of a corpus; the result is the settings of the best trial.

The part is taken from all over the corpus, and each trial trains on it as if it were the whole text. Trial 0 has the
base settings. Optuna (Akiba et al. 2019) proposes the settings of the other trials from the scores of earlier trials,
with a tree-structured Parzen estimator (Bergstra et al. 2011).
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from w2v.base.arrays import SENTENCE_END, Ids
from w2v.base.errors import DivergedError, SettingsError, W2VError, option
from w2v.base.files import replacing
from w2v.base.version import __version__
from w2v.evaluation.held_out import Windows, draw_windows
from w2v.reports import Progress, Reporter
from w2v.settings.train import TrainConfig
from w2v.text.encoding import Encoded, renumber
from w2v.text.sources import shown
from w2v.text.vocab import Vocab
from w2v.training.loop import train_embeddings
from w2v.training.weights import Embeddings
from w2v.tuning.objective import MetricInputs, Objective
from w2v.tuning.parts import take_parts, vocab_of
from w2v.tuning.space import SPACE, check_search

if TYPE_CHECKING:
    from optuna import Study

HELD_OUT = 0.05
"""Share of the corpus that is not used for training, if the metric needs unseen text."""


@dataclass(frozen=True)
class Trial:
    """One training run and its score."""

    number: int
    settings: dict[str, Any]
    """The searched settings, and the settings that depend on them."""
    score: float | None
    """None if training diverged or the metric has no value."""
    seconds: float

    @property
    def shown_score(self) -> str:
        """The score as a text."""
        return "-" if self.score is None else f"{self.score:.4f}"

    def __str__(self) -> str:
        """Return the score and the settings on one line."""
        settings = ", ".join(f"{name} {value}" for name, value in self.settings.items())
        return f"trial {self.number}: {'failed' if self.score is None else self.shown_score} with {settings}"


@dataclass
class Search:
    """Trials on a part of a corpus, with their scores."""

    objective: Objective
    base: TrainConfig
    """Settings of trial 0. Other trials use them too, except for the searched settings."""
    names: list[str]
    """Names of the searched settings."""
    share: float
    """Share of the corpus' tokens that trials train on."""
    vocab: Vocab
    """Words of that part."""
    stream: Ids
    """(n,) rows of vocab and SENTENCE_END (-1)."""
    windows: Windows | None
    trials: list[Trial] = field(default_factory=list)

    @classmethod
    def begin(
        cls, encoded: Encoded, base: TrainConfig, objective: Objective, fraction: float = 0.1, names: Sequence[str] = ()
    ) -> "Search":
        """Select the part that trials train on: the share `fraction`, 0 to 1, of the corpus.

        Words must reach min_count of the base settings within the part. By default, all settings that have an effect
        are searched. Raises SettingsError as `check_search` does, or if the metric needs the output rows of words and
        the loss does not have them; W2VError if the part is too small for the metric.
        """
        names = check_search(base, names, fraction)
        if objective.metric.scores_words and not base.output_layer.outputs_are_words:
            nodes = f"with {option('loss', base.loss)} the output rows are nodes of a tree"
            raise SettingsError(f"{option('metric', objective.name)} scores words, and {nodes}", "metric")
        part, rest = take_parts(encoded.stream, fraction, HELD_OUT if objective.metric.holds_out else 0.0)
        share = np.count_nonzero(part != SENTENCE_END) / encoded.tokens_kept
        vocab, row_of = vocab_of(part, encoded.vocab, base.min_count)
        windows = draw_windows(renumber(rest, row_of), vocab, base) if objective.metric.holds_out else None
        search = cls(objective, base, names, share, vocab, renumber(part, row_of), windows)
        if search._score(Embeddings.create(len(vocab), base.dim, base.seed), base) is None:
            raise W2VError(
                f"the {vocab.n_tokens:,} tokens of this part have too few of the words that the metric "
                f"{objective.name} needs; raise {option('fraction')}"
            )
        return search

    @property
    def best(self) -> Trial | None:
        """The trial with the best score; the first one among equal scores; None without scores."""
        sign = -1 if self.objective.metric.higher_is_better else 1
        costs = [(sign * trial.score, trial.number) for trial in self.trials if trial.score is not None]
        return self.trials[min(costs)[1]] if costs else None

    @property
    def config(self) -> TrainConfig:
        """The settings of the best trial; the base settings if there is none."""
        return replace(self.base, **self.best.settings) if self.best else self.base

    def summary(self, n_trials: int) -> str:
        """Return a description of the search."""
        return (
            f"{n_trials:,} trials on {self.vocab.n_tokens:,} tokens, {len(self.vocab):,} words, "
            f"searching {', '.join(self.names)}"
        )

    def result(self) -> str:
        """Return a text with the scores of the base settings and of the best trial; empty without scores."""
        first, best = next(iter(self.trials), None), self.best
        if first is None or best is None:
            return ""
        base = f"trial 0, with the base settings: {first.shown_score}"
        found = "no other is better" if best is first else f"trial {best.number}, the best: {best.shown_score}"
        return f"{self.objective.name} of {base}; {found}"

    def run(self, n_trials: int, told: Reporter | None = None) -> None:
        """Run n_trials trials, including trial 0. Each is added to `trials` when it ends.

        About four times per second, `told` receives the progress; it also receives each trial that is the best so far
        or has failed. Raises SettingsError if n_trials is below 1, W2VError if no trial has a score.
        """
        if n_trials < 1:
            raise SettingsError(f"{option('trials')} must be at least 1, not {n_trials}", "trials")
        told = told or Reporter()

        def report(share_of_trial: float = 0.0) -> None:
            best = "" if self.best is None else f", best {self.best.score:.4f}"
            done = len(self.trials)
            told.searching((done + share_of_trial) / n_trials, f"{done:,} of {n_trials:,} trials{best}")

        with _new_study(self.base.seed, self.objective.metric.higher_is_better) as study:
            for number in range(n_trials):
                self._trial(study, number, lambda now: report(now.progress))
                trial = self.trials[-1]
                if trial is self.best or trial.score is None:
                    told.tell(str(trial))
                report()
        if self.best is None:
            raise W2VError(f"no trial has a score, because all diverged: use a smaller {option('lr')}")

    def _trial(self, study: "Study", number: int, report: Callable[[Progress], None]) -> None:
        """Run the next trial and report its score to the study."""
        from optuna.trial import TrialState, create_trial

        base = {name: getattr(self.base, name) for name in self.names}
        space = {name: SPACE[name].around(value).distribution() for name, value in base.items()}
        asked = study.ask(space) if number > 0 else None
        settings = {name: _rounded(value) for name, value in asked.params.items()} if asked else base
        if self._moves_prior:
            settings = {**settings, "prior": replace(self.base, **settings).measured_prior}
        config = replace(self.base, **settings)
        began = time.perf_counter()
        try:
            score = self._score(train_embeddings(self.stream, self.vocab, config, report), config)
        except DivergedError:
            score = None
        self.trials.append(Trial(number, settings, score, time.perf_counter() - began))
        # As pruned, because the sampler forgets failed trials and proposes them again (25 times in 30, not 7).
        state = TrialState.PRUNED if score is None else TrialState.COMPLETE
        if asked:
            study.tell(asked, score, state)
        elif all(SPACE[name].holds(value) for name, value in base.items()):
            study.add_trial(create_trial(state=state, value=score, params=base, distributions=space))

    def save(self, path: str | Path) -> None:
        """Write the settings of the best trial, for `w2v train --config`. Raises W2VError if that fails."""
        with replacing(path) as file:
            file.write("\n".join([*self._head(), "", *self._lines(), ""]).encode())

    def _head(self) -> Iterator[str]:
        """Yield the comments at the top of the file."""
        failed = sum(trial.score is None for trial in self.trials)
        better = "higher" if self.objective.metric.higher_is_better else "lower"
        yield f"# Found by `w2v tune` {__version__}."
        yield "#"
        yield f"# metric: {self.objective.name} ({shown(self.objective.title)}); {better} is better"
        for name, trial in (("best", self.best), ("base settings", next(iter(self.trials), None))):
            found = "no score" if trial is None or trial.score is None else f"{trial.score:.4f} (trial {trial.number})"
            yield f"# {name}: {found}"
        yield f"# trials: {len(self.trials)}" + (f", of which {failed} failed" if failed else "")
        yield f"# trained on: {self.share:.3g} of the corpus, {self.vocab.n_tokens:,} tokens, {len(self.vocab):,} words"

    def _lines(self) -> Iterator[str]:
        """Yield a line with a comment for each setting that has a value."""
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
        """Whether `prior`, the weight of counts for next items, follows ns_exponent in trials, as by default."""
        follows = self.base.prior == self.base.measured_prior and not self.base.uses_logq
        return follows and self.objective.evaluation.sessions is not None and "ns_exponent" in self.names

    def _score(self, embeddings: Embeddings, config: TrainConfig) -> float | None:
        inputs = MetricInputs(self.objective.evaluation, self.windows)
        return self.objective.metric.score(inputs, embeddings, self.vocab, config)


@contextmanager
def _new_study(seed: int, higher_is_better: bool) -> "Iterator[Study]":
    """Yield a study. Optuna logs nothing until the end of the block."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        sampler = optuna.samplers.TPESampler(seed=seed % 2**32)  # the limit of NumPy's RandomState
        yield optuna.create_study(direction="maximize" if higher_is_better else "minimize", sampler=sampler)
    finally:
        optuna.logging.set_verbosity(before)


def _rounded(value: float) -> float:
    """Return a value with three digits, so that a saved file has exactly the value that was tried."""
    return value if isinstance(value, int) else float(f"{value:.3g}")


def _toml(value: Any) -> str:  # noqa: ANN401
    """Return a value in TOML, which is written like JSON except for DEL, which JSON does not escape."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
