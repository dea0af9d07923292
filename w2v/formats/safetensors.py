"""safetensors with a WordLevel tokenizer: a folder that model2vec and sentence-transformers' StaticEmbedding load.

    model.safetensors    one tensor, `embeddings`, (n_types + 1, dim) float32
    tokenizer.json       splits at whitespace; the row of each word; the last row, zeros, is that of any other word
    config.json          of model2vec
    modules.json         of sentence-transformers

A .safetensors file is 8 bytes with the length of a header, the header in JSON, and the numbers. It is written and
read here, without its library, because that copies the matrix.
"""

import json
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import numpy as np

from w2v.base.arrays import Matrix
from w2v.base.errors import W2VError
from w2v.base.files import replacing_folder
from w2v.base.typed_json import checked, parse
from w2v.formats.common import to_json, with_finite_rows, write_rows
from w2v.formats.model import Model
from w2v.formats.options import DEFAULTS, ReadOptions
from w2v.formats.registry import FORMATS

UNKNOWN = "[UNK]"  # The token of words without a vector; its row is zeros
HEADER_LIMIT = 100_000_000  # Most bytes of a header, as in the format's own library
NAMES = ("embeddings", "embedding.weight")  # The tensor's name in model2vec and in sentence-transformers
DTYPES = {"F32": "<f4", "F16": "<f2"}
STATIC = "sentence_transformers.models.StaticEmbedding"


class Tensor(TypedDict):
    """What a header says about a tensor."""

    dtype: str
    shape: list[int]
    data_offsets: list[int]


class Token(TypedDict):
    """A token that was added to a tokenizer."""

    content: str
    id: int


class WordLevel(TypedDict):
    """The model of a tokenizer."""

    vocab: dict[str, int]


class Tokenizer(TypedDict):
    """tokenizer.json; what else it has is ignored."""

    model: WordLevel
    added_tokens: NotRequired[list[Token] | None]


def read(path: Path, options: ReadOptions = DEFAULTS) -> Model:
    """Return what is in the folder, or in a file model.safetensors with tokenizer.json beside it.

    Raises:
        W2VError: it is damaged, or the tokens are not one a row.
    """
    model = path / "model.safetensors" if path.is_dir() else path
    vectors, added = _read_tensor(model)
    tokens = _read_tokens(model.with_name("tokenizer.json"))
    n_types = len(vectors)
    if set(tokens.values()) != set(range(n_types)) or len(tokens) != n_types:
        raise W2VError(f"{path} has {len(tokens):,} tokens for {n_types:,} rows: it must be one a row")
    words = sorted(tokens, key=tokens.__getitem__)
    if added is not None and words[-1] == added and n_types > 1:
        words, vectors = words[:-1], vectors[:-1]
    return with_finite_rows(path, Model(words, vectors), options)


def write(path: Path, model: Model) -> None:
    """Write the folder, completely or not at all; one of these files alone that is there is replaced."""
    n_types, dim = model.vectors.shape
    added = UNKNOWN not in model.words
    vocab = {word: row for row, word in enumerate(model.words)}
    vocab.setdefault(UNKNOWN, n_types)
    lowercase = model.trained is not None and model.trained.config.lowercase
    tokenizer: dict[str, Any] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {"type": "Lowercase"} if lowercase else None,
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": vocab, "unk_token": UNKNOWN},
    }
    tensor = {"dtype": "F32", "shape": [len(vocab), dim], "data_offsets": [0, 4 * len(vocab) * dim]}
    header = json.dumps({"__metadata__": {"added": UNKNOWN} if added else {}, "embeddings": tensor}).encode()
    header += b" " * (-len(header) % 8)
    with replacing_folder(path, FORMATS["safetensors"].files) as folder:
        with (folder / "model.safetensors").open("wb") as file:
            file.write(len(header).to_bytes(8, "little") + header)
            write_rows(file, model.vectors)
            file.write(bytes(4 * dim * added))
        for name, value in (
            ("tokenizer.json", tokenizer),
            ("config.json", {"model_type": "model2vec", "normalize": False, "max_length": None}),
            ("modules.json", [{"idx": 0, "name": "0", "path": ".", "type": STATIC}]),
        ):
            (folder / name).write_bytes(to_json(value))


def _read_tensor(path: Path) -> tuple[Matrix, str | None]:
    """Return the matrix, mapped where it is float32, and the token whose row was added to it, if any."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= min(size - 8, HEADER_LIMIT):
            raise W2VError(f"{path} is damaged or no safetensors file: its header would have {length:,} bytes")
        header = _parse(file.read(length), path)
    tensor = next((header[name] for name in NAMES if name in header), None)
    if "mapping" in header or tensor is None:
        raise W2VError(f"{path} has no tensor {NAMES[0]} with a row for each token")
    try:
        found: Tensor = checked(tensor, Tensor)
        dtype = np.dtype(DTYPES[found["dtype"]])
        n_types, dim = found["shape"]
        begin, end = found["data_offsets"]
        fits = end - begin == n_types * dim * dtype.itemsize and min(n_types, dim) > 0 and 0 <= begin
        if not fits or 8 + length + end > size:
            raise ValueError("shape, offsets and size do not agree")
        mapped = np.memmap(path, dtype, "r", offset=8 + length + begin, shape=(n_types, dim))
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise W2VError(f"{path}: cannot read the tensor {str(tensor)[:200]}: {error}") from None
    metadata = header.get("__metadata__")
    added = metadata.get("added") if isinstance(metadata, dict) else None
    return mapped.astype(np.float32, copy=False), added


def _read_tokens(path: Path) -> dict[str, int]:
    """Return the row of each token."""
    try:
        tokenizer: Tokenizer = checked(_parse(path.read_bytes(), path), Tokenizer)
    except ValueError as error:
        raise W2VError(f"{path} is not a tokenizer with a row for each token: {error}") from None
    more = {token["content"]: token["id"] for token in tokenizer.get("added_tokens") or ()}
    return {**tokenizer["model"]["vocab"], **more}


def _parse(data: bytes, path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = checked(parse(data), dict[str, Any])
        return found
    except ValueError as error:
        raise W2VError(f"{path} is damaged: {error}") from None
