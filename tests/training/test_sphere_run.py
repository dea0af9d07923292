"""Runs with cosine scores: the rows that they save are on a sphere, whatever they start from."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import w2v

LINES = [[f"{topic}{(start + i) % 6}" for i in range(5)] for topic in "ab" for start in range(6)] * 20


@pytest.mark.slow
def test_saved_rows_are_equally_long_and_their_products_are_cosines(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"loss": "ccl", "threads": 1, "min_count": 1, "sample": 0, "ns_exponent": 0.0}
    model = w2v.train(LINES, dim=8, negative_weight=5.0, **settings)
    plain = w2v.train(LINES, dim=8, threads=1, min_count=1, sample=0, epochs=1)
    plain.save(tmp_path / "plain.vec")
    with pytest.warns(w2v.W2VWarning, match="no output rows, which start at random"):
        continued = w2v.train(LINES, init_from=tmp_path / "plain.vec", epochs=1, **settings)
    for vectors in (model, continued):
        assert vectors.output is not None
        for rows in (vectors.matrix, vectors.output):
            np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-5)
    assert model.output is not None
    scores = model.matrix @ model.output.T
    is_a = np.array([word.startswith("a") for word in model.words])
    same = is_a[:, None] == is_a
    assert scores[same].mean() > scores[~same].mean() + 0.3
    for cosine in ({"loss": "ccl"}, {"temperature": 0.1}):
        with pytest.raises(w2v.SettingsError, match="freeze cannot be used with"):
            w2v.train(LINES, init_from=tmp_path / "plain.vec", freeze="input", sample=0, **cosine)  # type: ignore[arg-type]
