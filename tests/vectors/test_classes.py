"""Classes of words are the groups that the vectors have, whatever their lengths."""

import numpy as np
import pytest

from w2v.base.errors import SettingsError
from w2v.vectors.classes import word_classes


def groups(n_groups: int, each: int, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Return vectors in groups around directions that stand upright on each other, of any length, and their groups."""
    random = np.random.default_rng(seed)
    group = random.permutation(np.repeat(np.arange(n_groups), each))
    vectors = np.eye(n_groups)[group] + random.normal(0, 0.05, (len(group), n_groups))
    return (vectors * random.uniform(0.1, 10, (len(group), 1))).astype(np.float32), group


def test_groups_are_found() -> None:
    vectors, group = groups(2, 30)
    classes = word_classes(vectors, 2)
    assert len(set(zip(classes.tolist(), group.tolist(), strict=True))) == 2


def test_each_row_has_the_nearest_class() -> None:
    vectors, group = groups(6, 20)
    classes = word_classes(vectors, 12)
    assert all(len(set(group[classes == one])) <= 1 for one in range(12)), "a class is part of one group"
    assert classes.shape == (120,) and classes.min() >= 0 and classes.max() < 12


def test_the_same_seed_gives_the_same_classes_and_lengths_count_for_nothing() -> None:
    vectors, _ = groups(4, 10)
    np.testing.assert_array_equal(word_classes(vectors, 5), word_classes(vectors * np.float32(4), 5))
    assert any((word_classes(vectors, 5, seed) != word_classes(vectors, 5)).any() for seed in range(2, 6))


def test_as_many_classes_as_words() -> None:
    vectors, _ = groups(5, 2)
    assert sorted(word_classes(vectors, 10).tolist()) == list(range(10))
    assert word_classes(vectors, 1).tolist() == [0] * 10
    assert len(word_classes(np.zeros((3, 2), np.float32), 2)) == 3
    for wrong in (0, 11):
        with pytest.raises(SettingsError, match="classes must be from 1 to 10, the number of words"):
            word_classes(vectors, wrong)
