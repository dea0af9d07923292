"""Several runs on one reading of the corpus: seeds, resampled lines, and the folder that holds them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import Run, files_in
from toy_corpus import GROUP_OF, sentences

import w2v
from w2v.base.arrays import SENTENCE_END
from w2v.base.errors import W2VError
from w2v.text import corpus as corpora
from w2v.training.bootstrap import resampled_lines

SMALL: dict[str, Any] = {"dim": 8, "epochs": 1, "sample": 0, "min_count": 1, "threads": 1}
TEXT = [*sentences(300)]


def test_each_run_is_that_of_its_seed(tmp_path: Path) -> None:
    runs = w2v.train(TEXT, tmp_path / "runs.w2v", runs=3, seed=5, **SMALL)
    assert isinstance(runs, w2v.Runs) and len(runs) == 3
    for seed, run in enumerate(runs, 5):
        alone = w2v.train(TEXT, seed=seed, **SMALL)
        assert run.words == alone.words and run.output is not None and alone.output is not None
        assert (run.matrix.tobytes(), run.output.tobytes()) == (alone.matrix.tobytes(), alone.output.tobytes())
        assert run.trained is not None and run.trained.settings["seed"] == seed


def test_the_corpus_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []
    blocks = corpora.Corpus.blocks

    def counted(self: corpora.Corpus, *arguments: Any, **more: Any) -> Any:  # noqa: ANN401
        opened.append(self)
        return blocks(self, *arguments, **more)

    monkeypatch.setattr(corpora.Corpus, "blocks", counted)
    w2v.train(TEXT, runs=3, **SMALL)
    assert len(opened) == 1


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"subwords": "fasttext", "buckets": 100},
        {"line_vectors": "with-words"},
        {"save_output": False},
        {"bootstrap": "lines"},
    ],
    ids=str,
)
def test_a_folder_of_runs_holds_what_was_trained(tmp_path: Path, more: dict[str, Any]) -> None:
    trained = w2v.train(TEXT, runs=2, **SMALL, **more)
    trained.save(tmp_path / "runs.w2v")
    kept = w2v.Runs.load(tmp_path / "runs.w2v")
    assert kept.bootstrap == trained.bootstrap == more.get("bootstrap")
    for before, after in zip(trained, kept, strict=True):
        assert before.model.parts == [part for part in after.model.parts if part != "norms"]
        np.testing.assert_array_equal(before.matrix, after.matrix)
        np.testing.assert_array_equal(before.norms, after.norms)
        assert before.similar("cat") == after.similar("cat")
        if before.output is not None and after.output is not None:
            np.testing.assert_array_equal(before.output, after.output)
        if before.lines is not None and after.lines is not None:
            np.testing.assert_array_equal(before.lines.vectors, after.lines.vectors)
        if before.subwords is not None:
            np.testing.assert_array_equal(before["unicorn"], after["unicorn"])
    assert files_in(tmp_path / "runs.w2v").keys() <= set(w2v_files())
    assert kept.words == trained.words and np.array_equal(kept.counts, trained.counts)  # type: ignore[arg-type]


def w2v_files() -> tuple[str, ...]:
    from w2v.formats.registry import FORMATS

    return FORMATS["native"].files


def test_a_run_that_fails_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    w2v.train(TEXT, tmp_path / "runs.w2v", runs=2, **SMALL)
    before = files_in(tmp_path)
    calls: list[float] = []

    def stop(now: w2v.Progress, _: w2v.Vectors) -> None:
        calls.append(now.progress)
        if len(calls) == 2:
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        w2v.train(TEXT, tmp_path / "runs.w2v", runs=3, seed=9, after_epoch=stop, **SMALL)
    assert files_in(tmp_path) == before


def test_resampled_lines_are_lines_of_the_corpus() -> None:
    lines = [[1, 2], [3], [4, 5, 6], [7, 7]]
    stream = np.array([token for line in lines for token in [*line, SENTENCE_END]][:-1], np.int32)
    seen: list[list[int]] = []
    for seed in range(200):
        drawn = resampled_lines(stream, seed)
        assert drawn[-1] == SENTENCE_END
        parts = [part[:-1].tolist() for part in np.split(drawn, np.flatnonzero(drawn == SENTENCE_END) + 1)[:-1]]
        assert len(parts) == len(lines) and all(part in lines for part in parts)
        seen += parts
    shares = [seen.count(line) / len(seen) for line in lines]
    assert max(shares) < 0.3 and min(shares) > 0.2
    np.testing.assert_array_equal(resampled_lines(stream, 3), resampled_lines(stream, 3))


def test_lines_beyond_a_block_are_drawn_too(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = np.array([token for line in TEXT for token in [*map(hash, line), SENTENCE_END]]) % 1000
    stream = np.where(stream == 999, -1, stream).astype(np.int32)
    whole = resampled_lines(stream, 1)
    monkeypatch.setattr("w2v.training.bootstrap.LINES", 7)
    np.testing.assert_array_equal(resampled_lines(stream, 1), whole)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"runs": 1}, "runs must be from 2 to 1,000, not 1"),
        ({"runs": 2, "output": "v.bin"}, r"runs needs a .w2v folder, not v.bin: output='runs.w2v'"),
        ({"runs": 2, "checkpoint": "kept"}, "runs cannot be used with checkpoint; leave one out"),
        ({"runs": 2, "ray": "auto"}, "runs cannot be used with ray; leave one out"),
        ({"runs": 2, "log_json": "log.json"}, "runs cannot be used with log_json; leave one out"),
        ({"runs": 2, "similarity": "pairs.tsv"}, "runs cannot be used with similarity; leave one out"),
        ({"bootstrap": "lines"}, "bootstrap has an effect only with runs"),
        ({"runs": 2, "bootstrap": "words"}, "bootstrap must be one of lines, not 'words'"),
        ({"runs": 2, "bootstrap": "lines", "line_vectors": "alone"}, "bootstrap cannot be used with line_vectors"),
        ({"runs": 2, "seed": 2**63 - 1}, "seed must be from 0 to"),
    ],
)
def test_what_cannot_be_repeated_is_refused(
    more: dict[str, Any], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(w2v.SettingsError, match=said):
        w2v.train(TEXT, **{**SMALL, **more})
    assert list(tmp_path.iterdir()) == []


def test_one_line_cannot_be_resampled() -> None:
    with pytest.raises(W2VError, match="bootstrap='lines' draws lines, and the corpus is one line"):
        w2v.train([["a", "b"] * 50], runs=2, bootstrap="lines", **SMALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "runs.w2v"
    w2v.train(sentences(2_000), path, runs=3, **{**SMALL, "dim": 16, "epochs": 5})
    return path


def test_the_command_line(run: Run, corpus: Path) -> None:
    flags = ("--dim", "8", "--epochs", "1", "--sample", "0", "--threads", "1")
    result = run("train", corpus, "--runs", "2", "--bootstrap", "lines", *flags)
    assert result.status == 0
    assert "run 2 of 2: --seed 2, on resampled lines" in result.err
    assert "wrote runs.w2v: 2 runs of 147 words x 8" in result.err
    assert len(w2v.Runs.load("runs.w2v")) == 2
    assert run("train", corpus, "--runs", "2", "-o", "v.bin", *flags).status == 2
    found = json.loads(run("info", "runs.w2v", "--json").out)["settings"]
    assert {*found["run"]} == {"date", "machine", "seconds"} and {*found["run"]["seconds"]} == {
        *("read_s", "compile_s", "train_s")
    }
    again = run("train", corpus, "--config", "runs.w2v", "--runs", "2", "--bootstrap", "lines", "-o", "again.w2v")
    assert again.status == 0 and "settings and corpus of runs.w2v" in again.err
    assert files_in(Path("again.w2v")) == files_in(Path("runs.w2v"))


def test_neighbours_come_with_the_number_of_runs_that_agree(run: Run, folder: Path) -> None:
    runs = w2v.Runs.load(folder)
    found = runs.similar("cat", 5)
    cosines = np.array([[each.similarity("cat", one.word) for one in found] for each in runs])
    np.testing.assert_allclose([one.cosine for one in found], cosines.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose([one.std for one in found], cosines.std(axis=0, ddof=1), atol=1e-6)
    for one in found:
        assert one.runs == sum(one.word in dict(each.similar("cat", 5)) for each in runs)
    assert found == sorted(found, key=lambda one: -one.cosine)
    assert GROUP_OF[found[0].word] == "animal" and found[0].runs == 3
    shown = run("similar", "cat", "-n", "5", "--vectors", folder)
    assert shown.out.splitlines()[1].split()[::2] == [found[0].word, "3/3"]
    (answer,) = json.loads(run("similar", "cat", "-n", "5", "--json", "--vectors", folder).out)
    assert answer["neighbours"][0].keys() == {"word", "cosine", "std", "runs"}
    assert [one["word"] for one in answer["neighbours"]] == [one.word for one in found]


def test_other_questions_to_runs(run: Run, folder: Path) -> None:
    runs = w2v.Runs.load(folder)
    analogy = run("analogy", "cat", "dog", "paris", "-n", "3", "--json", "--vectors", folder)
    words = [one.word for one in runs.analogy("cat", "dog", "paris", 3)]
    assert [one["word"] for one in json.loads(analogy.out)[0]["neighbours"]] == words
    rows = run("vector", "cat", "dog", "--vectors", folder).out.splitlines()
    assert [row.split()[0] for row in rows] == ["cat"] * 3 + ["dog"] * 3
    assert json.loads(run("vector", "cat", "--json", "--vectors", folder).out)[2]["run"] == 3
    assert run("similar", "unicorn", "--vectors", folder).status == 1
    assert run("similar", "cat", "--limit", "20", "--vectors", folder).status in (0, 1)
    assert "holds runs" in run("similar", "cat", "--skip-bad-rows", "--vectors", folder).err
    estimate = runs.similarity("cat", "dog")
    assert estimate.low < estimate.mean < estimate.high and len(estimate.values) == 3


def test_lines_of_runs_are_asked_for_too(run: Run, tmp_path: Path) -> None:
    w2v.train(TEXT, tmp_path / "runs.w2v", runs=2, line_vectors="alone", **SMALL)
    assert "2/2" in run("similar", "1", "--lines", "-n", "300", "--vectors", "runs.w2v").out


def test_what_takes_one_model_says_so(run: Run, folder: Path) -> None:
    for command in (("plot", folder), ("convert", folder, "v.bin"), ("recommend", "cat", "--vectors", folder)):
        result = run(*command)
        assert (result.status, result.err.count("\n")) == (1, 1)
        assert "holds 3 runs, where one model is wanted: take one of them out with `w2v convert" in result.err
    with pytest.raises(TypeError, match="vectors must be Vectors, not Runs"):
        w2v.recommend(w2v.Runs.load(folder), ["cat"])  # type: ignore[call-overload]


def test_a_run_is_taken_out(run: Run, folder: Path, tmp_path: Path) -> None:
    second = w2v.Runs.load(folder)[1]
    assert run("convert", folder, "one.w2v", "--run", "2").status == 0
    one = w2v.Vectors.load(tmp_path / "one.w2v")
    assert one.matrix.tobytes() == second.matrix.tobytes() and one.settings == second.settings
    assert run("convert", folder, "few.txt", "--run", "1", "--limit", "9", "--dim", "2").status == 0
    assert (tmp_path / "few.txt").read_text().startswith("9 2\n")
    for source, more, said in (
        (folder, ("--run", "4"), "--run must be from 1 to 3, not 4"),
        (folder, ("--run", "0"), "--run must be"),
        (folder, ("--run", "1", "--skip-bad-rows"), "--skip-bad-rows cannot be used with --run"),
        ("one.w2v", ("--run", "1"), "--run takes a run of a folder of runs, and one.w2v is not one"),
    ):
        refused = run("convert", source, "x.bin", *more)
        assert (refused.status, refused.err.count("\n")) == (2, 1) and said in refused.err


def _with_runs(runs: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, "runs": runs}))

    return change


def _cut(folder: Path) -> None:
    np.save(folder / "output.npy", np.load(folder / "output.npy")[:1])


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_with_runs(4), "does not have a matrix for each of 4 runs"),
        (_with_runs(-1), "`runs` is out of range"),
        (_with_runs("3"), "`runs` is not a whole number"),
        (_with_runs(1), "does not have a matrix for each of 1 runs"),
        (_cut, "output.npy does not have a matrix for each of 2 runs"),
    ],
)
def test_a_damaged_folder_is_refused(tmp_path: Path, damage: Callable[[Path], None], said: str) -> None:
    vectors = w2v.Vectors(["a", "b"], np.eye(2, dtype=np.float32), np.array([2, 1]), np.eye(2, dtype=np.float32))
    w2v.Runs([vectors, vectors]).save(tmp_path / "runs.w2v")
    damage(tmp_path / "runs.w2v")
    with pytest.raises(W2VError, match=said):
        w2v.Runs.load(tmp_path / "runs.w2v")


def test_a_folder_of_one_model_is_no_folder_of_runs(tmp_path: Path) -> None:
    w2v.Vectors(["a"], np.ones((1, 2), np.float32)).save(tmp_path / "v.w2v")
    with pytest.raises(W2VError, match="v.w2v is not a folder of runs"):
        w2v.Runs.load(tmp_path / "v.w2v")
    with pytest.raises(W2VError, match="1 runs are too few"):
        w2v.Runs([w2v.Vectors.load(tmp_path / "v.w2v")])
