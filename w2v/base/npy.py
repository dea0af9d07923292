"""Memory-mapped .npy files. Nothing in their headers is trusted."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

LONGEST_HEADER = 1 << 12  # Largest header in bytes. w2v writes 128; NumPy would allocate any length.


def npy_header(dtype: str, shape: tuple[int, ...]) -> bytes:
    """Return the header of an array in row-major order; it is the same for every version of NumPy.

    >>> len(npy_header("<i4", (7,)))
    128
    """
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}"
    text += " " * (-(10 + len(text) + 1) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


def map_npy(path: Path, mode: Literal["r", "c"] = "r") -> npt.NDArray[Any]:
    """Map the array of a .npy file, read-only or copy-on-write. Unlike np.load, archives and pickles are refused.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is damaged or not a .npy file.
    """
    try:
        with path.open("rb") as file:
            width = 2 if np.lib.format.read_magic(file) == (1, 0) else 4
            if int.from_bytes(file.read(width), "little") > LONGEST_HEADER:
                raise ValueError("its header is too long")
        return np.lib.format.open_memmap(path, mode=mode)
    except OSError:
        raise
    # Python's own parser reads the header and raises many kinds of errors; MemoryError means too deep nesting.
    except Exception as error:
        raise ValueError(f"{path.name} is not an array: {error or 'its header nests too deeply'}") from error
