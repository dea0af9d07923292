"""The objective of a search: a metric, with the files and held-out windows that it needs."""

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
"""k of recall@k for the metric next; with one next item per person, it is HR@k."""


@dataclass(frozen=True)
class MetricInputs:
    """Data that a metric needs besides the model."""

    evaluation: Evaluation
    windows: Windows | None
    """Windows of held-out text, if the metric needs them."""


@dataclass(frozen=True)
class Metric:
    """A measure of the quality of a model."""

    title: str
    higher_is_better: bool
    score: Callable[[MetricInputs, Embeddings, Vocab, TrainConfig], float | None]
    files: tuple[str, ...] = ()
    """The arguments of Objective.of for the files that the metric needs."""
    holds_out: bool = False
    """Whether the metric needs text that was not used for training."""
    scores_words: bool = False
    """Whether the metric needs the output rows of words."""


def _by_words(inputs: MetricInputs, embeddings: Embeddings, vocab: Vocab, _: TrainConfig) -> float | None:
    """Return the mean score of the similarity or analogy files; None if one of them has no score."""
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
    """The objective of a search: a metric and its files."""

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
        """Return the metric with this name and read its files. Raises W2VError if a file cannot be read.

        Raises SettingsError if the metric is unknown, lacks a file, or does not use a given file.
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
        """Description of the metric, with its files."""
        found = self.evaluation
        read = [item.file for item in found.pairs] + [item.file for item in found.questions]
        read += [found.sessions.file] if found.sessions else []
        files = [Path(file).name for file in read]
        mean = "mean " if len(files) > 1 else ""
        return mean + self.metric.title + (f": {', '.join(files)}" if files else "")
