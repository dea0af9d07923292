"""Packed rows: what they lose, and what they weigh."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from w2v.base.arrays import Matrix
from w2v.cluster.packing import Packed, add_up, move, pack_into, pack_moved
from w2v.kernels.packed import LEVELS


def normal(n_rows: int, dim: int, seed: int = 1) -> Matrix:
    return np.random.default_rng(seed).normal(size=(n_rows, dim)).astype(np.float32)


@settings(deadline=None)  # the first call compiles
@given(st.integers(1, 40), st.integers(1, 33), st.floats(1e-30, 1e30))
def test_a_number_is_off_by_half_a_step_at_most(n_rows: int, dim: int, size: float) -> None:
    rows = normal(n_rows, dim, dim) * np.float32(size)
    packed = Packed.empty(n_rows, dim)
    pack_into(packed, rows)
    step = np.abs(rows).max(axis=1, keepdims=True) / LEVELS
    assert (np.abs(add_up([packed]) - rows) <= step * 0.5001).all()


@pytest.mark.parametrize("size", [0.0, 1e-40])
def test_rows_that_have_not_moved_stay(size: float) -> None:
    packed = Packed.empty(3, 5)
    pack_into(packed, np.full((3, 5), size, np.float32))
    assert not add_up([packed]).any() and not packed.scales.any()


def test_parts_are_packed_and_added_alone() -> None:
    rows = normal(10, 6)
    whole, parts = Packed.empty(10, 6), Packed.empty(10, 6)
    pack_into(whole, rows)
    for part in (slice(4, 10), slice(0, 4)):
        pack_into(parts.part(part), rows[part])
    np.testing.assert_array_equal(add_up([whole]), add_up([parts]))
    np.testing.assert_array_equal(add_up([whole, whole])[3:7], 2 * add_up([parts.part(slice(3, 7))]))


@pytest.mark.parametrize("dim", [6, 7])
def test_what_rows_have_moved_is_sent_and_applied(dim: int) -> None:
    base, where = normal(9, dim), np.array([1, 2, 5, 8])
    live = np.zeros((9, 16), np.float32)
    live[:, :dim] = base + normal(9, dim, seed=2)
    sent = pack_moved(live, base, where)
    moved = Packed.empty(4, dim)
    pack_into(moved, normal(4, dim, seed=3))
    wanted_base, wanted_live = base.copy(), live.copy()
    wanted_base[where] += add_up([moved])
    wanted_live[where, :dim] += add_up([moved]) - add_up([sent])
    np.testing.assert_allclose(add_up([sent]), (live[:, :dim] - base)[where], atol=0.3)
    move(live, base, where, moved, sent)
    np.testing.assert_allclose(base, wanted_base, atol=1e-6)
    np.testing.assert_allclose(live, wanted_live, atol=1e-6)


@pytest.mark.parametrize("dim", [100, 101])
def test_a_row_takes_half_a_byte_a_number_and_its_scale(dim: int) -> None:
    assert Packed.empty(7, dim).n_bytes == 7 * (-(-dim // 2) + 4)
