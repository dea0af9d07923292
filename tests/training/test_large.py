"""Counts and offsets beyond 32 bits: a stream of more than 2**32 tokens, and matrices of more than 2**31 numbers."""

from typing import Any

import numpy as np
import pytest

from w2v.checkpoints.snapshots import Position, Snapshot
from w2v.kernels.cpu import step
from w2v.settings.train import TrainConfig
from w2v.text.vocab import Vocab
from w2v.training.loop import train_embeddings
from w2v.training.plan import kernel_name
from w2v.training.schedule import SHARD_MAX, Schedule, shard_bounds
from w2v.training.weights import Embeddings, aligned_zeros

N = (1 << 32) + 3 * SHARD_MAX + 17
TAIL = 2 * SHARD_MAX


class LongStream:
    """A stream of N tokens, of which only the last are kept: the others are all word 0."""

    def __init__(self) -> None:
        """Draw the last tokens."""
        generator = np.random.default_rng(2)
        self.tail = generator.integers(-1, 50, TAIL).astype(np.int32)
        self.zeros = np.zeros(2 * SHARD_MAX, np.int32)

    def __len__(self) -> int:
        """Return N."""
        return N

    def __getitem__(self, part: slice) -> np.ndarray[Any, np.dtype[np.int32]]:
        """Return a slice."""
        begin, end, _ = part.indices(N)
        if end <= N - TAIL:
            return self.zeros[: end - begin]
        parts = [self.zeros[: max(0, N - TAIL - begin)], self.tail[max(0, begin - N + TAIL) : end - N + TAIL]]
        return np.concatenate(parts)


@pytest.mark.slow
def test_a_stream_of_more_than_2_to_the_32_tokens() -> None:
    stream = LongStream()
    bounds = shard_bounds(stream)  # type: ignore[arg-type]
    assert bounds[-1] == N and (np.diff(bounds) > 0).all()
    config = TrainConfig(dim=8, epochs=3, threads=1, sample=0.0)
    last_two = 3 * (len(bounds) - 1) - 2
    schedule = Schedule(bounds, config, Position(next_job=last_two, words=3 * N))
    done = schedule.progress()
    assert 1 > done.progress > 1 - 1e-4 and done.epoch == 3
    jobs = [job for job in iter(schedule.take, None) if job is not None]
    assert [job.end for job in jobs] == bounds[-2:] and jobs[0].begin > 1 << 32

    counts = np.full(50, N // 50)
    vocab = Vocab([f"w{i:02}" for i in range(50)], counts)
    zeros = np.zeros((50, 8), np.float32)
    start = Snapshot(zeros + np.float32(0.01), zeros, Position(next_job=last_two, words=3 * N))
    seen: list[Any] = []
    model = train_embeddings(stream, vocab, config, seen.append, start=start)  # type: ignore[arg-type]
    words = int((stream[bounds[-3] : N] >= 0).sum())
    assert seen[-1].progress == 1.0
    assert seen[-1].words_per_s * seen[-1].seconds == pytest.approx(words, rel=1e-6)
    assert (model.vectors[1:] != start.input[1:]).any(axis=1).all(), "the words of the tail have moved"


def test_matrices_of_more_than_2_to_the_31_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    n_types, dim = 33_000, 65_536
    assert n_types * dim > 1 << 31
    used = np.array([0, 1, 32_990, 32_999])
    counts = np.ones(n_types, np.int64)
    vocab = Vocab([f"w{i}" for i in range(n_types)], counts)
    rows = np.random.default_rng(3).random((4, dim), np.float32) / dim

    def untouched(n_types: int, dim: int, seed: int, spare_rows: int = 0, *_: None) -> Embeddings:
        """Return rows that take no memory until they are used."""
        try:
            input, output = (aligned_zeros(n_types + spare_rows, dim) for _ in range(2))
        except MemoryError:
            pytest.skip("needs 17 GB of address space")
        input[used] = rows
        return Embeddings(input, output, n_types, n_types, dim)

    monkeypatch.setattr(Embeddings, "create", untouched)
    monkeypatch.setattr(step, "all_finite", lambda numbers: True)  # which would look at all of them
    config = TrainConfig(dim=dim, negative=1, noise_pool=0, sample=0.0, epochs=1, threads=1, window=3)
    stream = np.array([0, 32_999, 1, 32_990, -1] * 3, np.int32)
    moved = {}
    for kernel in ("scalar", kernel_name()):
        monkeypatch.setenv("W2V_KERNEL", kernel)
        model = train_embeddings(stream, vocab, config)
        moved[kernel] = model.vectors[used].copy(), model.output_rows[used].copy()
        assert not model.vectors[32_991:32_999].any(), "no other row is written"
        del model
    (scalar_in, scalar_out), (in_, out) = moved.values()
    assert (in_ != rows).any(axis=1).all() and out.any(axis=1).all()
    np.testing.assert_allclose(in_, scalar_in, rtol=1e-3, atol=1e-9)
    np.testing.assert_allclose(out, scalar_out, rtol=1e-3, atol=1e-9)
