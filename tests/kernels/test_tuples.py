"""Named tuples as arguments of kernels."""

from collections import namedtuple
from typing import Any, NamedTuple

import numba
import numpy as np
import pytest
from numba.core import types
from numba.core.datamodel.registry import default_manager

from w2v.kernels.cpu.structs import Sampling, Walk, Weights
from w2v.kernels.scalars import F32

Theirs = namedtuple("Theirs", "numbers n")


typeof: Any = numba.typeof


def _leaves(value: object) -> object:
    """Return what a value is passed as."""
    return default_manager.lookup(typeof(value)).get_argument_type()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("value", [Walk(1, 2, 3, 4, 5, 6), Weights(np.zeros(2, np.float32), np.zeros(3, np.float32))])
def test_own_tuples_are_passed_whole(value: Walk | Weights) -> None:
    assert not isinstance(_leaves(value), tuple)


def test_tuples_of_other_libraries_are_passed_as_leaves() -> None:
    passed = _leaves(Theirs(np.zeros(2, np.float32), 3))
    assert isinstance(passed, tuple) and len(passed) == 2


def test_tuples_in_tuples_reach_a_part_as_they_are() -> None:
    class Outer(NamedTuple):
        weights: Weights
        walk: Walk
        sizes: tuple[int, int]

    Outer.__module__ = Weights.__module__

    @numba.njit(forceinline=True)
    def part(outer, theirs, numbers):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        outer.weights.output[outer.walk.t] = outer.sizes[1] + theirs.n
        return outer.weights.input.sum() + theirs.numbers[0] + numbers.prob[0]

    @numba.njit
    def kernel(outer, theirs, numbers):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        again = Outer(Weights(outer.weights.input, outer.weights.output), outer.walk, outer.sizes)
        return part(again, theirs, numbers)

    output: F32 = np.zeros(3, np.float32)
    outer = Outer(Weights(np.ones(4, np.float32), output), Walk(0, 0, 2, 0, 0, 0), (7, 9))
    none = np.zeros(1, np.int32)
    sampling = Sampling(none.view(np.uint32), np.full(1, 20, np.uint32), none, np.zeros(1, np.float32))
    assert kernel(outer, Theirs(np.full(1, 0.5, np.float32), 3), sampling) == 4 + 0.5 + 20
    assert output.tolist() == [0, 0, 12]
    assert type(typeof(outer)) is types.NamedTuple
