"""What the formats share: the type of a matrix, and the header of word2vec files."""

from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from w2v.errors import W2VError

Matrix = npt.NDArray[np.float32]

HEADER_LIMIT = 64
"""Two numbers of up to 20 digits fit; a file without a newline here is something else."""


def read_header(file: BinaryIO, path: Path, min_row_bytes: int, min_number_bytes: int) -> tuple[int, int]:
    """Return (n_types, dim) from the first line, having seen that the file can hold that much.

    Args:
        file: at its start; left behind the header.
        path: for the message.
        min_row_bytes: the least a row takes apart from its numbers.
        min_number_bytes: the least a number takes.

    Raises:
        W2VError: there is no such line, or it promises more than the file's size can hold.
    """
    line = file.readline(HEADER_LIMIT)
    fields = line.split()
    if not line.endswith(b"\n") or len(fields) != 2 or not all(f.isdigit() for f in fields):
        raise W2VError(f"{path} is no word2vec file: its first line is not `words dim`")
    n_types, dim = int(fields[0]), int(fields[1])
    if n_types == 0 or dim == 0:
        raise W2VError(f"{path} holds no vectors: its header says {n_types} x {dim}")
    size = path.stat().st_size - len(line)
    needed = n_types * (min_row_bytes + dim * min_number_bytes)
    if needed > size + 1:  # the last row may lack its newline
        raise W2VError(
            f"{path} is cut short or no word2vec file: its header says {n_types:,} x {dim:,}, which takes at "
            f"least {needed:,} bytes, and {size:,} follow"
        )
    return n_types, dim


def check_word(word: str, path: Path, forbidden: str) -> None:
    """Raise W2VError where a word has a character that would end it in the file."""
    if any(character in word for character in forbidden):
        raise W2VError(f"{path} cannot hold the word {word!r}: replace its whitespace, by '_' for example")
