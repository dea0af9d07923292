"""Files of a checkpoint: they are hashed while they are written, and are on the disk when they are closed."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from w2v.base.arrays import Matrix
from w2v.base.npy import map_npy

PIECE = 1 << 24  # Number of bytes that are hashed and written at a time

Scalar = TypeVar("Scalar", np.float32, np.int32)


class _Hashing:
    """A file that is written and hashed at the same time."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.digest = file, hashlib.blake2b(digest_size=16)

    def write(self, data: bytes | memoryview) -> int:
        self.digest.update(data)
        return self.file.write(data)


@contextmanager
def synced(path: Path) -> Iterator[tuple[BinaryIO, _Hashing]]:
    """Open a file for writing; yield the plain file and a hashing one. At the end the data are on the disk."""
    with path.open("wb") as file:
        yield file, _Hashing(file)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    with suppress(OSError):  # Windows cannot sync a folder
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_array(path: Path, rows: Matrix) -> str:
    """Write rows as .npy, piece by piece; return the checksum."""
    with synced(path) as (_, file):
        header = {"descr": "<f4", "fortran_order": False, "shape": rows.shape}
        np.lib.format.write_array_header_2_0(file, header)  # type: ignore[arg-type]
        step = max(1, PIECE // (4 * rows.shape[1]))
        for start in range(0, len(rows), step):
            file.write(np.ascontiguousarray(rows[start : start + step], "<f4").data.cast("B"))
        return file.digest.hexdigest()


def write_lines(path: Path, lines: Iterable[bytes]) -> str:
    """Write lines; return the checksum."""
    with synced(path) as (_, file):
        for line in lines:
            file.write(line)
        return file.digest.hexdigest()


def checksum(path: Path) -> str:
    """Return the checksum of a file."""
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def load_array(
    path: Path, dtype: type[Scalar], shape: tuple[int, int] | None, mode: Literal["r", "c"] = "r"
) -> npt.NDArray[Scalar]:
    """Memory-map an array.

    Args:
        path: a .npy file.
        dtype: the required type.
        shape: the required shape, with -1 for any number of rows; None for one axis of any length.
        mode: r for read-only; c for copy-on-write, which a kernel accepts like any other array.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is not such an array.
    """
    array = map_npy(path, mode)
    if shape is not None and shape[0] < 0:
        shape = (len(array), shape[1])
    if array.dtype != dtype or array.shape != (shape or (array.size,)):
        raise ValueError(f"{path.name} is not an array of {np.dtype(dtype)} {shape or ''}")
    return array
