"""An independent reader for each format of vector files: slow, strict, and written from the formats' descriptions.

Each returns the words and their vectors, or None where the bytes are not a file of the format.
"""

import re
import struct
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Read = tuple[list[str], npt.NDArray[np.float32]] | None
NUMBER = re.compile(rb"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
INTEGER = re.compile(rb"-?\d+")


def text(data: bytes) -> Read:
    """Read word2vec text."""
    header, _, rest = data.removeprefix(b"\xef\xbb\xbf").partition(b"\n")
    if not (found := re.fullmatch(rb"\s*(\d+)\s+(\d+)\s*", header)):
        return headless(data)
    n_words, dim = map(int, found.groups())
    read = _rows(rest, dim) if dim else None
    return read if read is not None and len(read[0]) == n_words else None


def headless(data: bytes) -> Read:
    """Read GloVe text; the first line says how many numbers a word has."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    fields = data.partition(b"\n")[0].split()
    dim = 0
    while dim + 1 < len(fields) and _is_number(fields[-dim - 1]):
        dim += 1
    return _rows(data, dim) if dim else None


def _rows(data: bytes, dim: int) -> Read:
    words, vectors = [], []
    for line in data.rstrip(b" \t\r\n\v\f").split(b"\n"):
        fields = line.rstrip(b" \t\r\v\f").split(b" ")
        word, numbers = b" ".join(fields[:-dim]), fields[-dim:]
        if not word.strip() or len(fields) <= dim or not all(map(_is_number, numbers)):
            return None
        last = word.split(b" ")[-1]
        if (
            b" " in word
            and _is_number(last)
            and not (INTEGER.fullmatch(last) and all(b"." in number for number in numbers))
        ):
            return None
        words.append(word.decode("utf-8", "replace"))
        vectors.append([float(number) for number in numbers])
    with np.errstate(over="ignore"):
        return words, np.array(vectors).astype(np.float32)


def _is_number(field: bytes) -> bool:
    return NUMBER.fullmatch(field) is not None


def binary(data: bytes) -> Read:
    """Read word2vec binary: a newline after each row, or after none."""
    header, _, rest = data.removeprefix(b"\xef\xbb\xbf").partition(b"\n")
    if not (found := re.fullmatch(rb"\s*(\d+)\s+(\d+)\s*", header)):
        return None
    n_words, dim = map(int, found.groups())
    if not dim or n_words * (4 * dim + 2) > len(rest) + 1:
        return None
    for end in (b"\n", b""):
        at, words, vectors = 0, list[str](), list[tuple[float, ...]]()
        for number in range(n_words):
            space = rest.find(b" ", at)
            stop = space + 1 + 4 * dim
            word = rest[at:space]
            is_odd = re.search(rb"\n" if end else rb"[\x00-\x1f\x7f]", word) is not None and n_words > 1
            if space < 0 or stop > len(rest) or not word or is_odd or b"\n" in word:
                break
            words.append(word.decode("utf-8", "replace"))
            vectors.append(struct.unpack(f"<{dim}f", rest[space + 1 : stop]))
            is_last = number == n_words - 1
            if not rest[stop:].startswith(end) and not is_last:
                break
            at = stop + (len(end) if not is_last else 0)
        else:
            if not rest[at:].strip(b"\n"):
                return words, np.array(vectors, np.float32)
    return None


def fasttext(data: bytes) -> Read:
    """Read a model of fastText without n-grams: the rows of its words."""
    head = struct.Struct("<2i12id3i2q")
    if len(data) < head.size or data[:4] != (793712314).to_bytes(4, "little"):
        return None
    _, _, dim, *_, n_words, _, _, _ = head.unpack_from(data)
    at, words = head.size, list[str]()
    for _ in range(n_words):
        stop = data.find(b"\0", at)
        if stop < 0:
            return None
        words.append(data[at:stop].decode("utf-8", "replace"))
        at = stop + 10
    if data[at : at + 1] != b"\0" or at + 17 + 4 * n_words * dim > len(data):
        return None
    return words, np.frombuffer(data, "<f4", n_words * dim, at + 17).reshape(n_words, dim)


def finalfusion(data: bytes) -> Read:
    """Read words, vectors and lengths."""
    if len(data) < 12 or data[:8] != b"FiFu\0\0\0\0":
        return None
    at = 12 + 4 * int.from_bytes(data[8:12], "little")
    words, vectors = None, None
    while at + 12 <= len(data):
        kind, size = struct.unpack_from("<IQ", data, at)
        at += 12
        chunk = data[at : at + size]
        if len(chunk) < size:
            return None
        if kind == 1:
            words, place = list[str](), 8
            for _ in range(int.from_bytes(chunk[:8], "little")):
                length = int.from_bytes(chunk[place : place + 4], "little")
                words.append(chunk[place + 4 : place + 4 + length].decode("utf-8", "replace"))
                place += 4 + length
        elif kind in (2, 6):
            n, dim = struct.unpack_from("<QI", chunk) if kind == 2 else (int.from_bytes(chunk[:8], "little"), 1)
            numbers = np.frombuffer(chunk[-4 * n * dim :], "<f4").reshape(n, dim)
            vectors = numbers if kind == 2 or vectors is None else vectors * numbers
        at += size
    return None if words is None or vectors is None else (words, vectors.astype(np.float32))


READERS: dict[str, Callable[[bytes], Read]] = {
    "word2vec-text": text,
    "glove": headless,
    "word2vec": binary,
    "fasttext": fasttext,
    "finalfusion": finalfusion,
}
