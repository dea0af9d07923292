"""What a file holds that is about to be replaced, in words."""

import os
import re
import time
from pathlib import Path

from w2v.base.files import STDOUT
from w2v.base.stores import url_of
from w2v.reports import Reporter

HEADER = re.compile(rb"(\d{1,12}) (\d{1,6})\r?\n")
"""The first line of word2vec's files: the number of words, and the size of a vector."""
HEADER_BYTES = 32


def tell_of_replaced(path: str | Path | None, told: Reporter) -> None:
    """Report what `path` holds, if it is there: it will be replaced."""
    if path is not None and (held := what_it_holds(path)):
        told.tell(f"{path} will be replaced: it holds {held}")


def what_it_holds(path: str | Path) -> str:
    """Return what a file or folder holds, and when it was written; empty if there is none, or it is a pipe or URL.

    Of vectors only the header is read.
    """
    path = Path(path)
    if str(path) == STDOUT or url_of(path) is not None or not (path.is_file() or path.is_dir()):
        return ""
    try:
        written = time.strftime("%Y-%m-%d %H:%M", time.localtime(_newest(path)))
        return f"{_shape(path) or _size(path)}, written {written}"
    except OSError:
        return ""


def _shape(path: Path) -> str:
    """Return the number of words and the size of the vectors; empty if that takes more than reading a header."""
    if path.is_dir():
        if not (path / "vectors.npy").is_file():
            return ""
        import numpy as np

        try:
            shape = np.load(path / "vectors.npy", mmap_mode="r").shape
        except ValueError:
            return ""
        return f"{shape[0]:,} words x {shape[1]}" if len(shape) == 2 else ""
    with path.open("rb") as file:
        header = HEADER.match(file.read(HEADER_BYTES))
    return f"{int(header[1]):,} words x {int(header[2])}" if header else ""


def _size(path: Path) -> str:
    """Return the bytes of a file, or of the files of a folder."""
    n_bytes = sum(one.stat().st_size for one in _files(path))
    return f"{n_bytes / 1e6:,.1f} MB" if n_bytes >= 100_000 else f"{n_bytes:,} bytes"


def _newest(path: Path) -> float:
    """Return when a file, or the newest file of a folder, was written."""
    return max((one.stat().st_mtime for one in _files(path)), default=path.stat().st_mtime)


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [Path(one.path) for one in os.scandir(path) if one.is_file()]
