"""MeanVectorizer in scikit-learn: pipelines, clones, searches, names of columns."""

import numpy as np
import pytest
from toy_corpus import GROUP_OF, sentences

import w2v

pytest.importorskip("sklearn", reason="needs the extra `sklearn`")
from sklearn.base import clone  # noqa: E402
from sklearn.exceptions import NotFittedError  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.model_selection import GridSearchCV  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402

from w2v.estimator import MeanVectorizer  # noqa: E402

DOCUMENTS = list(sentences(2_000))
LABELS = ["animal" if any(GROUP_OF.get(word) == "animal" for word in words) else "other" for words in DOCUMENTS]


def test_documents_become_means() -> None:
    vectorizer = MeanVectorizer(dim=8, epochs=1, sample=1e-2, threads=1)
    found = vectorizer.fit_transform([" ".join(words) for words in DOCUMENTS])
    assert found.shape == (2_000, 8) and found.dtype == np.float32
    np.testing.assert_array_equal(found[:5], vectorizer.transform(DOCUMENTS[:5]), "a text and its words are the same")
    np.testing.assert_allclose(found[0], vectorizer.vectors_.mean(DOCUMENTS[0]), atol=1e-6)
    assert not vectorizer.transform(["unicorn", ""]).any() and vectorizer.transform([]).shape == (0, 8)


def test_sif_removes_the_first_component_of_the_training_documents() -> None:
    vectorizer = MeanVectorizer(dim=8, epochs=1, sample=1e-2, threads=1, weights="sif")
    found = vectorizer.fit_transform(DOCUMENTS)
    np.testing.assert_allclose(found, w2v.embed(vectorizer.vectors_, DOCUMENTS).matrix, atol=1e-6)
    np.testing.assert_array_equal(vectorizer.transform(DOCUMENTS[:3]), found[:3])
    with pytest.raises(ValueError, match="weights must be one of sif, mean"):
        MeanVectorizer(weights="idf").fit(DOCUMENTS)  # type: ignore[arg-type]


def test_documents_are_lowercased_as_the_training_was() -> None:
    vectorizer = MeanVectorizer(dim=4, epochs=1, sample=0.0, lowercase=True).fit([["Up", "HIGH"]] * 9)
    assert vectorizer.transform(["UP high"]).any()


def test_it_works_in_pipelines_and_searches() -> None:
    pipeline = make_pipeline(MeanVectorizer(sample=1e-2, dim=16, threads=1), LogisticRegression(max_iter=500))
    search = GridSearchCV(pipeline, {"meanvectorizer__epochs": [1, 5]}, cv=2)
    search.fit(DOCUMENTS, LABELS)
    assert search.best_score_ > 0.9
    assert search.best_estimator_[0].get_params()["dim"] == 16


def test_settings_are_its_parameters() -> None:
    vectorizer = MeanVectorizer(dim=8, window="full")
    assert clone(vectorizer).get_params() == vectorizer.get_params()
    assert set(vectorizer.get_params()) == {*w2v.TrainConfig().as_dict(), "weights"}
    assert vectorizer.set_params(dim=4).dim == 4
    assert repr(vectorizer) == "MeanVectorizer(dim=4, window='full')"
    with pytest.raises(TypeError, match="unknown setting 'vector_size'; use dim"):
        MeanVectorizer(vector_size=3)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="dim must be from 1"):
        MeanVectorizer(dim=0).fit(DOCUMENTS)
    with pytest.raises(NotFittedError):
        vectorizer.transform(DOCUMENTS)


def test_columns_have_names() -> None:
    vectorizer = MeanVectorizer(dim=2, epochs=1, sample=1e-2).fit(DOCUMENTS)
    assert vectorizer.get_feature_names_out().tolist() == ["meanvectorizer0", "meanvectorizer1"]
