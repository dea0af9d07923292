"""All that is jitted. Imports NumPy, Numba and llvmlite alone.

`jit` is the one way a kernel is compiled: without the GIL, cached on disk. What is cached is keyed by
`STAMP`, a hash of these files, because Numba looks only at the file a function stands in and would
serve yesterday's code after a change in one that it calls.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])

STAMP = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.rglob("*.py")))).hexdigest()[
    :12
]

# Sums may be reordered and fused, which is what vectorising a dot product takes; NaN and Inf keep
# their meaning, because a run that diverges must be seen to. `_nrt` off: kernels are handed all their memory and
# count no references to it; with it on, a third of a step's time went into counting.
OPTIONS: Any = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"reassoc", "contract", "nsz", "arcp"},
    "_nrt": False,
}

cache_is_writable = True
"""False where Numba found no folder to keep compiled code in: every start then compiles again."""


def jit(function: Function) -> Function:
    """Compile `function` at its first call and keep the machine code for the next process.

    For what the rest of the program calls.
    """
    global cache_is_writable
    try:
        return cast(Function, numba.njit(cache=True, **OPTIONS)(function))
    except RuntimeError:  # "no locator available": neither beside this file nor in the user's cache
        cache_is_writable = False
        return cast(Function, numba.njit(**OPTIONS)(function))


def inlined(function: Function) -> Function:
    """Compile `function` into each kernel that calls it; a call would cost some 20 cycles of a step's 900."""
    return cast(Function, numba.njit(forceinline=True, **OPTIONS)(function))
