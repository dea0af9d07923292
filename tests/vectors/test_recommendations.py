"""Recommendations for many people are those for each one, whatever the blocks, and files have the same rows."""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import Run

import w2v
from w2v.base.errors import SettingsError, W2VError, W2VWarning
from w2v.vectors import many_people, mixtures, recommendations
from w2v.vectors.items import person_vector, rows_of, scoring_settings
from w2v.vectors.vectors import Vectors

pytestmark = pytest.mark.filterwarnings("ignore:left out")


def made(seed: int, n_types: int = 300, dim: int = 8, whole: bool = False) -> Vectors:
    """Return items; with whole numbers for rows and few counts, many scores are equal to the bit."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(-1, 2, (2, n_types, dim)) if whole else rng.normal(size=(2, n_types, dim))
    input, output = rows.astype(np.float32)
    return Vectors([f"i{n}" for n in range(n_types)], input, rng.choice([1, 2, 5], n_types), output)


def people_of(seed: int, n: int, n_types: int = 300) -> list[list[str]]:
    rng = np.random.default_rng(seed)
    known = [*(f"i{n}" for n in range(n_types)), *["unknown"] * 30]
    return [[str(item) for item in rng.choice(known, rng.integers(0, 6))] for _ in range(n)]


def oracle(vectors: Vectors, items: list[str], n: int, without: set[str], **settings: float) -> list[tuple[str, float]]:
    """Return the best items of one person by sorting the scores of all; of equal scores the first row is better."""
    assert vectors.output is not None and vectors.counts is not None
    config, rows = scoring_settings(vectors, **settings), rows_of(vectors, items)
    prior = np.float32(config.prior if len(rows) else 1)
    person = person_vector(vectors, rows, config)
    assert config.sharpness == 0
    scores = np.vecdot(vectors.output, person) + prior * np.log(vectors.counts).astype(np.float32)
    order = np.argsort(-scores, kind="stable").tolist()
    return [(vectors.words[row], float(scores[row])) for row in order if vectors.words[row] not in without][:n]


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("n", [1, 7, 290, 1_000])
def test_the_best_items_are_those_of_the_formula(n: int, whole: bool) -> None:
    vectors, people = made(n, whole=whole), people_of(n, 25)
    how: dict[str, Any] = {"history": 2, "decay": 1.0, "prior": 0.5, "sharpness": 0.0}
    found = w2v.recommend(vectors, people, n, **how)
    assert found.rows.shape == found.scores.shape == found.items.shape == (25, min(n, 300))
    for items, best, known in zip(people, found, ~found.is_popular, strict=True):
        assert best == oracle(vectors, items, n, {*items}, **how)
        assert best == w2v.recommend(vectors, items, n, **how)
        assert known == any(item in vectors for item in items)
    short = found.rows < 0
    assert (
        (found.items[short] == "").all()
        and np.isnan(found.scores[short]).all()
        and not np.isnan(found.scores[~short]).any()
    )


@pytest.fixture
def at_least_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rank two people and more by compiled code."""
    monkeypatch.setattr(recommendations, "FEW", 2)


@pytest.mark.usefixtures("at_least_two")
@pytest.mark.parametrize("table", [1, 5_000, 1 << 24])
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("sharpness", [0.0, 1.0])
@pytest.mark.parametrize("n", [1, 7, 290, 1_000])
def test_many_people_get_what_each_one_gets(
    n: int, sharpness: float, whole: bool, table: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many_people, "TABLE", table)
    # Of equal scores by the mean, rounding decides which are candidates.
    monkeypatch.setattr(mixtures, "CANDIDATES", 300 if whole else 20)
    vectors, people = made(n, whole=whole), people_of(n, 25)
    only = [f"i{n}" for n in range(300) if n % 7]
    for how in ({"history": 2, "decay": 1.0}, {"history": 9, "decay": 0.8}):
        settings: dict[str, Any] = {**how, "prior": 0.5, "sharpness": sharpness, "only": only}
        found = w2v.recommend(vectors, people, n, **settings)
        each = [w2v.recommend(vectors, items, n, **settings) for items in people]
        np.testing.assert_allclose([s for one in found for _, s in one], [s for one in each for _, s in one], atol=1e-5)
        is_exact = whole and how["decay"] == 1 and not sharpness  # otherwise scores differ in rounding
        for own, others in zip(found, each, strict=True):
            assert own == others or not is_exact
            assert same_but_for_rounding(own, others)


def same_but_for_rounding(own: list[tuple[str, float]], others: list[tuple[str, float]]) -> bool:
    """Return whether two lists have the same items, but for the order of nearly equal scores, and the end."""
    last = min((score for _, score in own), default=0) + 1e-5
    wanted = dict(others)
    return all(abs(wanted.get(item, last) - score) <= 2e-5 for item, score in own)


@pytest.mark.usefixtures("at_least_two")
def test_equal_rows_are_in_their_order_for_many_people() -> None:
    vectors = made(5, 200)
    assert vectors.output is not None and vectors.counts is not None
    for item in range(40, 200):  # each of 40 rows five times, at different places of a register
        vectors.output[item], vectors.counts[item] = vectors.output[item % 40], vectors.counts[item % 40]
    found = w2v.recommend(vectors, [["i1", "i2", "i3"], ["i9"]] * 20, 50, sharpness=0.7, keep_seen=True)
    for rows, scores in zip(found.rows, found.scores, strict=True):
        for first in range(0, 50, 5):
            same = rows[first : first + 5]
            assert (np.diff(same) == 40).all() and (scores[first : first + 5] == scores[first]).all()
    assert (found.rows[0::2] == found.rows[0]).all() and (found.scores[1::2] == found.scores[1]).all()


def test_only_some_items_are_recommended() -> None:
    vectors, people = made(1, whole=True), people_of(1, 20)
    only, exclude = [f"i{n}" for n in range(0, 300, 3)], ["i0", "i3", "nowhere"]
    for keep_seen in (False, True):
        with pytest.warns(W2VWarning, match="exclude: left out 1 of 3 items, which have no vector"):
            how: dict[str, Any] = {"decay": 1.0, "sharpness": 0.0}
            found = w2v.recommend(vectors, people, 9, only=only, exclude=exclude, keep_seen=keep_seen, **how)
        for items, best in zip(people, found, strict=True):
            without = {*vectors} - {*only} | {*exclude} | ({*items} if not keep_seen else set())
            assert best == oracle(vectors, items, 9, without, **how)
    with pytest.raises(W2VError, match="none of the 1 items of only has a vector"):
        w2v.recommend(vectors, people, only=["nowhere"])
    assert w2v.recommend(vectors, ["i1"], 5, exclude=vectors.words) == []


@pytest.mark.parametrize("few", [2, 100])
def test_scores_beyond_float32_are_left_out(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recommendations, "FEW", few)
    vectors = made(1, 40)
    assert vectors.output is not None
    vectors.output[3], vectors.output[4], vectors.matrix[:] = 3e38, -3e38, 2
    for sharpness in (0, 1):
        (best, _) = w2v.recommend(vectors, [["i1", "i2"]] * 2, 40, sharpness=sharpness)
        assert best[0][0] == "i3" and "i4" not in dict(best)
    vectors.output[5, :4], vectors.output[5, 4:] = 3e38, -3e38  # inf - inf
    for best in w2v.recommend(vectors, [["i1"]] * 2, 40):
        assert best[0][0] == "i3" and "i4" not in dict(best)
        assert few == 2 or "i5" not in dict(best)  # with multiply-adds, inf - 6e38 is inf


def write_people(folder: Path, people: list[list[str]], names: bool) -> Path:
    lines = [(f"person {n}\t" if names else "") + " ".join(items) for n, items in enumerate(people, 1)]
    (folder / "sessions.txt").write_text("\n".join(lines) + "\n")
    return folder / "sessions.txt"


@pytest.mark.parametrize("suffix", [".tsv", ".tsv.gz", ".jsonl", ".jsonl.gz", ".parquet"])
@pytest.mark.parametrize("names", [True, False])
def test_files_have_the_rows_of_everyone(suffix: str, names: bool, tmp_path: Path, run: Run) -> None:
    vectors, people = made(1), people_of(3, 30)
    vectors.save(tmp_path / "vectors.w2v")
    file, output = write_people(tmp_path, people, names), tmp_path / f"recs{suffix}"
    flags = ["--line-names"] if names else []
    result = run("recommend", "--sessions", file, "-o", output, "-n", 4, *flags)
    assert (result.status, result.out) == (0, "") and result.err.endswith(
        "w2v: wrote recs.tsv: 30 people\n".replace("recs.tsv", str(output))
    )
    found = w2v.recommend(vectors, people, 4)
    wanted = [
        (f"person {n}" if names else str(n), rank, item, round(score, 6), based_on)
        for n, (best, based_on) in enumerate(zip(found, found.based_on(), strict=True), 1)
        for rank, (item, score) in enumerate(best, 1)
    ]
    assert {row[4] for row in wanted} == {"vectors", "popularity"}
    rows = read_rows(output)
    assert [row[:3] + row[4:] for row in rows] == [row[:3] + row[4:] for row in wanted]
    np.testing.assert_allclose([row[3] for row in rows], [row[3] for row in wanted], atol=1e-6)
    in_memory = w2v.recommend(vectors, sessions=file, n=4, line_names=names)
    assert np.array_equal(in_memory.rows, found.rows) and in_memory.people[2] == ("person 3" if names else "3")


def read_rows(path: Path) -> list[tuple[Any, ...]]:
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        return [tuple(row.values()) for row in pq.read_table(path).to_pylist()]
    content = path.read_bytes()
    lines = (gzip.decompress(content) if path.suffix == ".gz" else content).decode().splitlines()
    if ".jsonl" in path.name:
        return [tuple(json.loads(line).values()) for line in lines]
    assert lines[0] == "person\trank\titem\tscore\tbased_on"
    cells = (line.split("\t") for line in lines[1:])
    return [(person, int(rank), item, float(score), based_on) for person, rank, item, score, based_on in cells]


def test_lines_of_one_name_are_one_person(tmp_path: Path) -> None:
    (tmp_path / "s.txt").write_text("ann\ti1 i2\nann\ti3\nbob\ti4\n")
    vectors = made(1)
    found = w2v.recommend(vectors, sessions=tmp_path / "s.txt", line_names=True, n=3)
    assert found.people == ["ann", "bob"]
    assert [*found] == [w2v.recommend(vectors, items, 3) for items in (["i1", "i2", "i3"], ["i4"])]
    (tmp_path / "s.txt").write_text("ann\ti1 i2\ni3 i4\n")
    with pytest.raises(W2VError, match="s.txt, line 2: expected a name and a tab before the items, not 'i3 i4'"):
        w2v.recommend(vectors, sessions=tmp_path / "s.txt", line_names=True)


def test_an_empty_file_has_no_people(tmp_path: Path) -> None:
    (tmp_path / "s.txt").write_text("")
    assert len(w2v.recommend(made(1), sessions=tmp_path / "s.txt")) == 0


def test_people_without_items_are_told_of(tmp_path: Path) -> None:
    with pytest.warns(W2VWarning, match="^1 of 2 people have no items: they get the most popular items"):
        w2v.recommend(made(1), [["i1"], []])
    with pytest.warns(
        W2VWarning, match="left out 2 of 3 items, which have no vector: x; the answer for 1 of 2 people is"
    ):
        w2v.recommend(made(1), [["i1"], ["x", "x"]])


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["i1", "--sessions", "s.txt"], 2, "--sessions cannot be used with items"),
        (["--sessions", "s.txt", "--line", "x"], 2, "--line cannot be used with --sessions"),
        (["i1", "-o", "x.tsv"], 2, "-o has an effect only with --sessions"),
        (
            ["--sessions", "s.txt", "-o", "x.csv"],
            2,
            "cannot write x.csv: name a file .tsv, .tsv.gz, .jsonl, .jsonl.gz or",
        ),
        (["--sessions", "s.txt", "-o", "s.txt"], 2, "-o and --sessions are the same file"),
        (["--sessions", "none.txt"], 1, "no file none.txt"),
        (["--sessions", "s.txt", "--vectors", "no.w2v"], 1, "w2v train CORPUS --config items -o vectors.w2v"),
        (["--sessions", "s.txt", "--only", "empty.txt"], 1, "none of the 0 items of --only has a vector"),
    ],
)
def test_errors_are_one_line(
    arguments: list[str], status: int, message: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made(1).save("vectors.w2v")
    Path("s.txt").write_text("i1\n")
    Path("empty.txt").write_text("")
    result = run("recommend", *arguments)
    assert result.status == status and message in result.err and result.err.count("\n") == 1


def test_a_line_is_of_one_person() -> None:
    with pytest.raises(SettingsError, match="line is the line of one person"):
        w2v.recommend(made(1), [["i1"]], 3, "ann")  # type: ignore[list-item]


def test_a_file_without_names_says_how_to_read_it(tmp_path: Path, run: Run) -> None:
    made(1).save(tmp_path / "vectors.w2v")
    (tmp_path / "s.txt").write_text("i1 i2\n")
    for name in ("names", "weights"):
        flag = {"names": "line-names", "weights": "weighted-lines"}[name]
        result = run("recommend", "--vectors", tmp_path / "vectors.w2v", "--sessions", tmp_path / "s.txt", f"--{flag}")
        assert result.status == 1 and result.err.endswith(f"; without {name}, --no-{flag}\n")
    with pytest.raises(W2VError, match="without names, line_names=False$"):
        w2v.recommend(made(1), sessions=tmp_path / "s.txt", line_names=True)
