"""The sum of two rows of a word, block by block."""

import numpy as np
import pytest

from w2v.base import cosines
from w2v.vectors.transforms import with_output_added


def test_it_is_the_sum_whatever_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cosines, "BLOCK", 16)
    random = np.random.default_rng(1)
    vectors, output = random.normal(size=(2, 11, 5)).astype(np.float32)
    before = vectors.copy()
    np.testing.assert_array_equal(with_output_added(vectors, output, 0.25), vectors + np.float32(0.25) * output)
    np.testing.assert_array_equal(vectors, before)
