"""An independent reader for each format of vector files: slow, strict, and written from the formats' descriptions.

Each returns the words and their vectors, or None where the bytes are not a file of the format. Parquet is read by
DuckDB, which has a reader of its own.
"""

import io
import json
import re
import struct
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Rows = tuple[list[str], npt.NDArray[np.float32]]
Read = Rows | None
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


def floret(data: bytes) -> Read:
    """Read a table: what its first line says, in place of words, and the rows of the buckets."""
    head, *lines = data.rstrip().split(b"\n")
    fields = head.split()
    if len(fields) != 8 or fields[5:] != [b"2166136261", b"<", b">"] or not all(map(bytes.isdigit, fields[:5])):
        return None
    buckets, dim, min_n, max_n, hash_count = map(int, fields[:5])
    if not (1 <= min_n <= max_n and 1 <= hash_count <= 4 and buckets == len(lines) and dim):
        return None
    rows: dict[int, list[float]] = {}
    for line in lines:
        number, *numbers = line.split() or [b""]
        if not number.isdigit() or len(numbers) != dim or not all(map(_is_number, numbers)):
            return None
        rows[int(number)] = [*map(float, numbers)]
    if rows.keys() != {*range(buckets)}:
        return None
    known = [str(int(field)) for field in fields[:5]]
    with np.errstate(over="ignore"):
        return known, np.array([rows[number] for number in range(buckets)]).astype(np.float32)


def native(files: Mapping[str, bytes]) -> Read:
    """Read a .w2v folder."""
    config = _json(files["config.json"])
    if not isinstance(config, dict) or type(config.get("format")) is not int or config["format"] != 1:
        return None
    try:
        rows = [line.split("\t") for line in files["vocab.tsv"].decode().removesuffix("\n").split("\n")]
        vectors = np.load(io.BytesIO(files["vectors.npy"]), allow_pickle=False)
    except Exception:
        return None
    if len({len(row) for row in rows}) > 1 or len(rows[0]) > 2 or vectors.dtype != np.dtype("<f4"):
        return None
    if not all(re.fullmatch("[0-9]+", count) for row in rows for count in row[1:]):
        return None
    return ([row[0] for row in rows], vectors) if vectors.ndim == 2 and len(vectors) == len(rows) else None


def safetensors(files: Mapping[str, bytes]) -> Read:
    """Read a matrix, and the token of each row; a row that was added for unknown words, the last, is left out."""
    data = files["model.safetensors"]
    begin = 8 + int.from_bytes(data[:8], "little")
    header, tokenizer = _json(data[8:begin]), _json(files["tokenizer.json"])
    try:
        tensor = header["embeddings" if "embeddings" in header else "embedding.weight"]
        kind = {"F32": "<f4", "F16": "<f2"}[tensor["dtype"]]
        first, last = (begin + at for at in tensor["data_offsets"])
        vectors = np.frombuffer(data[first:last], kind).reshape(tensor["shape"]).astype(np.float32)
        tokens = dict(tokenizer["model"]["vocab"])
        tokens |= {token["content"]: token["id"] for token in tokenizer.get("added_tokens") or ()}
        words = sorted(tokens, key=tokens.__getitem__)
    except (KeyError, TypeError, ValueError):
        return None
    if [tokens[word] for word in words] != [*range(len(vectors))] or last > len(data):
        return None
    if words[-1:] == [(header.get("__metadata__") or {}).get("added")]:
        words, vectors = words[:-1], vectors[:-1]
    return words, vectors


def tensorboard(files: Mapping[str, bytes]) -> Read:
    """Read the tables of vectors and of words, which has a header if it has several columns."""
    try:
        lines = files["metadata.tsv"].decode("utf-8-sig").removesuffix("\n").split("\n")
    except ValueError:
        return None
    if "\t" not in lines[0] and any("\t" in line for line in lines):
        return None
    words = [line.split("\t")[0] for line in (lines[1:] if "\t" in lines[0] else lines)]
    rows = [[field.strip() for field in line.split(b"\t")] for line in files["vectors.tsv"].rstrip().split(b"\n")]
    if len(rows) != len(words) or len({*map(len, rows)}) > 1 or not all(map(_is_number, chain(*rows))):
        return None
    with np.errstate(over="ignore"):
        return words, np.array([[float(field) for field in row] for row in rows]).astype(np.float32)


def parquet(data: bytes) -> Read:
    """Read the columns `word` and `vector`."""
    import duckdb

    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        Path(file.name).write_bytes(data)
        try:
            rows = duckdb.execute("SELECT word, vector FROM read_parquet(?)", [file.name]).fetchall()
        except duckdb.Error:
            return None
    try:
        return [word for word, _ in rows], np.array([vector for _, vector in rows], np.float32)
    except (TypeError, ValueError):  # it is no column of lists of one length
        return None


def _json(data: bytes) -> Any:  # noqa: ANN401
    try:
        return json.loads(data)
    except ValueError:
        return None


def _alone(read: Callable[[bytes], Read], files: Mapping[str, bytes]) -> Read:
    return read(files[""])


READERS: dict[str, Callable[[Mapping[str, bytes]], Read]] = {
    "word2vec-text": partial(_alone, text),
    "glove": partial(_alone, headless),
    "word2vec": partial(_alone, binary),
    "fasttext": partial(_alone, fasttext),
    "finalfusion": partial(_alone, finalfusion),
    "floret": partial(_alone, floret),
    "native": native,
    "safetensors": safetensors,
    "tensorboard": tensorboard,
    "parquet": partial(_alone, parquet),
}
"""By the name of the format: given the files of a folder by name, or the one file by the name ""."""
