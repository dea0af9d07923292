"""All jitted code. Imports only NumPy, Numba and llvmlite, and from `base` the module that loads Numba safely.

`jit` compiles every kernel: without the GIL, with machine code saved on disk by `cache.py`. `inlined` is for its parts.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from w2v.base.import_numba import why_refused  # isort: skip  # first: it loads Numba
import numba

import w2v.kernels.tuples  # noqa: F401  # how the kernels' parts are called
from w2v.kernels.cache import KernelCache, notes
from w2v.kernels.parts import KernelCompiler, PartCompiler

Function = TypeVar("Function", bound=Callable[..., Any])

# Sums may be reordered and fused, which is needed to vectorise a dot product. NaN and Inf keep their meaning, because
# divergence must be detected. `_nrt` is off: kernels get all their memory from the caller and count no references to
# it. With reference counts, a third of a step's time went into counting.
OPTIONS: Any = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"reassoc", "contract", "nsz", "arcp"},
    "_nrt": False,
    "no_cfunc_wrapper": True,
}
EXACT: Any = {**OPTIONS, "fastmath": False}
# Parts that only kernels call need no entry point from Python: without it the first start took 6.5 s instead of 9.1 s.
# They also need no machine code of their own: `PartCompiler` saves another tenth, and tuples.py a fifth.
INLINED: Any = {
    "forceinline": True,
    "no_cpython_wrapper": True,
    "pipeline_class": PartCompiler,
}


def jit(function: Function) -> Function:
    """Compile `function` at its first call and save the machine code for later processes.

    This is for functions that the rest of the program calls.
    """
    return _kept(function, OPTIONS)


def jit_exact(function: Function) -> Function:
    """Compile as `jit` does, but round each operation exactly as written."""
    return _kept(function, EXACT)


def _kept(function: Function, options: Any) -> Function:  # noqa: ANN401
    kernel = numba.njit(**options, pipeline_class=KernelCompiler)(function)
    try:
        kernel._cache = KernelCache(function)
    except RuntimeError as error:  # "no locator available": no folder is writable, here or in the user's cache
        notes.append(str(error))
    return cast(Function, kernel)


def inlined(function: Function) -> Function:
    """Compile `function` into each kernel that calls it. A real call would cost about 20 of a step's 900 cycles.

    Do not call it from Python, which would end the process.
    """
    return cast(Function, numba.njit(**OPTIONS, **INLINED)(function))


def inlined_exact(function: Function) -> Function:
    """Do the same as `inlined`, for a part of a kernel made by `jit_exact`."""
    return cast(Function, numba.njit(**EXACT, **INLINED)(function))


def cache_is_writable() -> bool:
    """Return whether compiled code could be saved so far. If not, every start compiles again."""
    return not notes


def why_folder_is_refused() -> str:
    """Return why NUMBA_CACHE_DIR is not used although it is set; otherwise an empty string."""
    return why_refused
