"""Runs that go on from earlier vectors and leave some of their rows as they are, to the byte."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_corpus import sentences

import w2v
from w2v.training import plan

SMALL: dict[str, Any] = {"dim": 8, "epochs": 1, "sample": 0, "min_count": 1}
MORE = [*sentences(300, seed=2), *[["cat", "kitten", "dog", "kitten"]] * 20]


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("earlier") / "old.w2v"
    w2v.train(sentences(300), path, **SMALL)
    return path


def _go_on(earlier: Path, freeze: str | Path, **more: Any) -> tuple[w2v.Vectors, w2v.Vectors]:  # noqa: ANN401
    old = w2v.Vectors.load(earlier)
    settings = {**SMALL, **more}
    del settings["dim"]
    return old, w2v.train(MORE, init_from=earlier, freeze=freeze, grow_vocab=True, **settings)


def _same(old: w2v.Vectors, new: w2v.Vectors, part: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return for each word of old whether its row has the same bytes in new."""
    rows = [new.index[word] for word in old.words]
    before, after = getattr(old, part), getattr(new, part)[rows]
    return np.array([a.tobytes() == b.tobytes() for a, b in zip(before, after, strict=True)])


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(("freeze", "stays", "moves"), [("output", "output", "matrix"), ("input", "matrix", "output")])
def test_rows_of_earlier_words_stay(
    earlier: Path, freeze: str, stays: str, moves: str, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "MERGES_A_THREAD", 0)  # so that two threads have copies of the most frequent rows
    old, new = _go_on(earlier, freeze, threads=threads, epochs=3)
    assert _same(old, new, stays).all()
    assert _same(old, new, moves).mean() < 0.2
    assert new["kitten"].any() and new.output is not None and new.output[new.index["kitten"]].any()


def test_words_of_a_file_stay(earlier: Path, tmp_path: Path) -> None:
    kept = ["cat", "paris", "the"]
    (tmp_path / "words.txt").write_text("\n".join([*kept, "unicorn"]))
    with pytest.warns(w2v.W2VWarning, match=r"words.txt: left out 1 words that .*old.w2v does not have"):
        old, new = _go_on(earlier, tmp_path / "words.txt", threads=1)
    for part in ("matrix", "output"):
        assert {word for word, same in zip(old.words, _same(old, new, part), strict=True) if same} >= {*kept}
        assert _same(old, new, part).mean() < 0.5


def test_the_vocabulary_of_a_folder_freezes_all_its_words(earlier: Path) -> None:
    old, new = _go_on(earlier, earlier / "vocab.tsv")
    assert _same(old, new, "matrix").all() and _same(old, new, "output").all()
    assert new["kitten"].any()


def test_a_model_of_n_grams_can_freeze_its_output_rows(tmp_path: Path) -> None:
    w2v.train(sentences(50), tmp_path / "old.w2v", subwords=True, buckets=50, **SMALL)
    with pytest.raises(
        w2v.SettingsError, match="freeze='input' cannot be used with the n-grams of .*; freeze='output'"
    ):
        _go_on(tmp_path / "old.w2v", "input")
    old, new = _go_on(tmp_path / "old.w2v", "output")
    assert _same(old, new, "output").all() and not _same(old, new, "matrix").all()


@pytest.mark.parametrize(
    ("freeze", "more", "said"),
    [
        ("output", {"init_from": "old.bin"}, "freeze='output' needs output rows, which old.bin does not have"),
        ("output", {"loss": "hs"}, "freeze='output' needs output rows"),
        ("input", {"line_vectors": "alone"}, "freeze='input' has no effect with line_vectors='alone'"),
        ("input", {"checkpoint": "kept"}, "freeze cannot be used with checkpoint"),
        ("input", {"init_from": None}, "freeze has an effect only with init_from"),
        ("none.txt", {}, "old.w2v has none of the 1 words of none.txt"),
    ],
)
def test_what_cannot_be_frozen_is_refused(
    earlier: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, freeze: str, more: dict[str, Any], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    w2v.Vectors.load(earlier).save("old.bin")
    Path("none.txt").write_text("unicorn")
    with pytest.raises(w2v.W2VError, match=said):
        w2v.train(MORE, **{"init_from": earlier, "freeze": freeze, "sample": 0, "epochs": 1, **more})
