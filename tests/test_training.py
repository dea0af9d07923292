"""The loop: shards, learning rate, threads, progress, and what it learns."""

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from w2v.config import TrainConfig
from w2v.corpus import Corpus
from w2v.demo import sentences
from w2v.encoding import Encoded, encode
from w2v.errors import DivergedError, SettingsError
from w2v.model import Embeddings
from w2v.training import (
    SHARD_MAX,
    SHARD_MIN,
    Progress,
    _Run,
    kernel_name,
    learning_rate,
    shape_of,
    shard_bounds,
    train_embeddings,
)
from w2v.vocab import Vocab

SETTINGS: dict[str, Any] = {"dim": 12, "min_count": 1, "sample": 1e-2, "epochs": 2}


@pytest.fixture(scope="module")
def text() -> Encoded:
    return encode(Corpus(sentences(4_000)), TrainConfig(**SETTINGS))


def _train(text: Encoded, **more: float) -> Embeddings:
    return train_embeddings(text.stream, text.vocab, TrainConfig(**{**SETTINGS, **more}))


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 40_000), st.integers(1, 9_000))
def test_shards_cover_the_stream_and_end_with_sentences(n: int, line: int) -> None:
    stream = np.zeros(n, np.int32)
    stream[line - 1 :: line] = -1
    bounds = shard_bounds(stream)
    sizes = np.diff(bounds)
    assert bounds[0] == 0 and bounds[-1] == n and (sizes > 0).all()
    assert sizes.max() <= 1.5 * max(SHARD_MIN, n // 64) + SHARD_MIN
    if line <= SHARD_MIN // 2:
        assert all(stream[bound - 1] == -1 for bound in bounds[1:-1])


def test_shards_of_one_long_line_are_cut_where_they_must() -> None:
    bounds = shard_bounds(np.zeros(5_000_000, np.int32))
    assert set(np.diff(bounds)[:-1]) == {SHARD_MAX}


def test_the_learning_rate_falls_linearly_to_a_floor() -> None:
    config = TrainConfig(lr=0.5)
    rates = [learning_rate(config, done) for done in np.linspace(0, 1, 101)]
    np.testing.assert_allclose(rates[:-1], 0.5 * (1 - np.arange(100) / 100))
    assert rates[-1] == pytest.approx(0.5e-4)


def test_each_shard_gets_the_rate_of_its_place(text: Encoded, monkeypatch: pytest.MonkeyPatch) -> None:
    run = _Run(text.stream, text.vocab, TrainConfig(**{**SETTINGS, "threads": 1}))
    seen: list[tuple[int, int, float]] = []
    kernel = run.train_shard

    def spy(*args: object) -> None:
        lr, _, epoch, shard = args[-4:]
        seen.append((int(epoch), int(shard), float(lr)))  # type: ignore[call-overload, arg-type]
        kernel(*args)

    monkeypatch.setattr(run, "train_shard", spy)
    run.work(lambda progress: None)
    n_shards = len(run.bounds) - 1
    assert [(epoch, shard) for epoch, shard, _ in seen] == [(e, s) for e in range(2) for s in range(n_shards)]
    for epoch, shard, lr in seen:
        done = (epoch + run.bounds[shard] / len(text.stream)) / 2
        assert lr == pytest.approx(learning_rate(run.config, done), rel=1e-6)


@pytest.mark.parametrize("noise_pool", [0, 256])
def test_one_thread_and_a_seed_give_the_same_bytes(text: Encoded, noise_pool: int) -> None:
    first, again, other = (
        _train(text, threads=1, seed=seed, noise_pool=noise_pool).vectors.tobytes() for seed in (1, 1, 2)
    )
    assert first == again != other


def test_scalar_and_vector_kernels_learn_the_same(text: Encoded, monkeypatch: pytest.MonkeyPatch) -> None:
    by_kernel = {}
    for name in ("scalar", "simd"):
        monkeypatch.setenv("W2V_KERNEL", name)
        assert kernel_name() == name
        by_kernel[name] = _train(text, threads=1).vectors
    # The same draws; rounding differs, and a word twice in a window counts in second order.
    np.testing.assert_allclose(by_kernel["scalar"], by_kernel["simd"], rtol=0, atol=0.05)
    assert np.corrcoef(by_kernel["scalar"].ravel(), by_kernel["simd"].ravel())[0, 1] > 0.999


def test_an_unknown_kernel_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("W2V_KERNEL", "cuda")
    with pytest.raises(SettingsError, match="scalar, simd"):
        kernel_name()


@pytest.mark.parametrize(
    ("negative", "tiles", "tile"), [(1, 1, 2), (5, 1, 6), (6, 2, 4), (10, 2, 6), (15, 3, 6), (64, 11, 6)]
)
def test_output_rows_are_spread_over_few_full_tiles(negative: int, tiles: int, tile: int) -> None:
    shape = shape_of(TrainConfig(negative=negative), 112)
    assert (shape.n_tiles, len(shape.tile)) == (tiles, tile)
    assert shape.n_tiles * len(shape.tile) >= negative + 1


@pytest.mark.parametrize("threads", [1, 3, 8])
def test_progress_is_true(text: Encoded, threads: int) -> None:
    reports: list[Progress] = []
    config = TrainConfig(**{**SETTINGS, "threads": threads, "epochs": 3})
    train_embeddings(text.stream, text.vocab, config, reports.append)
    last = reports[-1]
    assert (last.progress, last.epoch) == (1.0, 3)
    assert last.words_per_s * last.seconds == pytest.approx(3 * text.tokens_kept)
    assert last.lr == pytest.approx(config.lr * 1e-4)
    assert [r.progress for r in reports] == sorted(r.progress for r in reports)


def test_the_loss_is_that_of_a_model_that_knows_nothing_at_first(text: Encoded) -> None:
    reports: list[Progress] = []
    config = TrainConfig(**{**SETTINGS, "threads": 1, "lr": 1e-9})
    train_embeddings(text.stream, text.vocab, config, reports.append)
    # Every score is 0: log 2 for the center and for each of 5 negatives, less those that were left out.
    assert 5 * np.log(2) < reports[-1].loss < 6 * np.log(2)


def test_many_threads_learn_as_well_as_one(text: Encoded) -> None:
    losses = {}
    for threads in (1, 2, 16):
        reports: list[Progress] = []
        config = TrainConfig(**{**SETTINGS, "threads": threads, "epochs": 4})
        train_embeddings(text.stream, text.vocab, config, reports.append)
        losses[threads] = reports[-1].loss
    assert losses[2] == pytest.approx(losses[1], rel=0.05)
    assert losses[16] == pytest.approx(losses[1], rel=0.05)


def test_a_run_that_diverges_says_so_and_stops() -> None:
    lines = [[f"w{i}" for i in np.random.default_rng(n).integers(0, 10, 40)] for n in range(400)]
    config = TrainConfig(dim=8, min_count=1, sample=0, lr=100, epochs=20)
    encoded = encode(Corpus(lines), config)
    with pytest.raises(DivergedError, match=r"--lr 100.*try --lr 25"):
        train_embeddings(encoded.stream, encoded.vocab, config)


def test_ten_words_at_lr_1_stay_finite_or_stop() -> None:
    lines = [[f"w{i}" for i in np.random.default_rng(n).integers(0, 10, 40)] for n in range(400)]
    config = TrainConfig(dim=8, min_count=1, sample=0, lr=1.0, epochs=5)
    encoded = encode(Corpus(lines), config)
    try:
        assert np.isfinite(train_embeddings(encoded.stream, encoded.vocab, config).vectors).all()
    except DivergedError as error:
        assert "--lr 1" in str(error)


def test_an_error_in_the_report_ends_the_threads(text: Encoded) -> None:
    def fail(progress: Progress) -> None:
        raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        train_embeddings(text.stream, text.vocab, TrainConfig(**{**SETTINGS, "epochs": 500}), fail)
    assert threading.active_count() == before


def _corner_streams() -> Iterator[list[int]]:
    yield [0]
    yield [-1]
    yield [-1, 0, -1]
    yield [0, 0]
    yield [0, -1, 0, 1, -1]


@pytest.mark.parametrize("stream", list(_corner_streams()))
def test_the_smallest_streams(stream: list[int]) -> None:
    vocab = Vocab(["a", "b"], np.array([3, 1]))
    model = train_embeddings(np.array(stream, np.int32), vocab, TrainConfig(dim=3, sample=0))
    assert np.isfinite(model.vectors).all()


@pytest.mark.parametrize("window", [1, 1_000_000])
def test_any_window(window: int) -> None:
    vocab = Vocab(["a", "b"], np.array([2, 2]))
    stream = np.array([0, 1] * 30, np.int32)
    model = train_embeddings(stream, vocab, TrainConfig(dim=3, sample=0, window=window))
    assert np.isfinite(model.vectors).all()
