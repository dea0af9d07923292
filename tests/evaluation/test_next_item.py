"""Ranks are those of a slow oracle, ties count as all their orders do, and files that do not fit are refused."""

import gzip
import itertools
import json
import math
import re
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import Run
from hypothesis import given, settings
from hypothesis import strategies as st

import w2v
from w2v.base.errors import SettingsError, W2VError
from w2v.evaluation import next_item
from w2v.evaluation.metrics import RankingMetrics
from w2v.evaluation.next_item import Sessions, rank_next, read_sessions
from w2v.formats.model import Trained
from w2v.settings.train import TrainConfig
from w2v.vectors import items as item_scoring
from w2v.vectors.items import scoring_settings
from w2v.vectors.vectors import Vectors

EXACT = TrainConfig(history=2, decay=1.0, prior=1.0, sharpness=0)
"""With whole numbers for rows the mean of one or two has no rounding, so that equal scores are equal to the bit."""


def made(rng: np.random.Generator, n_types: int = 12, dim: int = 3, whole: bool = True) -> Vectors:
    """Return items with rows of small whole numbers, of which many score alike, or of any numbers."""
    words = [f"i{number}" for number in range(n_types)]
    rows = rng.integers(-1, 2, (2, n_types, dim)) if whole else rng.normal(size=(2, n_types, dim))
    input, output = rows.astype(np.float32)
    return Vectors(words, input, rng.choice([1, 1, 2, 5], n_types), output)


def people_of(rng: np.random.Generator, words: list[str], n: int) -> Sessions:
    """Return people with up to 6 items, some of them without vectors, some repeated; some have none."""
    known = [*words, "unknown"]
    before = [[str(item) for item in rng.choice(known, rng.integers(0, 7))] for _ in range(n)]
    return Sessions("made", before, [[str(item)] for item in rng.choice(known, n)])


# The oracle: one person at a time, one item at a time, every order of a tie.


def score(vectors: Vectors, items: list[str], item: str, config: TrainConfig) -> float:
    """Return the score of an item as docs/items.md has it, in float64."""
    assert vectors.output is not None and vectors.counts is not None
    last = [one for one in items if one in vectors][-config.history :]
    weights = [config.decay**age for age in range(len(last))][::-1]
    row = vectors.index[item]
    scores = [float(vectors[one].astype(float) @ vectors.output[row]) for one in last]
    weights = [weight / sum(weights) for weight in weights]
    if last and (b := config.sharpness * math.hypot(*weights)):
        total = math.log(sum(w * math.exp(b * s) for w, s in zip(weights, scores, strict=True))) / b
    else:
        total = sum(w * s for w, s in zip(weights, scores, strict=True))
    return total + config.prior * math.log(vectors.counts[row])


def oracle(scores: dict[str, float], seen: list[str], item: str, k: int) -> list[float]:
    """Return HR@k, NDCG@k and 1 / rank, the means of all orders of the items that score alike."""
    if item not in scores:
        return [0.0, 0.0, 0.0]
    rivals = [value for other, value in scores.items() if other not in seen and other != item]
    above = sum(value > scores[item] + 1e-5 for value in rivals)
    beside = sum(abs(value - scores[item]) <= 1e-5 for value in rivals)
    ranks = range(above + 1, above + beside + 2)
    figures = [(rank <= k, (rank <= k) / math.log2(1 + rank), 1 / rank) for rank in ranks]
    return [sum(column) / len(figures) for column in zip(*figures, strict=True)]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(
    "config", [EXACT, *(TrainConfig(history=3, decay=0.6, prior=-0.3, sharpness=b) for b in (0, 0.5, 3))]
)
def test_full_ranking_is_the_oracles(config: TrainConfig, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item_scoring, "TABLE", 40)  # three people at a time
    rng = np.random.default_rng(seed)
    vectors, k = made(rng, whole=config is EXACT), int(rng.integers(1, 14))
    asked = people_of(rng, vectors.words, 25)
    found = rank_next(vectors, asked, config, k)
    counted = [(items, item) for items, (item,) in zip(asked.before, asked.next, strict=True) if items]
    assert (found.people, found.left_out) == (len(counted), 25 - len(counted))
    assert found.unknown == sum(item == "unknown" for _, item in counted)
    assert vectors.counts is not None
    popular = dict(zip(vectors.words, vectors.counts.tolist(), strict=True))
    by_vectors = [{o: score(vectors, items, o, config) for o in vectors} for items, _ in counted]
    for figures, tables in ((found.vectors.full, by_vectors), (found.popularity.full, [popular] * len(counted))):
        rows = [oracle(table, *asked_of, k) for table, asked_of in zip(tables, counted, strict=True)]
        np.testing.assert_allclose((figures.hr, figures.ndcg, figures.mrr), np.mean(rows, axis=0), atol=1e-9)
        assert figures.recall == pytest.approx(figures.hr)
    covered = set[str]()
    for (items, _), table in zip(counted, by_vectors, strict=True):
        unseen = [item for item in vectors if item not in items]
        covered |= {*sorted(unseen, key=lambda item: (round(-table[item], 4), vectors.index[item]))[:k]}
    assert found.coverage == len(covered) / len(vectors)


def test_sampled_ranking_is_what_the_sample_says(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    vectors = made(rng, 300, 8)
    asked = people_of(rng, vectors.words, 60)
    drawn: list[tuple[list[int], list[int]]] = []

    def spy(generator: np.random.Generator, out: np.ndarray, n_types: int) -> np.ndarray:
        rows = original(generator, out, n_types)
        drawn.append((out.tolist(), rows.tolist()))
        return rows

    original = next_item._draw_others
    monkeypatch.setattr(next_item, "_draw_others", spy)
    found = rank_next(vectors, asked, EXACT)
    counted = [(items, item) for items, (item,) in zip(asked.before, asked.next, strict=True) if items]
    rows = []
    for (items, item), (out, sample) in zip(counted, drawn, strict=True):
        assert {vectors.words[row] for row in out} == {*items, item} - {"unknown"}
        assert len(sample) == 100 and not {*sample} & {*out}
        # A row that was drawn twice stands there twice.
        scores = {f"{n}": score(vectors, items, vectors.words[row], EXACT) for n, row in enumerate(sample)}
        if item in vectors:
            scores[item] = score(vectors, items, item, EXACT)
        rows.append(oracle(scores, [], item, 10))
    assert found.vectors.sampled is not None
    figures = (found.vectors.sampled.hr, found.vectors.sampled.ndcg, found.vectors.sampled.mrr)
    np.testing.assert_allclose(figures, np.mean(rows, axis=0), atol=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_several_next_items_are_ranked_among_all(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item_scoring, "TABLE", 40)
    rng = np.random.default_rng(seed)
    vectors, k = made(rng, whole=False), int(rng.integers(1, 6))
    known = [*vectors.words, "unknown"]
    before = [[str(item) for item in rng.choice(known, rng.integers(0, 5))] for _ in range(25)]
    next = [[str(item) for item in rng.choice(known, rng.integers(0, 4), replace=False)] for _ in range(25)]
    found = rank_next(vectors, Sessions("made", before, next), EXACT, k)
    rows, unknown = [], 0
    for items, held_out in zip(before, next, strict=True):
        if not (items and held_out):
            continue
        order = sorted(vectors, key=lambda o, items=items: -score(vectors, items, o, EXACT))  # type: ignore[misc]
        ranks = []
        for item in held_out:
            rivals = [o for o in order if o == item or o not in items]
            ranks.append(rivals.index(item) + 1 if item in vectors else math.inf)
        unknown += ranks.count(math.inf)
        ideal = sum(1 / math.log2(1 + rank) for rank in range(1, min(k, len(held_out)) + 1))
        dcg = sum(1 / math.log2(1 + rank) for rank in ranks if rank <= k)
        hits = sum(rank <= k for rank in ranks)
        rows.append([hits > 0, hits / len(held_out), dcg / ideal, 1 / min(ranks)])
    full = found.vectors.full
    np.testing.assert_allclose((full.hr, full.recall, full.ndcg, full.mrr), np.mean(rows, axis=0), atol=1e-9)
    assert (found.people, found.left_out, found.unknown) == (len(rows), 25 - len(rows), unknown)
    assert found.vectors.sampled is found.popularity.sampled is None


@pytest.mark.slow
@given(st.sets(st.integers(0, 29)))
def test_others_are_drawn_evenly_from_those_that_are_not_out(out: set[int]) -> None:
    generator = np.random.default_rng(1)
    taken = np.array(sorted(out), np.int64)
    drawn = np.concatenate([next_item._draw_others(generator, taken, 30) for _ in range(60)])
    others = set(range(30)) - out
    if not others:
        assert set(drawn.tolist()) == {0}
        return
    assert set(drawn.tolist()) == others, "6,000 draws miss one of 30 once in e**200 times"
    share = len(drawn) / len(others)
    assert max(abs(np.bincount(drawn, minlength=30)[sorted(others)] - share)) < 7 * math.sqrt(share)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 15))
def test_what_holds_of_all_figures(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = made(rng)
    asked = people_of(rng, vectors.words, 10)
    if not any(asked.before):
        return
    found = rank_next(vectors, asked, EXACT, k)
    for both in (found.vectors, found.popularity):
        for figures in (both.full, both.sampled):
            assert figures is not None
            assert 0 <= figures.ndcg <= figures.hr <= 1 - found.unknown / found.people + 1e-12
            assert figures.hr / k - 1e-12 <= figures.mrr <= 1
    wider = rank_next(vectors, asked, EXACT, k + 1)
    assert wider.vectors.full.hr >= found.vectors.full.hr and wider.vectors.full.mrr == found.vectors.full.mrr
    # The order of people and of rows is nothing to full next_item.
    turn = rng.permutation(len(vectors))
    assert vectors.counts is not None and vectors.output is not None
    words = [vectors.words[row] for row in turn]
    turned = Vectors(words, vectors.matrix[turn], vectors.counts[turn], vectors.output[turn])
    back = Sessions("made", asked.before[::-1], asked.next[::-1])
    assert asdict(rank_next(turned, back, EXACT, k).vectors.full) == pytest.approx(asdict(found.vectors.full))


def test_people_in_blocks_of_any_size_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    vectors = made(rng, 50)
    asked = people_of(rng, vectors.words, 40)
    whole = rank_next(vectors, asked, EXACT)
    for table in (1, 120, 777):
        monkeypatch.setattr(item_scoring, "TABLE", table)
        assert asdict(rank_next(vectors, asked, EXACT)) == asdict(whole)


def test_vectors_that_know_nothing_are_the_counts() -> None:
    rng = np.random.default_rng(3)
    vectors = made(rng, 50)
    nothing = Vectors(vectors.words, 0 * vectors.matrix, vectors.counts, vectors.output)
    found = rank_next(nothing, people_of(rng, vectors.words, 40), EXACT)
    assert found.vectors == found.popularity


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_rows_that_are_not_finite_are_refused(bad: float) -> None:
    good, damaged = np.ones((3, 2), np.float32), np.array([[1, 0], [bad, 0], [1, 1]], np.float32)
    for matrix, output in ((good, damaged), (damaged, good)):
        vectors = Vectors(["a", "b", "c"], matrix, np.ones(3, np.int64), output)
        with pytest.raises(W2VError, match="row 2, 'b': (nan|inf) is not a finite number"):
            rank_next(vectors, Sessions("made", [["b"]], [["a"]]), EXACT)
        with pytest.raises(W2VError, match="row 2, 'b': (nan|inf) is not a finite number"):
            w2v.recommend(vectors, ["b"])


def test_the_next_item_is_ranked_though_seen_before() -> None:
    vectors = made(np.random.default_rng(1))
    found = rank_next(vectors, Sessions("made", [vectors.words], [["i3"]]), EXACT)
    assert found.vectors.full == found.vectors.sampled == RankingMetrics(1, 1, 1, 1)


# Recommending.


@pytest.mark.filterwarnings("ignore::w2v.base.errors.W2VWarning")
@pytest.mark.parametrize("seed", range(5))
def test_what_is_recommended_first_ranks_first(seed: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = made(rng, 40, 16)
    for items in (["i3", "i7", "unknown"], ["i1"], [], ["unknown"]):
        best = w2v.recommend(vectors, items, 38, history=3, decay=0.5, prior=0.5, sharpness=seed / 2)
        assert not {item for item, _ in best} & {*items}
        config = TrainConfig(history=3, decay=0.5, prior=0.5, sharpness=seed / 2)
        if not {*items} & {*vectors}:  # nothing is known: the score is the logarithm of the count
            config = replace(config, prior=1.0)
        wanted = sorted((score(vectors, items, o, config) for o in vectors if o not in items), reverse=True)[:38]
        np.testing.assert_allclose([value for _, value in best], wanted, atol=1e-5)
    assert w2v.recommend(vectors, vectors.words) == [] == w2v.recommend(vectors, [], 0)
    assert len(w2v.recommend(vectors, ["i1", "i1"], 1_000)) == 39


def test_settings_come_with_the_vectors_and_may_be_changed() -> None:
    vectors = made(np.random.default_rng(1))
    trained = Trained({"settings": {"history": 2, "decay": 0.25, "dim": -3}})
    vectors = Vectors.of(replace(vectors.model, trained=trained))
    config = scoring_settings(vectors, prior=0.5)
    assert (config.history, config.decay, config.prior) == (2, 0.25, 0.5)
    assert scoring_settings(vectors, history=5).history == 5
    with pytest.raises(
        SettingsError,
        match="dim cannot be used with recommend, which takes line_names, weighted_lines, history, decay, ",
    ):
        w2v.recommend(vectors, ["i1"], dim=3)  # type: ignore[call-overload]
    vectors = Vectors.of(replace(vectors.model, trained=Trained({"settings": {"history": "many"}})))
    with pytest.raises(SettingsError, match="history must be a whole number"):
        w2v.recommend(vectors, ["i1"])


@pytest.mark.parametrize("lack", ["output", "counts"])
def test_what_is_lacking_is_named(lack: str) -> None:
    vectors = made(np.random.default_rng(1))
    known = {name: None if name == lack else getattr(vectors, name) for name in ("counts", "output")}
    vectors = Vectors(vectors.words, vectors.matrix, **known)
    with pytest.raises(W2VError, match=f"the vectors have no {lack}.*train with -o items.w2v"):
        w2v.recommend(vectors, ["i1"])


def walks(n: int, length: int, seed: int) -> Iterator[list[str]]:
    """Yield walks around a ring of 30 items, all in one direction."""
    for start in np.random.default_rng(seed).integers(30, size=n):
        yield [f"i{(start + step) % 30}" for step in range(length)]


@pytest.mark.slow
def test_contexts_before_the_center_tell_the_direction() -> None:
    asked = Sessions("ring", [[f"i{n}"] for n in range(30)], [[f"i{(n + 1) % 30}"] for n in range(30)])
    how: dict[str, Any] = {"dim": 16, "window": 1, "sample": 0, "epochs": 5, "min_count": 1, "noise_pool": 0}
    figures = {}
    for side in ("both", "before"):
        vectors = w2v.train(walks(2_000, 6, 1), window_side=side, save_output=True, seed=1, threads=1, **how)
        figures[side] = rank_next(vectors, asked, EXACT, k=1).vectors.full.hr
    assert figures["before"] == 1, figures
    assert 0.2 < figures["both"] < 0.8, "from both sides it is a toss"


# Files.


def files(folder: Path, before: str, next: str) -> tuple[Path, Path]:
    (folder / "before").write_bytes(before.encode())
    (folder / "next").write_bytes(next.encode())
    return folder / "before", folder / "next"


@pytest.mark.parametrize(
    ("before", "next", "read"),
    [
        ("a b\n\nc\n", "x\ny\nz\n", ([["a", "b"], [], ["c"]], [["x"], ["y"], ["z"]])),
        ("a b\n\nc", "x\ny\nz", ([["a", "b"], [], ["c"]], [["x"], ["y"], ["z"]])),
        ("a\r\n\r\n", "x\r\ny\r\n", ([["a"], []], [["x"], ["y"]])),
        ("\n\n", "x\ny\n", ([[], []], [["x"], ["y"]])),
        ("a\nb\n", "\ny x y\n", ([["a"], ["b"]], [[], ["y", "x"]])),
        ("", "", ([], [])),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_files_are_read_line_by_line(tmp_path: Path, before: str, next: str, read: object, packed: bool) -> None:
    paths = files(tmp_path, before, next)
    if packed:
        for path in paths:
            path.write_bytes(gzip.compress(path.read_bytes()))
    found = read_sessions(*paths)
    assert (found.before, found.next) == read


@pytest.mark.parametrize(
    ("before", "next", "message"),
    [
        ("a\nb\n", "x\n", "before has 2 lines and .*next has 1: both need one line per person"),
        ("a\nb\n\n", "x\ny\n", "before has 3 lines and .*next has 2"),
    ],
)
def test_files_that_do_not_fit_are_refused(tmp_path: Path, before: str, next: str, message: str) -> None:
    with pytest.raises(W2VError, match=message):
        read_sessions(*files(tmp_path, before, next))


# The command.


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with people who walk around a ring, what they took next, and vectors of it."""
    folder = tmp_path_factory.mktemp("items")
    people = [(walk[:-1], walk[-1]) for walk in itertools.islice(walks(1_000, 6, 2), 1_000)]
    before = "".join(" ".join(items) + "\n" for items, _ in people)
    files(folder, before + "\n", "".join(f"{item}\n" for _, item in people) + "i0\n")
    (folder / "pairs").write_text("i0 i1 1\ni1 i5 0\n")
    how: dict[str, Any] = {"dim": 16, "window": 2, "sample": 0, "epochs": 5, "threads": 1, "decay": 0.3}
    w2v.train(folder / "before", save_output=True, **how).save(folder / "items.w2v")
    w2v.train(folder / "before", **how).save(folder / "items.bin")
    return folder


def asking(folder: Path, *more: str) -> list[str]:
    return [str(folder / "items.w2v"), "--next", str(folder / "next"), "--sessions", str(folder / "before"), *more]


def test_evaluate_as_json(run: Run, items: Path) -> None:
    status, out, err = run("evaluate", *asking(items, "--json", "--prior", "0"))
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert (found["similarity"], found["analogies"]) == ([], [])
    next = found["next"]
    assert next["file"] == str(items / "next")
    assert (next["people"], next["left_out"], next["unknown"], next["k"]) == (1000, 1, 0, 10)
    assert (next["history"], next["decay"], next["prior"]) == (8, 0.3, 0.0)
    assert next["vectors"]["full"].keys() == {"hr", "recall", "ndcg", "mrr"}
    assert next["vectors"]["full"]["hr"] > next["popularity"]["full"]["hr"] + 0.2
    loaded = Vectors.load(items / "items.w2v")
    python = w2v.evaluate(loaded, next=items / "next", sessions=items / "before", prior=0)
    assert json.loads(json.dumps(python.as_dict())) == found


def test_evaluate_shows_a_table(run: Run, items: Path) -> None:
    status, out, err = run("evaluate", *asking(items, "-k", "3", "--history", "2", "--decay", "1"))
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].split()[-3:] == ["HR@3", "NDCG@3", "MRR"]
    assert [line.split("  ")[1] for line in lines[1:5]] == [
        "vectors, among 100 sampled items",
        "popularity, among 100 sampled items",
        "vectors, among all items",
        "popularity, among all items",
    ]
    assert lines[5:] == [
        "1,000 people; the next item of 0 has no vector",
        "1 left out, with no earlier items",
        "coverage: 100.0% of the items are among the first 3 of a person",
        "history 2, decay 1, prior 0.375, sharpness 1.5",
    ]


def test_json_has_next_only_where_it_was_asked_for(run: Run, items: Path) -> None:
    out = run("evaluate", str(items / "items.bin"), "--similarity", str(items / "pairs"), "--json").out
    assert json.loads(out).keys() == {"similarity", "analogies"}


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["items.w2v", "--next", "next"], 2, "--next and --sessions must be given together"),
        (["items.w2v", "--sessions", "before"], 2, "--next and --sessions must be given together"),
        (["items.w2v", "--similarity", "pairs", "--prior", "1"], 2, "--prior has an effect only with --next"),
        (["items.w2v"], 2, "name what to score by"),
        (["items.w2v", "--next", "next", "--sessions", "before", "--decay", "2"], 2, "decay must be from 0 to 1"),
        (["items.bin", "--next", "next", "--sessions", "before"], 1, "the vectors have no output rows"),
        (["items.w2v", "--next", "none", "--sessions", "before"], 1, "no file none"),
        (["items.w2v", "--next", ".", "--sessions", "before"], 1, "is a folder; name a file"),
    ],
)
def test_errors_are_one_line(
    run: Run, items: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], status: int, message: str
) -> None:
    monkeypatch.chdir(items)
    found = run("evaluate", *arguments)
    assert (found.status, found.out) == (status, "")
    assert len(found.err.splitlines()) == 1
    assert re.search(message, found.err)
