"""Losses against float64, and gradients against finite differences."""

import math
from collections.abc import Callable
from functools import cache, partial

import naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from w2v.kernels import jit
from w2v.kernels.cpu import loss
from w2v.kernels.cpu.layout import clear_padding
from w2v.kernels.cpu.structs import Shape
from w2v.kernels.scalars import F32
from w2v.settings.train import TrainConfig
from w2v.training.plan import shape_of

NEGATIVE = 9
SHAPE = shape_of(TrainConfig(dim=16, negative=NEGATIVE), 100)
COLUMNS = [8 * (o // len(SHAPE.tile_like)) + o % len(SHAPE.tile_like) for o in range(NEGATIVE + 1)]
WIDTH = 8 * SHAPE.n_tiles


@jit
def _softplus(x: float) -> float:
    return loss.softplus(x)


@cache
def _kernels(name: str) -> tuple[Callable[..., float], Callable[..., None]]:
    """Return a loss of several hidden vectors, and its gradient with the padding cleared, compiled."""
    loss_of, gradient_of = loss.LOSSES[name]

    @jit
    def total(scores: F32, labels: F32, n_hidden: int, n_outputs: int, shape: Shape) -> float:
        value = 0.0
        for c in range(n_hidden):
            value += loss_of(scores, labels, c * 8 * shape.n_tiles, n_outputs, shape)
        return value

    @jit
    def gradient(scores: F32, labels: F32, n_hidden: int, n_outputs: int, shape: Shape, lr: np.float32) -> None:
        gradient_of(scores, labels, n_hidden, n_outputs, shape, lr)
        clear_padding(scores, n_hidden, n_outputs, shape)

    return total, gradient


@settings(deadline=None)
@given(st.floats(-1e6, 1e6))
def test_softplus_neither_overflows_nor_cancels(x: float) -> None:
    expected = x if x > 700 else math.log1p(math.exp(x))
    assert _softplus(x) == pytest.approx(expected, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("name", loss.LOSSES)
@pytest.mark.parametrize("scale", [0.01, 1.0, 20.0])
@pytest.mark.parametrize("n_outputs", [1, 2, 7, 10])
def test_a_loss_is_the_oracles_and_its_gradient_the_slope(name: str, scale: float, n_outputs: int) -> None:
    total, gradient = _kernels(name)
    rows = np.random.default_rng(n_outputs).normal(0, scale, (3, n_outputs)).astype(np.float32)
    scores = np.full(4 * WIDTH, 7, np.float32)
    for c, row in enumerate(rows):
        scores[c * WIDTH + np.array(COLUMNS[:n_outputs])] = row
    labels = np.zeros(WIDTH, np.float32)
    labels[COLUMNS] = np.arange(NEGATIVE + 1) % 3 == 1
    of_oracle = (
        partial(naive.hs, labels=labels[COLUMNS[:n_outputs]].astype(int).tolist())
        if name == "hs"
        else naive.LOSSES[name]
    )
    if name == "gbce":
        of_oracle = partial(naive.gbce, center_weight=float(SHAPE.center_weight))
    expected = [of_oracle(row.astype(np.float64)) for row in rows]
    value = total(scores, labels, 3, n_outputs, SHAPE)
    assert value == pytest.approx(sum(value for value, _ in expected), rel=1e-6, abs=1e-6)
    gradient(scores, labels, 3, n_outputs, SHAPE, np.float32(0.5))
    for c, (row, (_, slope)) in enumerate(zip(rows, expected, strict=True)):
        found = scores[c * WIDTH + np.array(COLUMNS)]
        np.testing.assert_allclose(found[:n_outputs], -0.5 * slope, atol=2e-6)
        assert not found[n_outputs:].any(), "padding moves nothing"
        for o in range(n_outputs):  # the oracle's slope is that of its own loss
            up, down = (row.astype(np.float64) + sign * 1e-6 * (np.arange(n_outputs) == o) for sign in (1, -1))
            difference = of_oracle(up)[0] - of_oracle(down)[0]
            assert difference / 2e-6 == pytest.approx(slope[o], abs=1e-6)
    np.testing.assert_array_equal(scores[3 * WIDTH :], 7)


def test_softmax_of_scores_that_exp_cannot_hold() -> None:
    scores = np.zeros(WIDTH, np.float32)
    scores[COLUMNS[0]], scores[COLUMNS[1]] = -3e4, 3e4
    total, gradient = _kernels("softmax")
    labels = np.empty(0, np.float32)
    assert total(scores, labels, 1, 2, SHAPE) == pytest.approx(6e4)
    gradient(scores, labels, 1, 2, SHAPE, np.float32(1))
    np.testing.assert_allclose(scores[COLUMNS[:2]], [1, -1], atol=1e-6)
