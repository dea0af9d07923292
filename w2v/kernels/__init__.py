"""All that is jitted. Imports NumPy, Numba and llvmlite, and of `base` what loads Numba safely.

`jit` is the one way a kernel is compiled: without the GIL, kept on disk by `cache.py`. `inlined` is for its parts.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from w2v.base.import_numba import why_refused  # isort: skip  # first: it loads Numba
import numba

import w2v.kernels.tuples  # noqa: F401  # how the kernels' parts are called
from w2v.kernels.cache import KernelCache, notes
from w2v.kernels.parts import KernelCompiler, PartCompiler

Function = TypeVar("Function", bound=Callable[..., Any])

# Sums may be reordered and fused, which is what vectorising a dot product takes; NaN and Inf keep
# their meaning, because a run that diverges must be seen to. `_nrt` off: kernels are handed all their memory and
# count no references to it; with it on, a third of a step's time went into counting.
OPTIONS: Any = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"reassoc", "contract", "nsz", "arcp"},
    "_nrt": False,
    "no_cfunc_wrapper": True,
}
EXACT: Any = {**OPTIONS, "fastmath": False}
# What only other kernels call needs no way in from Python: without them the first start took 6.5 s instead of 9.1.
# Nor does it need machine code of its own: `PartCompiler` takes a tenth off again, and tuples.py a fifth.
INLINED: Any = {
    "forceinline": True,
    "no_cpython_wrapper": True,
    "pipeline_class": PartCompiler,
}


def jit(function: Function) -> Function:
    """Compile `function` at its first call and keep the machine code for the next process.

    For what the rest of the program calls.
    """
    return _kept(function, OPTIONS)


def jit_exact(function: Function) -> Function:
    """Do what `jit` does, with each operation rounded as it is written."""
    return _kept(function, EXACT)


def _kept(function: Function, options: Any) -> Function:  # noqa: ANN401
    kernel = numba.njit(**options, pipeline_class=KernelCompiler)(function)
    try:
        kernel._cache = KernelCache(function)
    except RuntimeError as error:  # "no locator available": neither next to this file nor in the user's cache
        notes.append(str(error))
    return cast(Function, kernel)


def inlined(function: Function) -> Function:
    """Compile `function` into each kernel that calls it; a call would cost some 20 cycles of a step's 900.

    Not for calls from Python, which end the process.
    """
    return cast(Function, numba.njit(**OPTIONS, **INLINED)(function))


def inlined_exact(function: Function) -> Function:
    """Do what `inlined` does, for a part of a kernel of `jit_exact`."""
    return cast(Function, numba.njit(**EXACT, **INLINED)(function))


def cache_is_writable() -> bool:
    """Return whether compiled code could be kept so far: without that every start compiles again."""
    return not notes


def why_folder_is_refused() -> str:
    """Return why NUMBA_CACHE_DIR is not used, though it is set; else an empty string."""
    return why_refused
