"""Sessions that start from earlier vectors; those that are resumed are in test_cli_resume.py."""

from pathlib import Path

import numpy as np
import pytest

import w2v
from w2v.config import TrainConfig
from w2v.errors import W2VError
from w2v.text.corpus import Corpus
from w2v.training import run as runs
from w2v.training.loop import train_embeddings

OLD = ["king", "queen", "odd"]
TEXT = [["king", "queen", "new"]] * 5 + [["king", "rare"]]


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    path = tmp_path / "old.txt"
    w2v.Vectors(OLD, np.linspace(0, 1.1, 12, dtype=np.float32).reshape(3, 4)).save(path)
    return path


def _begin(earlier: Path, grow: bool) -> runs.Run:
    begun, encoded = runs.continue_from(earlier, Corpus(TEXT), TrainConfig(min_count=2, sample=0), grow)
    assert encoded.vocab is begun.vocab
    assert encoded.tokens_kept == int((begun.stream >= 0).sum())
    return begun


@pytest.mark.parametrize("grow", [False, True])
def test_earlier_words_keep_their_vectors_and_new_ones_join(earlier: Path, grow: bool) -> None:
    begun = _begin(earlier, grow)
    assert set(begun.vocab.words) == {*OLD, *(["new"] if grow else [])}
    assert begun.start is not None
    for row, word in enumerate(OLD):
        expected = np.arange(4 * row, 4 * row + 4) / 10
        np.testing.assert_allclose(begun.start.input[begun.vocab.index[word]], expected, rtol=1e-6)
    if grow:
        new = begun.start.input[begun.vocab.index["new"]]
        assert new.any() and (np.abs(new) <= 0.5 / 4).all()
    words = [begun.vocab.words[i] for i in begun.stream if i >= 0]
    assert words == [word for line in TEXT for word in line if word in begun.vocab.index]
    assert begun.config.dim == 4 and begun.config.min_count == 2
    assert list(begun.vocab.counts) == sorted(begun.vocab.counts, reverse=True)


def test_training_goes_on_from_them(earlier: Path) -> None:
    begun = _begin(earlier, grow=True)
    model = train_embeddings(begun.stream, begun.vocab, begun.config, start=begun.start)
    odd = begun.vocab.index["odd"]  # not in the text, and so not a context
    np.testing.assert_allclose(model.vectors[odd], np.arange(8, 12) / 10, rtol=1e-6)
    assert (model.vectors[begun.vocab.index["king"]] != np.arange(4, dtype=np.float32) / 10).any()


def test_a_text_without_a_known_word_is_refused(earlier: Path) -> None:
    with pytest.raises(W2VError, match=r"none of the 6 tokens.*old.txt"):
        runs.continue_from(earlier, Corpus([["x", "y"]] * 3), TrainConfig())


def test_a_checkpoint_brings_counts_and_output_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from w2v import commands as cli

    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("king queen odd\n" * 20)
    Path("b.txt").write_text("king queen\n" * 7 + "new queen\n" * 6)
    assert cli.main(["train", "a.txt", "--dim", "4", "--checkpoint", "kept", "--quiet", "--sample", "0"]) == 0
    begun, _ = runs.continue_from(Path("kept"), Corpus("b.txt"), TrainConfig(), grow_vocab=True)
    assert dict(zip(begun.vocab.words, begun.vocab.counts.tolist(), strict=True)) == {
        "queen": 33,
        "king": 27,
        "odd": 20,
        "new": 6,
    }
    assert begun.start is not None and begun.start.output[:3].any()
    assert cli.main(["train", "b.txt", "--init-from", "kept", "--grow-vocab", "-o", "c.txt", "--quiet"]) == 0
    assert w2v.Vectors.load("c.txt").words == ["queen", "king", "odd", "new"]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--grow-vocab"], "--grow-vocab goes with --init-from"),
        (["--init-from", "old.txt", "--dim", "5"], "--dim cannot go with --init-from"),
        (["--init-from", "old.txt", "--vocab", "v.txt"], "--vocab cannot go with --init-from"),
        (["--init-from", "old.txt", "-o", "old.txt"], "are the same file"),
    ],
)
def test_what_cannot_go_together(
    flags: list[str], said: str, earlier: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from w2v import commands as cli

    monkeypatch.chdir(earlier.parent)
    Path("a.txt").write_text("king queen odd\n" * 20)
    assert cli.main(["train", "a.txt", *flags]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and said in error


def test_a_text_whose_rare_words_were_dropped_keeps_its_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("w2v.text.corpus.BLOCK", 1 << 10)
    path = tmp_path / "many.txt"
    path.write_text("".join(f"often w{n % 2_000} very\n" for n in range(6_000)))
    dropped, encoded = runs.begin(Corpus(str(path)), TrainConfig(min_count=1, max_types=500))
    assert encoded.dropped_count and dropped.files is None, "read again, it would have words that were dropped"
    whole, _ = runs.begin(Corpus(str(path)), TrainConfig(min_count=1))
    assert whole.files is not None


def test_what_the_command_line_left_survives_a_resume_from_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from w2v import commands as cli
    from w2v.training import checkpoint

    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("king queen odd\n" * 50)
    assert cli.main(["train", "a.txt", "--quiet", "--checkpoint", "kept", "-o", "deep.bin", "--epochs", "1"]) == 0
    w2v.resume("kept", epochs=2)
    assert Path(checkpoint.load_extra(Path("kept"))["output"]).name == "deep.bin"


def test_a_vocabulary_decides_what_is_pruned(tmp_path: Path) -> None:
    known = w2v.Vocab.of({"king": 9, "queen": 8})
    begun, _ = runs.begin(Corpus(TEXT), TrainConfig(min_count=400, max_vocab=1), known)
    assert (begun.vocab.words, begun.config.min_count, begun.config.max_vocab) == (known.words, 1, None)
