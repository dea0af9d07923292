"""A scikit-learn transformer: documents become means of their words' vectors. Needs scikit-learn."""

import inspect
from collections.abc import Iterable, Sequence
from dataclasses import MISSING
from typing import Literal, Unpack

from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from w2v import api
from w2v.base.arrays import Floats, Matrix
from w2v.settings.aliases import check_known
from w2v.settings.embedding import EmbeddingConfig
from w2v.settings.fields import fields_of
from w2v.settings.keywords import TrainSettings
from w2v.settings.train import TrainConfig
from w2v.text.words import split_words
from w2v.vectors.sentences import embed_documents, first_component, remove_component
from w2v.vectors.vectors import Vectors

Document = str | Sequence[str]
"""A text, whose words whitespace separates, or its words."""
TRAINING = {field.name: None if field.default is MISSING else field.default for field in fields_of(TrainConfig)}
DEFAULTS = {**TRAINING, "weights": "mean"}


class VectorizerSettings(TrainSettings, total=False):
    """Settings of `MeanVectorizer`."""

    weights: Literal["sif", "mean"]


class MeanVectorizer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Learns vectors from documents, and turns a document into a mean of its words' vectors.

    It works in pipelines and searches of scikit-learn: every setting of TrainConfig is a parameter, and `weights` is
    one. "mean" is the plain mean of vectors of length 1. "sif" is as in `w2v.embed`, with the first component of the
    documents that `fit` was given.

    Attributes:
        vectors_: the Vectors that `fit` has trained.
        component_: with weights="sif", the direction that is removed, (dim,); else None.

    Examples:
        >>> documents = ["up high up", "low down low"] * 20
        >>> MeanVectorizer(dim=4, epochs=1, sample=0).fit_transform(documents).shape
        (40, 4)
    """

    vectors_: Vectors
    component_: Floats | None

    def __init__(self, **settings: Unpack[VectorizerSettings]) -> None:
        """Take settings; they are checked by `fit`, as scikit-learn wants it.

        Raises:
            TypeError: a setting is unknown.
        """
        check_known(settings, DEFAULTS)
        self.__dict__.update({**DEFAULTS, **settings})

    # What get_params, clone and set_params of scikit-learn read.
    __init__.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY),
            *(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=DEFAULTS[name]) for name in DEFAULTS),
        ]
    )

    def fit(self, X: Iterable[Document], y: object = None) -> "MeanVectorizer":
        """Train vectors on documents.

        Args:
            X: the documents.
            y: ignored.

        Raises:
            W2VError: no word is frequent enough.
            SettingsError: a setting is out of range.
        """
        config, params = self._config(), self.get_params()
        documents = [words_of(document, params["words"]) for document in X]
        self.vectors_ = api.train(documents, save_output=False, **{name: params[name] for name in TRAINING})
        self._n_features_out = self.vectors_.dim
        self.component_ = first_component(self._means(documents)) if config.weights == "sif" else None
        return self

    def transform(self, X: Iterable[Document]) -> Matrix:
        """Return the mean vector of each document, (n, dim) float32; 0 where none of its words has a vector."""
        check_is_fitted(self)
        has_words = self.get_params()["words"]
        means = self._means(words_of(document, has_words) for document in X)
        if self.component_ is not None:
            remove_component(means, self.component_)
        return means

    def _config(self) -> EmbeddingConfig:
        return EmbeddingConfig(weights=self.get_params()["weights"])

    def _means(self, documents: Iterable[Sequence[str]]) -> Matrix:
        params = self.get_params()
        if params["lowercase"]:
            documents = ([word.lower() for word in words] for words in documents)
        return embed_documents(self.vectors_, documents, self._config(), params["threads"])


def words_of(document: Document, has_words: bool = False) -> Sequence[str]:
    """Return the words of a document, with `has_words` separated from punctuation."""
    if not isinstance(document, str):
        return document
    return split_words(document) if has_words else document.split()
