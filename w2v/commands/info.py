"""`w2v info`: facts about vectors, computed in blocks of rows, so that a mapped file is not read into memory."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

import w2v
from w2v.base.arrays import exact_sum
from w2v.commands.checks import require_file
from w2v.commands.options import FORMATS_HELP, AsJson, FormatName, command
from w2v.commands.report import format_summary
from w2v.formats.vector_files import find_source
from w2v.vectors.vectors import Vectors

BLOCK_ROWS = 1 << 12
FIRST = 10


def summarize(vectors: Vectors) -> dict[str, Any]:
    """Return facts about vectors, for JSON.

    Returns:
        `words` and `dim`; `tokens`, the sum of the counts, and `counts`, their range, or None where they are not
        known; `norms`, the range of the vectors' lengths, or None where no vector is finite; `nan`, the numbers that
        are NaN or infinite; `first`, the first words; `output`, whether output rows are there; with subwords `ngrams`,
        how they are hashed and the number of their `rows`; `settings`.

    >>> summarize(Vectors(["a", "b"], np.array([[3, 4], [0, 1]], np.float32)))["norms"]
    [1.0, 5.0]
    """
    low, high, bad = np.inf, -np.inf, 0
    for start in range(0, len(vectors), BLOCK_ROWS):
        rows = vectors.matrix[start : start + BLOCK_ROWS]
        bad += rows.size - int(np.isfinite(rows).sum())
        norms = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64))
        finite = norms[np.isfinite(norms)]
        low, high = min(low, finite.min(initial=np.inf)), max(high, finite.max(initial=-np.inf))
    counts, subwords = vectors.counts, vectors.subwords
    return {
        "words": len(vectors),
        "dim": vectors.dim,
        "tokens": None if counts is None else exact_sum(counts),
        "counts": None if counts is None else [int(counts.min()), int(counts.max())],
        "norms": [round(float(low), 6), round(float(high), 6)] if low <= high else None,
        "nan": bad,
        "first": vectors.words[:FIRST],
        "output": vectors.output is not None,
        **({} if subwords is None else {"ngrams": {**asdict(subwords.ngrams), "rows": len(subwords.buckets)}}),
        "settings": vectors.settings,
    }


@command(f"Show what is in a file of vectors.\n\n{FORMATS_HELP}\n\nExample: w2v info vectors.bin")
def info(
    path: Annotated[Path, typer.Argument(metavar="FILE", hidden=True)],
    from_: FormatName = None,
    as_json: AsJson = False,
) -> None:
    """Show what a file holds."""
    require_file(path)
    format = find_source(path, from_)
    found = {"format": format.name, **summarize(w2v.Vectors.load(path, format.name))}
    print(json.dumps(found, ensure_ascii=False) if as_json else format_summary(found))
