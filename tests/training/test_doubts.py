"""A run that learns little says so, and one that learns nothing writes nothing."""

import warnings
from pathlib import Path
from typing import Any

import pytest

import w2v

LETTERS = [list("abcdefghijklmnopqrst")] * 500
SMALL: dict[str, Any] = {"dim": 4, "epochs": 1, "threads": 1, "min_count": 1}


def test_what_subsampling_leaves_is_told_if_it_is_little() -> None:
    with pytest.warns(w2v.W2VWarning, match=r"sample=0.0001 leaves 4.7% of the tokens; .* sample=0 or sample=0.01"):
        w2v.train(LETTERS, **SMALL)


def test_vectors_that_are_almost_the_same_are_told() -> None:
    with pytest.warns(w2v.W2VWarning, match=r"almost the same \(mean cosine .* 400 steps are too few for 20 words"):
        w2v.train(LETTERS[:20], **SMALL, sample=0)


def test_a_run_that_learns_says_nothing_of_both() -> None:
    sentences = [list("abcde"), list("fghij"), list("klmno")] * 300
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        w2v.train(sentences, **{**SMALL, "epochs": 10}, sample=0)


def test_nothing_learned_replaces_nothing(tmp_path: Path) -> None:
    w2v.train(LETTERS, tmp_path / "v.w2v", **SMALL, sample=0)
    before = (tmp_path / "v.w2v/vectors.npy").read_bytes()
    with pytest.raises(w2v.W2VError, match=r"nothing was learned; .*v\.w2v is not written"):
        w2v.train([["alone"]] * 9, tmp_path / "v.w2v", **SMALL, sample=0)
    assert (tmp_path / "v.w2v/vectors.npy").read_bytes() == before
    with pytest.raises(w2v.W2VError, match="nothing was learned: no two words"):
        w2v.train([["alone"]] * 9, **SMALL, sample=0)
