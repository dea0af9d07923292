"""Parts: built into kernels, and nothing else."""

from typing import Any

import numba
import numpy as np

from w2v.kernels import OPTIONS, inlined
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


def test_a_kernel_holds_its_parts_and_calls_none_of_them() -> None:
    rows = np.arange(5, dtype=np.float32)
    kernel = numba.njit(**OPTIONS)(_quadruple_all)  # not `jit`: a kernel from the cache is built of nothing
    kernel(rows)
    np.testing.assert_array_equal(rows, [0, 4, 8, 12, 16])
    (code,) = kernel.inspect_llvm().values()
    (compiled,) = kernel.overloads.values()
    engine: Any = compiled.library._codegen._engine
    assert engine.is_symbol_defined(compiled.fndesc.llvm_func_name)
    for part in (_double, _quadruple):
        (built,) = part.overloads.values()  # type: ignore[attr-defined]
        name = built.fndesc.llvm_func_name
        assert name not in code, "a call takes 20 cycles, of a step's 900"
        assert not engine.is_symbol_defined(name), "machine code of a part is made in vain"
