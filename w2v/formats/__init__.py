"""Vector files: one module a format, each with `read(path)` and `write(path, contents)`; told by suffix or by name."""

import importlib
import importlib.util
import os
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from w2v.base import stores
from w2v.base.arrays import Matrix
from w2v.base.errors import MissingFileError, SettingsError, W2VError
from w2v.base.files import STDOUT, check_space, trial_path
from w2v.formats.common import LONE, Contents, check_finite
from w2v.text.subwords import NGrams, Subwords

__all__ = [
    "FORMATS",
    "Contents",
    "Format",
    "check",
    "drop_rows",
    "find",
    "find_source",
    "first_rows",
    "folder_files",
    "output_rows_path",
    "read",
    "repeated_words",
    "unsupported_words",
    "write",
]

TEXTS = ("word2vec_text", "glove", "tensorboard", "floret")
"""Modules of the formats that write numbers out."""
HALVES = LONE.pattern.strip("[]")
ANY = LONE
CELL = re.compile(rf"[\t\n\r{HALVES}]|\A\Z")
"""What a cell of a table cannot hold."""
TOKEN = re.compile(rf"[\s{HALVES}]|\A\Z")
"""What cannot stand between two spaces."""


TRIAL_WORDS = 10_000
"""Words that a writer is tried on; which words a format cannot hold, its patterns say of all."""


@dataclass(frozen=True)
class Format:
    """What is known of a format before its module is loaded."""

    name: str
    title: str
    module: str
    suffixes: tuple[str, ...]
    forbidden: re.Pattern[str]
    """Found in a word that the format cannot hold."""
    stores: tuple[str, ...] = ()
    """What it holds besides words and vectors, by the names of Contents."""
    can_gzip: bool = False
    """Whether .gz may follow the suffix."""
    can_stop: bool = False
    """Whether its reader takes a limit, and reads no further."""
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
        Format("word2vec", "word2vec binary", "word2vec_binary", (".bin",), TOKEN, can_gzip=True, can_stop=True),
        Format(
            "word2vec-text", "word2vec text", "word2vec_text", (".txt", ".vec"), TOKEN, can_gzip=True, can_stop=True
        ),
        Format("glove", "GloVe text", "glove", (".glove.txt", ".glove"), TOKEN, can_gzip=True, can_stop=True),
        Format(
            "native",
            "a w2v folder",
            "native",
            (".w2v",),
            CELL,
            ("counts", "output", "settings", "subwords", "lines"),
        ),
        Format("fasttext", "fastText's model", "fasttext", (".fasttext.bin",), TOKEN, ("counts", "output", "subwords")),
        Format("floret", "floret's table", "floret", (".floret",), ANY, ("subwords",)),
        Format("safetensors", "safetensors", "safetensors", (".safetensors",), TOKEN, distinct=True),
        Format("tensorboard", "TensorBoard's tables", "tensorboard", (".projector",), CELL, ("counts",)),
        Format("parquet", "Parquet", "parquet", (".parquet",), ANY, ("counts",), extra="parquet", library="pyarrow"),
        Format("finalfusion", "finalfusion", "finalfusion", (".fifu",), ANY, distinct=True),
        Format("word2vec-vocab", "word2vec.c's vocabulary", "word2vec_vocab", (), TOKEN, ("counts",), distinct=True),
    )
}
"""By name."""
STREAMED = ("word2vec-text", "word2vec", "glove", "word2vec-vocab")
"""The formats that can be written to standard output; the first where none is named."""
SUFFIXES = {suffix: format for format in FORMATS.values() for suffix in format.suffixes}


def find(path: str | Path, name: str | None = None) -> Format:
    """Return the format of a path: the one of this name, else that of its suffix; of `-`, standard output, text.

    Raises:
        SettingsError: there is none; the message lists those there are. Or standard output cannot hold it.
    """
    if name is None and str(path) == STDOUT:
        name = STREAMED[0]
    if name is not None:
        if name not in FORMATS:
            raise SettingsError(f"there is no format '{name}'; known are: {', '.join(FORMATS)}")
        if str(path) == STDOUT and name not in STREAMED:
            raise SettingsError(f"{FORMATS[name].title} cannot go to standard output; {', '.join(STREAMED)} can")
        return FORMATS[name]
    suffix = _suffix(path)
    format = SUFFIXES.get(suffix.removesuffix(".gz"))
    if format is None or (suffix.endswith(".gz") and not format.can_gzip):
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


def find_source(path: str | Path, name: str | None = None) -> Format:
    """Return the format of a file to read, as `find` does; on this machine a .bin of fastText by its bytes.

    Raises:
        W2VError: there is no such file.
        SettingsError: the format is unknown.
    """
    if stores.url_of(path) is not None:
        return find(path, name)
    if not os.path.exists(path):
        if os.path.islink(path):
            raise W2VError(f"the link {path} leads to nothing; mend or remove it")
        raise MissingFileError(f"there is no file {path}; check the name")
    format = find(path, name)
    return FORMATS["fasttext"] if format.name == "word2vec" and name is None and is_fasttext(path) else format


def read(path: str | Path, name: str | None = None, limit: int | None = None) -> Contents:
    """Return what a vector file holds.

    A word may be there twice: all rows are returned, and a lookup finds the first (see `repeated_words`).

    Args:
        path: the file or folder.
        name: of the format, where the suffix does not say it.
        limit: return the first so many words at most; word2vec's and GloVe's files are read no further.

    Raises:
        SettingsError: the format is unknown.
        W2VError: the file is missing, is damaged, or has a number that is not finite. Of a mapped matrix (a w2v folder
            or safetensors) numbers are not looked at here, but when they are used.
    """
    try:
        copy = stores.local_copy(path, folder_files(find_source(path, name)))
        format = find_source(copy, name)  # of a copy, by its bytes too
        module = format.load()
        contents: Contents = module.read(copy, limit) if format.can_stop else module.read(copy)
    except MissingFileError:
        raise
    except (OSError, EOFError, zlib.error) as error:
        raise W2VError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from error
    except MemoryError as error:
        raise W2VError(f"cannot read {path}: not enough memory; convert it to .w2v, which is mapped") from error
    if limit is not None and limit < len(contents.words):
        contents = first_rows(contents, limit)
    if not isinstance(contents.vectors, np.memmap):
        check_finite(path, contents.words, contents.vectors)
    return contents


def write(path: str | Path, contents: Contents, name: str | None = None) -> list[Path]:
    """Write a vector file, whole or not at all; return what was written.

    Output rows that the format cannot hold go into a file of their own, at `output_rows_path`.

    Args:
        path: the file or folder.
        contents: what to write.
        name: of the format, where the suffix does not say it.

    Raises:
        SettingsError: the format is unknown.
        W2VError: it cannot be written, cannot hold some of the words, or a number is not finite.
    """
    format = find(path, name)
    module = format.load()
    check_words(path, format, contents.words)
    check_finite(path, contents.words, contents.vectors)
    module.write(Path(path), contents)
    if contents.output is None or "output" in format.stores or format.name == "word2vec-vocab":
        return [Path(path)]
    module.write(output_rows_path(path), replace(contents, vectors=contents.output, output=None))
    return [Path(path), output_rows_path(path)]


def check(
    path: str | Path,
    words: Sequence[str],
    dim: int,
    settings: dict[str, Any] | None = None,
    *,
    save_output: bool = False,
    name: str | None = None,
    ngrams: NGrams | None = None,
    n_lines: int = 0,
) -> None:
    """Raise what `write` would raise for these words and settings, before there are vectors to lose.

    The settings and the first words are written next to `path`, with vectors of one number, and removed again.

    Args:
        path: the file or folder to be written.
        words: (n_types,) the words to be written.
        dim: the size of their vectors, for the space that they take.
        settings: how they are to be trained, as `Contents` has it.
        save_output: whether output rows are to be written too.
        name: of the format, where the suffix does not say it.
        ngrams: those whose rows are to be written too.
        n_lines: how many lines have vectors, which are to be written too where the format has a place for them.

    Raises:
        SettingsError: the format is unknown.
        W2VError: it cannot be written, cannot hold some of the words, or there is no space for it.
    """
    format = find(path, name)
    module = format.load()
    check_words(path, format, words)
    if str(path) == STDOUT:
        return
    few = list(words[:TRIAL_WORDS])
    rows, counts = np.ones((len(few), 1), np.float32), np.ones(len(few), np.int64)
    output = rows if save_output and "output" in format.stores else None
    with trial_path(path, getattr(module, "FILES", ())) as trial:
        try:
            module.write(trial, Contents(few, rows, counts, output, settings, subwords=no_buckets(ngrams, rows)))
        except Exception as error:  # whatever a library raises: later it would cost the vectors
            reason = str(error).replace(str(trial), str(path))
            raise W2VError(reason if isinstance(error, W2VError) else f"cannot write {path}: {reason}") from error
    size = (1 + save_output) * expected_bytes(path, words, dim, name)
    if ngrams is not None and format.name in ("fasttext", "floret"):  # zeros for each bucket without a row
        size += ngrams.buckets * dim * (11 if format.module in TEXTS else 4)
    if "lines" in format.stores:
        size += 4 * n_lines * dim
    check_space(path, size)


def no_buckets(ngrams: NGrams | None, rows: Matrix) -> Subwords | None:
    """Return n-grams of which none has a row, for words with these rows, (n, dim)."""
    if ngrams is None:
        return None
    return Subwords(replace(ngrams, buckets=1), np.empty(0, np.int64), rows if ngrams.has_word_rows else rows[:0])


def is_fasttext(path: str | Path) -> bool:
    """Return whether a file is a model of fastText, which has the suffix of word2vec's vectors there: .bin."""
    return os.path.isfile(path) and bool(FORMATS["fasttext"].load().is_model(Path(path)))


def left_out(format: Format, contents: Contents) -> str:
    """Return what a format has no place for, in words: of what may be left out, those that there are."""
    known = {"counts": "counts", "settings": "settings", "subwords": "the rows of n-grams", "lines": "line vectors"}
    lost = [text for name, text in known.items() if getattr(contents, name) is not None and name not in format.stores]
    return " and ".join([", ".join(lost[:-1]), lost[-1]] if len(lost) > 1 else lost)


def check_words(path: str | Path, format: Format, words: Sequence[str]) -> None:
    """Raise W2VError where a format cannot hold some of the words; the message has the first three."""
    rows = unsupported_words(format, words)
    if rows:
        shown = ", ".join(repr(words[row])[:40] for row in rows[:3]) + ", ..." * (len(rows) > 3)
        raise W2VError(
            f"cannot write {path}: {format.title} cannot hold {len(rows):,} of the words: {shown}; "
            "rename them, or leave them out: w2v convert --skip-words"
        )


def output_rows_path(path: str | Path) -> Path:
    """Return where output rows go that a file cannot hold: vectors.output.bin for vectors.bin."""
    path, suffix = Path(path), _suffix(path)
    return path.with_name(
        f"{path.name[: len(path.name) - len(suffix)]}.output{path.name[len(path.name) - len(suffix) :]}"
    )


def unsupported_words(format: Format, words: Sequence[str]) -> list[int]:
    """Return the rows of the words that a format cannot hold: with whitespace in them, empty, or repeated."""
    rows = [row for row, word in enumerate(words) if format.forbidden.search(word)]
    return sorted({*rows, *repeated_words(words)}) if format.distinct else rows


def repeated_words(words: Sequence[str]) -> list[int]:
    """Return the rows of words that an earlier row has too: lookups find the first row, and never these.

    Examples:
        >>> repeated_words(["a", "b", "a"])
        [2]
    """
    first: dict[str, int] = {}
    return [row for row, word in enumerate(words) if first.setdefault(word, row) != row]


def drop_rows(contents: Contents, rows: Sequence[int]) -> Contents:
    """Return the contents without some rows."""
    kept = np.delete(np.arange(len(contents.words)), rows)
    return replace(
        contents,
        words=[contents.words[row] for row in kept.tolist()],
        vectors=contents.vectors[kept],
        norms=None,
        counts=None if contents.counts is None else contents.counts[kept],
        output=None if contents.output is None else contents.output[kept],
        subwords=None if contents.subwords is None else contents.subwords.without_words(rows),
    )


def first_rows(contents: Contents, n: int) -> Contents:
    """Return the contents of the first n rows; nothing is copied."""
    rows = ("words", "vectors", "counts", "output", "norms")
    return replace(contents, **{name: held[:n] for name in rows if (held := getattr(contents, name)) is not None})


def _suffix(path: str | Path) -> str:
    """Return the longest known suffix of a path, .gz included; of one that is unknown the last part."""
    name = Path(path).name.lower()
    plain = name.removesuffix(".gz")
    known = [suffix for suffix in SUFFIXES if plain.endswith(suffix) and plain != suffix]
    return name[len(plain) - len(max(known, key=len)) :] if known else Path(name).suffix


def expected_bytes(path: str | Path, words: Sequence[str], dim: int, name: str | None = None) -> int:
    """Return about how many bytes a vector file will take, rather too few than too many."""
    format = find(path, name)
    if _suffix(path).endswith(".gz") or format.name == "word2vec-vocab":
        return 0  # nobody knows
    number = 11 if format.module in TEXTS else 4  # nine digits, a sign, a point, a space
    return sum(map(len, words)) + len(words) * dim * number
