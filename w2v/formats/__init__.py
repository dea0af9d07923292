"""Vector files: one module a format, told by suffix. Each has `read(path)` and `write(path, ...)`."""

from collections.abc import Callable
from pathlib import Path

from w2v.errors import SettingsError, W2VError
from w2v.formats import word2vec_binary, word2vec_text
from w2v.formats.common import Matrix

READERS: dict[str, Callable[[Path], tuple[list[str], Matrix]]] = {
    ".bin": word2vec_binary.read,
    ".txt": word2vec_text.read,
    ".vec": word2vec_text.read,
}
WRITERS: dict[str, Callable[[Path, list[str], Matrix], None]] = {
    ".bin": word2vec_binary.write,
    ".txt": word2vec_text.write,
    ".vec": word2vec_text.write,
}


def check_suffix(path: str | Path) -> str:
    """Return the suffix of a vector file.

    Raises:
        SettingsError: no format has it; the message lists those there are.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in WRITERS:
        named = f"'{suffix}'" if suffix else "no suffix"
        raise SettingsError(f"{path} has {named}; vector files end in {', '.join(WRITERS)}")
    return suffix


def read(path: str | Path) -> tuple[list[str], Matrix]:
    """Return the words of a vector file and their vectors, (n_types, dim) float32.

    Raises:
        SettingsError: the suffix is unknown.
        W2VError: the file is missing or is not what its suffix says.
    """
    reader = READERS[check_suffix(path)]
    try:
        return reader(Path(path))
    except OSError as error:
        raise W2VError(f"cannot read {path}: {error.strerror or error}") from error


def write(path: str | Path, words: list[str], vectors: Matrix) -> None:
    """Write words and vectors, (n_types, dim) float32, whole or not at all.

    Raises:
        SettingsError: the suffix is unknown.
        W2VError: the file cannot be written.
    """
    WRITERS[check_suffix(path)](Path(path), words, vectors)


def expected_bytes(path: str | Path, words: list[str], dim: int) -> int:
    """Return about how many bytes a vector file will take, rather too few than too many."""
    number = 11 if WRITERS[check_suffix(path)] is word2vec_text.write else 4  # nine digits, a sign, a point, a space
    return sum(map(len, words)) + len(words) * dim * number
