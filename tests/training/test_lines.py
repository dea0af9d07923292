"""Line vectors: a row for each line, empty ones too; kept, resumed and saved like words' rows."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import Run

import w2v
from w2v.base.arrays import SENTENCE_END
from w2v.base.errors import SettingsError, W2VError
from w2v.training import line_rows
from w2v.training.line_rows import count_lines, new_line_rows
from w2v.training.schedule import shard_bounds
from w2v.vectors.derived import line_vectors

HOW: dict[str, Any] = {"dim": 12, "epochs": 8, "min_count": 1, "sample": 0, "threads": 1}


def people(n: int, seed: int) -> list[list[str]]:
    """Return the items of people who like one of four kinds, person i of kind i % 4; every tenth has none."""
    rng = np.random.default_rng(seed)
    return [[] if i % 10 == 9 else [f"k{i % 4}i{j}" for j in rng.permutation(12)[:7]] for i in range(n)]


@pytest.mark.parametrize("settings", [{"line_vectors": "alone", "loss": "bpr"}, {"line_vectors": "with-words"}])
def test_every_line_has_a_row_and_it_ranks_the_items_of_its_kind_first(settings: dict[str, Any]) -> None:
    lines = people(200, 1)
    vectors = w2v.train(lines, **{**HOW, "epochs": 40}, **settings)
    assert vectors.lines is not None and vectors.output is not None and len(vectors.lines.vectors) == 200
    kinds = np.array([int(word[1]) for word in vectors.words])
    for number, line in enumerate(lines):
        if line:
            scores = vectors.output @ vectors.lines.vectors[number]
            assert (kinds[np.argsort(-scores)[:8]] == number % 4).all()
    again = w2v.train(lines, **{**HOW, "epochs": 40}, **settings)
    assert again.lines is not None
    np.testing.assert_array_equal(again.lines.vectors, vectors.lines.vectors)
    np.testing.assert_array_equal(again.matrix, vectors.matrix)


def test_alone_the_vectors_of_words_are_their_output_rows() -> None:
    vectors = w2v.train(people(40, 1), line_vectors="alone", **HOW)
    np.testing.assert_array_equal(vectors.matrix, vectors.output)


def test_lines_are_those_of_the_file_with_their_names(tmp_path: Path) -> None:
    text = "Ann Lee\ta b c\nBo\t\nCy\tb c d e\nDi\ta e"
    (tmp_path / "a.txt").write_text(text)
    (tmp_path / "b.txt").write_text("Ed\ta b\n")
    paths = [tmp_path / "a.txt", tmp_path / "b.txt"]
    named = w2v.train(paths, line_vectors="alone", line_names=True, **HOW)
    assert line_vectors(named).words == ["Ann Lee", "Bo", "Cy", "Di", "Ed"]
    assert set(named.words) == set("abcde")
    for path in paths:
        path.write_text("\n".join(line.partition("\t")[2] for line in path.read_text().split("\n")))
    numbered = w2v.train(paths, line_vectors="alone", **HOW)
    assert line_vectors(numbered).words == ["1", "2", "3", "4", "5"]
    np.testing.assert_array_equal(line_vectors(named).matrix, line_vectors(numbered).matrix)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x\ta b\ny a b\n", "line 2 has no name.*not 'y a b'"),
        ("x\ta\n\nz\tb\n", "line 2 has no name"),
        ("x\ta\ny\tb\nx\tc\n", "lines 1 and 3 have the same name, 'x'"),
    ],
)
def test_lines_without_names_of_their_own_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(W2VError, match=message):
        w2v.train(tmp_path / "a.txt", line_vectors="alone", line_names=True, **HOW)


def test_what_has_no_effect_is_refused() -> None:
    for settings, message in (
        ({"line_vectors": "alone", "window": 3}, "window has no effect with line_vectors='alone'"),
        ({"line_vectors": "alone", "model": "cbow"}, "model has no effect with line_vectors='alone'"),
        ({"line_vectors": "with-words", "subwords": True}, "line_vectors has no effect with subwords"),
    ):
        with pytest.raises(SettingsError, match=message):
            w2v.load_config(None, settings, is_explicit=True)


def test_no_line_is_cut() -> None:
    lengths = [3, 40_000, 0, 5, 9_000, 1]
    stream = np.concatenate([np.array([*[1] * n, SENTENCE_END], np.int32) for n in lengths])
    bounds = shard_bounds(stream, whole_lines=True)
    assert len(bounds) > 2 and all(stream[bound - 1] == SENTENCE_END for bound in bounds[1:])
    first = count_lines(stream, bounds)
    assert first == [int((stream[:bound] == SENTENCE_END).sum()) for bound in bounds]
    assert count_lines(stream[:-1], [0, len(stream) - 1]) == [0, 6]


def test_rows_that_memory_cannot_hold_are_mapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = new_line_rows(3_000, 10, seed=3)
    monkeypatch.setattr(line_rows, "available_memory", lambda: 0)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    mapped = new_line_rows(3_000, 10, seed=3)
    np.testing.assert_array_equal(mapped, held)
    assert not any(tmp_path.iterdir()), "the file has no name"
    assert (np.abs(held[:, :10]) <= 0.05).all() and not held[:, 10:].any() and held.std() > 0


@pytest.mark.slow
def test_a_run_that_is_resumed_ends_with_the_same_bytes(tmp_path: Path) -> None:
    named = [(f"p{number}", line) for number, line in enumerate(people(2_000, 2))]
    (tmp_path / "a.txt").write_text("".join(f"{name}\t{' '.join(line)}\n" for name, line in named))
    how = {**HOW, "line_vectors": "with-words", "line_names": True, "epochs": 100}

    class Stopping(w2v.Reporter):
        def training(self, now: object) -> None:
            raise KeyboardInterrupt

    for source in (tmp_path / "a.txt", [line for _, line in named]):
        if isinstance(source, list):  # whose stream is kept
            how["line_names"] = False
        folder = tmp_path / f"kept-{how['line_names']}"
        with pytest.raises(KeyboardInterrupt):
            w2v.train(source, checkpoint=folder, reporter=Stopping(), **how)
        with pytest.raises(SettingsError, match="line_vectors cannot be used with resume"):
            w2v.resume(folder, line_vectors="alone")  # type: ignore[call-arg]
        again, whole = w2v.resume(folder), w2v.train(source, **how)
        np.testing.assert_array_equal(line_vectors(again).matrix, line_vectors(whole).matrix)
        np.testing.assert_array_equal(again.matrix, whole.matrix)
        assert line_vectors(again).words == line_vectors(whole).words
    assert (tmp_path / "kept-True" / "checkpoint-000001" / "lines.txt").read_text().startswith("p0\np1\n")


def test_a_folder_keeps_lines_and_other_formats_say_that_they_do_not(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("".join(f"p {i}\t{' '.join(line)}\n" for i, line in enumerate(people(40, 3))))
    flags = ("--line-vectors", "with-words", "--line-names", "--min-count", "1", "--dim", "8", "--epochs", "1")
    assert run("train", "a.txt", *flags, "-o", "m.w2v").status == 0
    loaded = w2v.Vectors.load("m.w2v")
    assert line_vectors(loaded).words == [f"p {i}" for i in range(40)] and loaded.output is not None
    near = run("similar", "--lines", "p 3", "--vectors", "m.w2v", "-n", "2")
    assert near.status == 0 and near.out.startswith("p 3\n")
    shown = run("recommend", loaded.words[0], "--line", "p 3", "--vectors", "m.w2v", "-n", "2", "--json")
    assert shown.status == 0
    best = w2v.recommend(loaded, [loaded.words[0]], 2, "p 3")
    assert [item for item, _ in best] == [one["item"] for one in json.loads(shown.out)[0]["next"]]
    wrong = run("recommend", loaded.words[0], "--line", "nobody", "--vectors", "m.w2v")
    assert wrong.status == 1 and "'nobody' is not in the vocabulary" in wrong.err
    lost = run("convert", "m.w2v", "m.bin")
    assert "cannot store" in lost.err and "line vectors" in lost.err
    assert "word2vec binary cannot store line vectors" in run("train", "a.txt", *flags, "-o", "m.bin").err


def test_people_are_ranked_for_by_their_rows(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = people(200, 4)
    Path("before").write_text("".join(" ".join(line[:-2]) + "\n" for line in lines))
    Path("next").write_text("".join(" ".join(line[-2:]) + "\n" for line in lines))
    how = {**HOW, "epochs": 40, "line_vectors": "with-words"}
    vectors = w2v.train("before", **how)
    found = {w: w2v.evaluate(vectors, next="next", sessions="before", k=7, line_weight=w).next for w in (0.0, 0.5, 1.0)}
    for weight, scores in found.items():
        assert scores is not None and scores.line_weight == weight
        assert scores.vectors.full.hr > 0.8, "the seven items of their kind that they do not have"
    assert w2v.evaluate(vectors, next="next", sessions="before").next.line_weight == 0.3  # type: ignore[union-attr]
    Path("fewer").write_text("a\n")
    with pytest.raises(W2VError, match="vectors of 200 lines for 1 people"):
        w2v.evaluate(vectors, next="fewer", sessions="fewer")
    plain = w2v.train("before", save_output=True, **HOW)
    with pytest.raises(W2VError, match="no line vectors"):
        w2v.evaluate(plain, next="next", sessions="before", line_weight=1.0)
