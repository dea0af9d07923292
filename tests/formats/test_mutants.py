"""Damaged files are read as an independent reader reads them, or refused: never wrong in silence.

The suite tries a few hundred; `W2V_MUTANTS=20000 pytest -n 0 tests/formats/test_mutants.py` tries so many.
"""

import os
import random
from pathlib import Path

import numpy as np
import pytest
from slow_readers import READERS

from w2v.base.errors import W2VError
from w2v.formats import vector_files
from w2v.formats.model import Model
from w2v.formats.registry import FORMATS

N_MUTANTS = int(os.environ.get("W2V_MUTANTS", "400"))
PIECES = [
    b" ",
    b"\n",
    b"\0",
    b"\xff",
    b"7",
    b"-",
    b".",
    b"e9",
    b"nan",
    b"\xef\xbb\xbf",
    b"\t",
    b"_",
    b"1 2 ",
    b"\r",
    b"a b",
]


def mutant(data: bytes, chance: random.Random) -> bytes:
    """Return a file with one or two changes."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2))):
        at, other = (chance.randrange(len(changed) + 1) for _ in range(2))
        kind = chance.randrange(6)
        if kind == 0 and at < len(changed):
            changed[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            changed[at:at] = chance.choice(PIECES)
        elif kind == 2:
            del changed[at : at + chance.choice((1, 1, 2, 4, 8, 20))]
        elif kind == 3:
            changed[at : at + 1] = chance.choice(PIECES)
        elif kind == 4:
            changed[at:at] = changed[other : other + chance.randrange(1, 24)]
        else:
            del changed[len(changed) - chance.randrange(min(12, len(changed) + 1)) :]
    return bytes(changed)


def seeds(folder: Path, name: str) -> list[bytes]:
    """Return valid files of a format: words of several scripts, with and without spaces where the format has them."""
    vectors = np.array([[0.5, -1.25, 3e-5], [1, 2, 3], [-0.1, 0.25, 1 / 3], [7.5, 0.125, -9]], np.float32)
    counts = np.array([9, 5, 2, 1])
    found = []
    for words in (["the", "世界", "3", "café"], ["a", "of", "New_York", "</s>"]):
        path = folder / f"seed{FORMATS[name].suffixes[0]}"
        vector_files.write(path, Model(words, vectors, counts))
        found.append(path.read_bytes())
    if name == "word2vec":  # as gensim writes it
        rows = zip(["a", "b", "c", "d"], vectors, strict=True)
        found.append(b"4 3\n" + b"".join(word.encode() + b" " + row.tobytes() for word, row in rows))
    return found


@pytest.mark.parametrize("name", READERS)
def test_a_mutant_is_read_as_by_an_independent_reader_or_refused(tmp_path: Path, name: str) -> None:
    chance, path = random.Random(name), tmp_path / f"mutant{FORMATS[name].suffixes[0]}"
    valid = seeds(tmp_path, name)
    n_read = 0
    for number in range(N_MUTANTS // len(READERS) + 1):
        data = mutant(chance.choice(valid), chance) if number else valid[0]
        path.write_bytes(data)
        messages = list[str]()
        try:
            found = vector_files.read(path, name, warn=messages.append)
        except W2VError as error:
            assert len(str(error).splitlines()) == 1
            continue
        if messages:  # not in silence
            continue
        n_read += 1
        expected = READERS[name](data)
        assert expected is not None, f"{data!r} is read as {found.words}, {found.vectors.tolist()}"
        assert list(found.words) == expected[0], f"{data!r} is read as {found.words}"
        np.testing.assert_allclose(found.vectors, expected[1], rtol=1e-6, err_msg=repr(data))
    assert n_read > 0
