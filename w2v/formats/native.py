"""w2v's own folder: vectors that map into memory, the words' counts, and how they were trained.

vectors.npy    (n_types, dim) float32
norms.npy      (n_types, 1) float32, the lengths of the vectors, 1 where it is 0; a folder without it is read too
output.npy     like vectors.npy, for the output rows, where they were kept
input.npy      with subwords, (n_own + n_buckets_used, dim) float32: the words' own rows, then those of the buckets
buckets.npy    with subwords, (n_buckets_used,) int64: the bucket of each of these
lines.npy      with line vectors, (n_lines, dim) float32: the vectors of lines
lines.txt      their names, one per line, where lines have names
vocab.tsv      a word, a tab and its count a line; the word alone where counts are not known
config.json    the version of this format; w2v's version, every setting, the corpus' fingerprints
"""

import mmap
import warnings
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import numpy as np
import numpy.typing as npt

from w2v.base.arrays import Counts, Indices, Matrix
from w2v.base.cosines import all_lengths
from w2v.base.errors import W2VError
from w2v.base.files import replacing_folder
from w2v.base.npy import map_npy
from w2v.base.typed_json import checked, member, parse
from w2v.formats.common import checked_counts, to_json, with_finite_rows, write_rows, write_words
from w2v.formats.model import Lines, Model, Trained
from w2v.formats.options import DEFAULTS, ReadOptions
from w2v.formats.registry import FORMATS
from w2v.formats.vocab_table import VocabTable
from w2v.text.subwords import NGrams, Subwords

VERSION = 1
LARGE = 1 << 22
"""Bytes of a vocabulary of which only the words that are asked for become strings; all of fewer take 60 ms."""


class Config(TypedDict):
    """config.json; what else it has is kept."""

    trained: dict[str, Any] | None
    subwords: NotRequired[NGrams | None]


def read(path: Path, options: ReadOptions = DEFAULTS) -> Model:
    """Return what is in the folder; vectors and output rows are mapped, and read as they are used.

    Raises:
        W2VError: a file of it is missing or damaged, or another version wrote it.
    """
    try:
        config = parse((path / "config.json").read_bytes())
        if (version := member(config, "format", int)) != VERSION:
            raise W2VError(f"{path} has version {version}, and this w2v reads version {VERSION}")
        config = checked(config, Config)
        trained = None if config["trained"] is None else Trained(config["trained"])
    except ValueError as error:
        raise W2VError(f"{path / 'config.json'} is damaged: {error}") from None
    words, counts = _read_vocab(path / "vocab.tsv")
    vectors = _map(path / "vectors.npy", len(words))
    norms, output = (
        _map(path / name, len(words)) if (path / name).exists() else None for name in ("norms.npy", "output.npy")
    )
    if norms is not None and norms.shape[1] != 1:
        raise W2VError(f"{path / 'norms.npy'} is damaged: it has {norms.shape[1]:,} numbers for a vector, not one")
    subwords = _read_subwords(path, config.get("subwords"), len(words))
    lines = _read_lines(path, vectors.shape[1])
    norms = None if norms is None else norms[:, 0]
    return with_finite_rows(path, Model(words, vectors, counts, output, subwords, lines, trained, norms), options)


def write(path: Path, model: Model) -> None:
    """Write the folder, completely or not at all; one of these files alone that is there is replaced."""
    with replacing_folder(path, FORMATS["native"].files) as folder:
        _write_matrix(folder / "vectors.npy", model.vectors)
        _write_matrix(folder / "norms.npy", all_lengths(model.vectors)[:, None])
        if model.output is not None:
            _write_matrix(folder / "output.npy", model.output)
        write_words(folder / "vocab.tsv", model.words, model.counts)
        config = {"format": VERSION, "trained": model.trained and model.trained.json}
        if model.subwords is not None:
            config["subwords"] = asdict(model.subwords.ngrams)
            _write_matrix(folder / "input.npy", model.subwords.input)
            np.save(folder / "buckets.npy", model.subwords.buckets, allow_pickle=False)
        if model.lines is not None:
            _write_matrix(folder / "lines.npy", model.lines.vectors)
            if model.lines.names is not None:
                write_words(folder / "lines.txt", model.lines.names, None)
        (folder / "config.json").write_bytes(to_json(config, indent=1) + b"\n")


def _read_subwords(path: Path, ngrams: NGrams | None, n_types: int) -> Subwords | None:
    """Return the rows of n-grams, mapped; None where config.json does not speak of any.

    Raises:
        W2VError: they are damaged.
    """
    if ngrams is None:
        return None
    buckets: Indices = _open(path / "buckets.npy")
    if buckets.dtype != np.dtype("<i8") or buckets.ndim != 1:
        raise W2VError(f"{path / 'buckets.npy'} is not a list of int64")
    if len(buckets) and not 0 <= buckets.min() <= buckets.max() < ngrams.buckets:
        raise W2VError(f"{path / 'buckets.npy'} has numbers outside of {ngrams.buckets:,} buckets")
    input = _map(path / "input.npy", len(buckets) + (n_types if ngrams.has_word_rows else 0))
    return Subwords(ngrams, buckets, input)


def _read_lines(path: Path, dim: int) -> Lines | None:
    """Return the vectors of lines, mapped, and their names; None where there are none.

    Raises:
        W2VError: they are damaged.
    """
    if not (path / "lines.npy").exists():
        return None
    vectors = _map(path / "lines.npy", None)
    if vectors.shape[1] != dim:
        raise W2VError(f"{path / 'lines.npy'} is damaged: it has {vectors.shape[1]:,} numbers for a line, not {dim:,}")
    if not (path / "lines.txt").exists():
        return Lines(vectors, None)
    try:
        names = (path / "lines.txt").read_bytes().decode().split("\n")[:-1]
    except ValueError as error:
        raise W2VError(f"{path / 'lines.txt'} is damaged: {error}") from None
    if len(names) != len(vectors) or len(set(names)) != len(names):
        raise W2VError(f"{path / 'lines.txt'} is damaged: it has no name of its own for each of {len(vectors):,} lines")
    return Lines(vectors, names)


def _read_vocab(path: Path) -> tuple[Sequence[str], Counts | None]:
    if path.stat().st_size >= LARGE:
        with path.open("rb") as file:
            table = VocabTable.parse(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        if table is not None:
            return table, table.counts
    data = path.read_bytes()
    try:
        rows = [line.split("\t") for line in data.decode().removesuffix("\n").split("\n")]
        counts = [int(row[1]) for row in rows if len(row) > 1]
    except ValueError as error:
        raise W2VError(f"{path} is damaged: {error}") from None
    words = [row[0] for row in rows]
    return words, checked_counts(path, words, counts)


def _map(path: Path, n_rows: int | None) -> Matrix:
    """Return the matrix of a .npy file, mapped; nothing of the file is trusted. None allows any number of rows."""
    matrix: Matrix = _open(path)
    if matrix.dtype != np.dtype("<f4") or matrix.ndim != 2 or not matrix.flags.c_contiguous:
        raise W2VError(f"{path} is not a matrix of float32 in rows")
    n_rows = len(matrix) if n_rows is None else n_rows
    if len(matrix) != n_rows or matrix.shape[1] == 0:
        raise W2VError(f"{path} has {matrix.shape[0]:,} x {matrix.shape[1]:,} numbers for {n_rows:,} words")
    return matrix


def _open(path: Path) -> npt.NDArray[Any]:
    """Return the array of a .npy file, mapped."""
    try:
        with warnings.catch_warnings(action="error"):  # of a header that w2v has not written
            warnings.simplefilter("ignore", ResourceWarning)  # of a file that an interrupt leaves open
            return map_npy(path)
    except ValueError as error:
        raise W2VError(f"{path} is damaged: {error}") from None


def _write_matrix(path: Path, matrix: Matrix) -> None:
    with path.open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": matrix.shape}
        np.lib.format.write_array_header_1_0(file, header)  # type: ignore[arg-type]
        write_rows(file, matrix)
