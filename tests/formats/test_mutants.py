"""Damaged files are read as an independent reader reads them, or refused: never wrong in silence.

The suite tries a few hundred; `W2V_MUTANTS=20000 pytest -n 0 tests/formats/test_mutants.py` tries so many.
"""

import os
import random
from pathlib import Path

import numpy as np
import pytest
from mutants import mutant, vector_seeds
from slow_readers import READERS, Rows

from w2v.base.errors import W2VError
from w2v.formats import vector_files
from w2v.formats.model import Model
from w2v.formats.registry import FORMATS

N_MUTANTS = int(os.environ.get("W2V_MUTANTS", "400"))


@pytest.mark.parametrize("name", READERS)
def test_a_mutant_is_read_as_by_an_independent_reader_or_refused(tmp_path: Path, name: str) -> None:
    if name == "parquet":
        pytest.importorskip("duckdb")
    chance, path = random.Random(name), tmp_path / f"mutant{FORMATS[name].suffixes[0]}"
    valid = vector_seeds(tmp_path, name)
    n_read = 0
    for number in range(N_MUTANTS // len(READERS) + 1):
        files = dict(chance.choice(valid) if number else valid[0])
        changed = chance.choice([*files])
        if number:
            files[changed] = mutant(files[changed], chance)
        if files.keys() != {""}:
            path.mkdir(exist_ok=True)
        for file, data in files.items():
            (path / file if file else path).write_bytes(data)
        messages = list[str]()
        try:
            found = vector_files.read(path, name, warn=messages.append)
        except W2VError as error:
            assert len(str(error).splitlines()) == 1
            continue
        if messages:  # not in silence
            continue
        n_read += 1
        what = f"{files[changed]!r}, {changed}, is read as {list(found.words)}, {found.vectors.tolist()}"
        expected = READERS[name](files)
        if expected is None and name == "parquet":  # pyarrow reads some files that DuckDB refuses
            continue
        assert expected is not None, what
        words, vectors = held(found)
        assert words == expected[0], what
        np.testing.assert_allclose(vectors, expected[1], rtol=1e-6, err_msg=what)
    assert n_read > 0


def held(model: Model) -> Rows:
    """Return the words and the vectors of a model; of floret's table what its first line says, and the rows."""
    if model.subwords is None:
        return list(model.words), model.vectors
    ngrams = model.subwords.ngrams
    numbers = (ngrams.buckets, model.subwords.input.shape[1], ngrams.min_n, ngrams.max_n, ngrams.hash_count)
    return [*map(str, numbers)], model.subwords.input
