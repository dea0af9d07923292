"""Convert a vector file to another format, optionally with changes to its vectors."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from w2v.base.errors import SettingsError, W2VError, option
from w2v.base.files import replacing
from w2v.base.outputs import check_outputs
from w2v.base.stores import url_of
from w2v.formats import fasttext
from w2v.formats.model import Model
from w2v.formats.registry import FORMATS, PARTS, Format, files_of, find, listed, what_is_lost
from w2v.formats.vector_files import read, write
from w2v.reports import Reporter
from w2v.vectors.classes import word_classes
from w2v.vectors.items import scoring_arrays
from w2v.vectors.runs import Runs
from w2v.vectors.transforms import main_directions, project, with_output_added, without_top_directions
from w2v.vectors.vectors import Vectors


@dataclass(frozen=True, kw_only=True)
class Changes:
    """The changes that a conversion makes."""

    skip_words: bool = False  # Leave out words that the format cannot store
    add_output: float | None = None  # Add this share of the output rows
    item_index: bool = False  # Use output rows and log counts, for an index by inner product
    all_but_the_top: int | None = None  # Remove the mean and this many of the directions with the largest variance
    dim: int | None = None  # Keep this many numbers of each vector
    reduce: str = "pca"  # Which numbers are kept: main directions, or the first numbers
    dtype: str | None = None  # Type of the stored numbers

    def check(self, format: Format) -> None:
        """Raise SettingsError if a format cannot store numbers of this type."""
        if self.dtype is not None and self.dtype not in format.dtypes:
            able = [one.suffixes[0] for one in FORMATS.values() if self.dtype in one.dtypes]
            raise SettingsError(
                f"{option('dtype', self.dtype)}: {format.title} stores {', '.join(format.dtypes)}; "
                f"{listed(able, 'or')} can store {self.dtype}",
                "dtype",
            )

    def apply(self, model: Model, warn: Callable[[str], None]) -> Model:
        """Return a model with changed vectors; parts that belong to the unchanged vectors are left out."""
        return replace(self._reduced(self._transformed(model, warn)), dtype=self.dtype)

    def _reduced(self, model: Model) -> Model:
        """Return a model with shorter vectors; output rows and other rows are reduced in the same way."""
        if self.dim is None:
            return model
        before = model.vectors.shape[1]
        directions = np.eye(before)[:, : self.dim]
        if self.reduce == "pca" or self.dim > before:
            directions = main_directions(model.vectors, self.dim)
        trained = model.trained and model.trained.with_facts(
            reduced={"by": self.reduce, "from": before, "to": self.dim}
        )
        return replace(model.mapped(lambda rows: project(rows, directions)), trained=trained)

    def _transformed(self, model: Model, warn: Callable[[str], None]) -> Model:
        if self.item_index:
            return self._for_index(model)
        if self.add_output is None and self.all_but_the_top is None:
            return model
        vectors = model.vectors
        if self.add_output is not None:
            if model.output is None:
                raise W2VError("there are no output rows to add: train with -o FILE.w2v, which has them")
            vectors = with_output_added(vectors, model.output, self.add_output)
        if self.all_but_the_top is not None:
            vectors = without_top_directions(vectors, self.all_but_the_top)
        lost = [PARTS[part] for part in ("output", "subwords") if part in model.parts]
        if lost:
            warn(f"left out {listed(lost, 'and')}, which belong to the vectors as they were")
        return replace(model, vectors=vectors, norms=None, output=None, subwords=None)

    def _for_index(self, model: Model) -> Model:
        """Return a model whose vectors are the output rows, with the logarithm of the count as an additional number."""
        for name in ("add_output", "all_but_the_top"):
            if getattr(self, name) is not None:
                raise SettingsError(f"{option(name)} cannot be used with {option('item_index')}; leave one out", name)
        output, log_counts = scoring_arrays(Vectors.of(model))
        return Model(model.words, np.column_stack([output, log_counts]))


def convert(
    source: Path,
    target: Path,
    told: Reporter,
    changes: Changes,
    *,
    from_: str | None = None,
    to: str | None = None,
    save_output: bool | None = None,
    **reading: Any,  # noqa: ANN401
) -> list[Path]:
    """Write the vectors of one file to another; return the written files. See `w2v.convert`.

    `reading` has the keywords of `read_one`.
    """
    format = find(target, to)
    files = files_of(target, format, save_output=save_output)
    written = dict(zip(("target", "save_output"), files, strict=False))
    check_outputs(written, {"source": source}, told.tell, folder_files=format.files, can_stream=True)
    changes.check(format)
    if "vectors" not in format.stores and from_ is None and source.suffix == ".txt":
        from_ = format.name
    model = changes.apply(read_one(source, from_, told, **reading), told.warn)
    if changes.skip_words and (rows := format.unsupported_words(model.words)):
        told.warn(f"left out {len(rows):,} words that {format.title} cannot hold, such as {model.words[rows[0]]!r}")
        model = model.without(rows)
    paths = write(target, model, format.name, save_output=save_output)
    parts = [part for part in model.parts if part != "output" or (save_output is None and "vectors" in format.stores)]
    if format.name == "fasttext" and fasttext.keeps_settings(model):
        parts = [part for part in parts if part != "trained"]
    if lost := what_is_lost(format, parts, PARTS):
        told.warn(lost)
    size = f" x {model.vectors.shape[1]}" if model.vectors.shape[1] else ""
    for path in paths:
        told.tell(f"wrote {url_of(path) or path}: {len(model.words):,} words{size}, {format.title}")
    return paths


def read_one(
    source: Path,
    from_: str | None,
    told: Reporter,
    *,
    run: int | None = None,
    limit: int | None = None,
    skip_bad_rows: bool = False,
    encoding: str = "utf-8",
) -> Model:
    """Return the content of a file, or of one run in a folder of runs, from 1. Other keywords are those of `read`.

    Raises:
        SettingsError: the run does not exist.
    """
    if run is None:
        return read(source, from_, limit, skip_bad_rows=skip_bad_rows, encoding=encoding, warn=told.warn)
    runs = Runs.find(source, limit)
    if runs is None:
        raise SettingsError(f"{option('run')} takes a run of a folder of runs, and {source} is not one", "run")
    if skip_bad_rows:
        raise SettingsError(f"{option('skip_bad_rows')} cannot be used with {option('run')}", "skip_bad_rows")
    if not 1 <= run <= len(runs):
        raise SettingsError(f"{option('run')} must be from 1 to {len(runs)}, not {run}: {source} holds so many", "run")
    return runs[run - 1].model


def write_classes(
    source: Path,
    target: Path,
    told: Reporter,
    changes: Changes,
    n_classes: int,
    *,
    from_: str | None,
    to: str | None,
    **reading: Any,  # noqa: ANN401
) -> list[Path]:
    """Write `word class` lines in the order of the words; return the written file."""
    for name, value in (("to", to), ("skip_words", changes.skip_words), ("dtype", changes.dtype)):
        if value:
            raise SettingsError(f"{option(name)} cannot go with {option('classes')}, which writes no vectors", name)
    check_outputs({"target": target}, {"source": source}, told.tell, can_stream=True)
    model = changes.apply(read_one(source, from_, told, **reading), told.warn)
    classes = word_classes(model.vectors, n_classes).tolist()
    with replacing(target) as file:
        file.writelines(f"{word} {number}\n".encode() for word, number in zip(model.words, classes, strict=True))
    told.tell(f"wrote {target}: {n_classes:,} classes of words")
    return [target]
