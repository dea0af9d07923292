"""finalfusion (.fifu): the header, then chunks with the words, the vectors scaled to length 1, and their lengths.

    header   `FiFu`, version u32 = 0, chunks u32, their kinds u32 each
    chunk    kind u32, bytes u64, followed by this many bytes:
      1      words u64; for each word its number of bytes u32, and the bytes
      2      rows u64, numbers per row u32, type u32 = 10 (float32), padding, the numbers
      6      numbers u64, type u32 = 10, padding, the numbers

All numbers are little-endian. Padding goes to the next multiple of 4 bytes in the file; at a multiple of 4 it is 4
bytes. Its readers use the product of two rows as their cosine, so rows must have length 1.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from w2v.base.arrays import Matrix
from w2v.base.errors import W2VError
from w2v.base.files import replacing
from w2v.formats.common import WORD_LIMIT, Decoder, blocks, check_promise, with_finite_rows
from w2v.formats.model import Model
from w2v.formats.options import DEFAULTS, ReadOptions
from w2v.formats.unpacking import plain_file

MAGIC = b"FiFu"
WORDS, VECTORS, NORMS = 1, 2, 6
OTHER = {3: "subword", 4: "quantized", 7: "fastText subword", 8: "explicit subword", 9: "floret subword"}
FLOAT32 = 10
CHUNK = struct.Struct("<IQ")


def read(path: Path, options: ReadOptions = DEFAULTS) -> Model:
    """Return the words and their vectors, multiplied by their lengths if the file contains them.

    Raises:
        W2VError: the file is damaged, or its words or vectors have another kind.
    """
    words: list[str] | None = None
    vectors: Matrix | None = None
    path = plain_file(path)
    size = path.stat().st_size
    with path.open("rb") as file:
        for kind, end in _chunks(file, path, size):
            if kind in OTHER:
                raise W2VError(f"{path} has {OTHER[kind]} vectors; w2v reads plain ones alone")
            if kind == WORDS:
                words = _read_words(file, path, end, options)
            elif kind == VECTORS:
                vectors = _read_vectors(file, path, end)
            elif kind == NORMS and vectors is not None:
                norms = _read_norms(file, path, end, len(vectors))
                with np.errstate(over="ignore", invalid="ignore"):  # damaged numbers become NaN and are detected later
                    np.multiply(vectors, norms, out=vectors)
    if words is None or vectors is None or len(words) != len(vectors):
        raise W2VError(f"{path} is damaged: it has not as many words as vectors")
    return with_finite_rows(path, Model(words, vectors), options)


def write(path: Path, model: Model) -> None:
    """Write words, vectors scaled to length 1 and their lengths, completely or not at all.

    Raises:
        W2VError: a vector's length is not finite.
    """
    n_types, dim = model.vectors.shape
    words = [word.encode() for word in model.words]
    with replacing(path) as file:
        file.write(MAGIC + struct.pack("<5I", 0, 3, WORDS, VECTORS, NORMS))
        file.write(CHUNK.pack(WORDS, 8 + 4 * n_types + sum(map(len, words))) + struct.pack("<Q", n_types))
        file.writelines(struct.pack("<I", len(word)) + word for word in words)
        padding = bytes(_padding(file.tell() + CHUNK.size + 16))
        file.write(CHUNK.pack(VECTORS, 16 + len(padding) + 4 * n_types * dim))
        file.write(struct.pack("<QII", n_types, dim, FLOAT32) + padding)
        norms = []
        for block in blocks(model.vectors):
            norms.append(_lengths(block, path))
            divisors = np.where(norms[-1] == 0, np.float32(1), norms[-1])
            file.write((block / divisors[:, None]).data.cast("B"))
        padding = bytes(_padding(file.tell() + CHUNK.size + 12))
        file.write(CHUNK.pack(NORMS, 12 + len(padding) + 4 * n_types))
        file.write(struct.pack("<QI", n_types, FLOAT32) + padding)
        file.write(np.concatenate(norms).data.cast("B"))


def _chunks(file: BinaryIO, path: Path, size: int) -> Iterator[tuple[int, int]]:
    """Yield each chunk's kind and end; the file is positioned after the chunk's header."""
    magic, version, n_chunks = struct.unpack("<4sII", _exactly(file, 12, path))
    if magic != MAGIC or version != 0:
        raise W2VError(f"{path} is not a finalfusion file of version 0")
    if 12 + 4 * n_chunks > size:
        raise W2VError(f"{path} is damaged: its header would have {n_chunks:,} chunks")
    file.seek(4 * n_chunks, 1)
    while head := file.read(CHUNK.size):
        if len(head) < CHUNK.size:
            raise W2VError(f"{path} is cut short in the head of a chunk")
        kind, length = CHUNK.unpack(head)
        end = file.tell() + length
        if end > size:
            raise W2VError(f"{path} is cut short or damaged: a chunk would end at {end:,}, and it has {size:,} bytes")
        yield kind, end
        file.seek(end)


def _read_words(file: BinaryIO, path: Path, end: int, options: ReadOptions) -> list[str]:
    (n_types,) = struct.unpack("<Q", _exactly(file, 8, path))
    check_promise(path, n_types, 1, 4 * n_types, end - file.tell())
    words, decoder = [], Decoder(path, options)
    for _ in range(n_types):
        (length,) = struct.unpack("<I", _exactly(file, 4, path))
        words.append(decoder.decode(_exactly(file, length, path)))
    if file.tell() != end:
        raise W2VError(f"{path} is damaged: its words do not fill their chunk")
    decoder.finish()
    return words


def _read_vectors(file: BinaryIO, path: Path, end: int) -> Matrix:
    n_types, dim, kind = struct.unpack("<QII", _exactly(file, 16, path))
    return _read_floats(file, path, end, n_types, dim, kind)


def _read_norms(file: BinaryIO, path: Path, end: int, n_types: int) -> Matrix:
    n, kind = struct.unpack("<QI", _exactly(file, 12, path))
    norms = _read_floats(file, path, end, n, 1, kind)
    if n != n_types:
        raise W2VError(f"{path} is damaged: it has {n:,} lengths of {n_types:,} vectors")
    return norms


def _read_floats(file: BinaryIO, path: Path, end: int, n_rows: int, dim: int, kind: int) -> Matrix:
    """Return the numbers after the padding, (n_rows, dim), which must fill the chunk."""
    file.seek(_padding(file.tell()), 1)
    room = end - file.tell()
    check_promise(path, n_rows, dim, 4 * n_rows * dim, room)
    if kind != FLOAT32 or 4 * n_rows * dim != room:
        raise W2VError(f"{path} is damaged, or its numbers are no float32")
    return np.fromfile(file, "<f4", n_rows * dim).reshape(n_rows, dim)


def _lengths(block: Matrix, path: Path) -> Matrix:
    with np.errstate(over="ignore"):
        lengths: Matrix = np.sqrt(np.einsum("ij,ij->i", block, block, dtype=np.float64)).astype("<f4")
    if not np.isfinite(lengths).all():
        raise W2VError(f"cannot write {path}: finalfusion cannot hold a vector that has NaN in it or no finite length")
    return lengths


def _padding(at: int) -> int:
    return 4 - at % 4


def _exactly(file: BinaryIO, n: int, path: Path) -> bytes:
    """Read n bytes: a small number of bytes, or those of a word."""
    if n > WORD_LIMIT:
        raise W2VError(f"{path} is damaged: a word would have {n:,} bytes")
    data = file.read(n)
    if len(data) < n:
        raise W2VError(f"{path} is cut short: {n:,} bytes should follow where {len(data):,} do")
    return data
