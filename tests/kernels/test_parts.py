"""Parts: built into kernels, and nothing else."""

from typing import Any

import numba
import numpy as np

from w2v.kernels import OPTIONS, inlined
from w2v.kernels.parts import PartLibrary
from w2v.kernels.scalars import F32


@inlined
def _double(x: np.float32) -> np.float32:
    return x + x


@inlined
def _quadruple(x: np.float32) -> np.float32:
    return _double(_double(x))


def _quadruple_all(rows: F32) -> None:
    for i in range(len(rows)):
        rows[i] = _quadruple(rows[i])


def test_a_kernel_is_built_of_parts_that_have_no_machine_code() -> None:
    rows = np.arange(5, dtype=np.float32)
    numba.njit(**OPTIONS)(_quadruple_all)(rows)  # not `jit`: a kernel from the cache is built of nothing
    np.testing.assert_array_equal(rows, [0, 4, 8, 12, 16])
    for part in (_double, _quadruple):
        (compiled,) = part.overloads.values()  # type: ignore[attr-defined]
        assert isinstance(compiled.library, PartLibrary)
        engine: Any = compiled.library._codegen._engine
        assert not engine.is_symbol_defined(compiled.fndesc.llvm_func_name)
