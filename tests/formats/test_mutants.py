"""Damaged files are read as an independent reader reads them, or refused: never wrong in silence.

The suite tries a few hundred; `W2V_MUTANTS=20000 pytest -n 0 tests/formats/test_mutants.py` tries so many.
"""

import os
from pathlib import Path

import pytest
from mutants import read_mutants
from slow_readers import READERS

N_MUTANTS = int(os.environ.get("W2V_MUTANTS", "400"))


@pytest.mark.parametrize("name", READERS)
def test_a_mutant_is_read_as_by_an_independent_reader_or_refused(tmp_path: Path, name: str) -> None:
    if name == "parquet":
        pytest.importorskip("duckdb")
    read_mutants(tmp_path, name, N_MUTANTS // len(READERS) + 1)
