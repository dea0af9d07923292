"""The generator against its definition in Python's whole numbers, and against chance."""

import naive
import numpy as np
import pytest
from helpers import Library

from w2v.kernels import jit, rng
from w2v.kernels.scalars import I64, U64

stats = Library("scipy.stats")


@jit
def _draws(state: U64, out: U64) -> None:
    for i in range(len(out)):
        out[i] = rng.draw(state)


@jit
def _seed(seed: np.uint64, epoch: np.uint64, shard: np.uint64) -> np.uint64:
    return rng.seed_shard(seed, epoch, shard)


@jit
def _below(state: U64, n: np.uint64, out: I64) -> None:
    for i in range(len(out)):
        out[i] = rng.below(rng.draw(state), n)


@pytest.mark.parametrize("seed", [0, 1, 2**63 - 1])
def test_draws_are_splitmix64s(seed: int) -> None:
    out = np.empty(100, np.uint64)
    _draws(np.array([seed], np.uint64), out)
    oracle = naive.SplitMix64(seed)
    assert out.tolist() == [oracle.draw() for _ in range(100)]


def test_every_shard_has_a_seed_of_its_own() -> None:
    seeds = {
        int(_seed(np.uint64(seed), np.uint64(epoch), np.uint64(shard)))
        for seed in range(20)
        for epoch in range(20)
        for shard in range(20)
    }
    assert len(seeds) == 8_000
    assert naive.SplitMix64.for_shard(1, 2, 3).state == int(_seed(np.uint64(1), np.uint64(2), np.uint64(3)))


@pytest.mark.parametrize("n", [1, 2, 5, 1000])
def test_below_is_uniform(n: int) -> None:
    out = np.empty(200_000, np.int64)
    _below(np.array([9], np.uint64), np.uint64(n), out)
    assert 0 <= out.min() <= out.max() < n
    if n > 1:
        assert stats.chisquare(np.bincount(out, minlength=n)).pvalue > 1e-4
