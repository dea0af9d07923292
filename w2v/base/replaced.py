"""Describes the content of a file that is about to be replaced."""

import os
import re
import time
from pathlib import Path

from w2v.base.files import STDOUT
from w2v.base.stores import url_of

HEADER = re.compile(rb"(\d{1,12}) (\d{1,6})\r?\n")
"""The first line of word2vec's files: the number of words and the size of a vector."""
HEADER_BYTES = 32


def is_there(path: str | Path) -> bool:
    """Return whether a path is a file or folder that writing would replace; not standard output, a pipe or a URL."""
    return str(path) != STDOUT and url_of(path) is None and (os.path.isfile(path) or os.path.isdir(path))


def what_it_holds(path: str | Path) -> str:
    """Return a description of a file or folder and its time of writing; empty if it does not exist.

    Only the header of vectors is read.
    """
    path = Path(path)
    if not is_there(path):
        return ""
    try:
        written = time.strftime("%Y-%m-%d %H:%M", time.localtime(_newest(path)))
        shape = shape_of(path)
        held = f"{shape[0]:,} words x {shape[1]}" if shape else _size(path)
        return f"{held}, written {written}"
    except OSError:
        return ""


def shape_of(path: Path) -> tuple[int, int] | None:
    """Return the number of words and the size of the vectors in a file or folder; only the header is read.

    Returns None if it is not a word2vec file or a .w2v folder.
    """
    if path.is_dir():
        if not (path / "vectors.npy").is_file():
            return None
        import numpy as np

        try:
            shape = np.load(path / "vectors.npy", mmap_mode="r").shape
        except ValueError:
            return None
        return shape if len(shape) == 2 else None
    with path.open("rb") as file:
        header = HEADER.match(file.read(HEADER_BYTES))
    return (int(header[1]), int(header[2])) if header else None


def _size(path: Path) -> str:
    """Return the size of a file or of the files in a folder, as a text."""
    n_bytes = sum(one.stat().st_size for one in _files(path))
    return f"{n_bytes / 1e6:,.1f} MB" if n_bytes >= 100_000 else f"{n_bytes:,} bytes"


def _newest(path: Path) -> float:
    """Return the time when a file, or the newest file of a folder, was written."""
    return max((one.stat().st_mtime for one in _files(path)), default=path.stat().st_mtime)


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [Path(one.path) for one in os.scandir(path) if one.is_file()]
