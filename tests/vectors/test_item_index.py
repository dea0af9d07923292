"""Rows for an index by inner product rank items as `recommend` does with the mean."""

from pathlib import Path

import numpy as np
import pytest

import w2v
from w2v.base.errors import SettingsError, W2VError
from w2v.formats.model import Model
from w2v.vectors.items import person_vector, rows_of, scoring_settings
from w2v.vectors.vectors import Vectors

N_ITEMS, DIM = 300, 8


@pytest.fixture
def vectors(tmp_path: Path) -> Vectors:
    """Items with random rows and counts, in a folder with an index."""
    rng = np.random.default_rng(1)
    input, output = rng.normal(size=(2, N_ITEMS, DIM)).astype(np.float32)
    model = Model([f"i{n}" for n in range(N_ITEMS)], input, np.sort(rng.integers(1, 500, N_ITEMS))[::-1], output)
    Vectors.of(model).save(tmp_path / "items.w2v")
    w2v.convert(tmp_path / "items.w2v", tmp_path / "index.bin", item_index=True)
    return Vectors.load(tmp_path / "items.w2v")


def queries(vectors: Vectors, people: list[list[str]]) -> np.ndarray:
    how = scoring_settings(vectors, sharpness=0)
    return np.stack([np.append(person_vector(vectors, rows_of(vectors, items), how), how.prior) for items in people])


def test_an_index_finds_what_the_mean_recommends(vectors: Vectors, tmp_path: Path) -> None:
    items = Vectors.load(tmp_path / "index.bin")
    people = [[f"i{n}" for n in np.random.default_rng(seed).integers(0, N_ITEMS, 5)] for seed in range(20)]
    wanted = w2v.recommend(vectors, people, 10, sharpness=0, keep_seen=True)
    scores = queries(vectors, people) @ items.matrix.T
    rows = np.argsort(-scores, axis=1)[:, :10]
    np.testing.assert_array_equal(rows, wanted.rows)
    np.testing.assert_allclose(np.take_along_axis(scores, rows, axis=1), wanted.scores, rtol=1e-5)
    hnswlib = pytest.importorskip("hnswlib")
    index = hnswlib.Index(space="ip", dim=items.dim)
    index.init_index(max_elements=len(items), ef_construction=200, M=32, random_seed=1)
    index.add_items(items.matrix, num_threads=1)
    index.set_ef(200)
    found, _ = index.knn_query(queries(vectors, people), k=10, num_threads=1)
    assert np.mean([len({*a} & {*b}) for a, b in zip(found.tolist(), wanted.rows.tolist(), strict=True)]) > 9.5


def test_what_cannot_be_is_refused(vectors: Vectors, tmp_path: Path) -> None:
    with pytest.raises(W2VError, match="the vectors have no output rows"):
        w2v.convert(tmp_path / "index.bin", tmp_path / "again.bin", item_index=True)
    with pytest.raises(SettingsError, match="add_output cannot be used with item_index"):
        w2v.convert(tmp_path / "items.w2v", tmp_path / "again.bin", item_index=True, add_output=0.5)
