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
    ],
)
def test_lines_without_names_of_their_own_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(W2VError, match=message):
        w2v.train(tmp_path / "a.txt", line_vectors="alone", line_names=True, **HOW)


def test_lines_of_one_name_share_a_row_in_which_each_of_them_counts(tmp_path: Path) -> None:
    lines = people(200, 5)
    pairs = [(f"p{number}", item) for number, line in enumerate(lines) for item in line]
    order = np.random.default_rng(1).permutation(len(pairs))
    (tmp_path / "pairs.txt").write_text("".join(f"{pairs[n][0]}\t{pairs[n][1]}\n" for n in order))
    how = {**HOW, "epochs": 40, "line_vectors": "alone", "line_names": True}
    found = w2v.train(tmp_path / "pairs.txt", checkpoint=tmp_path / "kept", **how)
    named = line_vectors(found)
    assert found.output is not None and set(named.words) == {name for name, _ in pairs}
    kinds = np.array([int(word[1]) for word in found.words])
    for number, line in enumerate(lines):
        if line:
            best = np.argsort(-(found.output @ named[f"p{number}"]))[:8]
            assert (kinds[best] == number % 4).sum() >= 6, "its seven lines have the items of its kind"
    again = line_vectors(w2v.resume(tmp_path / "kept", epochs=41))
    assert again.words == named.words and not np.array_equal(again.matrix, named.matrix)
    found.save(tmp_path / "m.w2v")
    assert line_vectors(w2v.Vectors.load(tmp_path / "m.w2v")).words == named.words
    for operation in (w2v.infer, w2v.embed):
        with pytest.raises(W2VError, match="lines .* and .* have the same name"):
            operation(found, tmp_path / "pairs.txt", line_names=True)


def test_the_weight_of_a_line_multiplies_its_learning_rate(tmp_path: Path) -> None:
    lines = people(60, 6)
    texts = {
        "plain": "".join(" ".join(line) + "\n" for line in lines),
        "one": "".join(f"1\t{' '.join(line)}\n" for line in lines),
        "half": "".join(f"0.5\t{' '.join(line)}\n" for line in lines),
        "named": "".join(f"p{n}\t{1e-9 if n % 2 else 1}\t{' '.join(line)}\n" for n, line in enumerate(lines)),
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    how = {**HOW, "epochs": 2, "line_vectors": "with-words"}
    plain = w2v.train(tmp_path / "plain", **how)
    one = w2v.train(tmp_path / "one", weighted_lines=True, **how)
    np.testing.assert_array_equal(plain.matrix, one.matrix)
    half = w2v.train(tmp_path / "half", weighted_lines=True, **how)
    slow = w2v.train(tmp_path / "plain", lr=0.025, **how)
    np.testing.assert_allclose(half.matrix, slow.matrix, atol=1e-6)
    named = w2v.train(tmp_path / "named", weighted_lines=True, line_names=True, **how)
    start = line_vectors(w2v.train(tmp_path / "plain", **{**how, "lr": 1e-9})).matrix
    moved = np.abs(line_vectors(named).matrix - start).max(axis=1) > 1e-6
    assert [bool(each) for each in moved] == [n % 2 == 0 and bool(line) for n, line in enumerate(lines)]
    assert w2v.infer(named, [lines[0]], line_names=False).matrix.any()


@pytest.mark.parametrize("line", ["a b", "0\ta", "x\ta", "nan\ta", "-1\ta"])
def test_lines_without_a_weight_are_refused(line: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"2\ta b\n{line}\n")
    with pytest.raises(W2VError, match="line 2 has no weight"):
        w2v.train(tmp_path / "a.txt", weighted_lines=True, **HOW)


def test_sessions_with_weights_are_scored_by_their_items(tmp_path: Path) -> None:
    lines = [line for line in people(60, 6) if line]
    (tmp_path / "s.txt").write_text(
        "".join(f"p{n}\t{(n + 1) / 60}\t{' '.join(line)}\n" for n, line in enumerate(lines))
    )
    (tmp_path / "next.txt").write_text("k0i0\n" * len(lines))
    how = {**HOW, "epochs": 1, "weighted_lines": True, "line_names": True}
    vectors = w2v.train(tmp_path / "s.txt", **how)
    assert {*vectors.words} == {item for line in lines for item in line}
    found = w2v.recommend(vectors, sessions=tmp_path / "s.txt", n=2)
    assert found.people == [f"p{n}" for n in range(len(lines))]
    np.testing.assert_array_equal(found.rows, w2v.recommend(vectors, lines, 2).rows)
    scores = w2v.evaluate(vectors, next=tmp_path / "next.txt", sessions=tmp_path / "s.txt").next
    assert scores is not None and scores.people == len(lines)


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
