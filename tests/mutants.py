"""Valid files of vectors, and changes to files."""

import random
from pathlib import Path

import numpy as np

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
