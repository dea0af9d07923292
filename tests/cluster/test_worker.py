"""Workers, several in one process: what they agree on, and what is kept when one is lost."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from toy_corpus import sentences

from w2v.cluster.worker import Sync, Team, Worker
from w2v.reports import Progress
from w2v.settings.train import TrainConfig
from w2v.text.corpus import Corpus
from w2v.text.encoding import Encoded, encode
from w2v.training.loop import train_embeddings

CONFIG = TrainConfig(dim=12, min_count=1, sample=1e-2, epochs=2, threads=1)


@pytest.fixture(scope="module")
def text() -> Encoded:
    return encode(Corpus(sentences(4_000)), CONFIG)


def team_of(text: Encoded, n: int, config: TrainConfig = CONFIG) -> list[Worker]:
    team = Team.of(config, text.vocab, n)
    length = len(text.stream)
    return [
        Worker(team, rank, text.stream[length * rank // n : length * (rank + 1) // n], threads=1) for rank in range(n)
    ]


def train_period(workers: Sequence[Worker], sync: Sync) -> None:
    for worker in workers:
        worker.train(worker.team.periods.ends[sync.period])
    slices = [worker.deltas(sync) for worker in workers]
    moved = [worker.combine(sync, [by_rank[rank] for by_rank in slices]) for rank, worker in enumerate(workers)]
    for worker in workers:
        worker.apply(sync, moved)


def rows_of(worker: Worker) -> tuple[np.ndarray, np.ndarray]:
    n_types = len(worker.team.vocab)
    return worker.base(0, 0, n_types)[0], worker.base(1, 0, n_types)[0]


def test_all_have_the_same_rows_after_each_period(text: Encoded) -> None:
    workers = team_of(text, 3)
    for period in range(len(workers[0].team.periods)):
        train_period(workers, Sync(period))
        for matrix in (0, 1):
            first, *others = (rows_of(worker)[matrix] for worker in workers)
            assert np.abs(first).max() > 0
            for other in others:
                np.testing.assert_array_equal(first, other)


def test_two_runs_give_the_same_bytes(text: Encoded) -> None:
    found = []
    for _ in range(2):
        workers = team_of(text, 2)
        for period in range(len(workers[0].team.periods)):
            train_period(workers, Sync(period))
        found.append(rows_of(workers[0])[0].tobytes())
    assert found[0] == found[1]


def test_one_worker_trains_as_the_plain_loop_does(text: Encoded) -> None:
    (worker,) = team_of(text, 1)
    for period in range(len(worker.team.periods)):
        worker.train(worker.team.periods.ends[period])
        worker.deltas(Sync(period))
    plain = train_embeddings(text.stream, text.vocab, CONFIG)
    np.testing.assert_array_equal(rows_of(worker)[0], plain.vectors)


def test_what_several_learn_is_what_one_learns(text: Encoded) -> None:
    config = replace(CONFIG, epochs=8)
    workers = team_of(text, 4, config)
    losses = []
    for period in range(len(workers[0].team.periods)):
        train_period(workers, Sync(period))
        losses.append(np.mean([worker.train(0).loss for worker in workers]))
    progress: list[Progress] = []
    train_embeddings(text.stream, text.vocab, config, progress.append)
    assert losses[0] - losses[-1] > 0.85 * (losses[0] - progress[-1].loss)


def test_a_period_with_all_rows_leaves_nothing_unsent_but_rounding(text: Encoded) -> None:
    workers = team_of(text, 2)
    train_period(workers, Sync(0, all_rows=True))
    slices = workers[0].deltas(Sync(1))
    moved = max(float(np.abs(packed.scales).max()) for slice_ in slices for packed in slice_)
    scale = float(np.abs(rows_of(workers[0])[0]).max())
    assert moved < 0.1 * scale


def test_a_worker_that_takes_the_rows_of_another_goes_on_with_it(text: Encoded) -> None:
    workers = team_of(text, 2)
    for period in range(3):
        train_period(workers, Sync(period))
    lost = workers[1]
    new = Worker(lost.team, 1, text.stream[len(text.stream) // 2 :], threads=1, period=3)
    assert new.n_combined == -1
    for matrix in (0, 1):
        new.restore(matrix, 0, *workers[0].base(matrix, 0, len(text.vocab)))
    new.n_combined = 3
    np.testing.assert_array_equal(rows_of(new)[0], rows_of(workers[0])[0])
    train_period([workers[0], new], Sync(3))
    np.testing.assert_array_equal(rows_of(new)[1], rows_of(workers[0])[1])


def test_rows_of_a_period_are_applied_once(text: Encoded) -> None:
    workers = team_of(text, 2)
    for worker in workers:
        worker.train(worker.team.periods.ends[0])
    slices = [worker.deltas(Sync(0)) for worker in workers]
    moved = [worker.combine(Sync(0), [by_rank[rank] for by_rank in slices]) for rank, worker in enumerate(workers)]
    workers[0].apply(Sync(0), moved)
    once = rows_of(workers[0])[0].copy()
    workers[0].deltas(Sync(1))
    workers[0].apply(Sync(0), moved)
    np.testing.assert_array_equal(once, rows_of(workers[0])[0])


def test_workers_draw_apart(text: Encoded) -> None:
    team = Team.of(replace(CONFIG, threads=None), text.vocab, 2)
    first, second = (Worker(team, rank, text.stream, threads=1) for rank in (0, 1))
    for worker in (first, second):
        worker.train(0.5)
    moved, other = (worker.deltas(Sync(0))[0][0].values for worker in (first, second))
    assert not np.array_equal(moved, other)
