"""Vector files: one module a format, each with `read(path)` and `write(path, contents)`; told by suffix or by name."""

import importlib
import importlib.util
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

import numpy as np

from w2v.errors import SettingsError, W2VError
from w2v.formats.common import Contents

__all__ = ["FORMATS", "Contents", "Format", "beside", "find", "folder_files", "read", "unfit", "without", "write"]

TEXTS = ("word2vec_text", "glove", "tensorboard")
"""Modules of the formats that write numbers out."""
LONE = "\ud800-\udfff"
"""Halves of a character that UTF-8 has no bytes for."""
ANY = re.compile(f"[{LONE}]")
CELL = re.compile(rf"[\t\n\r{LONE}]|\A\Z")
"""What a cell of a table cannot hold."""
TOKEN = re.compile(rf"[\s{LONE}]|\A\Z")
"""What cannot stand between two spaces."""


@dataclass(frozen=True)
class Format:
    """What is known of a format before its module is loaded."""

    name: str
    title: str
    module: str
    suffixes: tuple[str, ...]
    spoils: re.Pattern[str]
    """Found in a word that the format cannot hold."""
    keeps: tuple[str, ...] = ()
    """What it holds besides words and vectors, by the names of Contents."""
    packs: bool = False
    """Whether .gz may follow the suffix."""
    distinct: bool = False
    """Whether no word may be there twice."""
    extra: str = ""
    """The extra of w2v that it needs, of which it loads `library`."""
    library: str = ""

    def load(self) -> ModuleType:
        """Return the module.

        Raises:
            W2VError: the library that it needs is not installed.
        """
        if self.library and importlib.util.find_spec(self.library) is None:
            raise W2VError(f"{self.title} needs {self.library}: pip install 'w2v[{self.extra}]'")
        return importlib.import_module(f"w2v.formats.{self.module}")


FORMATS = {
    format.name: format
    for format in (
        Format("word2vec", "word2vec binary", "word2vec_binary", (".bin",), TOKEN, packs=True),
        Format("word2vec-text", "word2vec text", "word2vec_text", (".txt", ".vec"), TOKEN, packs=True),
        Format("glove", "GloVe text", "glove", (".glove.txt", ".glove"), TOKEN, packs=True),
        Format("native", "a w2v folder", "native", (".w2v",), CELL, ("counts", "output", "settings")),
        Format("safetensors", "safetensors", "safetensors", (".safetensors",), TOKEN, distinct=True),
        Format("tensorboard", "TensorBoard's tables", "tensorboard", (".projector",), CELL, ("counts",)),
        Format("parquet", "Parquet", "parquet", (".parquet",), ANY, ("counts",), extra="parquet", library="pyarrow"),
        Format("finalfusion", "finalfusion", "finalfusion", (".fifu",), ANY, distinct=True),
        Format("word2vec-vocab", "word2vec.c's vocabulary", "word2vec_vocab", (), TOKEN, ("counts",), distinct=True),
    )
}
"""By name."""
SUFFIXES = {suffix: format for format in FORMATS.values() for suffix in format.suffixes}


def find(path: str | Path, name: str | None = None) -> Format:
    """Return the format of a path: the one of this name, else that of its suffix.

    Raises:
        SettingsError: there is none; the message lists those there are.
    """
    if name is not None:
        if name not in FORMATS:
            raise SettingsError(f"there is no format '{name}'; known are: {', '.join(FORMATS)}")
        return FORMATS[name]
    suffix = _suffix(path)
    format = SUFFIXES.get(suffix.removesuffix(".gz"))
    if format is None or (suffix.endswith(".gz") and not format.packs):
        ends = f"ends in '{suffix}', which no format does" if suffix else "has no suffix"
        raise SettingsError(f"{path} {ends}; known are: {', '.join(SUFFIXES)}, and .gz behind .bin, .txt, .vec, .glove")
    return format


def folder_files(format: Format) -> tuple[str, ...]:
    """Return the names of the files of a format that is a folder, none for one that is a file.

    Raises:
        W2VError: a library that the format needs is not installed.
    """
    files: tuple[str, ...] = getattr(format.load(), "FILES", ())
    return files


def read(path: str | Path, name: str | None = None) -> Contents:
    """Return what a vector file holds.

    Args:
        path: the file or folder.
        name: of the format, where the suffix does not tell.

    Raises:
        SettingsError: the format is unknown.
        W2VError: the file is missing or is not what it should be.
    """
    module = find(path, name).load()
    try:
        contents: Contents = module.read(Path(path))
    except (OSError, EOFError, zlib.error) as error:
        raise W2VError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from error
    return contents


def write(path: str | Path, contents: Contents, name: str | None = None) -> list[Path]:
    """Write a vector file, whole or not at all; return what was written.

    Output rows that the format cannot hold go into a file of their own `beside` it.

    Args:
        path: the file or folder.
        contents: what to write.
        name: of the format, where the suffix does not tell.

    Raises:
        SettingsError: the format is unknown.
        W2VError: it cannot be written, or cannot hold some of the words; the message has these.
    """
    format = find(path, name)
    module = format.load()
    rows = unfit(format, contents.words)
    if rows:
        shown = ", ".join(repr(contents.words[row])[:40] for row in rows[:3]) + ", ..." * (len(rows) > 3)
        raise W2VError(
            f"cannot write {path}: {format.title} cannot hold {len(rows):,} of the words: {shown}; "
            "rename them, or leave them out: w2v convert --skip-words"
        )
    module.write(Path(path), contents)
    if contents.output is None or "output" in format.keeps or format.name == "word2vec-vocab":
        return [Path(path)]
    module.write(beside(path), replace(contents, vectors=contents.output, output=None))
    return [Path(path), beside(path)]


def beside(path: str | Path) -> Path:
    """Return where output rows go that a file cannot hold: vectors.output.bin for vectors.bin."""
    path, suffix = Path(path), _suffix(path)
    return path.with_name(
        f"{path.name[: len(path.name) - len(suffix)]}.output{path.name[len(path.name) - len(suffix) :]}"
    )


def unfit(format: Format, words: Sequence[str]) -> list[int]:
    """Return the rows of the words that a format cannot hold: with whitespace, empty, there for the second time."""
    rows = [row for row, word in enumerate(words) if format.spoils.search(word)]
    if format.distinct:
        seen = {word: row for row, word in reversed(list(enumerate(words)))}
        rows = sorted({*rows, *(row for row, word in enumerate(words) if seen[word] != row)})
    return rows


def without(contents: Contents, rows: Sequence[int]) -> Contents:
    """Return the contents without some rows."""
    kept = np.delete(np.arange(len(contents.words)), rows)
    return replace(
        contents,
        words=[contents.words[row] for row in kept.tolist()],
        vectors=contents.vectors[kept],
        counts=None if contents.counts is None else contents.counts[kept],
        output=None if contents.output is None else contents.output[kept],
    )


def _suffix(path: str | Path) -> str:
    """Return the longest known suffix of a path, .gz included; of one that is unknown the last part."""
    name = Path(path).name.lower()
    plain = name.removesuffix(".gz")
    known = [suffix for suffix in SUFFIXES if plain.endswith(suffix) and plain != suffix]
    return name[len(plain) - len(max(known, key=len)) :] if known else Path(name).suffix


def expected_bytes(path: str | Path, words: Sequence[str], dim: int) -> int:
    """Return about how many bytes a vector file will take, rather too few than too many."""
    format = find(path)
    if _suffix(path).endswith(".gz"):
        return 0  # nobody knows
    number = 11 if format.module in TEXTS else 4  # nine digits, a sign, a point, a space
    return sum(map(len, words)) + len(words) * dim * number
