"""Searching settings: trial 0 has the base settings, the best is written, and a seed gives the same search."""

import math
import re
import signal
import subprocess
import sys
import tomllib
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import Run, needs, start
from hypothesis import given
from hypothesis import strategies as st
from toy_corpus import GROUPS, sentences

import w2v
from w2v.base.errors import DivergedError, SettingsError, W2VError
from w2v.settings.config_files import load_config
from w2v.settings.train import TrainConfig
from w2v.text.corpus import Corpus
from w2v.text.encoding import Encoded, encode
from w2v.tuning import objective as objectives
from w2v.tuning import search as searching
from w2v.tuning import space
from w2v.tuning.objective import Metric, Objective
from w2v.tuning.parts import take_parts
from w2v.tuning.search import Search
from w2v.tuning.space import SPACE

needs("optuna", reason="needs the extra `tune`")

SMALL: dict[str, Any] = {"dim": 8, "sample": 1e-2, "threads": 1}
QUICK: dict[str, Any] = {"fraction": 0.5, "search": ["lr", "epochs"], **SMALL}
"""Of a small corpus; other numbers of negatives would be compiled first."""


@pytest.fixture(scope="module")
def encoded() -> Encoded:
    return encode(Corpus(sentences(3_000)), TrainConfig())


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Word pairs: two of a group are alike, two of different groups are not."""
    lists = [words.split() for words in GROUPS.values()]
    lines = [f"{words[i]}\t{words[i + 1]}\t9" for words in lists for i in range(8)]
    lines += [f"{words[i]}\t{others[i]}\t1" for words, others in zip(lists, lists[1:], strict=False) for i in range(8)]
    path = tmp_path / "pairs.tsv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def people(tmp_path: Path) -> dict[str, Any]:
    """People who keep to a group: the last word that is of one is what comes next."""
    files = {"next": tmp_path / "next", "sessions": tmp_path / "sessions"}
    chosen = [tokens for tokens in sentences(400, seed=3) if len(tokens) > 3]
    files["sessions"].write_text("".join(" ".join(tokens[:-1]) + "\n" for tokens in chosen))
    files["next"].write_text("".join(tokens[-1] + "\n" for tokens in chosen))
    return files


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """Analogies that make little sense, of words that there are."""
    path = tmp_path / "questions.txt"
    path.write_text("cat dog horse cow\napple pear plum cherry\nred blue green yellow\n")
    return path


def settings_of(path: str | Path) -> TrainConfig:
    """Return the settings that a file has, with the threads of these tests."""
    return load_config(path, {"threads": 1})


# From the command line.


def test_a_search(run: Run, corpus: Path, pairs: Path) -> None:
    (corpus.parent / "base.toml").write_text("sample = 1e-2\nlr = 0.001\n")
    arguments = ("--config", "base.toml", "--dim", "8", "--fraction", "0.5", "--trials", "6", "--threads", "1")
    search = ("--search", "lr", "--search", "epochs")
    done = run("tune", "corpus.txt", "--metric", "similarity", "--similarity", pairs, *search, *arguments)
    assert (done.status, done.out) == (0, "")
    found = settings_of("tuned.toml")
    assert found == replace(TrainConfig(dim=8, sample=1e-2, threads=1), lr=found.lr, epochs=found.epochs)
    scores = re.search(
        r"\nw2v: similarity of trial 0, with the base settings: (-?0\.\d{4}); trial \d, the best: (0\.\d{4})\n",
        done.err,
    )
    assert scores and float(scores[2]) > float(scores[1])
    assert "\nw2v: trial 0: " in done.err and "with epochs 5, lr 0.001\n" in done.err
    assert "\nw2v: tune  100%  6 of 6 trials, best " + scores[2] in done.err
    assert done.err.endswith("\nw2v: wrote tuned.toml: w2v train CORPUS --config tuned.toml\n")
    assert run("train", "corpus.txt", "--config", "tuned.toml", "--quiet").status == 0


def test_the_file_says_how_it_came_to_be(run: Run, corpus: Path, pairs: Path) -> None:
    fixed = ("--metric", "similarity", "--similarity", pairs, "--search", "lr", "--dim", "8", "--lowercase")
    assert run("tune", "corpus.txt", *fixed, "--trials", "3", "--fraction", "0.25", "-o", "my.toml").status == 0
    text = Path("my.toml").read_text()
    head, body = text.split("\n\n")
    assert all(line.startswith("#") for line in head.splitlines())
    assert re.search(r"^# metric: similarity \(.*: pairs\.tsv\); higher is better$", head, re.M)
    assert re.search(r"^# best: -?0\.\d{4} \(trial [012]\)$", head, re.M)
    assert re.search(r"^# base settings: -?0\.\d{4} \(trial 0\)$", head, re.M)
    assert re.search(r"^# trials: 3$", head, re.M)
    assert re.search(r"^# trained on: 0\.2\d+ of the corpus, 4,\d{3} tokens, 1\d\d words$", head, re.M)
    assert all(re.fullmatch(r"\w+ = \S+ +# \S.*", line) for line in body.splitlines())
    assert re.search(r"^lr = \S+ +# searched from 0\.005 to 0\.5; 0\.05 in the base settings$", body, re.M)
    assert re.search(r"^dim = 8 +# as given$", body, re.M)
    assert re.search(r"^lowercase = true +# as given$", body, re.M)
    assert re.search(r"^window = 5 +# the default$", body, re.M)
    assert "threads" not in tomllib.loads(text)


def test_quiet(run: Run, corpus: Path) -> None:
    assert run("tune", "corpus.txt", "--metric", "loss", "--search", "lr", "--trials", "2", "--quiet") == (0, "", "")
    assert Path("tuned.toml").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "--metric"),
        (("--metric", "beauty"), "metric must be one of similarity, analogies, next, loss, not 'beauty'"),
        (("--metric", "similarity"), "--metric similarity needs files: name them with --similarity"),
        (("--metric", "analogies"), "--metric analogies needs files: name them with --analogies"),
        (("--metric", "next", "--next", "p"), "--metric next needs files: name them with --next and --sessions"),
        (
            ("--metric", "similarity", "--next", "p", "--similarity", "p"),
            "--next cannot be used with --metric similarity",
        ),
        (("--metric", "loss", "--similarity", "p"), "--similarity cannot be used with --metric loss"),
        (("--metric", "loss", "--search", "dim"), "'dim' cannot be searched; these can: window, negative"),
        (("--metric", "loss", "--fraction", "0"), "fraction must be above 0"),
        (("--metric", "loss", "--fraction", "1.5"), "fraction must be above 0"),
        (("--metric", "loss", "--fraction", "nan"), "fraction must be above 0"),
        (("--metric", "loss", "--trials", "0"), "trials"),
        (
            ("--metric", "loss", "--sampler", "batch", "--search", "ns_exponent"),
            "'ns_exponent' cannot be searched: --ns-exponent has no effect with --sampler batch",
        ),
        (
            ("--metric", "loss", "--loss", "full", "--search", "negative"),
            "'negative' cannot be searched: --negative has no effect with --loss full",
        ),
        (("--metric", "loss", "-o", "corpus.txt"), "corpus.txt is a file of the corpus"),
        (("--metric", "similarity", "--similarity", "p", "-o", "p"), "are the same file, p"),
    ],
)
def test_wrong_commands(run: Run, corpus: Path, arguments: tuple[str, ...], message: str) -> None:
    before = corpus.read_bytes()
    done = run("tune", "corpus.txt", *arguments)
    assert (done.status, done.out) == (2, "")
    assert message in done.err and done.err.count("\n") == 1
    assert list(corpus.parent.iterdir()) == [corpus] and corpus.read_bytes() == before


def test_missing_files_of_the_metric_are_found_before_the_corpus_is_read(run: Run, corpus: Path) -> None:
    for metric in ("similarity", "analogies"):
        done = run("tune", "corpus.txt", "--metric", metric, f"--{metric}", "nosuch.txt")
        assert done.status == 1 and "nosuch.txt" in done.err and done.err.count("\n") == 1


def test_files_of_unknown_words(run: Run, corpus: Path) -> None:
    (corpus.parent / "pairs").write_text("aachen zwolle 3\nbasel ypres 5\n")
    done = run("tune", "corpus.txt", "--metric", "similarity", "--similarity", "pairs")
    assert done.status == 1 and "raise --fraction" in done.err.splitlines()[-1]
    assert not Path("tuned.toml").exists()


def test_without_optuna(run: Run, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    done = run("tune", "corpus.txt", "--metric", "loss")
    assert done.status == 1 and done.err.endswith("pip install optuna\n") and done.err.count("\n") == 1


ENDLESS = ("tune", "corpus.txt", "--metric", "loss", "--search", "lr", "--dim", "8", "--trials", "1000000000")


def interrupted(process: subprocess.Popen[str]) -> str:
    """Interrupt a search as Ctrl-C does; return what it says from then on."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    return err


@pytest.mark.slow
def test_an_interrupt_writes_the_best_so_far(corpus: Path) -> None:
    with start(*ENDLESS, cwd=corpus.parent) as process:
        assert process.stderr is not None
        assert any(line.startswith("w2v: trial 0: ") for line in process.stderr)
        err = interrupted(process)
    assert err.splitlines()[-2:] == [
        "w2v: wrote tuned.toml: w2v train CORPUS --config tuned.toml",
        "w2v: interrupted",
    ]
    assert settings_of(corpus.parent / "tuned.toml").dim == 8


@pytest.mark.slow
def test_an_interrupt_before_there_is_a_best_writes_nothing(corpus: Path) -> None:
    (corpus.parent / "base.toml").write_text("epochs = 1000000\nsample = 0\n")
    with start(*ENDLESS, "--config", "base.toml", cwd=corpus.parent) as process:
        assert process.stderr is not None
        assert any("searching lr" in line for line in process.stderr)
        assert interrupted(process).splitlines()[-1] == "w2v: interrupted"
    assert not (corpus.parent / "tuned.toml").exists()


# From Python.


def outcomes(search: Search) -> list[dict[str, Any]]:
    """Return all about each trial but its time."""
    return [{**asdict(trial), "seconds": 0} for trial in search.trials]


def test_trial_0_has_the_base_settings_and_the_best_is_no_worse(
    corpus: Path, pairs: Path, questions: Path, people: dict[str, Any]
) -> None:
    asked: dict[str, dict[str, Any]] = {
        "similarity": {"similarity": [pairs]},
        "analogies": {"analogies": [questions]},
        "next": people,
        "loss": {},
    }
    for metric, files in asked.items():
        search = w2v.tune(corpus, metric, trials=4, lr=0.012345, **files, **QUICK)
        assert len(search.trials) == 4
        first, best = search.trials[0], search.best
        assert best is not None and best.score is not None and first.score is not None
        assert first.settings == {"lr": 0.012345, "epochs": 5}
        assert best.score <= first.score if metric == "loss" else best.score >= first.score
        assert search.config == replace(TrainConfig(lr=0.012345, **SMALL), **best.settings)
        assert all(set(trial.settings) == {"lr", "epochs"} for trial in search.trials)
        for trial in search.trials[1:]:
            assert 0.005 <= trial.settings["lr"] <= 0.5 and trial.settings["epochs"] in range(1, 21)


def test_the_score_is_that_of_the_metric(pairs: Path, tmp_path: Path) -> None:
    """Of vectors that were trained on the same text, and of two files their mean."""
    few = tmp_path / "few.tsv"
    few.write_text("\n".join(pairs.read_text().splitlines()[30:60]))
    corpus = list(sentences(2_000))
    search = w2v.tune(corpus, "similarity", similarity=[pairs, few], trials=2, **{**QUICK, "fraction": 1.0})
    assert search.share == 1
    for trial in search.trials:
        vectors = w2v.train(corpus, **{**SMALL, **trial.settings})
        scores = [file.spearman for file in w2v.evaluate(vectors, [pairs, few]).similarity]
        assert trial.score == pytest.approx(np.mean(scores), abs=1e-12)  # type: ignore[arg-type]


def test_the_score_of_next_items_is_that_of_evaluate(people: dict[str, Any]) -> None:
    corpus = list(sentences(2_000))
    search = w2v.tune(
        corpus,
        "next",
        **people,
        trials=3,
        **{**SMALL, "ns_exponent": 0.5, "prior": 0.25},
        fraction=1,
        search=["ns_exponent"],
    )
    assert [trial.settings["prior"] == trial.settings["ns_exponent"] / 2 for trial in search.trials] == [True] * 3
    assert len({trial.settings["ns_exponent"] for trial in search.trials}) == 3
    for trial in search.trials:
        vectors = w2v.train(corpus, save_output=True, **{**SMALL, **trial.settings})
        found = w2v.evaluate(vectors, **people).next
        assert found is not None and trial.score == found.vectors.full.hr > 0


def test_the_weight_of_counts_goes_with_ns_exponent_where_it_did(
    encoded: Encoded, people: dict[str, Any], tmp_path: Path
) -> None:
    for settings, metric, follows in (
        ({}, "next", True),
        ({"prior": 0.1}, "next", False),
        ({"loss": "softmax"}, "next", False),
        ({}, "loss", False),
    ):
        base = TrainConfig(**settings)  # type: ignore[arg-type]
        search = Search.begin(encoded, base, Objective.of(metric, **(people if metric == "next" else {})), 1)
        search.save(tmp_path / "found.toml")
        assert ("goes with ns_exponent" in (tmp_path / "found.toml").read_text()) == follows


def test_a_seed_gives_the_same_search(corpus: Path) -> None:
    first, again = (w2v.tune(corpus, "loss", trials=5, **QUICK) for _ in range(2))
    assert outcomes(first) == outcomes(again)
    other = w2v.tune(corpus, "loss", trials=5, seed=2**63 - 1, **QUICK)
    assert other.trials[1].settings != first.trials[1].settings


def test_a_saved_search_is_what_was_tried(corpus: Path, tmp_path: Path) -> None:
    search = w2v.tune(corpus, "loss", trials=4, column=None, **QUICK)
    search.save(tmp_path / "found.toml")
    assert settings_of(tmp_path / "found.toml") == search.config


def test_names_that_no_comment_and_no_string_can_hold(encoded: Encoded, tmp_path: Path) -> None:
    file = tmp_path / "pairs\n\x07ä.tsv"
    file.write_text("cat dog 3\ncat horse 2\n")
    base = TrainConfig(column='tëxt "1"\\\t\n\x7f', window="full")
    search = Search.begin(encoded, base, Objective.of("similarity", [file]), 0.5)
    search.save(tmp_path / "found.toml")
    assert load_config(tmp_path / "found.toml", {}) == base
    assert "pairs??ä.tsv" in (tmp_path / "found.toml").read_text(encoding="utf-8")


def test_reports(corpus: Path) -> None:
    seen: list[tuple[int, float]] = []

    class Follower(w2v.Reporter):
        def searching(self, share: float, state: str) -> None:
            seen.append((int(state.split()[0]), share))

    w2v.tune(corpus, "loss", trials=3, reporter=Follower(), **QUICK)
    assert seen == sorted(seen) and seen[-1] == (3, 1.0)
    assert {n for n, share in seen if share == n / 3} == {1, 2, 3}


# What the sampler is told, by made-up scores.


@pytest.fixture
def score_of(monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401
    """Return a function that makes training free and the score a function of the settings."""

    def make(score: Any, higher_is_better: bool) -> Objective:  # noqa: ANN401
        monkeypatch.setattr(searching, "train_embeddings", lambda stream, vocab, config, report: None)
        metric = Metric("made up", higher_is_better, lambda ground, embeddings, vocab, config: score(config))
        monkeypatch.setitem(objectives.METRICS, "made up", metric)
        return Objective.of("made up")

    return make


@pytest.mark.parametrize("higher_is_better", (True, False))
def test_trials_draw_near_to_the_best(encoded: Encoded, score_of: Any, higher_is_better: bool) -> None:  # noqa: ANN401
    def distance(config: TrainConfig) -> float:
        return abs(math.log(config.lr / 0.2)) + abs(math.log(int(config.window) / 10))

    goal = score_of(lambda config: -distance(config) if higher_is_better else distance(config), higher_is_better)
    search = Search.begin(encoded, TrainConfig(), goal, 1, ["lr", "window"])
    search.run(40)
    distances = [distance(replace(search.base, **trial.settings)) for trial in search.trials]
    assert np.mean(distances[-10:]) < 0.75 * np.mean(distances[:10])
    assert search.best is search.trials[int(np.argmin(distances))]


def test_a_trial_that_diverges_is_avoided_and_not_the_end(
    encoded: Encoded,
    score_of: Any,  # noqa: ANN401
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    goal = score_of(lambda config: abs(math.log(config.lr / 0.02)), False)

    def train(stream: object, vocab: object, config: TrainConfig, report: object) -> None:
        if config.lr > 0.04:
            raise DivergedError("too large")

    monkeypatch.setattr(searching, "train_embeddings", train)
    search = Search.begin(encoded, TrainConfig(), goal, 1, ["lr"])
    search.run(40)
    failed = [trial.score is None for trial in search.trials]
    assert failed == [trial.settings["lr"] > 0.04 for trial in search.trials]
    assert failed[0] and sum(failed[10:]) < 14, "were they forgotten, it would be 25"
    assert search.best is not None and 0.015 < search.config.lr < 0.025


@pytest.mark.slow
def test_training_that_really_diverges(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SPACE, "lr", replace(SPACE["lr"], low=99.0, high=100.0))
    with pytest.raises(W2VError, match="no trial has a score"):
        w2v.tune(corpus, "loss", trials=2, lr=100.0, **{**QUICK, "search": ["lr"], "loss": "softmax"})


@pytest.mark.parametrize(
    "settings",
    [{"epochs": 50, "lr": 3, "window": 70, "negative": 99, "ns_exponent": -4}, {"sample": 0.0}, {"window": "full"}],
)
def test_base_settings_beyond_the_ranges(encoded: Encoded, score_of: Any, settings: dict[str, Any]) -> None:  # noqa: ANN401
    base = TrainConfig(**settings)
    search = Search.begin(encoded, base, score_of(lambda config: config.lr, True), 1)
    search.run(12)
    assert search.trials[0].settings == {name: getattr(base, name) for name in SPACE}
    assert all(isinstance(trial.settings["window"], int) for trial in search.trials[1:])


def test_equally_good_trials_leave_the_base_settings(encoded: Encoded, score_of: Any) -> None:  # noqa: ANN401
    search = Search.begin(encoded, TrainConfig(), score_of(lambda config: 1.0, True), 1)
    search.run(5)
    assert search.best is search.trials[0] and search.config == search.base


def test_settings_without_effect_are_not_searched(encoded: Encoded) -> None:
    assert space.check_search(TrainConfig(), (), 1) == list(SPACE)
    assert "ns_exponent" not in space.check_search(TrainConfig(sampler="batch"), (), 1)
    assert not {"ns_exponent", "negative"} & set(space.check_search(TrainConfig(loss="full"), (), 1))
    assert space.check_search(TrainConfig(), ("lr", "window", "lr"), 1) == ["window", "lr"]


def test_a_tree_has_no_scores_of_words(encoded: Encoded) -> None:
    with pytest.raises(SettingsError, match="metric='loss' scores words"):
        Search.begin(encoded, TrainConfig(loss="hs"), Objective.of("loss"))


def test_optuna_is_left_as_it_was(corpus: Path) -> None:
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.DEBUG)
    try:
        w2v.tune(corpus, "loss", trials=1, **QUICK)
        assert optuna.logging.get_verbosity() == optuna.logging.DEBUG
    finally:
        optuna.logging.set_verbosity(before)


# The parts.


@given(
    lengths=st.lists(st.integers(1, 60), min_size=1, max_size=900),
    fraction=st.floats(0.01, 1),
    held_out=st.floats(0, 0.5),
    ends=st.booleans(),
)
def test_parts_are_whole_sentences_that_no_two_share(
    lengths: list[int], fraction: float, held_out: float, ends: bool
) -> None:
    numbers = np.repeat(np.arange(len(lengths)), lengths).astype(np.int32)
    stream = np.insert(numbers, np.cumsum(lengths), -1).astype(np.int32)
    first, second = take_parts(stream if ends else stream[:-1], fraction, held_out)
    last: set[int] = set() if ends else {len(lengths) - 1}  # of a stream that does not end with a mark, it may be cut
    taken = [sorted({int(i) for i in part if i >= 0}) for part in (first, second)]
    assert set(taken[0]) & set(taken[1]) <= last
    for part, sentences_taken in zip((first, second), taken, strict=True):
        whole = np.concatenate([[i] * lengths[i] + [-1] for i in sentences_taken] or [[]])
        if not last & set(sentences_taken):
            np.testing.assert_array_equal(part, whole)
    if fraction + held_out >= 1 and ends:
        assert len(first) + len(second) == len(stream)


def test_parts_come_from_everywhere() -> None:
    stream = np.insert(np.arange(200_000, dtype=np.int32), np.arange(20, 200_001, 20), -1).astype(np.int32)
    first, second = take_parts(stream, 0.1, 0.05)
    assert len(first) == pytest.approx(0.1 * len(stream), rel=0.15)
    assert len(second) == pytest.approx(0.05 * len(stream), rel=0.15)
    for part in (first, second):
        assert np.histogram(part[part >= 0], 20, (0, 200_000))[0].min() > 0.7 * len(part) / 20


def test_one_long_line_is_cut() -> None:
    stream = np.zeros(100_000, np.int32)
    first, second = take_parts(stream, 0.25, 0.1)
    assert np.count_nonzero(first == 0) == pytest.approx(25_000, rel=0.01)
    assert np.count_nonzero(second == 0) == pytest.approx(10_000, rel=0.01)
    assert np.diff(np.flatnonzero(first == -1)).max() < 1_000, "no window crosses from a piece to the next"


def test_trials_know_the_words_of_their_part_alone(encoded: Encoded) -> None:
    search = Search.begin(encoded, TrainConfig(min_count=40, sample=1e-2), Objective.of("loss"), 0.5)
    counts = np.bincount(search.stream[search.stream >= 0])
    np.testing.assert_array_equal(search.vocab.counts, counts)
    assert 40 <= counts.min() and len(counts) < len(encoded.vocab)
    assert search.share == pytest.approx(0.5, abs=0.05)
    assert search.windows is not None and 0 <= search.windows.centers.min() <= search.windows.centers.max() < len(
        counts
    )
    # The words are those they were: each part of the text begins with the sentence it began with.
    first = next(iter(sentences(1)))
    rows = search.stream[: np.argmax(search.stream == -1)]
    assert [search.vocab.words[row] for row in rows] == [word for word in first if word in search.vocab.index]


def test_parts_that_are_too_small(encoded: Encoded) -> None:
    with pytest.raises(W2VError, match="no word occurs 1000000 times in this part.*fraction"):
        Search.begin(encoded, TrainConfig(min_count=1_000_000), Objective.of("loss"), 0.5)
    alone = encode(Corpus([["alone"]] * 50), TrainConfig())
    with pytest.raises(W2VError, match="raise fraction"):
        Search.begin(alone, TrainConfig(), Objective.of("loss"), 0.5)
    with pytest.raises(SettingsError, match="trials must be at least 1, not 0"):
        Search.begin(encoded, TrainConfig(), Objective.of("loss"), 0.5).run(0)
