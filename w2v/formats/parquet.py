"""Parquet: a table with `word` (string), `count` (int64, if counts are known) and `vector` (dim float32)."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from w2v.base.arrays import Matrix
from w2v.base.errors import W2VError
from w2v.base.files import replacing
from w2v.formats.common import Rows, blocks, checked_counts
from w2v.formats.model import Model
from w2v.formats.options import DEFAULTS, ReadOptions
from w2v.formats.unpacking import plain_file

GROUP_ROWS = 1 << 14  # Number of rows of a row group, which readers load as a whole
BATCH_ROWS = 1 << 12


def read(path: Path, options: ReadOptions = DEFAULTS) -> Model:
    """Return the words, their vectors and, if there is such a column, their counts.

    Raises:
        W2VError: the file is damaged, or lacks these columns.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = plain_file(path)
    try:
        with path.open("rb") as opened, pq.ParquetFile(opened, page_checksum_verification=True) as file:
            names = file.schema_arrow.names
            twice = [name for name in ("word", "vector", "count") if names.count(name) > 1]
            if twice:
                raise W2VError(f"{path} has {names.count(twice[0])} columns named '{twice[0]}'; rename or drop one")
            if not {"word", "vector"} <= set(names):
                raise W2VError(f"{path} has the columns {', '.join(names)[:200]}; needed are word and vector")
            rows: Rows | None = None
            counts: list[int] = []
            columns = ["word", "vector", *(["count"] if "count" in names else [])]
            for batch in _batches(file, columns):
                vectors = _matrix(batch["vector"], path)
                rows = rows or Rows(path, file.metadata.num_rows, vectors.shape[1])
                words = batch["word"].to_pylist()
                taken = rows.take(words)
                if vectors.shape != taken.shape or not all(isinstance(word, str) for word in words):
                    raise W2VError(f"{path} has vectors of different lengths, or a word that is not a string")
                taken[:] = vectors
                counts += batch["count"].to_pylist() if "count" in names else []
    except W2VError:
        raise
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise W2VError(f"cannot read {path}: {' '.join(reason.split())[:300]}") from None
    if rows is None:
        raise W2VError(f"{path} holds no vectors: it has no rows")
    words, vectors = rows.finish()
    if not all(isinstance(count, int) for count in counts):
        raise W2VError(f"{path} has a count that is not a whole number")
    return Model(words, vectors, checked_counts(path, words, counts))


def write(path: Path, model: Model) -> None:
    """Write the table, completely or not at all."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    dim = model.vectors.shape[1]
    counts = model.counts
    fields = [pa.field("word", pa.string()), pa.field("vector", pa.list_(pa.float32(), dim))]
    if counts is not None:
        fields.insert(1, pa.field("count", pa.int64()))
    schema = pa.schema(fields)
    words, first = iter(model.words), 0
    with (
        replacing(path) as file,
        pq.ParquetWriter(file, schema, use_dictionary=False, write_page_checksum=True) as writer,
    ):
        for block in blocks(model.vectors):
            columns: list[Any] = [pa.array(list(islice(words, len(block))), pa.string())]
            if counts is not None:
                columns.append(pa.array(counts[first : first + len(block)], pa.int64()))
            columns.append(pa.FixedSizeListArray.from_arrays(pa.array(block.reshape(-1)), dim))
            writer.write_batch(pa.record_batch(columns, schema=schema), row_group_size=GROUP_ROWS)
            first += len(block)


def _batches(file: Any, columns: list[str]) -> Iterator[Any]:  # noqa: ANN401  (pyarrow has no types)
    # One row group at a time and without threads, because pyarrow would otherwise read all the rest ahead.
    for group in range(file.num_row_groups):
        for batch in file.iter_batches(BATCH_ROWS, row_groups=[group], columns=columns, use_threads=False):
            if len(batch) > 0:
                yield batch


def _matrix(column: Any, path: Path) -> Matrix:  # noqa: ANN401
    """Return a column of lists of the same length as a matrix."""
    import pyarrow.compute as pc

    lengths = np.unique(np.asarray(pc.list_value_length(column)))
    numbers = column.flatten()
    if column.null_count or numbers.null_count or len(lengths) != 1 or not lengths[0] > 0:
        raise W2VError(f"{path} has vectors of different lengths, or none")
    matrix: Matrix = np.asarray(numbers).astype(np.float32, copy=False).reshape(len(column), -1)
    return matrix
