"""The model, and what a file says about the training, which may be anything."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import w2v
from w2v.formats.model import Model, Trained
from w2v.settings.train import TrainConfig

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)
SETTINGS = st.dictionaries(st.sampled_from([*TrainConfig().as_dict(), "warp"]), JSON)


def test_what_was_trained_here_comes_back_typed() -> None:
    config = TrainConfig(dim=7, window="full", subwords="floret")
    files = [{"name": "a.txt", "size": 3, "sample": "0f"}]
    trained = Trained(json.loads(json.dumps(Trained.of(config, files).json)))
    assert (trained.version, trained.config, trained.corpus) == (w2v.__version__, config, files)


@pytest.mark.slow
@given(SETTINGS, JSON, JSON)
def test_whatever_a_file_says_is_read_and_kept(settings: dict[str, object], version: object, corpus: object) -> None:
    held = {"w2v": version, "settings": settings, "corpus": corpus, "note": [1]}
    trained = Trained(held)
    assert trained.json is held
    assert isinstance(trained.config, TrainConfig)
    assert trained.version is None or trained.version == version
    assert trained.corpus is None or trained.corpus == corpus


def test_settings_that_this_version_does_not_accept_have_their_default() -> None:
    config = Trained({"settings": {"dim": 50, "epochs": "many", "warp": 9, "model": "cbow"}}).config
    assert (config.dim, config.epochs, config.model) == (50, TrainConfig.epochs, "cbow")
    assert Trained({"settings": {"dim": 50, "loss": "hs", "sampler": "hard"}}).config == TrainConfig()
    assert Trained({}).config == TrainConfig()


@pytest.mark.parametrize("wrong", [None, 3, [], {"settings": 5}, {"settings": None}])
def test_what_is_no_object_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="not an object"):
        Trained(wrong)  # type: ignore[arg-type]


def test_rows_are_taken_away_from_every_part() -> None:
    rows = np.arange(8, dtype=np.float32).reshape(4, 2)
    model = Model(list("abcd"), rows, np.arange(4), -rows, norms=rows[:, 0])
    less = model.without([1, 2])
    assert less.words == ["a", "d"] and less.norms is None and less.counts is not None and less.output is not None
    assert (less.vectors.tolist(), less.output.tolist(), less.counts.tolist()) == (
        [[0, 1], [6, 7]],
        [[0, -1], [-6, -7]],
        [0, 3],
    )
    first = model.first(2)
    assert first.words == ["a", "b"] and np.shares_memory(first.vectors, rows)
    assert first.norms is not None and len(first.norms) == 2
    assert model.parts == ["words", "vectors", "counts", "output", "norms"]
