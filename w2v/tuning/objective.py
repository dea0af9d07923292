"""What a search optimises: a metric, and the files and held-out windows that it is computed from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from w2v.base.errors import SettingsError, option
from w2v.evaluation.held_out import Windows, held_out_loss
from w2v.evaluation.next_item import rank_next
from w2v.evaluation.scores import Evaluation
from w2v.settings.evaluation import RESTRICT
from w2v.settings.train import TrainConfig
from w2v.text.vocab import Vocab
from w2v.training.weights import Embeddings
from w2v.vectors.vectors import Vectors

PLACES = 10
"""The k of recall@k, which the metric next is: with one next item per person it is HR@k."""


@dataclass(frozen=True)
class MetricInputs:
    """What a metric is computed from, besides the model."""

    evaluation: Evaluation
    windows: Windows | None
    """Of held-out text, where the metric needs it."""


@dataclass(frozen=True)
class Metric:
    """A measure of how good a model is."""

    title: str
    higher_is_better: bool
    score: Callable[[MetricInputs, Embeddings, Vocab, TrainConfig], float | None]
    files: tuple[str, ...] = ()
    """The arguments of Objective.of for the files it needs."""
    holds_out: bool = False
    """Whether it needs text that was not trained on."""
    scores_words: bool = False
    """Whether it needs the output rows of words."""


def _by_words(inputs: MetricInputs, embeddings: Embeddings, vocab: Vocab, _: TrainConfig) -> float | None:
    """Return the mean score of the files, which are of similarity or of analogies; None if one has no score."""
    return inputs.evaluation.score(Vectors(vocab.words, embeddings.vectors)).mean


def _by_loss(inputs: MetricInputs, embeddings: Embeddings, vocab: Vocab, config: TrainConfig) -> float | None:
    windows = inputs.windows
    return held_out_loss(windows, embeddings, vocab, config) if windows and len(windows.centers) else None


def _by_next(inputs: MetricInputs, embeddings: Embeddings, vocab: Vocab, config: TrainConfig) -> float | None:
    sessions = inputs.evaluation.sessions
    if sessions is None:
        return None
    vectors = Vectors(vocab.words, embeddings.vectors, vocab.counts, embeddings.output_rows)
    found = rank_next(vectors, sessions, config, PLACES)
    return found.vectors.full.recall if found.unknown < found.items else None


METRICS = {
    "similarity": Metric("rank correlation with people's scores of word pairs", True, _by_words, ("similarity",)),
    "analogies": Metric("share of analogies answered right", True, _by_words, ("analogies",)),
    "next": Metric(f"recall@{PLACES} among all items", True, _by_next, ("next", "sessions"), scores_words=True),
    "loss": Metric("loss on held-out text", False, _by_loss, holds_out=True, scores_words=True),
}


@dataclass(frozen=True)
class Objective:
    """What a search optimises: a metric, and what it needs of files."""

    name: str
    metric: Metric
    evaluation: Evaluation

    @classmethod
    def of(
        cls,
        name: str,
        similarity: Sequence[str | Path] = (),
        analogies: Sequence[str | Path] = (),
        next: str | Path | None = None,
        sessions: str | Path | None = None,
        restrict: int = RESTRICT,
    ) -> "Objective":
        """Return the metric of this name, with its files read; raise W2VError if one cannot be read.

        Raises SettingsError if there is no such metric, a file it needs is missing, or it does not use a given file.
        """
        if name not in METRICS:
            raise SettingsError(f"{option('metric')} must be one of {', '.join(METRICS)}, not '{name}'", "metric")
        metric = METRICS[name]
        files = {"similarity": similarity, "analogies": analogies, "next": next, "sessions": sessions}
        for kind, given in files.items():
            if kind in metric.files and not given:
                needed = " and ".join(map(option, metric.files))
                raise SettingsError(f"{option('metric', name)} needs files: name them with {needed}", kind)
            if kind not in metric.files and given:
                raise SettingsError(f"{option(kind)} cannot be used with {option('metric', name)}; leave one out", kind)
        return cls(name, metric, Evaluation.read(similarity, analogies, next, sessions, restrict=restrict))

    @property
    def title(self) -> str:
        """What is measured, and with which files."""
        found = self.evaluation
        read = [item.file for item in found.pairs] + [item.file for item in found.questions]
        read += [found.sessions.file] if found.sessions else []
        files = [Path(file).name for file in read]
        mean = "mean " if len(files) > 1 else ""
        return mean + self.metric.title + (f": {', '.join(files)}" if files else "")
