"""Each vector operation against NumPy, at every length its tuples may have."""

import numpy as np
import pytest

from w2v.kernels import jit, llvm, llvm_bytes
from w2v.kernels.scalars import F32, I64
from w2v.training.weights import aligned_zeros

ZEROS = {n: (0,) * n for n in range(1, 7)}


def _rows(n: int, stride: int, seed: int = 0) -> F32:
    rows = aligned_zeros(n, stride).reshape(-1)
    rows[:] = np.random.default_rng(seed).normal(size=len(rows))
    return rows


@jit
def _copy(source: F32, at: I64, target: F32, to: I64, like: tuple[int, ...], stride: int) -> None:
    for j in range(0, stride, llvm.LANES):
        llvm.store(target, llvm.take(to, 1, like), j, llvm.load(source, llvm.take(at, 1, like), j))


@pytest.mark.parametrize("n", range(1, 7))
@pytest.mark.parametrize("stride", [16, 48])
def test_take_load_and_store(n: int, stride: int) -> None:
    source, target = _rows(9, stride), aligned_zeros(9, stride).reshape(-1)
    generator = np.random.default_rng(n)
    at, to = (np.concatenate(([-1], generator.permutation(9)[:n])) for _ in range(2))
    _copy(source, at * stride, target, to * stride, ZEROS[n], stride)
    expected = np.zeros((9, stride), np.float32)
    expected[to[1:]] = source.reshape(9, stride)[at[1:]]
    np.testing.assert_array_equal(target.reshape(9, stride), expected)


@jit
def _products(
    left: F32, at: I64, like: tuple[int, ...], right: F32, to: I64, tile: tuple[int, ...], width: int, out: F32
) -> None:
    lefts, rights = llvm.take(at, 0, like), llvm.take(to, 0, tile)
    sums = llvm.zeros(lefts, rights)
    for j in range(0, 32, llvm.LANES):
        sums = llvm.add_products(sums, llvm.load(left, lefts, j), llvm.load(right, rights, j))
    llvm.store_sums(sums, rights, out, 3, width)


@pytest.mark.parametrize("width", [8, 24])
@pytest.mark.parametrize("n_left", [1, 2, 3, 4])
@pytest.mark.parametrize("n_right", range(1, 7))
def test_sums_of_products(n_left: int, n_right: int, width: int) -> None:
    left, right = _rows(n_left, 32, 1), _rows(n_right, 32, 2)
    out = np.full(200, 7, np.float32)
    _products(left, np.arange(n_left) * 32, ZEROS[n_left], right, np.arange(n_right) * 32, ZEROS[n_right], width, out)
    expected = np.full(200, 7.0)
    for i in range(n_left):
        begin = 3 + i * width
        expected[begin : begin + 8] = 0
        expected[begin : begin + n_right] = right.reshape(n_right, 32) @ left.reshape(n_left, 32)[i]
    if width == 8 and n_left % 2:  # whole vectors are written
        out[3 + 8 * n_left : 11 + 8 * n_left] = 7
    np.testing.assert_allclose(out, expected, atol=1e-5)


@jit
def _combine(scores: F32, tile: tuple[int, ...], rows: F32, offsets: I64, value: F32, out: F32) -> None:
    scales, at = llvm.broadcast(scores, 2, tile), llvm.take(offsets, 0, tile)
    for j in range(0, 16, llvm.LANES):
        others, one = llvm.load(rows, at, j), llvm.load(value, (0,), j)
        llvm.store(out, (0,), j, llvm.add_combined(one, scales, others))
        llvm.store(out, at, 16 + j, llvm.add_scaled(others, scales, one))


@pytest.mark.parametrize("n", range(1, 7))
def test_combinations(n: int) -> None:
    scores, rows, value = _rows(1, 16, 3), _rows(n, 16, 4), _rows(1, 16, 5)
    out = aligned_zeros(n + 1, 16).reshape(-1)
    _combine(scores, ZEROS[n], rows, np.arange(n) * 16, value, out)
    scales, others = scores[2 : 2 + n].astype(np.float64), rows.reshape(n, 16)
    np.testing.assert_allclose(out[:16], value + scales @ others, atol=1e-5)
    np.testing.assert_allclose(out[16:].reshape(n, 16), others + scales[:, None] * value, atol=1e-5)


@jit
def _differ(left: F32, right: F32, scale: np.float32, out: F32) -> None:
    for j in range(0, 16, llvm.LANES):
        a, b = llvm.load(left, (0, 16), j), llvm.load(right, (0, 16), j)
        llvm.store(out, (0, 16), j, llvm.add(llvm.scaled_difference(a, b, scale), b))


def test_differences_and_sums() -> None:
    left, right, out = _rows(2, 16, 6), _rows(2, 16, 7), aligned_zeros(2, 16).reshape(-1)
    _differ(left, right, np.float32(0.25), out)
    np.testing.assert_allclose(out, 0.25 * (left - right) + right, atol=1e-6)


@jit
def _spaces(text: np.ndarray, out: np.ndarray) -> None:  # type: ignore[type-arg]
    bits = llvm_bytes.maybe_spaces(text, 1)
    while bits != 0:
        out[llvm_bytes.lowest_bit(bits)] = 1
        bits &= bits - np.uint64(1)


def test_the_bytes_that_may_be_whitespace() -> None:
    expected = {*b"\t\n\v\f\r\x1c\x1d\x1e\x1f ", 0xC2, 0xE1, 0xE2, 0xE3}
    for first in range(0, 256, 64):
        out = np.zeros(64, np.uint8)
        _spaces(np.array([32, *range(first, first + 64)], np.uint8), out)
        assert {first + int(i) for i in np.flatnonzero(out)} == {b for b in expected if first <= b < first + 64}
