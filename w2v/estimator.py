"""A scikit-learn transformer: documents become the mean of their words' vectors. Needs scikit-learn."""

import inspect
from collections.abc import Iterable, Sequence
from dataclasses import MISSING
from typing import Unpack

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from w2v import api
from w2v.base.arrays import Matrix
from w2v.settings.aliases import check_known
from w2v.settings.fields import fields_of
from w2v.settings.keywords import TrainSettings
from w2v.settings.train import TrainConfig
from w2v.text.words import split_words
from w2v.vectors.vectors import Vectors

Document = str | Sequence[str]
"""A text, whose words whitespace separates, or its words."""
DEFAULTS = {field.name: None if field.default is MISSING else field.default for field in fields_of(TrainConfig)}


class MeanVectorizer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Learns vectors from documents, and turns a document into the mean of its words' vectors, each of length 1.

    It works in pipelines and searches of scikit-learn: every setting of TrainConfig is a parameter.

    Attributes:
        vectors_: the Vectors that `fit` has trained.

    Examples:
        >>> documents = ["up high up", "low down low"] * 20
        >>> MeanVectorizer(dim=4, epochs=1, sample=0).fit_transform(documents).shape
        (40, 4)
    """

    vectors_: Vectors

    def __init__(self, **settings: Unpack[TrainSettings]) -> None:
        """Take settings of training; they are checked by `fit`, as scikit-learn wants it.

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
        settings = self.get_params()
        texts = [words_of(document, settings["words"]) for document in X]
        self.vectors_ = api.train(texts, save_output=False, **settings)
        self._n_features_out = self.vectors_.dim
        return self

    def transform(self, X: Iterable[Document]) -> Matrix:
        """Return the mean vector of each document, (n, dim) float32; 0 where none of its words has a vector."""
        check_is_fitted(self)
        has_words = self.get_params()["words"]
        means = [self.vectors_.mean(words_of(document, has_words)) for document in X]
        return np.array(means, np.float32).reshape(-1, self.vectors_.dim)


def words_of(document: Document, has_words: bool = False) -> Sequence[str]:
    """Return the words of a document, with `has_words` separated from punctuation."""
    if not isinstance(document, str):
        return document
    return split_words(document) if has_words else document.split()
