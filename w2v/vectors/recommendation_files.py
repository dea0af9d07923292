"""Files of recommendations: one row per person and rank, as TSV, JSON Lines or Parquet."""

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import IO, Any

import numpy as np

from w2v.base.errors import SettingsError, W2VError, option
from w2v.base.files import STDOUT, replacing, replacing_packed
from w2v.base.libraries import require
from w2v.vectors.recommendations import Recommendations

COLUMNS = ("person", "rank", "item", "score", "based_on")
ENCODER = json.JSONEncoder(ensure_ascii=False)
DIGITS = 6
"""Number of decimal places of a score."""

Row = tuple[str, int, str, float, str]
Writer = Callable[[IO[bytes], Iterable[Recommendations]], int]
"""Writes recommendations to a file and returns the number of people."""


def writer_for(path: str | Path) -> Callable[[Iterable[Recommendations]], int]:
    """Return a function that writes recommendations, completely or not at all, and returns the number of people.

    Raises:
        SettingsError: the suffix is not .tsv, .jsonl or .parquet.
        W2VError: pyarrow is not installed, for Parquet.
    """
    name = str(path)
    suffix = ".tsv" if name == STDOUT else Path(name.removesuffix(".gz")).suffix
    write = WRITERS.get(suffix)
    if write is None or (suffix == ".parquet" and name.endswith(".gz")):
        raise SettingsError(f"cannot write {path}: name a file .tsv, .tsv.gz, .jsonl, .jsonl.gz or .parquet", "output")
    if suffix == ".parquet":
        require("pyarrow", "writing Parquet")
    opening = replacing_packed if name.endswith(".gz") else replacing

    def save(parts: Iterable[Recommendations]) -> int:
        with opening(path) as file:
            return write(file, parts)

    return save


def rows_of_people(part: Recommendations) -> Iterator[Row]:
    """Yield the rows of some people."""
    for name, pairs, based_on in zip(part.people, part, part.based_on(), strict=True):
        for rank, (item, score) in enumerate(pairs, 1):
            yield name, rank, item, round(score, DIGITS), based_on


def _write_tsv(file: IO[bytes], parts: Iterable[Recommendations]) -> int:
    n_people = 0
    file.write(("\t".join(COLUMNS) + "\n").encode())
    for part in parts:
        lines, words = list[str](), part.words
        scores = np.round(part.scores.astype(np.float64), DIGITS).tolist()
        for name, rows, own_scores, based_on in zip(
            part.people, part.rows.tolist(), scores, part.based_on(), strict=True
        ):
            lines += [
                f"{name}\t{rank}\t{words[row]}\t{score}\t{based_on}\n"
                for rank, row, score in zip(count(1), rows, own_scores, strict=False)
                if row >= 0
            ]
        text = "".join(lines)
        if "\r" in text or text.count("\n") > len(lines) or text.count("\t") > (len(COLUMNS) - 1) * len(lines):
            raise _no_tsv(part)
        file.write(text.encode("utf-8", "surrogateescape"))
        n_people += len(part)
    return n_people


def _no_tsv(part: Recommendations) -> W2VError:
    """Return an error that names the person or item that TSV cannot store."""
    texts = ((text, kind) for row in rows_of_people(part) for text, kind in ((row[0], "person"), (row[2], "item")))
    text, kind = next((text, kind) for text, kind in texts if {*text} & {*"\t\n\r"})
    return W2VError(f"the {kind} {text!r} has a tab or a newline, which TSV cannot hold; {option('output')} x.jsonl")


def _write_json(file: IO[bytes], parts: Iterable[Recommendations]) -> int:
    n_people = 0
    for part in parts:
        lines = (ENCODER.encode(dict(zip(COLUMNS, row, strict=True))) + "\n" for row in rows_of_people(part))
        file.write("".join(lines).encode("utf-8", "surrogateescape"))
        n_people += len(part)
    return n_people


def _write_parquet(file: IO[bytes], parts: Iterable[Recommendations]) -> int:
    """Write one row group per part."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds: dict[str, Any] = {"rank": pa.int32(), "score": pa.float32()}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in COLUMNS])
    n_people = 0
    with pq.ParquetWriter(file, schema) as writer:
        for part in parts:
            columns = list(zip(*rows_of_people(part), strict=True)) or [()] * len(COLUMNS)
            arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            n_people += len(part)
    return n_people


WRITERS: dict[str, Writer] = {
    ".tsv": _write_tsv,
    ".jsonl": _write_json,
    ".parquet": _write_parquet,
}
"""Writers of the formats, by suffix."""
