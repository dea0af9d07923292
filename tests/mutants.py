"""Valid files of vectors, changes to files, and what must come of them."""

import random
from pathlib import Path

import numpy as np
from slow_readers import READERS, Rows

from w2v.base.errors import W2VError
from w2v.formats import vector_files
from w2v.formats.model import Model
from w2v.formats.registry import FORMATS
from w2v.text.subwords import NGrams, Subwords

PIECES = [b"9" * 5_000, *b" |\n|\0|\xff|7|-|.|e9|nan|\xef\xbb\xbf|\t|_|1 2 |\r|a b|\r\n".split(b"|")]
"""What is put into files; Python does not read a number of 5,000 digits."""
FOLDERS = {
    "native": ("vectors.npy", "vocab.tsv", "config.json"),
    "safetensors": ("model.safetensors", "tokenizer.json"),
    "tensorboard": ("vectors.tsv", "metadata.tsv"),
}
"""The files of a folder that are read, and without which there are no vectors."""


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


def vector_seeds(folder: Path, name: str) -> list[dict[str, bytes]]:
    """Return valid files of a format, by name: words of several scripts, with spaces where the format has them.

    A file that is no folder has the name "".
    """
    vectors = np.array([[0.5, -1.25, 3e-5], [1, 2, 3], [-0.1, 0.25, 1 / 3], [7.5, 0.125, -9]], np.float32)
    counts = np.array([9, 5, 2, 1])
    subwords = Subwords(NGrams("floret", 3, 4, 4), np.arange(4), vectors) if name == "floret" else None
    found = []
    for words in (["the", "世界", "3", "café"], ["a", "of", "New_York", "</s>"]):
        path = folder / f"seed{FORMATS[name].suffixes[0]}"
        vector_files.write(path, Model(words, vectors, counts, subwords=subwords))
        names = FOLDERS.get(name, ("",))
        found.append({file: (path / file if file else path).read_bytes() for file in names})
    if name == "word2vec":  # as gensim writes it
        rows = zip(["a", "b", "c", "d"], vectors, strict=True)
        found.append({"": b"4 3\n" + b"".join(word.encode() + b" " + row.tobytes() for word, row in rows)})
    return found


def read_mutants(folder: Path, name: str, n: int) -> None:
    """Read n mutants of a format: each is refused, read with a message, or read as an independent reader reads it."""
    chance, path = random.Random(name), folder / f"mutant{FORMATS[name].suffixes[0]}"
    valid = vector_seeds(folder, name)
    n_read = 0
    for number in range(n):
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
