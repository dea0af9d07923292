"""All-but-the-top takes away the mean and the directions of most variance, as the decomposition of the whole does."""

import numpy as np
import pytest

from w2v.base import cosines
from w2v.base.errors import SettingsError
from w2v.vectors.transforms import without_top_directions


@pytest.mark.parametrize("n_directions", [0, 1, 3])
def test_it_is_what_the_singular_vectors_say(n_directions: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cosines, "BLOCK", 64)  # many blocks
    random = np.random.default_rng(1)
    matrix = (random.normal(0, 1, (50, 8)) * np.arange(1, 9) + 3).astype(np.float32)
    centred = matrix.astype(np.float64) - matrix.mean(axis=0, dtype=np.float64)
    top = np.linalg.svd(centred, full_matrices=False)[2][:n_directions]
    found = without_top_directions(matrix, n_directions)
    np.testing.assert_allclose(found, centred - centred @ top.T @ top, atol=1e-5)
    assert found.dtype == np.float32 and np.abs(found.mean(axis=0)).max() < 1e-6


def test_some_direction_must_be_left() -> None:
    for wrong in (-1, 2):
        with pytest.raises(SettingsError, match="all_but_the_top must be from 0 to 1, for vectors of 2 numbers"):
            without_top_directions(np.ones((3, 2), np.float32), wrong)
