"""The loop: shards, learning rate, threads, progress, and what it learns."""

import signal
import threading
import time
from typing import Any

import numpy as np
import pytest
from toy_corpus import sentences

from w2v.base.errors import DivergedError, SettingsError
from w2v.checkpoints.snapshots import CheckpointPolicy, Snapshot
from w2v.reports import Progress
from w2v.settings.train import TrainConfig
from w2v.text.corpus import Corpus
from w2v.text.encoding import Encoded, encode
from w2v.text.vocab import Vocab
from w2v.training.loop import train_embeddings
from w2v.training.plan import kernel_name, shape_of
from w2v.training.weights import Embeddings

SETTINGS: dict[str, Any] = {"dim": 12, "min_count": 1, "sample": 1e-2, "epochs": 2}


@pytest.fixture(scope="module")
def text() -> Encoded:
    return encode(Corpus(sentences(4_000)), TrainConfig(**SETTINGS))


def _train(text: Encoded, **more: float) -> Embeddings:
    return train_embeddings(text.stream, text.vocab, TrainConfig(**{**SETTINGS, **more}))


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
    shape = shape_of(TrainConfig(negative=negative), 1_000)
    assert (shape.n_tiles, len(shape.tile_like)) == (tiles, tile)
    assert shape.n_tiles * len(shape.tile_like) >= negative + 1


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


@pytest.mark.parametrize(("lr", "said"), [(1.0, r"lr=1:.*try lr=0\.25"), (100.0, r"lr=100:.*try lr=25")])
def test_a_run_that_diverges_says_so_and_stops(lr: float, said: str) -> None:
    lines = [[f"w{i}" for i in np.random.default_rng(n).integers(0, 10, 40)] for n in range(400)]
    config = TrainConfig(dim=8, min_count=1, sample=0, lr=lr, epochs=20)  # on ten words lr 0.5 diverges, 0.05 does not
    encoded = encode(Corpus(lines), config)
    with pytest.raises(DivergedError, match=said):
        train_embeddings(encoded.stream, encoded.vocab, config)


def test_an_error_in_the_report_ends_the_threads(text: Encoded) -> None:
    def fail(progress: Progress) -> None:
        raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        train_embeddings(text.stream, text.vocab, TrainConfig(**{**SETTINGS, "epochs": 500}), fail)
    assert threading.active_count() == before


@pytest.mark.parametrize("stream", [[0], [-1], [-1, 0, -1], [0, -1, 1, -1]], ids=str)
def test_a_stream_without_pairs_changes_nothing(stream: list[int]) -> None:
    vocab = Vocab(["a", "b"], np.array([3, 1]))
    model = train_embeddings(np.array(stream, np.int32), vocab, TrainConfig(dim=3, sample=0))
    np.testing.assert_array_equal(model.vectors, Embeddings.create(2, 3, TrainConfig().seed).vectors)
    assert not model.output_rows.any()


@pytest.mark.parametrize(("stream", "moved"), [([0, 0], [0]), ([0, -1, 0, 1, -1], [0, 1])], ids=str)
def test_the_smallest_streams_with_pairs_move_their_words(stream: list[int], moved: list[int]) -> None:
    vocab = Vocab(["a", "b"], np.array([3, 1]))
    model = train_embeddings(np.array(stream, np.int32), vocab, TrainConfig(dim=3, sample=0))
    before = Embeddings.create(2, 3, TrainConfig().seed).vectors
    assert np.flatnonzero((model.vectors != before).any(axis=1)).tolist() == moved
    assert np.isfinite(model.vectors).all() and model.output_rows[moved].any(axis=1).all()


def test_windows_longer_than_a_line_are_the_line() -> None:
    """In lines of two words, of two pairs, each word has one context, whatever the window."""
    vocab = Vocab(["a", "b", "c", "d"], np.full(4, 500))
    stream = np.array([0, 1, -1, 2, 3, -1] * 500, np.int32)
    models = [
        train_embeddings(stream, vocab, TrainConfig(dim=3, sample=0, threads=1, window=window, lr=0.2))
        for window in (1, 7, 1_000_000)
    ]
    assert len({model.vectors.tobytes() for model in models}) == 1
    scores = models[0].vectors @ models[0].output_rows.T
    assert scores.argmax(axis=1).tolist() == [1, 0, 3, 2]


def _interrupted(text: Encoded, config: TrainConfig, after: int) -> Snapshot:
    """Train until the report has been called so often, and return the snapshot that was kept then."""
    shots: list[Snapshot] = []
    calls = 0

    def interrupt(progress: Progress) -> None:
        nonlocal calls
        calls += 1
        if calls > after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_embeddings(text.stream, text.vocab, config, interrupt, checkpoints=CheckpointPolicy(shots.append, 3600))
    (shot,) = shots
    return Snapshot(shot.input.copy(), shot.output.copy(), shot.position)


def test_one_thread_goes_on_to_the_same_bytes(text: Encoded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("w2v.training.loop.REPORT_S", 0.01)
    config = TrainConfig(**{**SETTINGS, "threads": 1, "epochs": 60})
    whole = train_embeddings(text.stream, text.vocab, config)
    shot = _interrupted(text, config, after=3)
    assert 0 < shot.position.next_job < 60 * 12
    reports: list[Progress] = []
    rest = train_embeddings(text.stream, text.vocab, config, reports.append, start=shot)
    assert rest.vectors.tobytes() == whole.vectors.tobytes()
    assert rest.output_rows.tobytes() == whole.output_rows.tobytes()
    assert reports[-1].progress == 1.0


@pytest.mark.slow
def test_snapshots_while_training_are_exact_with_one_thread(text: Encoded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("w2v.training.loop.REPORT_S", 0.005)
    config = TrainConfig(**{**SETTINGS, "threads": 1, "epochs": 60})
    shots: list[Snapshot] = []
    policy = CheckpointPolicy(lambda s: shots.append(Snapshot(s.input.copy(), s.output.copy(), s.position)), 0.0)
    whole = train_embeddings(text.stream, text.vocab, config, checkpoints=policy)
    assert len(shots) >= 2
    for shot in shots[:3]:
        rest = train_embeddings(text.stream, text.vocab, config, start=shot)
        assert rest.vectors.tobytes() == whole.vectors.tobytes()


def test_many_threads_go_on_as_well(text: Encoded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("w2v.training.loop.REPORT_S", 0.01)
    config = TrainConfig(**{**SETTINGS, "threads": 4, "epochs": 60})
    shot = _interrupted(text, config, after=2)
    reports: list[Progress] = []
    train_embeddings(text.stream, text.vocab, config, reports.append, start=shot)
    whole: list[Progress] = []
    train_embeddings(text.stream, text.vocab, config, whole.append)
    assert reports[-1].loss == pytest.approx(whole[-1].loss, rel=0.05)


def test_without_memory_for_a_copy_snapshots_are_kept_all_the_same(
    text: Encoded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("w2v.training.loop.REPORT_S", 0.005)
    monkeypatch.setattr("w2v.checkpoints.snapshots.available_memory", lambda: 0)
    threads: set[str] = set()
    policy = CheckpointPolicy(lambda shot: threads.add(threading.current_thread().name), 0.0)
    config = TrainConfig(**{**SETTINGS, "threads": 1, "epochs": 60})
    train_embeddings(text.stream, text.vocab, config, checkpoints=policy)
    assert any("_work_off" in name for name in threads), "written by a training thread"


def test_a_second_interrupt_does_not_lose_the_snapshot(text: Encoded) -> None:
    """It comes while the run waits for its threads and saves; this is what two Ctrl-C within 50 ms are."""
    saved: list[Snapshot] = []
    main = threading.main_thread()

    def save(shot: Snapshot) -> None:
        assert threading.current_thread() is not main
        signal.pthread_kill(main.ident or 0, signal.SIGINT)
        time.sleep(0.05)
        saved.append(shot)

    def interrupt(progress: Progress) -> None:
        raise KeyboardInterrupt

    config = TrainConfig(**{**SETTINGS, "epochs": 2_000})
    threads = threading.active_count()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            train_embeddings(text.stream, text.vocab, config, interrupt, checkpoints=CheckpointPolicy(save, 3600))
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(saved) == 1
    assert threading.active_count() == threads


def test_a_third_interrupt_gives_it_up(text: Encoded) -> None:
    let_go = threading.Event()

    def save(shot: Snapshot) -> None:
        for _ in range(2):
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            time.sleep(0.05)
        let_go.wait(20)

    def interrupt(progress: Progress) -> None:
        raise KeyboardInterrupt

    config = TrainConfig(**{**SETTINGS, "epochs": 2_000})
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    began = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            train_embeddings(text.stream, text.vocab, config, interrupt, checkpoints=CheckpointPolicy(save, 3600))
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - began < 15
    let_go.set()


def test_an_error_in_the_saving_is_the_runs(text: Encoded) -> None:
    def save(shot: Snapshot) -> None:
        raise MemoryError

    with pytest.raises(MemoryError):
        train_embeddings(text.stream, text.vocab, TrainConfig(**SETTINGS), checkpoints=CheckpointPolicy(save, 3600))


def test_equal_words_have_noise_too() -> None:
    """49 * (1 / 49) rounds below 1: uniform noise of 49 words was an IndexError."""
    vocab = Vocab([f"w{n:02}" for n in range(49)], np.full(49, 9))
    stream = np.array([0, 1] * 2_000, np.int32)
    config = TrainConfig(dim=3, sample=0, ns_exponent=0, epochs=1, noise_pool=0)
    model = train_embeddings(stream, vocab, config)
    assert model.output_rows.any(axis=1).all(), "words that are never a center move as noise, each of them"
