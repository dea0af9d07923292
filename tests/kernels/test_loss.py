"""Losses against float64, and gradients against finite differences."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from w2v.kernels import inlined, loss
from w2v.kernels.types import F32


@inlined
def _loss(label: int, score: float) -> float:
    return loss.sgns_loss(label, score)


@inlined
def _gradient(scores: F32, n_contexts: int, width: int, lr: np.float32) -> None:
    loss.sgns_gradient(scores, n_contexts, width, lr)


@settings(deadline=None)
@given(st.integers(0, 1), st.floats(-1e6, 1e6))
def test_the_loss_neither_overflows_nor_cancels(label: int, score: float) -> None:
    margin = score if label else -score
    if margin < -700:
        assert _loss(label, score) == pytest.approx(-margin)
    else:
        assert _loss(label, score) == pytest.approx(math.log1p(math.exp(-margin)), rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("score", [-25.0, -3.0, -0.1, 0.0, 0.7, 4.0, 25.0])
def test_the_gradient_is_the_losses_slope(score: float) -> None:
    scores = np.full(16, score, np.float32)
    _gradient(scores, 2, 8, np.float32(0.5))
    for column, label in ((0, 1), (1, 0), (7, 0), (8, 1), (15, 0)):
        slope = (_loss(label, score + 1e-4) - _loss(label, score - 1e-4)) / 2e-4
        assert scores[column] == pytest.approx(-0.5 * slope, abs=1e-6)


def test_only_the_contexts_in_use_are_touched() -> None:
    scores = np.zeros(40, np.float32)
    _gradient(scores, 3, 8, np.float32(1))
    np.testing.assert_allclose(scores[:24].reshape(3, 8)[:, 0], 0.5)
    np.testing.assert_allclose(scores[:24].reshape(3, 8)[:, 1:], -0.5)
    assert not scores[24:].any()
