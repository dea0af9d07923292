"""The schedule: each job once, books that add up, and a run taken up where it was."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from w2v.checkpoints.snapshots import Position
from w2v.settings.train import TrainConfig
from w2v.training.schedule import (
    SHARD_LEAST,
    SHARD_MAX,
    SHARD_MIN,
    WORK_MAX,
    Schedule,
    StepWork,
    learning_rate,
    shard_bounds,
)

BOUNDS = [0, 100, 250, 300]


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


@settings(deadline=None, max_examples=50)
@given(
    n=st.integers(1, 30_000),
    line=st.integers(1, 9_000),
    per_context=st.floats(1, 1e9),
    contexts=st.floats(1, 1e6),
    kept=st.floats(0.01, 1),
)
def test_a_shard_is_no_more_work_than_a_thread_does_soon(
    n: int, line: int, per_context: float, contexts: float, kept: float
) -> None:
    stream = np.zeros(n, np.int32)
    stream[line - 1 :: line] = -1
    work = StepWork(0.0, per_context, contexts, kept)
    bounds = shard_bounds(stream, work)
    sizes = np.diff(bounds)
    assert bounds[0] == 0 and bounds[-1] == n and (sizes > 0).all()
    for size in sizes[sizes > 2 * SHARD_LEAST]:
        # A sentence may be waited for that takes half a shard more, and the last shard may be all of that.
        assert work.of_tokens(size, min(size, line - 1)) <= 4 * WORK_MAX  # of a line's places the last is its end


def test_shards_are_cut_for_their_work_alone() -> None:
    stream = np.random.default_rng(1).integers(-1, 20, 1_000_000).astype(np.int32)
    plain = StepWork(0.0, 3 * 6 * 112, 6.0, 1.0)
    assert shard_bounds(stream, plain) == shard_bounds(stream)
    full = StepWork(0.0, 3 * 84_264 * 112, 6.0, 0.5)
    assert 50 < np.diff(shard_bounds(stream, full)).mean() < 300


def test_a_window_as_long_as_a_line_is_cut_as_little_as_can_be() -> None:
    wide = StepWork(0.0, 3 * 6 * 112, 1e6, 1.0)
    short_lines = np.tile(np.array([0] * 20 + [-1], np.int32), 50_000)
    assert shard_bounds(short_lines, wide) == shard_bounds(short_lines)
    one_line = np.zeros(5_000_000, np.int32)
    assert 1_000 < np.diff(shard_bounds(one_line, wide)).max() < 3_000


def test_the_loss_is_that_of_the_last_epoch_that_has_one() -> None:
    schedule = Schedule(BOUNDS, TrainConfig(epochs=3))
    jobs = list(iter(schedule.take, None))
    for number, loss, pairs in ((0, 8.0, 2), (1, 4.0, 2), (3, 2.0, 2), (2, 99.0, 1), (4, 0.0, 0), (5, 1.0, 2)):
        schedule.finish(jobs[number], 10, loss, pairs)
    assert schedule.progress().loss == 0.75


def test_the_books_do_not_grow_with_the_epochs() -> None:
    position = Schedule(BOUNDS, TrainConfig(epochs=1_000_000), Position(next_job=2_000_000)).position()
    assert len(repr(position)) < 300


def test_the_learning_rate_falls_linearly_to_a_floor() -> None:
    config = TrainConfig(lr=0.5)
    rates = [learning_rate(config, done) for done in np.linspace(0, 1, 101)]
    np.testing.assert_allclose(rates[:-1], 0.5 * (1 - np.arange(100) / 100))
    assert rates[-1] == pytest.approx(0.5e-4)


def test_jobs_come_once_each_in_order_with_the_rate_of_their_place() -> None:
    schedule = Schedule(BOUNDS, TrainConfig(epochs=2, lr=1.0))
    jobs = list(iter(schedule.take, None))
    assert [(job.number, job.epoch, job.shard) for job in jobs] == [(n, n // 3, n % 3) for n in range(6)]
    assert [(job.begin, job.end) for job in jobs[:3]] == [(0, 100), (100, 250), (250, 300)]
    np.testing.assert_allclose([job.lr for job in jobs], 1 - np.array([0, 100, 250, 300, 400, 550]) / 600)


def test_threads_get_each_job_once() -> None:
    schedule = Schedule(list(range(0, 5_001, 5)), TrainConfig(epochs=3))

    def work(_: int) -> list[int]:
        taken = []
        while (job := schedule.take()) is not None:
            taken.append(job.number)
            schedule.finish(job, 5, 1.0, 1)
        return taken

    with ThreadPoolExecutor(8) as pool:
        taken = [number for numbers in pool.map(work, range(8)) for number in numbers]
    assert sorted(taken) == list(range(3_000))
    assert schedule.position().next_job == 3_000 and schedule.position().also_done == []
    assert schedule.progress().progress == 1.0


@settings(deadline=None, max_examples=60)
@given(st.permutations(range(9)), st.integers(0, 9))
def test_a_run_goes_on_with_what_was_not_done(order: list[int], n_done: int) -> None:
    config = TrainConfig(epochs=3)
    first = Schedule(BOUNDS, config)
    jobs = list(iter(first.take, None))
    for number in order[:n_done]:
        first.finish(jobs[number], words=10, loss=2.0, pairs=1)
    position = first.position()
    second = Schedule(BOUNDS, config, Position(**vars(position)))
    assert second.progress().progress == pytest.approx(first.progress().progress)
    left = list(iter(second.take, None))
    assert sorted(job.number for job in left) == sorted(order[n_done:])
    for job in left:
        second.finish(job, words=10, loss=2.0, pairs=1)
    end = second.position()
    assert (end.next_job, end.also_done, end.words) == (9, [], 90)
    assert end.epoch == 2 and end.loss / end.pairs == 2.0
    assert end.seconds >= position.seconds


def test_more_epochs_may_follow() -> None:
    done = Schedule(BOUNDS, TrainConfig(epochs=1))
    for job in iter(done.take, None):
        done.finish(job, 10, 1.0, 1)
    more = Schedule(BOUNDS, TrainConfig(epochs=2), done.position())
    assert [job.number for job in iter(more.take, None)] == [3, 4, 5]
    assert more.progress().progress == 0.5


def test_a_closed_schedule_gives_out_nothing() -> None:
    schedule = Schedule(BOUNDS, TrainConfig())
    assert schedule.take() is not None
    schedule.close()
    assert schedule.take() is None
