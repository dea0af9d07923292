"""Runs that continue from earlier vectors, and how their vectors are saved; more of resuming is in test_resume.py."""

import os
from pathlib import Path

import numpy as np
import pytest

import w2v
from w2v.base.errors import SettingsError, W2VError
from w2v.checkpoints import checkpoint
from w2v.checkpoints.fingerprints import Fingerprint
from w2v.checkpoints.folder import reserved
from w2v.settings.train import TrainConfig
from w2v.text.corpus import Corpus
from w2v.text.vocab import Vocab
from w2v.training import outputs
from w2v.training import run as runs
from w2v.training.loop import train_embeddings

OLD = ["king", "queen", "odd"]
TEXT = [["king", "queen", "new"]] * 5 + [["king", "rare"]]


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    path = tmp_path / "old.txt"
    w2v.Vectors(OLD, np.linspace(0, 1.1, 12, dtype=np.float32).reshape(3, 4)).save(path)
    return path


def _ignore(_: str) -> None:
    """Take a warning that the test is not about."""


def _begin(earlier: Path, grow: bool) -> runs.Run:
    begun, encoded = runs.continue_from(earlier, Corpus(TEXT), TrainConfig(min_count=2, sample=0), grow, warn=_ignore)
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


NO_SAMPLE = ("--sample", "0")


def test_a_checkpoint_brings_counts_and_output_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from w2v import commands as cli

    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("king queen odd\n" * 20)
    Path("b.txt").write_text("king queen\n" * 7 + "new queen\n" * 6)
    assert cli.main(["train", "a.txt", "--dim", "4", "--checkpoint", "kept", "--quiet", *NO_SAMPLE]) == 0
    begun, _ = runs.continue_from(Path("kept"), Corpus("b.txt"), TrainConfig(), grow_vocab=True)
    assert dict(zip(begun.vocab.words, begun.vocab.counts.tolist(), strict=True)) == {
        "queen": 33,
        "king": 27,
        "odd": 20,
        "new": 6,
    }
    assert begun.start is not None and begun.start.output[:3].any()
    assert (
        cli.main(["train", "b.txt", "--init-from", "kept", "--grow-vocab", "-o", "c.txt", "--quiet", *NO_SAMPLE]) == 0
    )
    assert w2v.Vectors.load("c.txt").words == ["queen", "king", "odd", "new"]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--grow-vocab"], "--grow-vocab has an effect only with --init-from"),
        (["--init-from", "old.txt", "--dim", "5"], "--dim cannot be used with --init-from"),
        (["--init-from", "old.txt", "--vocab", "v.txt"], "--vocab cannot be used with --init-from"),
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
    from w2v.checkpoints import checkpoint

    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("king queen odd\n" * 50)
    flags = ["--quiet", "--checkpoint", "kept", "-o", "deep.bin", "--epochs", "1", "--sample", "0"]
    assert cli.main(["train", "a.txt", *flags]) == 0
    w2v.resume("kept", epochs=2)
    assert Path(checkpoint.load_extra(Path("kept"))["output"]).name == "deep.bin"


def test_a_vocabulary_decides_what_is_pruned(tmp_path: Path) -> None:
    known = w2v.Vocab.of({"king": 9, "queen": 8})
    begun, _ = runs.begin(Corpus(TEXT), TrainConfig(min_count=400, max_vocab=1), known)
    assert (begun.vocab.words, begun.config.min_count, begun.config.max_vocab) == (known.words, 1, None)


def _write_twice(path: Path) -> Path:
    path.write_text("4 2\nking 1 1\nqueen 2 2\nking 9 9\nodd 3 3\n")
    return path


def test_of_a_word_that_stands_twice_the_first_row_is_taken_and_a_line_says_so(tmp_path: Path) -> None:
    said: list[str] = []
    earlier = _write_twice(tmp_path / "old.txt")
    run, _ = runs.continue_from(earlier, Corpus(TEXT), TrainConfig(), warn=said.append)
    assert run.start is not None
    np.testing.assert_array_equal(run.start.input[run.vocab.index["king"]], [1, 1])
    np.testing.assert_array_equal(run.start.input[run.vocab.index["odd"]], [3, 3])
    assert "old.txt" in said[0] and "'king'" in said[0]


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_vectors_that_are_not_finite_are_no_fault_of_the_learning_rate(tmp_path: Path, number: str) -> None:
    (tmp_path / "old.txt").write_text(f"2 2\nking 1 1\nqueen {number} 2\n")
    with pytest.raises(W2VError, match=r"old\.txt.*queen"):
        runs.continue_from(tmp_path / "old.txt", Corpus(TEXT), TrainConfig())


def test_counts_too_large_to_add_up_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "old.w2v"
    w2v.Vectors(OLD, np.ones((3, 2), np.float32), np.array([2**63 - 1, 2**63 - 1, 5])).save(path)
    with pytest.raises(W2VError, match=r"old\.w2v .*more than 2\^63 - 1"):
        runs.continue_from(path, Corpus(TEXT), TrainConfig())


def test_a_word_of_the_file_that_cannot_be_one_is_left_out_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "old.w2v"
    w2v.Vectors(["king", "new york"], np.ones((2, 2), np.float32)).save(path)
    said: list[str] = []
    begun, _ = runs.continue_from(path, Corpus(TEXT), TrainConfig(), warn=said.append)
    assert any("old.w2v: left out 1 words" in line and "'new york'" in line for line in said), said
    assert begun.vocab.words == ["king"]


@pytest.mark.parametrize("how", ["begin", "vocab", "continue_from", "grow_vocab"])
def test_the_corpus_read_again_is_the_same_stream(tmp_path: Path, earlier: Path, how: str) -> None:
    """Resuming reads it with the vocabulary that there is then; the checksum must be that of the first reading."""
    text = tmp_path / "text.txt"
    text.write_text("rare\n\nking\nodd rare\nrare\n\nqueen new king new\nthen new\nrare rare\n\n\nking new\nnew")
    config = TrainConfig(min_count=2, sample=0, epochs=1, threads=1, dim=4)
    if how == "begin":
        run, _ = runs.begin(Corpus(text), config)
    elif how == "vocab":
        run, _ = runs.begin(Corpus(text), config, Vocab.of({"king": 3, "odd": 2, "nowhere": 7}))
    else:
        run, _ = runs.continue_from(earlier, Corpus(text), config, how == "grow_vocab", warn=_ignore)
    kept = tmp_path / "kept"
    with reserved(kept):
        runs.train(run, checkpoint=kept)
    again = runs.resume(kept, {})
    np.testing.assert_array_equal(again.stream, run.stream)
    assert again.vocab.words == run.vocab.words


def test_a_corpus_of_which_one_token_changed_is_refused(tmp_path: Path) -> None:
    text, kept = tmp_path / "text.txt", tmp_path / "kept"
    lines = ["king queen odd words"] * 40_000
    text.write_text("\n".join(lines))
    status = text.stat()
    run, _ = runs.begin(Corpus(text), TrainConfig(dim=4, epochs=1, threads=1, min_count=1))
    with reserved(kept):
        runs.train(run, checkpoint=kept)
    lines[10_000] = "king queen words odd"  # between the places that the fingerprint of the file looks at
    text.write_text("\n".join(lines))
    os.utime(text, ns=(status.st_atime_ns, status.st_mtime_ns))
    Fingerprint.of(str(text)).check()
    assert checkpoint.load(kept).corpus == [Fingerprint.of(str(text))], "its file looks as it was"
    with pytest.raises(W2VError, match=r"text\.txt has changed since the checkpoint"):
        runs.resume(kept, {"epochs": 2})


def test_a_stream_that_was_kept_is_compared_too(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    run, _ = runs.begin(Corpus(TEXT), TrainConfig(dim=4, epochs=1, threads=1, min_count=1))
    with reserved(kept):
        runs.train(run, checkpoint=kept)
    np.testing.assert_array_equal(runs.resume(kept, {}).stream, run.stream)
    changed = run.stream.copy()
    changed[[0, 1]] = changed[[1, 0]]
    checkpoint.save_stream(kept, changed)
    with pytest.raises(W2VError, match=r"stream\.npy is damaged"):
        runs.resume(kept, {})


def _trained(run: runs.Run) -> w2v.Vectors:
    return runs.train(run)


@pytest.mark.parametrize("suffix", [".bin", ".txt", ".w2v", ".safetensors", ".projector", ".fifu"])
def test_each_writer_is_tried_before_training_and_leaves_nothing(tmp_path: Path, suffix: str) -> None:
    run, _ = runs.begin(Corpus(TEXT), TrainConfig(dim=4, min_count=1))
    runs.try_output(run, tmp_path / f"v{suffix}", save_output=True)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("error", [ValueError("no such letter"), UnicodeEncodeError("utf-8", "\udce9", 0, 1, "no")])
def test_a_writer_that_will_fail_is_found_out_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("w2v.formats.word2vec.write", fail)
    run, _ = runs.begin(Corpus(TEXT), TrainConfig(dim=4, min_count=1))
    with pytest.raises(W2VError, match=r"cannot write .*/v\.bin: "):
        runs.try_output(run, tmp_path / "v.bin")
    assert os.listdir(tmp_path) == []


def test_a_corpus_whose_name_is_no_utf8_is_no_reason_to_lose_vectors(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.txt")
    (tmp_path / name).write_text("king queen odd\n" * 5)
    run, _ = runs.begin(Corpus(str(tmp_path / name)), TrainConfig(dim=4, epochs=1, column=None))
    output = tmp_path / "n.w2v"
    runs.try_output(run, output)
    outputs.save(_trained(run), output)
    settings = w2v.Vectors.load(output).settings
    assert settings is not None and settings["corpus"][0]["name"] == name


def test_vectors_that_cannot_be_written_are_kept_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = runs.begin(Corpus(TEXT), TrainConfig(dim=4, min_count=1, epochs=1))
    vectors = _trained(run)

    def fail(*_: object) -> None:
        raise UnicodeEncodeError("utf-8", "\udce9", 0, 1, "nobody thought of this")

    monkeypatch.setattr("w2v.formats.word2vec_text.write", fail)
    with pytest.raises(
        W2VError, match=r"cannot write .*v\.txt: .*nobody thought of this.*; the vectors are in .*"
    ) as said:
        outputs.save(vectors, tmp_path / "v.txt")
    kept = Path(str(said.value).partition("the vectors are in ")[2])
    assert kept.parent == tmp_path
    np.testing.assert_array_equal(w2v.Vectors.load(kept).matrix, vectors.matrix)


def test_what_the_process_has_open_is_not_read_again(tmp_path: Path) -> None:
    with open(tmp_path / "text.txt", "w+") as file:
        file.write("king queen\n" * 9)
        file.flush()
        run, _ = runs.begin(Corpus(f"/dev/fd/{file.fileno()}"), TrainConfig(dim=4))
    assert run.files is None and len(run.stream) == 27


@pytest.mark.parametrize("output", [None, "v.w2v", "v.fasttext.bin", "v.bin"])
@pytest.mark.parametrize("loss", ["bce", "hs"])
def test_output_rows_are_kept_where_the_file_stores_them(output: str | None, loss: str) -> None:
    config, path = TrainConfig(loss=loss), Path(output) if output else None  # type: ignore[arg-type]
    assert outputs.keeps_output_rows(config, None, path) == (loss == "bce" and output != "v.bin")
    assert not outputs.keeps_output_rows(config, False, path)
    if loss == "bce":
        assert outputs.keeps_output_rows(config, True, path)
    else:
        with pytest.raises(SettingsError, match="with loss='hs' the output rows are nodes.*leave out save_output"):
            outputs.keeps_output_rows(config, True, path)


@pytest.mark.parametrize("has_output", [False, True])
def test_missing_output_rows_are_said(tmp_path: Path, has_output: bool) -> None:
    rows, said = np.ones((3, 4), np.float32), list[str]()
    w2v.Vectors(OLD, rows, output=rows if has_output else None).save(tmp_path / "old.w2v")
    run, _ = runs.continue_from(tmp_path / "old.w2v", Corpus(TEXT), TrainConfig(), warn=said.append)
    assert run.start is not None and run.start.output[:3].any() == has_output
    assert [line.partition("old.w2v ")[2] for line in said] == (
        [] if has_output else ["has no output rows, which start at zero; a .w2v folder or a checkpoint has them"]
    )
    runs.continue_from(tmp_path / "old.w2v", Corpus(TEXT), TrainConfig(loss="hs"), warn=said.append)
    assert len(said) == (0 if has_output else 1), "the nodes of a tree start at zero anyway"


def test_what_the_output_cannot_store_is_said_before_training(tmp_path: Path) -> None:
    said = list[str]()
    for settings in ({"subwords": True}, {"line_vectors": "with-words"}, {}):
        run, _ = runs.begin(Corpus(TEXT), TrainConfig(dim=4, min_count=1, **settings))  # type: ignore[arg-type]
        runs.try_output(run, tmp_path / "v.txt", warn=said.append)
        runs.try_output(run, tmp_path / "v.w2v", warn=said.append)
    assert [line.partition("v.txt: ")[2] for line in said] == [
        "word2vec text cannot store the rows of n-grams, which are left out; .w2v or .fasttext.bin can",
        "word2vec text cannot store line vectors, which are left out; .w2v can",
    ]
