"""How rows are combined: the share, and what it does along strong and weak directions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2v.cluster.combine import KAPPA, Curvature, combine, shares


@given(st.floats(0, 50), st.integers(1, 1_000))
def test_a_share_lies_between_the_mean_and_the_sum(x: float, n: int) -> None:
    share = float(shares(np.array([x], np.float32), n)[0])
    assert 1 / n - 1e-6 <= share <= 1 + 1e-6
    terms = np.exp(-np.float64(x) * np.arange(n))
    assert share == pytest.approx(terms.mean(), rel=0.01, abs=1e-5 * n)


def test_one_replica_moves_as_it_has_moved() -> None:
    rows = np.random.default_rng(1).normal(size=(5, 8)).astype(np.float32)
    curvature = Curvature.of(np.eye(8, dtype=np.float32), np.ones(8, np.float32))
    moved = combine(rows, np.full(5, 1e3, np.float32), 0.05, curvature, 1)
    np.testing.assert_allclose(moved, rows, rtol=1e-4, atol=1e-5)


def test_frequent_rows_are_averaged_along_strong_directions_alone() -> None:
    against = np.zeros((1, 2), np.float32)
    against[0, 0] = 1  # the loss pulls back along the first direction, and not along the second
    curvature = Curvature.of(against, np.ones(1, np.float32))
    moved = combine(np.ones((2, 2), np.float32), np.array([0, 1e6], np.float32), 0.05, curvature, 4)
    np.testing.assert_allclose(moved, np.array([[1, 1], [0.25, 1]]), rtol=1e-3)


def test_curvature_is_the_second_moment_of_the_rows() -> None:
    generator = np.random.default_rng(2)
    rows, weights = generator.normal(size=(50, 4)).astype(np.float32), generator.random(50).astype(np.float32)
    found = Curvature.of(rows, weights)
    again = found.directions @ np.diag(found.strengths) @ found.directions.T
    np.testing.assert_allclose(again, KAPPA * (rows.T * weights) @ rows, rtol=1e-4, atol=1e-4)


def test_curvature_of_many_rows_is_taken_from_some_of_them() -> None:
    rows = np.ones((100_000, 2), np.float32)
    weights = np.full(100_000, 1e-5, np.float32)
    assert Curvature.of(rows, weights).strengths.sum() == pytest.approx(KAPPA * 2, rel=1e-3)
