"""Runs with subwords and with hierarchical softmax: the same bytes, resumed, grown, and what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import w2v
from w2v.base.errors import SettingsError, W2VError
from w2v.commands.options import with_bare_values

WORDS = [f"{stem}{end}" for stem in ("walk", "talk", "jump", "sing") for end in ("", "s", "ed", "er", "ing")]
TEXT = [list(line) for line in np.random.default_rng(1).choice(WORDS, (400, 12))]
SUBWORDS: dict[str, Any] = {
    "subwords": True,
    "buckets": 5000,
    "dim": 8,
    "min_count": 1,
    "threads": 1,
    "sample": 0.0,
    "epochs": 2,
}
HS: dict[str, Any] = {"loss": "hs", "dim": 8, "min_count": 1, "threads": 1, "sample": 0.0, "epochs": 2}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "corpus.txt"
    path.write_text("\n".join(" ".join(line) for line in TEXT))
    return path


@pytest.mark.parametrize("settings", [SUBWORDS, HS], ids=["subwords", "hs"])
def test_one_thread_gives_the_same_bytes(settings: dict[str, Any]) -> None:
    first, again = (w2v.train(TEXT, **settings) for _ in range(2))
    assert first.matrix.tobytes() == again.matrix.tobytes()
    assert first.matrix.any()


@pytest.mark.parametrize("settings", [SUBWORDS, HS], ids=["subwords", "hs"])
def test_a_run_that_was_stopped_goes_on_as_if_it_had_not(
    tmp_path: Path, corpus: Path, settings: dict[str, Any]
) -> None:
    whole = w2v.train(str(corpus), **{**settings, "epochs": 3})

    class Stopping(w2v.Reporter):
        def training(self, now: object) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        w2v.train(str(corpus), checkpoint=tmp_path / "kept", reporter=Stopping(), **{**settings, "epochs": 3})
    resumed = w2v.resume(tmp_path / "kept")
    assert resumed.matrix.tobytes() == whole.matrix.tobytes()
    if whole.subwords is not None and resumed.subwords is not None:
        assert resumed.subwords.input.tobytes() == whole.subwords.input.tobytes()


def test_a_word_outside_the_vocabulary_is_near_those_spelled_like_it() -> None:
    vectors = w2v.train(TEXT, **SUBWORDS)
    assert {word for word, _ in vectors.similar("walkings", 2)} <= set(WORDS)
    assert vectors.subwords is not None
    np.testing.assert_allclose(vectors.matrix, vectors.subwords.compose(vectors.words), atol=1e-6)


@pytest.mark.parametrize("suffix", ["w2v", "fasttext.bin"])
def test_words_join_and_what_was_learned_of_ngrams_stays(tmp_path: Path, corpus: Path, suffix: str) -> None:
    from w2v.settings.train import TrainConfig
    from w2v.text.corpus import Corpus
    from w2v.training import run as runs

    before = w2v.train(TEXT, **SUBWORDS)
    before.save(tmp_path / f"a.{suffix}")
    corpus.write_text("walks walkers singers\n" * 5)
    run, _ = runs.continue_from(tmp_path / f"a.{suffix}", Corpus(str(corpus)), TrainConfig(min_count=1), True)
    assert (run.config.subwords, run.config.buckets, run.config.dim) == ("fasttext", 5000, 8)
    assert "singers" in run.vocab.index and run.start is not None and before.subwords is not None
    from w2v.training.plan import word_rows_of

    rows = word_rows_of(run.config, run.vocab)
    assert rows is not None and len(run.start.input) == rows.n_rows
    row = run.vocab.index["walks"]
    np.testing.assert_array_equal(run.start.input[row], before.subwords.own_rows[before.index["walks"]])
    np.testing.assert_allclose(rows.compose(run.start.input)[row], before["walks"], atol=1e-6)


def test_vectors_without_ngrams_cannot_go_on_with_them(tmp_path: Path, corpus: Path) -> None:
    from w2v.settings.train import TrainConfig
    from w2v.text.corpus import Corpus
    from w2v.training import run as runs

    w2v.Vectors(["walks"], np.ones((1, 8), np.float32)).save(tmp_path / "a.bin")
    with pytest.raises(W2VError, match="no vectors of n-grams"):
        runs.continue_from(tmp_path / "a.bin", Corpus(str(corpus)), TrainConfig(subwords="fasttext"))


def test_with_a_tree_output_rows_are_no_words() -> None:
    with pytest.raises(SettingsError, match="nodes of a tree"):
        w2v.train(TEXT, save_output=True, **HS)


@pytest.mark.parametrize(
    "wrong", [{"loss": "hs", "sampler": "batch"}, {"loss": "hs", "logq": True}, {"subwords": True, "min_n": 7}]
)
def test_settings_that_make_no_sense_together_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        w2v.TrainConfig(**wrong)  # type: ignore[arg-type]


def test_the_rate_with_subwords_is_half() -> None:
    assert w2v.TrainConfig(subwords="fasttext").lr == w2v.TrainConfig().lr / 2
    assert w2v.TrainConfig(subwords="floret").buckets == 50_000


def test_the_flag_may_stand_alone() -> None:
    assert with_bare_values(["--subwords", "-o", "x"]) == ["--subwords=fasttext", "-o", "x"]
    assert with_bare_values(["--subwords", "corpus.txt"]) == ["--subwords=fasttext", "corpus.txt"]
    assert with_bare_values(["--subwords", "floret", "a"]) == ["--subwords", "floret", "a"]
    assert with_bare_values(["a", "--subwords"]) == ["a", "--subwords=fasttext"]


def test_word_pairs_are_counted_both_ways(tmp_path: Path) -> None:
    (tmp_path / "pairs.tsv").write_text("walk\ttalk\t3\nwalks\tjumps\t2\nwalkings\tsing\t1\nqqq\tsing\t0\n")
    vectors = w2v.train(TEXT, **SUBWORDS)
    scores = w2v.evaluate(vectors, similarity=[tmp_path / "pairs.tsv"])
    (found,) = scores.similarity
    assert (found.covered, found.pairs) == (2, 4) and found.composed is not None and found.composed.covered == 3
    assert scores.as_dict()["similarity"][0]["composed"]["covered"] == 3
