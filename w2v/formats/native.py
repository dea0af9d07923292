"""w2v's own folder format: vectors that can be memory-mapped, word counts, and a record of the training.

vectors.npy    (n_types, dim) float32
norms.npy      (n_types, 1) float32, the lengths of the vectors, with 1 for length 0; may be missing
output.npy     like vectors.npy, the output rows, if they were saved
input.npy      with subwords, (n_own + n_buckets_used, dim) float32: the words' own rows, then those of the buckets
buckets.npy    with subwords, (n_buckets_used,) int64: the bucket of each of the latter rows
lines.npy      with line vectors, (n_lines, dim) float32: the vectors of lines
lines.txt      names of the lines, one per line, if they have names
vocab.tsv      one line per word: a word, a tab and its count; only the word if counts are unknown
config.json    the version of this format; w2v's version, every setting, the corpus' fingerprints, scores
run.json       when, where and how long the vectors were trained: equal runs differ only in this file

In a folder of several runs, config.json has `runs`, their number, and `bootstrap`. Its float32 matrices have an
additional first dimension: vectors.npy is (n_runs, n_types, dim). All other files belong to all runs, except run.json,
which belongs to the first.
"""

import mmap
import warnings
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, NotRequired, TypedDict

import numpy as np
import numpy.typing as npt

from w2v.base.arrays import Counts, Indices, Matrix
from w2v.base.cosines import all_lengths
from w2v.base.errors import W2VError
from w2v.base.files import replacing_folder
from w2v.base.npy import map_npy, npy_header
from w2v.base.typed_json import checked, member, parse
from w2v.formats.common import checked_counts, parse_count, to_json, with_finite_rows, write_rows, write_words
from w2v.formats.model import Lines, Model, Trained
from w2v.formats.options import DEFAULTS, ReadOptions
from w2v.formats.registry import FORMATS
from w2v.formats.vocab_table import VocabTable
from w2v.text.subwords import NGrams, Subwords

VERSION = 1
LARGE = 1 << 22
"""From this number of bytes of a vocabulary, only requested words become strings; smaller ones take up to 60 ms."""


class Config(TypedDict):
    """The content of config.json; further keys are kept."""

    trained: dict[str, Any] | None
    subwords: NotRequired[NGrams | None]
    runs: NotRequired[int]
    bootstrap: NotRequired[str | None]


class Part(NamedTuple):
    """One of the runs in a folder."""

    run: int
    n_runs: int


def read(path: Path, options: ReadOptions = DEFAULTS) -> Model:
    """Return the content of the folder; vectors and output rows are mapped and read as needed.

    Raises:
        W2VError: one of its files is missing or damaged, or was written by another version.
    """
    config = _read_config(path)
    if n_runs := config.get("runs"):
        raise W2VError(
            f"{path} holds {n_runs:,} runs, where one model is wanted: take one of them out with `w2v convert {path} "
            f"one.w2v --run 1`, or in Python w2v.Runs.load(...)[0]"
        )
    words, counts = _read_vocab(path / "vocab.tsv")
    return with_finite_rows(path, _read_model(path, config, words, counts), options)


def read_runs(path: Path) -> tuple[list[Model], str | None] | None:
    """Return the models of a folder of several runs, and how the corpus was resampled; None for other folders.

    Raises:
        W2VError: as in `read`.
    """
    config = _read_config(path)
    n_runs = config.get("runs")
    if n_runs is None:
        return None
    if n_runs < 1:
        raise W2VError(f"{path / 'config.json'} is damaged: `runs` is out of range")
    words, counts = _read_vocab(path / "vocab.tsv")
    parts = (Part(run, n_runs) for run in range(n_runs))
    return [_read_model(path, config, words, counts, part) for part in parts], config.get("bootstrap")


def _read_config(path: Path) -> Config:
    try:
        config = parse((path / "config.json").read_bytes())
        if (version := member(config, "format", int)) != VERSION:
            raise W2VError(f"{path} has version {version}, and this w2v reads version {VERSION}")
        found: Config = checked(config, Config)
        return found
    except ValueError as error:
        raise W2VError(f"{path / 'config.json'} is damaged: {error}") from None


def _read_trained(path: Path, config: Config, part: Part | None) -> Trained | None:
    """Return the record of the training; of several runs, each has the seed of the run before plus 1."""
    try:
        trained = None if config["trained"] is None else Trained(config["trained"])
    except ValueError as error:
        raise W2VError(f"{path / 'config.json'} is damaged: {error}") from None
    if trained is not None and (path / "run.json").exists():
        try:
            trained = trained.with_facts(run=checked(parse((path / "run.json").read_bytes()), dict[str, Any]))
        except ValueError as error:
            raise W2VError(f"{path / 'run.json'} is damaged: {error}") from None
    return trained if trained is None or part is None else trained.with_seed_after(part.run)


def _read_model(
    path: Path, config: Config, words: Sequence[str], counts: Counts | None, part: Part | None = None
) -> Model:
    """Return the model of a folder or of one of its runs."""
    trained = _read_trained(path, config, part)
    vectors = _map(path / "vectors.npy", len(words), part)
    norms, output = (
        _map(path / name, len(words), part) if (path / name).exists() else None for name in ("norms.npy", "output.npy")
    )
    if norms is not None and norms.shape[1] != 1:
        raise W2VError(f"{path / 'norms.npy'} is damaged: it has {norms.shape[1]:,} numbers for a vector, not one")
    subwords = _read_subwords(path, config.get("subwords"), len(words), part)
    lines = _read_lines(path, vectors.shape[1], part)
    return Model(words, vectors, counts, output, subwords, lines, trained, None if norms is None else norms[:, 0])


def write(path: Path, model: Model) -> None:
    """Write the folder, completely or not at all. An existing folder is replaced if it has only these files."""
    with replacing_folder(path, FORMATS["native"].files) as folder:
        for name, matrix in _matrices(model).items():
            with (folder / name).open("wb") as file:
                file.write(npy_header("<f4", matrix.shape))
                write_rows(file, matrix)
        _write_shared(folder, model, {})


def write_runs(path: Path, models: Iterable[Model], n_runs: int, bootstrap: str | None) -> None:
    """Write a folder of several runs, completely or not at all; each model is written as soon as it is available.

    Args:
        path: the folder.
        models: n_runs models with the same words.
        n_runs: number of models.
        bootstrap: how the corpus was resampled for each run.

    Raises:
        W2VError: a model has other matrices than the first one, such as output rows, or other sizes.
    """
    with replacing_folder(path, FORMATS["native"].files) as folder, ExitStack() as stack:
        files: dict[str, BinaryIO] = {}
        sizes: dict[str, tuple[int, ...]] = {}
        for number, model in enumerate(models, 1):
            matrices = _matrices(model)
            found = {name: matrix.shape for name, matrix in matrices.items()}
            if not files:
                sizes = found
                _write_shared(folder, model, {"runs": n_runs, "bootstrap": bootstrap})
                files = {name: stack.enter_context((folder / name).open("wb")) for name in matrices}
                for name, file in files.items():
                    file.write(npy_header("<f4", (n_runs, *matrices[name].shape)))
            if found != sizes:
                other = min(name for name in found.keys() | sizes.keys() if found.get(name) != sizes.get(name))
                raise W2VError(f"cannot write {path}: {other.removesuffix('.npy')} of run {number} is not as in run 1")
            for name, file in files.items():
                write_rows(file, matrices[name])


def _matrices(model: Model) -> dict[str, Matrix]:
    """Return the matrices of a model, by the names of their files."""
    found = {
        "vectors.npy": model.vectors,
        "norms.npy": all_lengths(model.vectors)[:, None],
        "output.npy": model.output,
        "input.npy": None if model.subwords is None else model.subwords.input,
        "lines.npy": None if model.lines is None else model.lines.vectors,
    }
    return {name: matrix for name, matrix in found.items() if matrix is not None}


def _write_shared(folder: Path, model: Model, more: Mapping[str, Any]) -> None:
    """Write everything that is not a float32 matrix; `more` is added to config.json."""
    write_words(folder / "vocab.tsv", model.words, model.counts)
    config = {"format": VERSION, "trained": model.trained and model.trained.reproducible, **more}
    if model.subwords is not None:
        config["subwords"] = asdict(model.subwords.ngrams)
        np.save(folder / "buckets.npy", model.subwords.buckets, allow_pickle=False)
    if model.lines is not None and model.lines.names is not None:
        write_words(folder / "lines.txt", model.lines.names, None)
    if model.trained is not None and (run := model.trained.json.get("run")):
        (folder / "run.json").write_bytes(to_json(run, indent=1) + b"\n")
    (folder / "config.json").write_bytes(to_json(config, indent=1) + b"\n")


def _read_subwords(path: Path, ngrams: NGrams | None, n_types: int, part: Part | None) -> Subwords | None:
    """Return the rows of n-grams, mapped; None if config.json has no n-grams.

    Raises:
        W2VError: the files are damaged.
    """
    if ngrams is None:
        return None
    buckets: Indices = _open(path / "buckets.npy")
    if buckets.dtype != np.dtype("<i8") or buckets.ndim != 1:
        raise W2VError(f"{path / 'buckets.npy'} is not a list of int64")
    if len(buckets) and not 0 <= buckets.min() <= buckets.max() < ngrams.buckets:
        raise W2VError(f"{path / 'buckets.npy'} has numbers outside of {ngrams.buckets:,} buckets")
    input = _map(path / "input.npy", len(buckets) + (n_types if ngrams.has_word_rows else 0), part)
    return Subwords(ngrams, buckets, input)


def _read_lines(path: Path, dim: int, part: Part | None) -> Lines | None:
    """Return the vectors of lines, mapped, and their names; None if there are none.

    Raises:
        W2VError: the files are damaged.
    """
    if not (path / "lines.npy").exists():
        return None
    vectors = _map(path / "lines.npy", None, part)
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
        counts = [parse_count(count) for row in rows for count in row[1:]]
    except ValueError as error:
        raise W2VError(f"{path} is damaged: {error}") from None
    words = [row[0] for row in rows]
    return words, checked_counts(path, words, counts)


def _map(path: Path, n_rows: int | None, part: Part | None) -> Matrix:
    """Return the mapped matrix of a .npy file, or of one of its runs; nothing in the file is trusted.

    If the number of rows is None, any number is allowed.
    """
    matrix: Matrix = _open(path)
    if part is not None:
        if matrix.ndim != 3 or len(matrix) != part.n_runs:
            raise W2VError(f"{path} does not have a matrix for each of {part.n_runs:,} runs")
        matrix = matrix[part.run]
    if matrix.dtype != np.dtype("<f4") or matrix.ndim != 2 or not matrix.flags.c_contiguous:
        raise W2VError(f"{path} is not a matrix of float32 in rows")
    n_rows = len(matrix) if n_rows is None else n_rows
    if len(matrix) != n_rows or matrix.shape[1] == 0:
        raise W2VError(f"{path} has {matrix.shape[0]:,} x {matrix.shape[1]:,} numbers for {n_rows:,} words")
    return matrix


def _open(path: Path) -> npt.NDArray[Any]:
    """Return the array of a .npy file, mapped."""
    try:
        with warnings.catch_warnings(action="error"):  # warnings about a header that w2v did not write
            warnings.simplefilter("ignore", ResourceWarning)  # about a file that an interrupt leaves open
            return map_npy(path)
    except ValueError as error:
        raise W2VError(f"{path} is damaged: {error}") from None
