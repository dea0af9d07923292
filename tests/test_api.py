"""Python: `w2v.train`, `w2v.build_vocab` and what they return, from a script, a thread or a notebook."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_corpus import sentences

import w2v
from w2v.reports import Progress

SMALL: dict[str, Any] = {"dim": 16, "epochs": 1, "sample": 1e-2}


def test_a_path(corpus: Path) -> None:
    for source in (corpus, str(corpus)):
        vectors = w2v.train(source, **SMALL)
        assert (len(vectors), vectors.dim) == (147, 16)
        assert vectors["horse"].shape == (16,)
        assert np.isfinite(vectors.matrix).all()
        assert "horse" in vectors and "unicorn" not in vectors


def test_paths(corpus: Path) -> None:
    twice = w2v.build_vocab([corpus, corpus])
    once = w2v.build_vocab(corpus)
    assert twice.words == once.words
    np.testing.assert_array_equal(twice.counts, 2 * once.counts)


def test_token_lists_are_the_same_text_as_a_file(corpus: Path) -> None:
    def lazy() -> Iterator[list[str]]:
        yield from sentences(3_000)

    from_file = w2v.train(corpus, threads=1, **SMALL)
    for source in (list(sentences(3_000)), sentences(3_000), lazy(), (tuple(tokens) for tokens in sentences(3_000))):
        vectors = w2v.train(source, threads=1, **SMALL)
        assert vectors.words == from_file.words
        np.testing.assert_array_equal(vectors.matrix, from_file.matrix)


def test_similar() -> None:
    vectors = w2v.train(sentences(10_000), dim=32, sample=1e-2, epochs=5)
    neighbours = vectors.similar("violin", n=3)
    assert len(neighbours) == 3
    assert all(isinstance(word, str) and isinstance(cosine, float) for word, cosine in neighbours)
    with pytest.raises(w2v.UnknownWordError, match="'violni' is not in the vocabulary; did you mean violin"):
        vectors.similar("violni")
    with pytest.raises(KeyError):
        vectors["violni"]


def test_saved_vectors_come_back(corpus: Path, tmp_path: Path) -> None:
    vectors = w2v.train(corpus, **SMALL)
    for name in ("v.bin", "v.txt"):
        vectors.save(tmp_path / name)
        loaded = w2v.Vectors.load(tmp_path / name)
        assert loaded.words == vectors.words
        np.testing.assert_array_equal(loaded.matrix, vectors.matrix)


def test_build_vocab(corpus: Path, tmp_path: Path) -> None:
    vocab = w2v.build_vocab(corpus, min_count=100, max_vocab=10, threads=2)
    assert len(vocab) == 10 and vocab.counts.min() >= 100
    vocab.save(tmp_path / "vocab.txt")
    vectors = w2v.train(corpus, vocab=w2v.Vocab.load(tmp_path / "vocab.txt"), **SMALL)
    assert vectors.words == vocab.words


def test_one_thread_and_a_seed_give_the_same_bytes(corpus: Path) -> None:
    first, again, other = (w2v.train(corpus, threads=1, seed=seed, **SMALL).matrix.tobytes() for seed in (7, 7, 8))
    assert first == again
    assert first != other


@pytest.mark.parametrize("function", (w2v.train, w2v.build_vocab))
def test_settings_are_checked_before_the_corpus_is_read(function: Any) -> None:  # noqa: ANN401
    first = "dim, model, window" if function is w2v.train else "min_count, max_vocab"
    with pytest.raises(w2v.SettingsError, match=f"unknown setting 'dimension'; known are: {first}"):
        function("nosuch.txt", dimension=10)
    with pytest.raises(ValueError, match="min_count must be from 1 to .*, not 0"):
        function([["a"]], min_count=0)
    with pytest.raises(w2v.SettingsError, match="min_count must be a whole number, not '10'"):
        function([["a"]], min_count="10")


def test_a_setting_of_another_operation_is_refused() -> None:
    with pytest.raises(
        w2v.SettingsError, match="dim cannot be used with build-vocab, which takes min_count, "
    ) as caught:
        w2v.build_vocab([["a"]], dim=3)  # type: ignore[call-arg]
    assert caught.value.setting == "dim"


@pytest.mark.parametrize("name", ("min_count", "max_vocab"))
def test_a_vocabulary_says_itself_what_the_words_are(name: str) -> None:
    with pytest.raises(w2v.SettingsError, match=f"{name} cannot be used with vocab"):
        settings: dict[str, Any] = {name: 1}
        w2v.train([["a"]], vocab=w2v.Vocab.of({"a": 1}), **settings)


def test_bad_corpora() -> None:
    with pytest.raises(w2v.W2VError, match="no file nosuch.txt"):
        w2v.train("nosuch.txt")
    with pytest.raises(w2v.W2VError, match="whitespace"):
        w2v.train([["a b"]], min_count=1)
    with pytest.raises(w2v.W2VError, match="no word reaches min_count=5"):
        w2v.train([["a", "b"]])
    with pytest.raises(w2v.W2VError, match="no words"):
        w2v.train(iter([]))


def test_report_gets_progress(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("w2v.training.loop.REPORT_S", 0.001)
    seen: list[Progress] = []

    class Follower(w2v.Reporter):
        def training(self, now: Progress) -> None:
            seen.append(now)

    w2v.train(corpus, reporter=Follower(), dim=64, epochs=20, sample=0.0)
    assert len(seen) > 1 and all(isinstance(progress, Progress) for progress in seen)
    shares = [progress.progress for progress in seen]
    assert shares == sorted(shares) and shares[-1] == 1.0


def test_scan_report(corpus: Path) -> None:
    seen: list[tuple[int, int | None]] = []

    class Follower(w2v.Reporter):
        def reading(self, done: int, total: int | None) -> None:
            seen.append((done, total))

    w2v.build_vocab(corpus, reporter=Follower())
    size = corpus.stat().st_size
    assert seen[-1] == (size, size)


def test_an_error_in_report_ends_the_run(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class EnoughError(Exception):
        pass

    class Failing(w2v.Reporter):
        def training(self, now: Progress) -> None:
            raise EnoughError

    monkeypatch.setattr("w2v.training.loop.REPORT_S", 0.001)
    threads = threading.active_count()
    with pytest.raises(EnoughError):
        w2v.train(corpus, reporter=Failing(), dim=16, epochs=1_000_000)
    assert threading.active_count() == threads


def test_in_threads_of_the_caller(corpus: Path) -> None:
    alone = w2v.train(corpus, threads=1, **SMALL).matrix
    results: list[w2v.Vectors] = []
    threads = [threading.Thread(target=lambda: results.append(w2v.train(corpus, threads=1, **SMALL))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 3
    for vectors in results:
        np.testing.assert_array_equal(vectors.matrix, alone)


def test_beside_a_running_event_loop_as_in_a_notebook(corpus: Path) -> None:
    async def cell() -> w2v.Vectors:
        vectors: w2v.Vectors = w2v.train(corpus, **SMALL)
        return vectors

    assert len(asyncio.run(cell())) == 147


def test_a_run_that_diverges_says_so() -> None:
    try:
        vectors = w2v.train(sentences(1_000), lr=100.0, dim=2, sample=0.0, epochs=20)
    except w2v.DivergedError as error:
        assert "lr=100" in str(error)
    else:
        assert np.isfinite(vectors.matrix).all()


def test_a_run_with_checkpoints_may_be_resumed(corpus: Path, tmp_path: Path) -> None:
    first = w2v.train(corpus, dim=16, epochs=2, threads=1, checkpoint=tmp_path / "kept")
    again = w2v.resume(tmp_path / "kept")
    assert again.matrix.tobytes() == first.matrix.tobytes()
    more = w2v.resume(tmp_path / "kept", epochs=3)
    assert more.matrix.tobytes() != first.matrix.tobytes()
    with pytest.raises(w2v.SettingsError, match="dim cannot be used with resume, which takes epochs, threads"):
        w2v.resume(tmp_path / "kept", dim=8)  # type: ignore[call-arg]


def test_a_run_can_what_the_command_can(corpus: Path, tmp_path: Path) -> None:
    """Continue from earlier vectors, let new words join, score after epochs, keep a log and checkpoints, resume."""
    first = w2v.train(corpus, max_vocab=100, threads=1, **SMALL)
    first.save(tmp_path / "first.w2v")
    seen: list[tuple[int, w2v.Vectors]] = []

    def score(now: Progress, vectors: w2v.Vectors) -> dict[str, Any]:
        seen.append((now.epoch, vectors))
        return {"words": len(vectors)}

    more: dict[str, Any] = {"epochs": 2, "threads": 1, "sample": 1e-2}
    log, kept = tmp_path / "log.jsonl", tmp_path / "kept"
    joined = w2v.train(
        corpus,
        init_from=tmp_path / "first.w2v",
        grow_vocab=True,
        after_epoch=score,
        log_json=log,
        checkpoint=kept,
        save_output=True,
        **more,
    )
    assert joined.dim == first.dim and set(first.words) < set(joined.words) and joined.output is not None
    assert seen[-1][0] == 2 and seen[-1][1].words == joined.words
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    assert {"read_s", "train_s"} <= set(rows[-1]) and rows[-1]["words"] == len(joined) and rows[-1]["progress"] == 1.0
    again = w2v.resume(kept, log_json=log, after_epoch=score)
    assert again.matrix.tobytes() == joined.matrix.tobytes()
    assert json.loads(log.read_text().splitlines()[-1])["words"] == len(joined)


@pytest.mark.parametrize(
    ("more", "said"),
    (
        ({"grow_vocab": True}, "grow_vocab has an effect only with init_from"),
        ({"init_from": "a.bin", "dim": 5}, "dim cannot be used with init_from"),
        ({"init_from": "a.bin", "vocab": w2v.Vocab.of({"a": 1})}, "vocab cannot be used with init_from"),
    ),
)
def test_what_cannot_go_together(more: dict[str, Any], said: str) -> None:
    with pytest.raises(w2v.SettingsError, match=said):
        w2v.train([["a"]], **more)


@pytest.mark.parametrize(
    ("more", "said"),
    (
        ({"each_epoch": True}, "each_epoch has an effect only with similarity or analogies or next"),
        ({"nodes": 2}, "nodes has an effect only with ray"),
        ({"dim": 5}, "dim cannot be used with resume"),
    ),
)
def test_what_a_resumed_run_refuses(tmp_path: Path, more: dict[str, Any], said: str) -> None:
    with pytest.raises(w2v.SettingsError, match=said):
        w2v.resume(tmp_path, **more)


def test_a_log_replaces_nothing_that_is_read(corpus: Path, tmp_path: Path) -> None:
    before = corpus.read_bytes()
    w2v.train(corpus, checkpoint=tmp_path / "kept", **SMALL)
    with pytest.raises(w2v.SettingsError, match="is a file of the corpus"):
        w2v.train(corpus, log_json=corpus, **SMALL)
    with pytest.raises(w2v.SettingsError, match="log_json and resume are the same file"):
        w2v.resume(tmp_path / "kept", log_json=corpus)
    assert corpus.read_bytes() == before


def test_arguments_of_another_kind_are_type_errors(tmp_path: Path) -> None:
    vectors = w2v.Vectors(["a"], np.ones((1, 2), np.float32))
    with pytest.raises(TypeError, match="vocab must be Vocab, not list; w2v.Vocab.load reads a file"):
        w2v.train([["a"]], vocab=["a"])  # type: ignore[call-overload]
    (tmp_path / "pairs.tsv").write_text("a\tb\t3\n")
    with pytest.raises(TypeError, match="vectors must be Vectors, not int; w2v.Vectors.load reads a file"):
        w2v.evaluate(3, tmp_path / "pairs.tsv")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a corpus is a path, a list of paths or token lists, not 3"):
        w2v.train(3)  # type: ignore[call-overload]
    for missing in ("nosuch.txt", tmp_path / "nosuch.txt"):
        with pytest.raises(FileNotFoundError, match="nosuch.txt; check the path"):
            w2v.train(missing)
        with pytest.raises(w2v.W2VError, match="nosuch.txt; check the path"):
            w2v.evaluate(vectors, missing)


def test_one_file_of_pairs_need_not_be_a_list(tmp_path: Path) -> None:
    (tmp_path / "pairs.tsv").write_text("a\tb\t3\na\tc\t1\n")
    vectors = w2v.Vectors(["a", "b", "c"], np.array([[1, 0], [1, 1], [0, 1]], np.float32))
    for files in (tmp_path / "pairs.tsv", str(tmp_path / "pairs.tsv"), [tmp_path / "pairs.tsv"]):
        assert [score.covered for score in w2v.evaluate(vectors, files).similarity] == [2]
