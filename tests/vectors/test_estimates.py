"""Estimates: Student's t as SciPy has it, and intervals that hold the true value as often as they say."""

import numpy as np
import pytest

from w2v.vectors.estimates import Estimate, t_quantile, t_test, t_within


def test_t_is_that_of_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    for df in (1, 2, 3, 4, 9, 10, 99, 352, 9_999, 10_001, 1_000_000):
        assert t_quantile(df) == pytest.approx(stats.t.ppf(0.975, df), abs=3e-4)
        assert t_test(0.3, 0.1, df) == pytest.approx(2 * stats.t.sf(3, df), abs=2e-5)
    for t in (0.0, 0.5, 2.0, 40.0):
        assert t_within(t, 7) == pytest.approx(1 - 2 * stats.t.sf(t, 7), abs=1e-12)


@pytest.mark.parametrize("n", [2, 5, 10])
def test_intervals_hold_the_mean_of_runs_as_often_as_they_say(n: int) -> None:
    draws = np.random.default_rng(1).normal(0.5, 0.1, (2_000, n))
    found = [Estimate.of(row.tolist()) for row in draws]
    assert 0.94 < np.mean([one.low < 0.5 < one.high for one in found]) < 0.96


def test_the_interval_of_a_bootstrap_is_that_of_its_spread() -> None:
    seeds, lines = (Estimate.of([0.4, 0.5, 0.6, 0.5], is_bootstrap) for is_bootstrap in (False, True))
    assert (lines.high - lines.mean) == pytest.approx(2 * (seeds.high - seeds.mean))
    assert (seeds.mean, seeds.std) == pytest.approx((0.5, 0.0816497))
