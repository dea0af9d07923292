"""The matrices: aligned, padded, and begun as word2vec.c begins them."""

import numpy as np
import pytest

from w2v.training.weights import Embeddings


@pytest.mark.parametrize("dim", [1, 15, 16, 17, 100, 300])
def test_rows_are_aligned_and_padded_with_zeros(dim: int) -> None:
    model = Embeddings.create(7, dim, seed=1, spare_rows=2)
    assert model.input.shape == model.output.shape == (9, model.stride)
    assert model.stride % 16 == 0 and 0 <= model.stride - dim < 16
    for rows in (model.input, model.output):
        assert all(row.ctypes.data % 64 == 0 for row in rows)
        assert not rows[:, dim:].any() and not rows[7:].any()
    assert not model.output.any()
    assert model.vectors.shape == (7, dim)
    assert np.shares_memory(model.vectors, model.input)


def test_input_rows_are_uniform_within_half_over_dim() -> None:
    values = Embeddings.create(20_000, 10, seed=1).vectors
    assert -0.05 <= values.min() < -0.0499 and 0.0499 < values.max() <= 0.05
    assert abs(values.mean()) < 3e-4
    np.testing.assert_allclose(values.std(), 0.1 / np.sqrt(12), rtol=0.01)


def test_rows_on_a_sphere_keep_their_direction_and_empty_rows_get_one() -> None:
    model, same = (Embeddings.create(7, 5, seed=1, spare_rows=2) for _ in range(2))
    model.move_to_sphere(2.0, seed=1)
    for rows in (model.input, model.output):
        np.testing.assert_allclose(np.linalg.norm(rows[:7], axis=1), 2, rtol=1e-6)
        assert not rows[7:].any() and not rows[:, 5:].any()
    ratios = model.input_rows / same.input_rows
    np.testing.assert_allclose(ratios, np.repeat(ratios[:, :1], 5, axis=1), rtol=1e-5)
    assert abs(model.output_rows.mean()) < 1


def test_the_seed_decides() -> None:
    first, again, other = (Embeddings.create(50, 9, seed).input for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
