"""Files of recommendations: one row per person and rank, as TSV, JSON Lines or Parquet."""

import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any

from w2v.base.errors import SettingsError, W2VError, option
from w2v.base.files import STDOUT, replacing, replacing_packed
from w2v.base.libraries import require
from w2v.vectors.recommendations import Recommendations

COLUMNS = ("person", "rank", "item", "score", "based_on")
ENCODER = json.JSONEncoder(ensure_ascii=False)
DIGITS = 6
"""Decimals of a score."""

Row = tuple[str, int, str, float, str]
Writer = Callable[[IO[bytes], Iterable[Recommendations]], int]
"""Writes recommendations to a file and returns the number of people."""


def writer_for(path: str | Path) -> Callable[[Iterable[Recommendations]], int]:
    """Return a function that writes recommendations to a file, completely or not at all, and returns how many people.

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


def _write_text(file: IO[bytes], parts: Iterable[Recommendations], header: str, line_of: Callable[[Row], str]) -> int:
    n_people = 0
    file.write(header.encode())
    for part in parts:
        lines = map(line_of, rows_of_people(part))
        file.write("".join(lines).encode("utf-8", "surrogateescape"))
        n_people += len(part)
    return n_people


def _tsv_line(row: Row) -> str:
    name, rank, item, score, based_on = row
    for text, kind in ((name, "person"), (item, "item")):
        if "\t" in text or "\n" in text or "\r" in text:
            raise W2VError(
                f"the {kind} '{text}' has a tab or a newline, which TSV cannot hold; {option('output')} x.jsonl"
            )
    return f"{name}\t{rank}\t{item}\t{score}\t{based_on}\n"


def _json_line(row: Row) -> str:
    return ENCODER.encode(dict(zip(COLUMNS, row, strict=True))) + "\n"


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
    ".tsv": partial(_write_text, header="\t".join(COLUMNS) + "\n", line_of=_tsv_line),
    ".jsonl": partial(_write_text, header="", line_of=_json_line),
    ".parquet": _write_parquet,
}
"""How each format is written, by suffix."""
